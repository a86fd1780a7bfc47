// Operators of a TensorFlow Lite file that join two tensors element by element, and the leaky rectifier,
// which is made of two.

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "formats/tflite/reader.h"
#include "formats/whole_range.h"

namespace gw {

NodeId TfliteReader::operand(size_t index, const Shape& ours, const Folding& fold) {
  if (!has_input(index) || input(index).values.empty()) return stream(index);
  // A constant is repeated along what it does not have; the batch is one.
  const TfliteTensor& said = input(index);
  Shape shape(said.shape.begin(), said.shape.end());
  if (shape.size() == ours.size() + 1 && shape[0] == 1) shape.erase(shape.begin());
  if (shape.size() < ours.size()) shape.insert(shape.begin(), ours.size() - shape.size(), 1);
  bool fits = shape.size() == ours.size();
  for (size_t axis = 0; fits && axis < ours.size(); ++axis)
    fits = shape[axis] == 1 || shape[axis] == ours[axis];
  if (!fits) {
    refuse(fmt::format("its constant '{}' does not fit its input", said.name));
    return -1;
  }
  if (!said.is_real()) {
    std::vector<double> values = tflite_centred(said, 1, false);
    for (double& value : values) value = fold ? fold(index, value) : value;
    return typed(name(".constant"), shape, values);
  }
  return builder_.constant(name(".constant"), {shape, 1, {said.values.begin(), said.values.end()}});
}

std::optional<std::array<NodeId, 2>> TfliteReader::operands(const Folding& fold) {
  if (!has_input(0) || !has_input(1)) {
    refuse("it does not have two inputs");
    return std::nullopt;
  }
  const size_t at = input(0).values.empty() ? 0 : 1;
  const NodeId x = stream(at);
  if (x < 0) return std::nullopt;
  const NodeId other = operand(1 - at, builder_.type(x).shape, fold);
  if (other < 0) return std::nullopt;
  return at == 0 ? std::array{x, other} : std::array{other, x};
}

std::optional<std::array<NodeId, 2>> TfliteReader::whole_operands(const Folding& fold) {
  for (size_t i = 0; i < 2; ++i) {
    if (!has_input(i)) continue;
    if (input(i).is_real()) {
      refuse("some of its tensors are real and some are not");
      return std::nullopt;
    }
    if (input(i).scales.size() != 1 || !(input(i).scales[0] > 0) || !std::isfinite(input(i).scales[0]) ||
        std::llabs(input(i).zero()) > 255) {
      refuse(fmt::format("'{}' has not one scale and a zero point", input(i).name));
      return std::nullopt;
    }
  }
  auto found = operands(fold);
  if (!found) return std::nullopt;
  const Shape &a = builder_.type((*found)[0]).shape, &b = builder_.type((*found)[1]).shape;
  bool fits = a.size() == b.size();
  for (size_t axis = 0; fits && axis < a.size(); ++axis)
    fits = a[axis] == b[axis] || a[axis] == 1 || b[axis] == 1;
  if (fits) return found;
  refuse("its inputs differ in shape");
  return std::nullopt;
}

void TfliteReader::read_merge(Layer layer, bool has_activation) {
  const int activation = has_activation ? op_->options.number<std::int8_t>(0, 0) : tflite_none;
  for (size_t i = 0; i < 2; ++i) {
    if (has_input(i) && !input(i).is_real()) return refuse("its inputs are not two tensors of real numbers");
  }
  if (const auto found = operands({})) give_real(std::move(layer), {(*found)[0], (*found)[1]}, activation);
}

/// Whole numbers of one scale and zero point are compared as they are.
void TfliteReader::read_extreme(Layer layer) {
  if (output().is_real()) return read_merge(std::move(layer), false);
  const auto found = whole_operands({});
  if (!found) return;
  for (size_t i = 0; i < 2; ++i) {
    if (input(i).scales[0] != output().scales[0] || input(i).zero() != output().zero())
      return refuse("its inputs and its answer differ in scale or zero point");
  }
  const Ends ends = ends_of(output(), tflite_none);
  const auto out = whole_range(ends.least, ends.most, 0, Rounding::Trn).quantizer;
  std::visit(
      [&](auto& l) {
        if constexpr (std::is_same_v<decltype(l), Maximum&> || std::is_same_v<decltype(l), Minimum&>)
          l.out = out;
      },
      layer);
  give(builder_.layer(name(), std::move(layer), {(*found)[0], (*found)[1]}));
}

void TfliteReader::read_multiply() {
  if (output().is_real()) return read_merge(Multiply(), true);
  const auto found = whole_operands({});
  if (!found) return;
  constexpr int bits = 18;
  Multiply layer;
  layer.out = Quantizer{{bits, bits, true}};
  const NodeId product = builder_.layer(name("_products"), layer, {(*found)[0], (*found)[1]});
  // The kernel multiplies and divides scales in single precision.
  const auto real = static_cast<double>(input(0).scales[0] * input(1).scales[0] / output().scales[0]);
  give(requantised(product, bits, {real}, ends_of(output(), op_->options.number<std::int8_t>(0, 0))));
}

/// Whole numbers above 0 and below it are requantised by themselves, each 0 where the other is not.
void TfliteReader::read_leaky_relu() {
  const auto slope = op_->options.number<float>(0, 0);
  if (!std::isfinite(slope)) return refuse(fmt::format("its slope is {}", slope));
  const NodeId x = stream(0);
  if (x < 0) return;
  if (output().is_real() != input(0).is_real())
    return refuse("one of its input and its answer is real and the other is not");
  if (output().is_real()) {
    LeakyRelu layer;
    layer.alpha = std::stod(fmt::format("{}", slope));  // the shortest number that is rounded to it
    return give(builder_.layer(name(), layer, {x}));
  }
  const Ends ends = ends_of(output(), tflite_none);
  if (ends.least > 0 || ends.most < 0) return refuse("its zero point is outside its type");
  constexpr int bits = 10;
  const NodeId zero = typed(name(".zero"), Shape(builder_.type(x).shape.size(), 1), {0});
  const auto side = [&](auto layer, const std::string& suffix, float factor) {
    part_ = suffix;
    layer.out = Quantizer{{bits, bits, true}};
    const NodeId cut = builder_.layer(name("_cut"), layer, {x, zero});
    const NodeId made = factor == 0 ? zero : requantised(cut, bits, {static_cast<double>(factor)}, ends);
    part_.clear();
    return made;
  };
  const NodeId above = side(Maximum(), "_above", input(0).scales[0] / output().scales[0]);
  const NodeId below = side(Minimum(), "_below", input(0).scales[0] * slope / output().scales[0]);
  if (above < 0 || below < 0) return;
  Add layer;
  layer.out = whole_range(ends.least, ends.most, 0, Rounding::Trn).quantizer;
  give(builder_.layer(name(), layer, {above, below}));
}

/// a + b or a - b. Of whole numbers both are brought to units of 2^-20 of twice the larger scale, each with
/// the two roundings.
void TfliteReader::read_sum(bool is_difference) {
  if (output().is_real()) return read_merge(is_difference ? Layer(Subtract()) : Layer(Add()), true);
  constexpr int depth = 20, bits = 10;
  const auto twice = [&] {
    return 2 * std::max(static_cast<double>(input(0).scales[0]), static_cast<double>(input(1).scales[0]));
  };
  // What brings an input to those units: a product and two roundings.
  struct Steps {
    double factor;
    Quantizer first, second;
  };
  const auto steps_of = [&](size_t i) {
    const TfliteMultiplier m = tflite_multiplier(static_cast<double>(input(i).scales[0]) / twice());
    const int right = std::max(0, -m.shift);
    return Steps{std::ldexp(static_cast<double>(m.value), m.shift - 31),
                 {{bits + depth + right, bits, true}, Rounding::Rnd, Overflow::Wrap},
                 {{bits + depth, bits, true}, Rounding::RndInf, Overflow::Sat}};
  };
  const auto rounded = [](const Quantizer& to, double value) {
    return to_double(quantize(to, value), to.to.fraction());
  };
  const auto operands = whole_operands([&](size_t i, double value) {
    const Steps steps = steps_of(i);
    return rounded(steps.second, rounded(steps.first, value * steps.factor));
  });
  if (!operands) return;
  const int activation = op_->options.number<std::int8_t>(0, 0);
  const Ends ends = ends_of(output(), activation);
  std::array<NodeId, 2> parts = *operands;
  const Shape ones(builder_.type(parts[0]).shape.size(), 1);
  for (size_t i = 0; i < 2; ++i) {
    const Steps steps = steps_of(i);
    if (steps.first.to.width > max_width) return refuse("its scales are too far apart");
    if (!input(i).values.empty()) continue;  // computed
    Multiply layer;
    layer.out = steps.first;
    const std::string own = fmt::format("_{}", i);
    const NodeId factor = typed(name(own + ".scale"), ones, {steps.factor});
    Quantize cast;
    cast.out = steps.second;
    parts[i] = builder_.layer(name(own + "_scaled"), layer, {parts[i], factor});
    parts[i] = builder_.layer(name(own + "_shifted"), cast, {parts[i]});
  }
  const auto total = [&](auto layer) {
    layer.out = Quantizer{{bits + depth, bits, true}};
    return builder_.layer(name("_sums"), layer, {parts[0], parts[1]});
  };
  const NodeId sums = is_difference ? total(Subtract()) : total(Add());
  // One more of the sum is 2^-20: the multiplier is that of the kernel times 2^20.
  const TfliteMultiplier m =
      tflite_multiplier(twice() / (std::ldexp(1.0, depth) * static_cast<double>(output().scales[0])));
  const int right = std::max(0, -m.shift), whole = bits + depth + m.shift + 2;
  if (m.shift > 0 || whole < 2 || whole + right > max_width) return refuse("its scales are too far apart");
  Multiply layer;
  layer.out = Quantizer{{whole + right, whole, true}, Rounding::Rnd, Overflow::Wrap};
  const NodeId factor =
      typed(name(".scale"), ones, {std::ldexp(static_cast<double>(m.value), m.shift - 31 + depth)});
  const NodeId scaled = builder_.layer(name("_scaled"), layer, {sums, factor});
  const WholeRange range = whole_range(ends.least, ends.most, 0, Rounding::RndInf);
  Quantize last;
  last.out = range.quantizer;
  const NodeId id =
      builder_.layer(name(range.cuts_least || range.cuts_most ? "_shifted" : ""), last, {scaled});
  give(clamped(id, range.cuts_least, range.cuts_most, ends));
}

}  // namespace gw
