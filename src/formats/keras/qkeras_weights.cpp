// What QKeras's quantizers make of weights. Scales that a quantizer finds by itself ("auto") are found again
// here, from the weights, in single precision and in QKeras's order of operations, since they are not in the
// file. A scale is shared by all weights of one output. Scales that are powers of two become part of the
// values; others stay beside whole numbers, so that a layer can multiply its sums with them, exactly, instead
// of its weights.

#include <algorithm>
#include <bit>
#include <cmath>

#include "formats/holding_type.h"
#include "formats/keras/qkeras_quantizer.h"

namespace gw {

namespace {

constexpr float keras_epsilon = 1e-7F;
constexpr float log_two = 0.693147180559945F;

float sign(float x) { return x > 0 ? 1.0F : x < 0 ? -1.0F : 0.0F; }

bool is_power_of_two(float value) {
  int exponent = 0;
  return std::fabs(std::frexp(value, &exponent)) == 0.5F;
}

bool smaller_size(float a, float b) { return std::fabs(a) < std::fabs(b); }

/// 2 to the rounded binary logarithm.
float nearest_power(float value) {
  return std::exp2(std::nearbyint(std::log(value + keras_epsilon) / log_two));
}

/// The weights of one scale: every step-th from first on.
struct Column {
  const std::vector<float>* values;
  size_t first, step;
  size_t size() const { return (values->size() - first + step - 1) / step; }
  float operator[](size_t i) const { return (*values)[first + i * step]; }
};

float largest(const Column& x) {
  float most = 0;
  for (size_t i = 0; i < x.size(); ++i) most = std::max(most, std::fabs(x[i]));
  return most;
}

/// The scale that comes nearest to x with the given whole numbers: mean(x q) / mean(q q).
float least_squares(const Column& x, const std::vector<float>& q, bool is_power) {
  double xq = 0, qq = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xq += static_cast<double>(x[i] * q[i]);
    qq += static_cast<double>(q[i] * q[i]);
  }
  const auto count = static_cast<double>(x.size());
  const float scale = static_cast<float>(xq / count) / (static_cast<float>(qq / count) + keras_epsilon);
  return is_power ? nearest_power(scale) : scale;
}

/// Whole numbers and the scale of one column.
struct Scaled {
  std::vector<float> numbers;
  float scale = 1;
};

/// sign(x) min(floor(|x| / scale + 1/2), top)
std::vector<float> rounded_away(const Column& x, float scale, float top) {
  std::vector<float> z(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const float v = std::floor(std::fabs(x[i]) / scale + 0.5F);
    z[i] = sign(x[i]) * (v < top ? v : top);
  }
  return z;
}

/// quantized_bits with a scale of its own. Newer versions round once more with the scale that they end with,
/// and say that they are newer by a field.
Scaled scale_bits(const Column& x, int bits, bool is_power, bool is_newer) {
  const float top = std::ldexp(1.0F, bits - 1) - 1;
  Scaled made;
  made.scale = largest(x) * 2 / (2 * top);
  if (is_power) {
    made.scale = nearest_power(made.scale);
    for (int pass = 0; pass < 5; ++pass) {
      made.numbers = rounded_away(x, made.scale, top);
      made.scale = least_squares(x, made.numbers, true);
    }
  }
  if (!is_power || is_newer) made.numbers = rounded_away(x, made.scale, top);
  return made;
}

Scaled scale_binary(const Column& x, bool is_01, bool is_power) {
  Scaled made;
  for (size_t i = 0; i < x.size(); ++i) made.numbers.push_back(x[i] >= 0 ? 1.0F : is_01 ? 0.0F : -1.0F);
  made.scale = least_squares(x, made.numbers, is_power);
  return made;
}

Scaled scale_ternary(const Column& x, int passes, bool is_power) {
  Scaled made;
  made.scale = 2 * largest(x) / 3.0F;
  if (is_power) made.scale = nearest_power(made.scale);
  for (int pass = 0; pass < passes; ++pass) {
    const float threshold = made.scale / 2;
    made.numbers.assign(x.size(), 0);
    for (size_t i = 0; i < x.size(); ++i) {
      const float v = made.scale * std::nearbyint(x[i] / made.scale);
      if (std::fabs(v) >= threshold) made.numbers[i] = sign(x[i]);
    }
    made.scale = least_squares(x, made.numbers, is_power);
  }
  return made;
}

/// Exponent of the power of two that |x| becomes.
class PowerOfTwo {
 public:
  PowerOfTwo(QkerasFields& fields, int bits) {
    const nlohmann::json* most = fields.value("max_value");
    if (most) most_ = static_cast<float>(fields.number("max_value", 0));
    if (most_ && *most_ < 0) fields.refuse("max_value must not be negative");
    is_quadratic_ = fields.flag("quadratic_approximation", false);
    const nlohmann::json* rounding = fields.value("log2_rounding");
    is_floor_ = rounding && *rounding == "floor";
    if (rounding && !is_floor_ && *rounding != "rnd") fields.refuse("log2_rounding must be 'rnd' or 'floor'");
    const int effective = bits - (!most_ || *most_ > 1 ? 1 : 0);
    if (effective < 0 || effective > 6) fields.refuse("its exponents do not fit a type of up to 63 bits");
    least_exponent_ = -std::ldexp(1.0F, effective);
    most_exponent_ = std::ldexp(1.0F, effective) - 1;
    if (is_quadratic_) most_exponent_ = 2 * std::floor(most_exponent_ / 2);
  }

