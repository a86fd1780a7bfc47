#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "layers/layer.h"

namespace gw {

/// Shared checks and views of layers' inputs.

/// True if every input has a fixed-point type and every input from `first_constant` on has values.
bool is_typed(std::span<const Operand> inputs, size_t first_constant);

/// A tensor as a stream of pixels, one at a time: (height, width, channels); (length, channels) is one row; a
/// flat tensor is one pixel of all its elements; of more extents the leading ones are joined into the height.
Window pointwise_window(const Shape& shape);
/// The window that shows the whole tensor, at its one position; elements are numbered in row-major order.
Window whole_window(const Shape& shape);

/// How far a window that slides along one axis reaches over the ends of its input.
enum class Padding {
  Explicit,   ///< as the pads of the layer say
  Same,       ///< ceil(extent / stride) outputs, an odd pixel of padding at the end
  SameLower,  ///< likewise, the odd pixel at the beginning
  Causal,     ///< all of it at the beginning: outputs see no later inputs
};
constexpr std::array<std::string_view, 4> names_of(Padding) {
  return {"explicit", "same", "same_lower", "causal"};
}

/// Pads before and after one axis.
struct Pads {
  int before = 0, after = 0;
};
/// What `padding` means for an axis of `extent` inputs (Keras's and ONNX's rule); `explicit_pads` where it is
/// Explicit.
Pads pads_of(Padding padding, Pads explicit_pads, int extent, int kernel, int stride, int dilation);

/// The loads of one input of a formula, each with every value that its element can take, as far as it is
/// known: this is what makes types exact per channel and element.
class Loads {
 public:
  /// `x` is typed; `window` is the one that the stage has for the stream.
  Loads(Formula& formula, const TensorType& x, const Window& window, int stream = 0);
  /// Element `index` of the window.
  ExprId operator()(int index) const;
  /// Its range, 0 among it where the window is padded.
  const Interval& range(int index) const { return ranges_[static_cast<size_t>(index) % ranges_.size()]; }

 private:
  Formula& formula_;
  int stream_;
  std::vector<Interval> ranges_;  ///< per element of the window, or per channel
};

/// Every value of each element of a window of x at any position: one interval per channel, or, where the
/// window shows the whole tensor, one per element.
std::vector<Interval> window_ranges(const TensorType& x, const Window& window);

/// The type of a layer's output: shape, the type of the formula's outputs and the range of each; an error if
/// something inside the formula is wider than 63 bits.
Result<TensorType> typed_output(Shape shape, const Formula& formula, const std::optional<Quantizer>& out);
/// As above from the range of each output (per channel or per element) and the widest value inside.
Result<TensorType> typed_output(Shape shape, std::vector<Interval> ranges, int widest,
                                const std::optional<Quantizer>& out);

/// An error unless the input count is in [least, most].
Status check_input_count(const LayerInfo& info, std::span<const Operand> inputs, size_t least, size_t most);
/// An error unless input `index` has exactly this shape.
Status check_shape(const LayerInfo& info, std::span<const Operand> inputs, size_t index, const Shape& wanted);
/// An error unless input `index` has `rank` extents.
Status check_rank(const LayerInfo& info, std::span<const Operand> inputs, size_t index, size_t rank);

/// An error unless every extent is at least 1 and the kernel (height, width) fits into x (height, width,
/// channels).
Status check_window(std::initializer_list<int> extents, const Shape& kernel, const Shape& x);
/// An error if there is `given`, a pad as "pad_left=1", beside a padding that computes the pads.
Status check_padding(const LayerInfo& info, Padding padding, const std::string& given);
/// An error if `layer` says both that its pads are computed and what they are.
template <class L>
Status check_padding(const L& layer) {
  std::string given;  // the first of its attributes pad_.. that is not 0
  L::fields(layer, [&](std::string_view name, const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, int>) {
      if (given.empty() && name.starts_with("pad_") && value != 0)
        given = std::string(name) + "=" + std::to_string(value);
    }
  });
  return check_padding(L::info, layer.padding, given);
}
/// An error unless a reuse factor is at least 1.
Status check_reuse(int reuse);
/// An error unless kernel, strides and dilations are at least 1, pads are not negative and the dilated kernel
/// fits into the padded input.
Status check_window(const Window& window);

}  // namespace gw
