// QKeras's quantizers on streams, each as layers of ours that give its values exactly: a cast that rounds
// half to even and saturates, a rectifier, a hard sigmoid, a sign. And QBatchNormalization, whose numbers are
// quantised one by one.

#include "formats/keras/qkeras.h"

#include <algorithm>
#include <cmath>

#include "formats/holding_type.h"
#include "formats/keras/matrix.h"
#include "support/messages.h"

namespace gw {

namespace {

using Json = nlohmann::json;

/// A quantizer that is not understood, as far as it can be named.
std::string description(const Json& said) {
  if (said.is_object() && said.contains("class_name") && said["class_name"].is_string())
    return said["class_name"];
  std::string text =
      said.is_string() ? said.get<std::string>() : said.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) text.resize(60);
  return text;
}

void refuse_quantizer(KerasCall& call, const Json& said, const QkerasQuantizer* quantizer, std::string why) {
  call.refuse(diagnose(messages::keras_quantizer, {}, quantizer ? quantizer->text() : description(said),
                       std::move(why)));
}

/// Suffixes of nodes and constants around one quantizer.
struct Names {
  std::string suffix;  ///< of the last node
  std::string inner(const std::string& what) const { return suffix + "_" + what; }
  std::string constant(const std::string& what) const {
    return suffix.empty() ? what : suffix.substr(1) + "." + what;
  }
};

/// The type that holds all products.
Quantizer product_type(const FixedType& a, const FixedType& b) {
  return Quantizer{{a.width + b.width, a.integer + b.integer, a.is_signed || b.is_signed}};
}

/// The type `a`, with as many bits more behind the point as `b` has.
Quantizer finer_type(FixedType a, const FixedType& b) {
  a.width += std::max(0, b.fraction() - a.fraction());
  return Quantizer{a};
}

/// `layer` on x, whose answers are of type `out`, times alpha. What the file quantises has a type in the
/// graph, so that no default of a configuration cuts it.
template <class L>
NodeId add_scaled(KerasCall& call, L layer, NodeId x, const Quantizer& out, float alpha, const Names& names) {
  layer.out = out;
  if (alpha == 1) return call.add(std::move(layer), {x}, names.suffix);
  const NodeId plain = call.add(std::move(layer), {x}, names.inner("unscaled"));
  Multiply product;
  product.out = product_type(out.to, holding_type(std::vector<float>{alpha})->to);
  return call.add(product, {plain, keras_number(call, x, names.constant("alpha"), alpha)}, names.suffix);
}

class Activation {
 public:
  Activation(KerasCall& call, NodeId x, const QkerasQuantizer& quantizer, const std::string& suffix)
      : call_(call), x_(x), fields_(quantizer), names_{suffix}, kind_(quantizer.kind) {}

  NodeId add(std::string& why) {
    NodeId made = -1;
    if (kind_ == "quantized_bits")
      made = add_bits();
    else if (kind_ == "quantized_relu")
      made = add_relu();
    else if (kind_ == "quantized_tanh")
      made = add_tanh();
    else if (kind_ == "quantized_sigmoid")
      made = add_sigmoid();
    else if (kind_ == "binary" || kind_ == "stochastic_binary")
      made = add_binary();
    else if (kind_ == "ternary" || kind_ == "stochastic_ternary")
      made = add_ternary();
    else
      fields_.refuse("it is for weights, not for streams");
    why = fields_.why();
    return made;
  }

 private:
  /// False, and told, if the scale would depend on the values that stream by.
  bool has_fixed_alpha() {
    if (!fields_.automatic_alpha().empty())
      fields_.refuse("an automatic alpha of a stream depends on the batch; give it a number");
    return fields_.why().empty();
  }

  NodeId add_bits() {
    const float alpha = fields_.alpha();
    const auto cast = quantized_bits_cast(fields_);
    if (!has_fixed_alpha()) return -1;
    if (!cast) return add_scaled(call_, BinaryTanh(), x_, plus_or_minus, alpha, names_);
    return add_scaled(call_, Quantize(), x_, *cast, alpha, names_);
  }

