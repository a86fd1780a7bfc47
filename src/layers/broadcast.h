#pragma once

#include <optional>

#include "layers/index_map.h"
#include "layers/shapes.h"

namespace gw {

/// Broadcasting as NumPy, ONNX and Keras have it: shapes are aligned at their last extents, missing leading
/// ones are 1, and an extent of 1 is repeated to that of the others.

/// The common shape of all inputs, or an error that names two that do not go together.
Result<Shape> broadcast_shape(const LayerInfo& info, std::span<const Operand> inputs);

/// For each element of the answer the element of an input that is broadcast to it.
IndexMap broadcast_map(const Shape& from, const Shape& to);

/// The window that gives, at every pixel of the answer, the pixel of a stream that is broadcast to it;
/// nothing if there is none (a tensor of four extents that repeats along its first).
std::optional<Window> broadcast_window(const Shape& from, const Shape& to);

/// How the inputs of a merge meet in a formula: pixel by pixel, or, where a constant differs from pixel to
/// pixel or a stream has no such window, all at once.
struct MergeFrame {
  bool is_pointwise = true;
  std::vector<Window> windows;   ///< of the inputs that are streams
  std::vector<IndexMap> maps;    ///< of every input: the element behind each output of the formula
  std::vector<FixedType> types;  ///< of the streams

  /// The outputs of a formula: `combine` of the inputs' elements.
  template <class Combine>
  void build(Formula& formula, std::span<const Operand> inputs, const Combine& combine) const;
};

/// For typed inputs, of which at least one is a stream.
MergeFrame merge_frame(std::span<const Operand> inputs, const Shape& out);

template <class Combine>
void MergeFrame::build(Formula& formula, std::span<const Operand> inputs, const Combine& combine) const {
  std::vector<std::optional<Loads>> loads;
  int stream = 0;
  for (const Operand& input : inputs) {
    loads.emplace_back();
    if (input.constant) continue;
    loads.back().emplace(formula, input.type, windows[static_cast<size_t>(stream)], stream);
    ++stream;
  }
  std::vector<ExprId> outputs;
  for (size_t o = 0; o < maps[0].size(); ++o) {
    std::vector<ExprId> values;
    for (size_t k = 0; k < inputs.size(); ++k) {
      const std::int32_t element = maps[k][o];
      values.push_back(loads[k] ? (*loads[k])(element)
                                : formula.constant(inputs[k].constant->at(element),
                                                   inputs[k].constant->type().fraction()));
    }
    outputs.push_back(combine(values));
  }
  formula.set_outputs(std::move(outputs));
}

}  // namespace gw