  float operator()(float size) const {
    if (size < keras_epsilon) return std::exp2(least_exponent_);
    if (most_ && size >= *most_) size = *most_;
    if (is_quadratic_) size = std::sqrt(size);
    const float exact = std::log(size) / log_two;
    const float exponent = is_floor_ ? std::floor(exact) : std::nearbyint(exact);
    return std::exp2((is_quadratic_ ? 2.0F : 1.0F) * std::clamp(exponent, least_exponent_, most_exponent_));
  }

 private:
  std::optional<float> most_;
  bool is_quadratic_ = false, is_floor_ = false;
  float least_exponent_ = 0, most_exponent_ = 0;
};

class Weights {
 public:
  Weights(const QkerasQuantizer& quantizer, FloatTensor values, bool is_kernel)
      : fields_(quantizer),
        kind_(quantizer.kind),
        is_kernel_(is_kernel),
        values_(std::move(values)),
        is_newer_(quantizer.fields.contains("post_training_scale")) {}

  std::optional<QkerasWeights> make(std::string& why) {
    automatic_ = has_alpha() ? fields_.automatic_alpha() : "";
    if (has_alpha() && is_kernel_ && !fields_.has("alpha")) automatic_ = "auto_po2";
    if (kind_ == "quantized_bits") {
      make_bits();
    } else if (kind_ == "binary" || kind_ == "stochastic_binary") {
      make_binary();
    } else if (kind_ == "ternary" || kind_ == "stochastic_ternary") {
      make_ternary();
    } else if (kind_ == "quantized_po2" || kind_ == "quantized_relu_po2") {
      make_powers();
    } else {
      fields_.refuse("it is for streams, not for weights");
    }
    why = fields_.why();
    return why.empty() ? std::optional(std::move(made_)) : std::nullopt;
  }

 private:
  bool has_alpha() const { return kind_ != "quantized_po2" && kind_ != "quantized_relu_po2"; }

  /// Every column with a scale of its own; a tensor of one axis is one column.
  template <class F>
  void by_columns(const F& scale) {
    const bool is_flat = values_.shape.size() < 2;
    const size_t count = is_flat ? 1 : static_cast<size_t>(values_.shape.back());
    FloatTensor numbers = values_;
    std::vector<float> scales;
    for (size_t c = 0; c < count; ++c) {
      const Scaled column = scale(Column{&values_.values, c, count}, c);
      for (size_t i = 0; i < column.numbers.size(); ++i) numbers.values[c + i * count] = column.numbers[i];
      scales.push_back(column.scale);
    }
    finish(std::move(numbers), std::move(scales));
  }

  /// Numbers of few bits and their scales, one or one a column.
  void finish(FloatTensor numbers, std::vector<float> scales) {
    const bool is_exact = std::all_of(scales.begin(), scales.end(), is_power_of_two);
    if (is_kernel_ && !is_exact) {
      const auto outputs = static_cast<size_t>(values_.shape.empty() ? 1 : values_.shape.back());
      if (scales.size() == 1) scales.resize(outputs, scales[0]);
      // Moved by a power of two, sums are about as large with the numbers as they are with the weights.
      const int exponent = std::ilogb(*std::max_element(scales.begin(), scales.end(), smaller_size));
      for (float& scale : scales) scale = std::ldexp(scale, -exponent);
      for (float& number : numbers.values) number = std::ldexp(number, exponent);
      made_.type = holding_type(numbers.values);
      made_.values = std::move(numbers);
      made_.scales = std::move(scales);
      return;
    }
    for (size_t i = 0; i < numbers.values.size(); ++i) numbers.values[i] *= scales[i % scales.size()];
    made_.type = holding_type(numbers.values);
    made_.values = std::move(numbers);
  }

  void make_bits() {
    const int bits = fields_.integer("bits", 8, 1, 24), integer = fields_.integer("integer", 0, -64, 64);
    const float alpha = fields_.alpha();
    if (automatic_.empty() && fields_.has("post_training_scale"))
      fields_.refuse("post_training_scale goes with an automatic alpha only");
    const auto cast = quantized_bits_cast(fields_);
    if (!fields_.why().empty()) return;
    if (!automatic_.empty()) return make_scaled_bits(bits, integer);
    if (!cast)
      return by_columns([&](const Column& x, size_t) {
        return Scaled{scale_binary(x, false, false).numbers, alpha};
      });
    FloatTensor numbers = values_;
    for (float& value : numbers.values) {
      if (std::isfinite(value))
        value =
            static_cast<float>(to_double(quantize(*cast, static_cast<double>(value)), cast->to.fraction()));
    }
    finish(std::move(numbers), {alpha});
    if (alpha == 1) made_.type = cast;
  }

