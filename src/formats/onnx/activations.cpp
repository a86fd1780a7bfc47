// Activations: each acts on every element by itself, so that it does not matter how the file sees the tensor.
// Only softmax and PRelu care which axis is which.

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "formats/holding_type.h"
#include "formats/onnx/joint.h"
#include "formats/onnx/rescale.h"
#include "support/messages.h"

namespace gw {

namespace {

template <class L>
void read_plain(OnnxCall& call) {
  if (const auto x = call.stream(0)) call.give(call.elementwise(L(), *x));
}

/// The stream at input 0 for a layer f with f(u x) = u f(x) where u > 0: its numbers, if what they stand for
/// is only a positive factor, else numbers of the unit that the quantizer behind wants.
std::optional<OnnxStream> homogeneous(OnnxCall& call) {
  const auto x = call.numbers(0);
  if (!x || !x->affine || (x->affine->is_increasing() && !x->affine->has_shift())) return x;
  return in_units(call, *x, call.unit_behind());
}

/// A layer on the numbers of x, whose affine is that of the answer.
void give_homogeneous(OnnxCall& call, Layer layer, const OnnxStream& x) {
  OnnxStream made = call.elementwise(std::move(layer), x);
  made.affine = x.affine;
  call.give(std::move(made));
}

void read_relu(OnnxCall& call) {
  if (const auto x = homogeneous(call)) give_homogeneous(call, Relu(), *x);
}

void read_leaky_relu(OnnxCall& call) {
  LeakyRelu layer;
  layer.alpha = call.number("alpha", 0.01);
  if (const auto x = homogeneous(call); x && !call.failed()) give_homogeneous(call, layer, *x);
}

/// An activation with one number, which the file calls alpha.
template <class L>
void read_alpha(OnnxCall& call, double L::*member, double otherwise) {
  L layer;
  layer.*member = call.number("alpha", otherwise);
  if (const auto x = call.stream(0); x && !call.failed()) call.give(call.elementwise(layer, *x));
}

/// The constants of the paper (Klambauer et al. 2017), which ONNX has as defaults and our layer as its own.
void read_selu(OnnxCall& call) {
  constexpr float alpha = 1.67326319217681884765625F, gamma = 1.05070102214813232421875F;
  const double said_alpha = call.number("alpha", alpha), said_gamma = call.number("gamma", gamma);
  const auto is_near = [](double a, double b) { return std::fabs(a - b) < 1e-3; };
  if (!is_near(said_alpha, alpha)) call.refuse_value("alpha", fmt::format("{}", said_alpha), "1.67326");
  if (!is_near(said_gamma, gamma)) call.refuse_value("gamma", fmt::format("{}", said_gamma), "1.0507");
  if (const auto x = call.stream(0); x && !call.failed()) call.give(call.elementwise(Selu(), *x));
}

void read_hard_sigmoid(OnnxCall& call) {
  HardSigmoid layer;
  layer.slope = call.number("alpha", 0.2);
  layer.shift = call.number("beta", 0.5);
  if (const auto x = call.stream(0); x && !call.failed()) call.give(call.elementwise(layer, *x));
}

/// x * max(0, min(1, x / 6 + 0.5))
void read_hard_swish(OnnxCall& call) {
  const auto x = call.stream(0);
  if (!x) return;
  HardSigmoid gate;
  gate.slope = 1.0 / 6;
  const OnnxStream from = call.elementwise(Multiply(), *x, {call.add(gate, {x->id}, "_gate")});
  call.give(from);
}

void read_gelu(OnnxCall& call) {
  const std::string said = call.text("approximate", "none");
  if (said != "none") call.refuse_value("approximate", said, "none");
  if (const auto x = call.stream(0); x && !call.failed()) call.give(call.elementwise(Gelu(), *x));
}

void read_prelu(OnnxCall& call) {
  const auto x = call.stream(0);
  const OnnxArray* slope = call.needed_constant(1);
  if (call.failed()) return;
  OnnxArray alpha = *slope;
  // Before version 7 a slope of rank 1 was one per channel; since then it is broadcast, to the last axis.
  if (call.opset() < 7 && alpha.shape.size() == 1 && x->view.shape.size() > 1 &&
      alpha.shape[0] == x->view.shape[0]) {
    alpha.shape.resize(x->view.shape.size(), 1);
  }
  OnnxShape spread = x->view.shape;
  if (alpha.shape.size() == spread.size() + 1 && alpha.shape[0] == 1) alpha.shape.erase(alpha.shape.begin());
  if (alpha.values.size() == 1) {  // said once for each channel
    std::fill(spread.begin() + 1, spread.end(), 1);
    alpha.shape.clear();
    alpha = *broadcast(alpha, spread);
  }
  const bool is_per_channel = alpha.shape.size() == spread.size() && alpha.shape[0] == spread[0] &&
                              alpha.values.size() == static_cast<size_t>(spread[0]);
  if (is_per_channel) {
    const bool is_moved = x->view.shape.size() > 1 && !call.is_last(*x, 0);
    const OnnxStream from = is_moved ? call.channels_last(*x) : *x;
    if (x->view.shape.size() == 1) alpha = laid_out(std::move(alpha), from.view);
    const NodeId values = call.weights(alpha, {static_cast<int>(spread[0])});
    call.give(call.elementwise(PRelu(), from, {values}));
  } else if (broadcasts(alpha.shape, x->view.shape)) {
    const NodeId values = call.weights(laid_out(std::move(alpha), x->view), call.shape(*x));
    call.give(call.elementwise(PRelu(), *x, {values}));
  } else {
    call.refuse_shape(fmt::format("slopes '{}' of shape {} are not broadcast to {} without the batch",
                                  slope->name, to_string(slope->shape), to_string(x->view.shape)));
  }
}

/// clip(x, least, most): a ReLU where that says it, else a maximum and a minimum.
void read_clip(OnnxCall& call) {
  const auto numbers = call.numbers(0);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto bound = [&](const char* attribute, size_t index, double otherwise) {
    if (!call.has_input(index)) {
      // Exporters write the largest float for "no bound".
      const double said = call.has(attribute) ? call.number(attribute, otherwise) : otherwise;
      return std::fabs(said) >= std::numeric_limits<float>::max() ? otherwise : said;
    }
    const OnnxArray* value = call.needed_constant(index);
    if (!value || value->values.size() != 1) return otherwise;
    return std::fabs(value->at(0)) >= std::numeric_limits<float>::max() ? otherwise : value->at(0);
  };
  double least = bound("min", 1, -infinity), most = bound("max", 2, infinity);
  if (call.failed()) return;
  if (!(least <= most)) {
    return call.refuse_value("min", fmt::format("{}", least),
                             fmt::format("at most the upper bound {}", most));
  }
  if (least == -infinity && most == infinity) return call.pass_through();
  // Bounds that are numbers of the stream's own grid are compared as such; so are those of quantizers that
  // clip whole numbers between rounding and scaling.
  OnnxStream from = *numbers;
  std::optional<OnnxAffine> kept;
  if (from.affine && from.affine->is_scalar() && from.affine->is_increasing()) {
    const double factor = from.affine->factor.at(0), shift = from.affine->shift.at(0);
    const double low = (least - shift) / factor, high = (most - shift) / factor;
    const auto is_exact = [&](double number, double value) {
      return !std::isfinite(value) ||
             (number == static_cast<float>(number) && number * factor + shift == value);
    };
    if (is_exact(low, least) && is_exact(high, most)) {
      kept = std::exchange(from.affine, std::nullopt);
      least = low;
      most = high;
    }
  }
  const OnnxStream settled_x = settled(call, from);
  const OnnxStream* x = &settled_x;
  const auto give = [&](OnnxStream made) {
    made.affine = kept;
    call.give(std::move(made));
  };
  if (least == 0) {
    if (most == infinity) return give(call.elementwise(Relu(), *x));
    ClippedRelu layer;
    layer.max = most;
    return give(call.elementwise(layer, *x));
  }
  const auto limit = [&](double value, const char* what) {
    OnnxArray array{call.name() + what, {1}, false, {value}};
    if (kept) array.type = holding_type(array.values);
    return call.weights(array, Shape(call.shape(*x).size(), 1));
  };
  OnnxStream below = *x;
  if (least > -infinity && most < infinity) {
    below.id = call.add(Maximum(), {x->id, limit(least, ".min")}, "_min");
  } else if (least > -infinity) {
    return give(call.elementwise(Maximum(), *x, {limit(least, ".min")}));
  }
  give(call.elementwise(Minimum(), below, {limit(most, ".max")}));
}

void read_neg(OnnxCall& call) {
  if (const auto x = call.numbers(0)) call.give(times(call, *x, -1, ""));
}

/// max(x, -x)
void read_abs(OnnxCall& call) {
  const auto x = call.stream(0);
  if (!x) return;
  const OnnxStream below = settled(call, times(call, *x, -1, "_negated"));
  Maximum layer;
  if (x->whole) layer.out = Quantizer{*x->whole, Rounding::Trn, Overflow::Wrap};
  call.give(call.elementwise(layer, *x, {below.id}));
}

/// x^2, and x itself; other powers are functions for which there is no layer.
void read_pow(OnnxCall& call) {
  const auto x = call.stream(0);
  const OnnxArray* exponent = call.needed_constant(1);
  if (call.failed()) return;
  const double said = exponent->values.size() == 1 ? exponent->at(0) : 0;
  if (said != 1 && said != 2)
    return call.refuse_value("exponent", fmt::format("{}", fmt::join(exponent->values, ", ")), "1 or 2");
  if (said == 1) return call.give(*x);
  Multiply layer;
  if (x->whole) layer.out = Quantizer{*x->whole, Rounding::Trn, Overflow::Wrap};
  call.give(call.elementwise(layer, *x, {x->id}));
}

/// x / (1 + exp(-alpha x))
void read_swish(OnnxCall& call) {
  const double alpha = call.number("alpha", 1);
  if (alpha != 1) call.refuse_value("alpha", fmt::format("{}", alpha), "1");
  if (const auto x = call.stream(0); x && !call.failed()) call.give(call.elementwise(Silu(), *x));
}

/// A stream beside a constant, in this order or the other: 1 where it holds, else 0, which a sign says.
/// `Strict` leaves equals out.
template <bool IsGreater, bool IsStrict>
void read_comparison(OnnxCall& call) {
  const size_t at = call.constant(0) ? 1 : 0;
  const auto x = call.stream(at);
  const OnnxArray* level = call.needed_constant(1 - at);
  if (call.failed()) return;
  // x >= c and x < c are told by the sign of x - c, the other two by that of c - x.
  const bool is_greater = IsGreater == (at == 0), is_turned = is_greater == IsStrict;
  OnnxArray constant = *level;
  constant.name = call.name() + ".level";
  constant.type = holding_type(constant.values);
  const auto values = call.beside(constant, *x);
  if (!values) return;
  const std::vector<NodeId> both =
      is_turned ? std::vector<NodeId>{*values, x->id} : std::vector<NodeId>{x->id, *values};
  const NodeId above = call.add_exact(Subtract(), both, "_above");
  BinaryTanh sign;
  sign.out = Quantizer{{2, 2, true}};
  OnnxStream made{call.add(sign, {above}), x->view};
  made.affine = OnnxAffine{onnx_number(IsStrict ? -0.5 : 0.5), onnx_number(0.5)};
  call.give(std::move(made));
}

/// One of two constants, as a comparison says.
void read_where(OnnxCall& call) {
  const auto x = call.numbers(0);
  const OnnxArray *first = call.needed_constant(1), *second = call.needed_constant(2);
  if (call.failed()) return;
  const auto difference = combined(*first, *second, std::minus<>());
  auto made = difference ? absorbed(*x, *difference, *second) : std::nullopt;
  if (made) return call.give(*std::move(made));
  call.refuse_shape(fmt::format(
      "'{}' of shape {} and '{}' of shape {} are no two different constants beside {}", first->name,
      to_string(first->shape), second->name, to_string(second->shape), to_string(x->view.shape)));
}

/// Before version 13 all axes from `axis` on count as one: the softmax is over numbers of the file's order.
void give_joined_softmax(OnnxCall& call, const OnnxStream& x, std::int64_t axis) {
  const OnnxShape& shape = x.view.shape;
  const OnnxShape before(shape.begin(), shape.begin() + axis - 1),
      behind(shape.begin() + axis - 1, shape.end());
  OnnxStream from = call.as_file(x);
  Shape ours{static_cast<int>(element_count(behind))};
  if (axis > 1) ours.insert(ours.begin(), static_cast<int>(element_count(before)));
  if (call.shape(from) != ours) from.id = call.add(Reshape{ours}, {from.id}, "_joined");
  call.give(OnnxStream{call.add(Softmax(), {from.id}), plain_view(shape)});
}

void read_softmax(OnnxCall& call) {
  const auto x = call.stream(0);
  if (call.failed()) return;
  const OnnxShape& shape = x->view.shape;
  const auto rank = static_cast<std::int64_t>(shape.size()) + 1;
  const bool joins = call.opset() < 13;  // then every axis from this one on counts as one
  const std::int64_t said = call.integer("axis", joins ? 1 : -1);
  const std::int64_t axis = said < 0 ? said + rank : said;
  if (axis < 1 || axis >= rank) {
    return call.refuse_value("axis", std::to_string(said), fmt::format("1 to {}", rank - 1));
  }
  if (joins && axis != rank - 1) return give_joined_softmax(call, *x, axis);
  std::vector<int> axes;
  const OnnxStream from = call.by_axes(*x, axes);
  const auto ours = std::find(axes.begin(), axes.end(), static_cast<int>(axis) - 1) - axes.begin();
  Softmax layer;
  layer.axis = ours == static_cast<std::ptrdiff_t>(axes.size()) - 1 ? -1 : static_cast<int>(ours);
  call.give(call.elementwise(layer, from));
}

}  // namespace

std::span<const OnnxOperator> onnx_activation_operators() {
  static const OnnxOperator rows[] = {
      {"Relu", read_relu, 1, 1, {"consumed_inputs"}},
      {"LeakyRelu", read_leaky_relu, 1, 1, {"alpha"}},
      {"PRelu", read_prelu, 2, 2},
      {"Elu", [](OnnxCall& call) { read_alpha(call, &Elu::alpha, 1); }, 1, 1, {"alpha"}},
      {"Selu", read_selu, 1, 1, {"alpha", "gamma"}},
      {"Sigmoid", read_plain<Sigmoid>, 1, 1},
      {"Tanh", read_plain<Tanh>, 1, 1},
      {"Softplus", read_plain<Softplus>, 1, 1},
      {"Softsign", read_plain<Softsign>, 1, 1},
      {"HardSigmoid", read_hard_sigmoid, 1, 1, {"alpha", "beta"}},
      {"HardSwish", read_hard_swish, 1, 1},
      {"Gelu", read_gelu, 1, 1, {"approximate"}},
      {"ThresholdedRelu",
       [](OnnxCall& call) { read_alpha(call, &ThresholdedRelu::theta, 1); },
       1,
       1,
       {"alpha"}},
      {"Clip", read_clip, 1, 3, {"min", "max"}},
      {"Neg", read_neg, 1, 1},
      {"GreaterOrEqual", read_comparison<true, false>, 2, 2},
      {"Greater", read_comparison<true, true>, 2, 2},
      {"LessOrEqual", read_comparison<false, false>, 2, 2},
      {"Less", read_comparison<false, true>, 2, 2},
      {"Where", read_where, 3, 3},
      {"Abs", read_abs, 1, 1},
      {"Pow", read_pow, 2, 2},
      {"Swish", read_swish, 1, 1, {"alpha"}},
      {"Softmax", read_softmax, 1, 1, {"axis"}},
  };
  return rows;
}

}  // namespace gw