  NodeId add_relu() {
    const auto slope = fields_.number("negative_slope", 0);
    const int bits = fields_.integer("bits", 8, slope != 0 ? 2 : 1, 40),
              integer = fields_.integer("integer", 0, -64, 64);
    if (fields_.number("use_sigmoid", 0) != 0) fields_.refuse("use_sigmoid must be 0");
    int exponent = 0;
    if (slope != 0 && (slope < 0 || slope > 1 || std::frexp(slope, &exponent) != 0.5))
      fields_.refuse("negative_slope must be 0 or a power of two up to 1");
    // Without this field, which is not in most files, the upper bound has no say.
    std::optional<double> bound;
    if (!fields_.flag("is_quantized_clip", true) && fields_.has("relu_upper_bound"))
      bound = fields_.number("relu_upper_bound", 0);
    if (bound && *bound <= 0) fields_.refuse("relu_upper_bound must be above 0");
    if (!fields_.why().empty()) return -1;
    if (slope == 0) {
      return add_bounded(Relu(), {{bits, integer, false}, Rounding::RndConv, Overflow::Sat}, {}, bound);
    }
    LeakyRelu layer;
    layer.alpha = slope;
    layer.parameter = Quantizer{{1, exponent, false}};
    std::optional<double> least;
    if (slope < 1) least = -std::ldexp(slope, integer);
    return add_bounded(layer, {{bits, integer + 1, true}, Rounding::RndConv, Overflow::Sat}, least, bound);
  }

  /// The layer, whose answers are of type `out`, within bounds that the type does not have.
  template <class L>
  NodeId add_bounded(L layer, const Quantizer& out, std::optional<double> least, std::optional<double> most) {
    layer.out = out;
    NodeId made = call_.add(layer, {x_}, least || most ? names_.inner("unbounded") : names_.suffix);
    FixedType type = out.to;
    const auto bound = [&](auto merge, const char* what, double value, const std::string& suffix) {
      merge.out = finer_type(type, holding_type(std::vector<float>{static_cast<float>(value)})->to);
      type = merge.out->to;
      made = call_.add(merge, {made, keras_number(call_, x_, names_.constant(what), value)}, suffix);
    };
    if (least) bound(Maximum(), "least", *least, most ? names_.inner("least") : names_.suffix);
    if (most) bound(Minimum(), "most", *most, names_.suffix);
    return made;
  }

  NodeId add_tanh() {
    const int bits = fields_.integer("bits", 8, 2, 40);
    const bool is_symmetric = fields_.flag("symmetric", false),
               is_real = fields_.flag("use_real_tanh", false);
    const Quantizer out{{bits, 1, true}, Rounding::RndConv, is_symmetric ? Overflow::SatSym : Overflow::Sat};
    if (!fields_.why().empty()) return -1;
    if (is_real) {
      Tanh layer;
      layer.out = out;
      return call_.add(layer, {x_}, names_.suffix);
    }
    HardTanh layer;
    layer.slope = layer.shift = 0.5;
    layer.slope_type = layer.shift_type = Quantizer{{2, 0, false}};
    layer.out = out;
    return call_.add(layer, {x_}, names_.suffix);
  }

  NodeId add_sigmoid() {
    const int bits = fields_.integer("bits", 8, 1, 40);
    const bool is_symmetric = fields_.flag("symmetric", false),
               is_real = fields_.flag("use_real_sigmoid", false);
    const Quantizer out{{bits, 0, false}, Rounding::RndConv, Overflow::Sat};
    if (!fields_.why().empty()) return -1;
    std::optional<double> least;
    if (is_symmetric) least = std::ldexp(1.0, -bits);
    if (is_real) return add_bounded(Sigmoid(), out, least, {});
    HardSigmoid layer;
    layer.slope = layer.shift = 0.5;
    layer.slope_type = layer.shift_type = Quantizer{{2, 0, false}};
    return add_bounded(layer, out, least, {});
  }

  NodeId add_binary() {
    const float alpha = fields_.alpha();
    const bool is_01 = kind_ == "binary" && fields_.flag("use_01", false);
    if (!has_fixed_alpha()) return -1;
    return add_scaled(call_, BinaryTanh(), x_, is_01 ? Quantizer{{1, 1, false}} : plus_or_minus, alpha,
                      names_);
  }

  NodeId add_ternary() {
    const float alpha = fields_.alpha();
    const auto threshold = static_cast<float>(fields_.number("threshold", 0.33));
    if (threshold < 0) fields_.refuse("threshold must not be negative");
    if (!has_fixed_alpha()) return -1;
    // QKeras takes |x| >= threshold, our layer x > threshold and x <= -threshold: a hair below the threshold
    // both are the same for every x that fixed-point types of up to 63 bits have between it and the
    // threshold: none.
    TernaryTanh layer;
    layer.threshold =
        threshold > 0 ? std::nextafter(static_cast<double>(threshold), 0.0) : std::ldexp(1.0, -60);
    return add_scaled(call_, layer, x_, plus_or_minus, alpha, names_);
  }

