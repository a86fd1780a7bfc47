// Batch norm at inference is y = scale * x + shift per channel, and so are scales and shifts of other names.
// Next to a layer that is linear, too, it costs nothing: its numbers go into that layer's.
//
//     batch_norm(matrix(x))        weight * scale, bias * scale + shift
//     batch_norm(batch_norm(x))    scale' * scale, shift' * scale + shift
//     matrix(batch_norm(x))        weight * scale of the input channel, bias + sum of weight * shift
//
// The joint numbers are those of hls4ml to the last bit: each product and each sum is rounded to float, in
// the order written here. A sum over many shifts, which hls4ml never forms, is taken in double and rounded
// once.
//
// When. What is joined does not round in between, and weights are quantised after the joining: that changes
// bits, so it is done where hls4ml does it. There the layer before, a matrix or a batch norm, is of an
// unspecified result type: the configuration says `auto`, and the model does not say anything. The
// configuration's `FoldBatchNorm: true` asks for it whatever the types, then also before a matrix; `false`
// forbids it. A batch norm that LayerName or LayerType gives a result type keeps it, and weights that the
// model file quantises are not touched. Nothing is joined before a convolution that pads while a shift is not
// 0: the padding would have to be shifted as well.
//
// The joint layer keeps the name of the matrix. Source: Jacob et al., Quantization and Training of Neural
// Networks, CVPR 2018, section 3.2.

#include <algorithm>

#include "graph/attributes.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

namespace gw {

namespace {

/// Real values of a constant that nothing has quantised yet, or null.
const FloatTensor* real_values(const Sight& sight, NodeId id) {
  const Constant* constant = sight.constant(id);
  return constant && !constant->fixed ? &constant->values : nullptr;
}

struct Affine {
  const FloatTensor *scale, *shift;
};

/// A batch norm on real constants that rounds nothing of its own accord.
std::optional<Affine> affine_of(const Sight& sight, NodeId id) {
  const auto* norm = sight.get<BatchNorm>(id);
  if (!norm || norm->out) return std::nullopt;
  const Affine affine{real_values(sight, sight[id].inputs[1]), real_values(sight, sight[id].inputs[2])};
  return affine.scale && affine.shift ? std::optional(affine) : std::nullopt;
}

/// A dense layer or convolution on real constants that rounds nothing of its own accord.
bool is_real_matrix(const Sight& sight, NodeId id) {
  const Layer* layer = sight.layer(id);
  if (!layer) return false;
  const bool is_exact = std::visit(
      [](const auto& l) {
        if constexpr (requires { l.reuse; }) return !l.out && !l.accumulator;
        return false;
      },
      *layer);
  const std::vector<NodeId>& inputs = sight[id].inputs;
  return is_exact &&
         std::all_of(inputs.begin() + 1, inputs.end(), [&](NodeId i) { return real_values(sight, i); });
}

float times(float a, float b) { return a * b; }
float plus(float a, float b) { return a + b; }

/// values[.., c] * scale[c]
FloatTensor scaled(FloatTensor values, const FloatTensor& scale) {
  for (size_t i = 0; i < values.values.size(); ++i)
    values.values[i] = times(values.values[i], scale.values[i % scale.values.size()]);
  return values;
}

/// values[c] * scale[c] + shift[c]; no values read as 0.
FloatTensor shifted(const FloatTensor* values, const Affine& norm) {
  if (!values) return *norm.shift;
  FloatTensor sums = scaled(*values, *norm.scale);
  for (size_t c = 0; c < sums.values.size(); ++c)
    sums.values[c] = plus(sums.values[c], norm.shift->values[c]);
  return sums;
}

Replacement::NewNode constant(std::string name, FloatTensor values) {
  return {std::move(name), Constant{std::move(values), {}, 0}};
}

std::string bias_name(const Sight& sight, NodeId matrix) {
  const Node& node = sight[matrix];
  return node.inputs.size() > 2 ? sight[node.inputs[2]].name : node.name + ".bias";
}

Replacement behind_matrix(const Sight& sight, NodeId matrix, const Affine& norm) {
  const std::vector<NodeId>& from = sight[matrix].inputs;
  const FloatTensor* bias = from.size() > 2 ? real_values(sight, from[2]) : nullptr;
  return {{constant(sight[from[1]].name, scaled(*real_values(sight, from[1]), *norm.scale)),
           constant(bias_name(sight, matrix), shifted(bias, norm)),
           {sight[matrix].name, *sight.layer(matrix), {from[0], fresh(0), fresh(1)}}},
          fresh(2)};
}

Replacement behind_norm(const Sight& sight, NodeId id, NodeId first, const Affine& inner,
                        const Affine& outer) {
  const std::vector<NodeId>& from = sight[id].inputs;
  return {{constant(sight[from[1]].name, scaled(*inner.scale, *outer.scale)),
           constant(sight[from[2]].name, shifted(inner.shift, outer)),
           {sight[id].name, *sight.layer(id), {sight[first].inputs[0], fresh(0), fresh(1)}}},
          fresh(2)};
}

/// How a matrix layer's weights lie: (.., rows, outputs), the rows of each group its own channels.
struct Layout {
  int groups = 1;
  bool pads = false;
};

Layout layout_of(const Layer& layer) {
  if (const auto* conv = std::get_if<Conv1D>(&layer)) {
    return {conv->groups, conv->padding != Padding::Explicit || conv->pad_left != 0 || conv->pad_right != 0};
  }
  if (const auto* conv = std::get_if<Conv2D>(&layer)) {
    return {conv->groups, conv->padding != Padding::Explicit || conv->pad_top != 0 || conv->pad_left != 0 ||
                              conv->pad_bottom != 0 || conv->pad_right != 0};
  }
  return {};
}

std::optional<Replacement> before_matrix(const Sight& sight, NodeId id, NodeId before, const Affine& norm) {
  const Layer& layer = *sight.layer(id);
  const std::vector<NodeId>& from = sight[id].inputs;
  const Layout layout = layout_of(layer);
  const auto& shift = norm.shift->values;
  const bool shifts = std::any_of(shift.begin(), shift.end(), [](float value) { return value != 0; });
  if (layout.pads && shifts) return std::nullopt;

  FloatTensor weight = *real_values(sight, from[1]);
  const auto outputs = static_cast<size_t>(weight.shape.back());
  const auto rows = static_cast<size_t>(weight.shape[weight.shape.size() - 2]);
  const size_t of_group = outputs / static_cast<size_t>(layout.groups);
  std::vector<double> sums(outputs, 0.0);
  if (from.size() > 2) {
    const auto& bias = real_values(sight, from[2])->values;
    std::copy(bias.begin(), bias.end(), sums.begin());
  }
  for (size_t i = 0; i < weight.values.size(); ++i) {
    const size_t output = i % outputs, channel = output / of_group * rows + i / outputs % rows;
    sums[output] += static_cast<double>(weight.values[i]) * shift[channel];
    weight.values[i] = times(weight.values[i], norm.scale->values[channel]);
  }
  std::vector<NodeId> inputs{sight[before].inputs[0], fresh(0)};
  Replacement joint{{constant(sight[from[1]].name, std::move(weight))}, -1};
  if (from.size() > 2 || shifts) {
    FloatTensor bias{{static_cast<int>(outputs)}, 1, {}};
    for (const double sum : sums) bias.values.push_back(static_cast<float>(sum));
    joint.nodes.push_back(constant(bias_name(sight, id), std::move(bias)));
    inputs.push_back(fresh(1));
  }
  joint.answer = fresh(static_cast<int>(joint.nodes.size()));
  joint.nodes.push_back({sight[id].name, layer, std::move(inputs)});
  return joint;
}

/// What the configuration says of joining.
class Wishes {
 public:
  explicit Wishes(const Config& config) : config_(config) {}

