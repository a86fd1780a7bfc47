// A convolution pads with zeros by itself, and so costs no stage: its window just reaches over the edge. A
// pad layer of zeros around the pixels, before a convolution, becomes that; before an average pool, too, if
// the pool then counts its padding and had none of its own that it did not count. Channels that a pad adds
// stay, and so does a pad with another value, or before a maximum, where a zero is a value like any other.

#include <algorithm>

#include "passes/moves.h"
#include "passes/pass.h"

namespace gw {

namespace {

/// The pads of a convolution's axes with those of a pad layer; nothing if it rather counts outputs.
std::optional<Layer> padded(Conv1D conv, const Pad& pad) {
  if (conv.padding != Padding::Explicit) return std::nullopt;
  conv.pad_left += pad.before[0];
  conv.pad_right += pad.after[0];
  return conv;
}

std::optional<Layer> padded(Conv2D conv, const Pad& pad) {
  if (conv.padding != Padding::Explicit) return std::nullopt;
  conv.pad_top += pad.before[0];
  conv.pad_bottom += pad.after[0];
  conv.pad_left += pad.before[1];
  conv.pad_right += pad.after[1];
  return conv;
}

std::optional<Layer> padded(AveragePool1D pool, const Pad& pad) {
  const bool counts_all = pool.count_include_pad || (pool.pad_left == 0 && pool.pad_right == 0);
  if (pool.padding != Padding::Explicit || !counts_all) return std::nullopt;
  pool.count_include_pad = true;
  pool.pad_left += pad.before[0];
  pool.pad_right += pad.after[0];
  return pool;
}

std::optional<Layer> padded(AveragePool2D pool, const Pad& pad) {
  const bool counts_all = pool.count_include_pad || (pool.pad_top == 0 && pool.pad_bottom == 0 &&
                                                     pool.pad_left == 0 && pool.pad_right == 0);
  if (pool.padding != Padding::Explicit || !counts_all) return std::nullopt;
  pool.count_include_pad = true;
  pool.pad_top += pad.before[0];
  pool.pad_bottom += pad.after[0];
  pool.pad_left += pad.before[1];
  pool.pad_right += pad.after[1];
  return pool;
}

template <class L>
std::optional<Replacement> joined(const Sight& sight, NodeId id, const L& windowed) {
  const NodeId x = sight[id].inputs[0];
  const auto* pad = sight.get<Pad>(x);
  if (!pad || pad->value != 0 || pad->before.back() != 0 || pad->after.back() != 0) return std::nullopt;
  auto layer = padded(windowed, *pad);
  if (!layer) return std::nullopt;
  std::vector<NodeId> inputs = sight[id].inputs;
  inputs[0] = sight[x].inputs[0];
  // Where a quotient is cut goes by the unit of the input.
  if (sight[inputs[0]].type.fixed->fraction() != sight[x].type.fixed->fraction()) return std::nullopt;
  if (!keeps_type(sight, id, *layer, inputs)) return std::nullopt;
  return Replacement{{{sight[id].name, std::move(*layer), std::move(inputs)}}, fresh(0)};
}

std::optional<Replacement> rule(const Sight& sight, NodeId id) {
  if (const auto* conv = sight.get<Conv1D>(id)) return joined(sight, id, *conv);
  if (const auto* conv = sight.get<Conv2D>(id)) return joined(sight, id, *conv);
  if (const auto* pool = sight.get<AveragePool1D>(id)) return joined(sight, id, *pool);
  if (const auto* pool = sight.get<AveragePool2D>(id)) return joined(sight, id, *pool);
  return std::nullopt;
}

Result<Graph> run_join(Graph graph, const Config&) { return rewrite(std::move(graph), rule); }

}  // namespace

const Pass pad_into_window{"pad_into_window", "Convolutions and averages pad with zeros by themselves",
                           run_join, true};

}  // namespace gw