  static constexpr Quantizer plus_or_minus{{2, 2, true}};

  KerasCall& call_;
  NodeId x_;
  QkerasFields fields_;
  Names names_;
  std::string kind_;
};

}  // namespace

QkerasWeights quantized_by(KerasCall& call, const std::string& key, FloatTensor values, bool is_kernel) {
  const Json* said = call.value(key);
  if (!said) {
    const auto type = call.has_typed_weights() ? holding_type(values.values) : std::nullopt;
    return {std::move(values), type, {}};
  }
  std::string why;
  const auto quantizer = parse_qkeras_quantizer(*said, why);
  if (quantizer) {
    if (auto made = quantize_weights(*quantizer, values, is_kernel, why)) return *std::move(made);
  }
  refuse_quantizer(call, *said, quantizer ? &*quantizer : nullptr, fmt::format("as {}: {}", key, why));
  return {std::move(values), {}, {}};
}

NodeId add_qkeras_activation(KerasCall& call, NodeId x, const Json& said, const std::string& suffix) {
  std::string why;
  const auto quantizer = parse_qkeras_quantizer(said, why);
  if (quantizer) {
    const NodeId made = Activation(call, x, *quantizer, suffix).add(why);
    if (why.empty()) return made;
  }
  refuse_quantizer(call, said, quantizer ? &*quantizer : nullptr, std::move(why));
  return -1;
}

std::string qkeras_kind(const Json& said) {
  std::string why;
  const auto quantizer = parse_qkeras_quantizer(said, why);
  return quantizer ? quantizer->kind : "quantizer";
}

std::vector<std::string> quantizers_of(const KerasLayer& layer) {
  std::vector<std::string> texts;
  if (!layer.config.is_object()) return texts;
  for (const auto& [key, said] : layer.config.items()) {
    if (!key.ends_with("_quantizer") && key != "activation") continue;
    if (!is_qkeras_quantizer(said)) continue;
    std::string why;
    const auto quantizer = parse_qkeras_quantizer(said, why);
    texts.push_back(quantizer ? quantizer->text() : description(said));
  }
  return texts;
}

namespace {

void read_q_activation(KerasCall& call) {
  const Json* said = call.value("activation");
  if (!said) return call.refuse_value("activation", "nothing", "a quantizer");
  call.give(add_keras_activation(call, call.x(), *said, ""));
}

/// inv = gamma / sqrt(variance + epsilon), y = x * inv + (beta - mean * inv), in single precision and with
/// each of the four, or inv, quantised.
void read_q_batch_norm(KerasCall& call) {
  if (const Json* said = call.value("activation")) call.refuse_value("activation", said->dump(), "none");
  auto variables = call.variables(keras_norm_variables(call, ""));
  if (call.failed()) return;
  auto norm = read_keras_norm(call, variables, "", call.shape(call.x()).back());
  if (!norm) return;
  const auto quantise = [&](const std::string& key, std::vector<float>& values, bool is_kernel) {
    const Shape shape{static_cast<int>(values.size())};
    values = quantized_by(call, key, {shape, 1, std::move(values)}, is_kernel).values.values;
  };
  // A scale of a vector is one number, so that nothing stays beside the values.
  if (call.flag("scale", true)) quantise("gamma_quantizer", norm->gamma, false);
  call.value("gamma_quantizer");
  if (call.flag("center", true)) quantise("beta_quantizer", norm->beta, false);
  call.value("beta_quantizer");
  quantise("mean_quantizer", norm->mean, false);
  quantise("variance_quantizer", norm->variance, false);
  KerasAffine affine;
  for (size_t c = 0; c < norm->gamma.size(); ++c) {
    const float inverse = 1.0F / std::sqrt(norm->variance[c] + norm->epsilon);
    affine.scale.push_back(inverse * norm->gamma[c]);
  }
  quantise("inverse_quantizer", affine.scale, false);
  if (call.failed()) return;
  for (size_t c = 0; c < norm->gamma.size(); ++c) {
    const float product = norm->mean[c] * affine.scale[c];
    affine.shift.push_back(norm->beta[c] - product);
  }
  const auto scale_type = holding_type(affine.scale), shift_type = holding_type(affine.shift);
  call.give(add_keras_affine(call, std::move(affine), scale_type, shift_type));
}

}  // namespace

std::span<const KerasClass> qkeras_classes() {
  static const KerasClass rows[] = {
      {"QActivation", read_q_activation},
      {"QBatchNormalization", read_q_batch_norm},
  };
  return rows;
}

}  // namespace gw