  void make_scaled_bits(int bits, int integer) {
    if (bits < 2) return fields_.refuse("one bit leaves nothing for an automatic alpha");
    const bool is_power = automatic_ == "auto_po2";
    const float unit = std::ldexp(1.0F, integer);
    for (float& value : values_.values) value /= unit;
    std::vector<float> fixed;
    if (const nlohmann::json* said = fields_.value("post_training_scale")) fixed = flat(*said);
    const size_t columns = values_.shape.size() < 2 ? 1 : static_cast<size_t>(values_.shape.back());
    if (!fixed.empty() && fixed.size() != 1 && fixed.size() != columns)
      return fields_.refuse("post_training_scale must have one number, or one for each output");
    const float top = std::ldexp(1.0F, bits - 1) - 1;
    const float m = std::ldexp(1.0F, bits - (fields_.flag("keep_negative", true) ? 1 : 0));
    if (values_.shape.size() < 2 && is_newer_ && is_power && fixed.empty())
      return make_scaled_elements(bits, unit);
    by_columns([&](const Column& x, size_t c) {
      Scaled column;
      if (fixed.empty()) {
        column = scale_bits(x, bits, is_power, is_newer_);
      } else {
        column.scale = fixed[fixed.size() == 1 ? 0 : c] / m;
        column.numbers = rounded_away(x, column.scale, top);
      }
      for (float& number : column.numbers) {
        if (std::isnan(number)) number = 0;  // of weights that are all 0
      }
      column.scale *= unit;
      return column;
    });
  }

  /// Newer versions give each value of one axis the least-squares scale of itself alone, beginning with that
  /// of all.
  void make_scaled_elements(int bits, float unit) {
    const float top = std::ldexp(1.0F, bits - 1) - 1;
    const float start = nearest_power(largest(Column{&values_.values, 0, 1}) * 2 / (2 * top));
    FloatTensor numbers = values_;
    for (float& value : numbers.values) {
      const std::vector<float> one{value};
      const Column x{&one, 0, 1};
      float scale = start;
      for (int pass = 0; pass < 5; ++pass) scale = least_squares(x, rounded_away(x, scale, top), true);
      value = rounded_away(x, scale, top)[0] * scale * unit;
    }
    finish(std::move(numbers), {1});
  }

  static std::vector<float> flat(const nlohmann::json& said) {
    std::vector<float> all;
    std::vector<const nlohmann::json*> pending{&said};
    while (!pending.empty()) {
      const nlohmann::json& next = *pending.back();
      pending.pop_back();
      if (next.is_number()) all.push_back(next.get<float>());
      if (next.is_array()) {
        for (auto part = next.rbegin(); part != next.rend(); ++part) pending.push_back(&*part);
      }
    }
    return all;
  }

  void make_binary() {
    const bool is_01 = kind_ == "binary" && fields_.flag("use_01", false);
    const float alpha = fields_.alpha();
    by_columns([&](const Column& x, size_t) {
      Scaled column = scale_binary(x, is_01, automatic_ == "auto_po2");
      if (automatic_.empty()) column.scale = alpha;
      return column;
    });
  }

  void make_ternary() {
    const float alpha = fields_.alpha();
    const auto threshold = static_cast<float>(fields_.number("threshold", 0.33));
    const int passes = fields_.integer("number_of_unrolls", 5, 1, 1000);
    if (!automatic_.empty() && fields_.has("threshold"))
      fields_.refuse("an automatic alpha finds its own threshold");
    by_columns([&](const Column& x, size_t) {
      if (!automatic_.empty()) return scale_ternary(x, passes, automatic_ == "auto_po2");
      Scaled column{{}, alpha};
      for (size_t i = 0; i < x.size(); ++i)
        column.numbers.push_back(std::fabs(x[i]) >= threshold ? sign(x[i]) : 0.0F);
      return column;
    });
  }

  void make_powers() {
    const bool is_relu = kind_ == "quantized_relu_po2";
    const int bits = fields_.integer("bits", 8, 1, 32);
    const auto slope = static_cast<float>(is_relu ? fields_.number("negative_slope", 0) : 0);
    const PowerOfTwo power(fields_, is_relu ? bits : bits - 1);
    if (!fields_.why().empty()) return;
    FloatTensor numbers = values_;
    for (float& value : numbers.values) {
      const float x = value;
      if (is_relu) {
        value = x >= 0 || slope == 0 ? power(std::max(x, 0.0F)) : -power(-x * slope);
      } else {
        value = (x < 0 ? -1.0F : 1.0F) * power(std::fabs(x));
      }
    }
    finish(std::move(numbers), {1});
  }

  QkerasFields fields_;
  std::string kind_;
  bool is_kernel_;
  FloatTensor values_;
  bool is_newer_;  // of a version that writes post_training_scale
  QkerasWeights made_;
  std::string automatic_;
};

}  // namespace

std::optional<QkerasWeights> quantize_weights(const QkerasQuantizer& quantizer, FloatTensor values,
                                              bool is_kernel, std::string& why) {
  return Weights(quantizer, std::move(values), is_kernel).make(why);
}

}  // namespace gw