  bool forbids_all() const { return config_.whole.fold_batch_norm == false; }
  bool wants_all() const { return config_.whole.fold_batch_norm == true; }
  /// The layer before a batch norm need not round.
  bool leaves_open(const Sight& sight, NodeId before) const {
    return wants_all() || !config_.precision.lookup(kind(sight[before]), sight[before].name, "result");
  }
  /// The batch norm itself has been given a type.
  bool types(const Sight& sight, NodeId norm) const {
    const PrecisionChoice* said = config_.precision.of_layer(kind(sight[norm]), sight[norm].name, "result");
    return said && *said;
  }

 private:
  const Config& config_;
};

std::optional<Replacement> rule(const Sight& sight, NodeId id, const Wishes& wishes) {
  if (!sight.layer(id)) return std::nullopt;
  const NodeId before = sight[id].inputs[0];
  if (!sight.layer(before) || !sight.has_one_reader(before)) return std::nullopt;
  const auto norm = affine_of(sight, id), norm_before = affine_of(sight, before);
  if (norm && wishes.leaves_open(sight, before)) {
    if (is_real_matrix(sight, before) && !wishes.types(sight, id)) return behind_matrix(sight, before, *norm);
    if (norm_before && !wishes.types(sight, before))
      return behind_norm(sight, id, before, *norm_before, *norm);
  }
  if (norm_before && wishes.wants_all() && !wishes.types(sight, before) && is_real_matrix(sight, id))
    return before_matrix(sight, id, before, *norm_before);
  return std::nullopt;
}

Result<Graph> run_fold(Graph graph, const Config& config) {
  const Wishes wishes(config);
  if (wishes.forbids_all()) return graph;
  return rewrite(
      std::move(graph), [&](const Sight& sight, NodeId id) { return rule(sight, id, wishes); },
      OutputNames::MayChange);
}

}  // namespace

const Pass fold_batch_norm{
    "fold_batch_norm",
    "Every batch norm whose neighbour is linear and rounds nothing in between is part of it", run_fold,
    false};

}  // namespace gw
