#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "num/fixed.h"
#include "num/tensor.h"

namespace gw {

/// A quantizer of QKeras as a file describes it: {"class_name": "quantized_bits", "config": {..}} or
/// "quantized_bits(6, 0, alpha=1)".
struct QkerasQuantizer {
  std::string kind;
  nlohmann::json fields = nlohmann::json::object();

  /// "quantized_bits(alpha=1, bits=6, integer=0)": the fields that say something.
  std::string text() const;
};

/// True if the text or object is meant as a quantizer, whether or not it is understood.
bool is_qkeras_quantizer(const nlohmann::json& said);

/// The kinds that are understood.
std::vector<std::string> qkeras_quantizer_kinds();

/// Reads the description; nothing, and why, if it is none, has fields that are not understood, or is never
/// exact.
std::optional<QkerasQuantizer> parse_qkeras_quantizer(const nlohmann::json& said, std::string& why);

/// Fields of a quantizer, with the defaults of QKeras 0.9. What is wrong is noted, once.
class QkerasFields {
 public:
  explicit QkerasFields(const QkerasQuantizer& quantizer) : quantizer_(quantizer) {}

  int integer(const char* name, int otherwise, int least, int most);
  double number(const char* name, double otherwise);
  bool flag(const char* name, bool otherwise);
  /// The field, or null if it is not there or None.
  const nlohmann::json* value(const char* name) const;
  bool has(const char* name) const { return value(name) != nullptr; }
  /// "auto", "auto_po2" or "".
  std::string automatic_alpha();
  /// alpha as a number; 1 if there is none or it is automatic.
  float alpha();

  void refuse(std::string text);
  const std::string& why() const { return why_; }

 private:
  const QkerasQuantizer& quantizer_;
  std::string why_;
};

/// quantized_bits as a cast of streams and weights: ap_fixed<bits, integer + keep_negative, AP_RND_CONV,
/// AP_SAT>, AP_SAT_SYM where it is symmetric. Nothing if it is the sign of one bit.
std::optional<Quantizer> quantized_bits_cast(QkerasFields& fields);

/// What weights become: values of a type, and where the type cannot hold the scales, whole numbers and a
/// scale for each output (last axis).
struct QkerasWeights {
  FloatTensor values;
  std::optional<Quantizer> type;
  std::vector<float> scales;  ///< none: 1
};
/// The weights behind the quantizer, bit for bit as QKeras computes them in single precision. A kernel
/// without an alpha has "auto_po2", as QKeras's layers see to, and keeps scales apart; of other values each
/// is a number. Nothing, and why, if the quantizer is not for weights.
std::optional<QkerasWeights> quantize_weights(const QkerasQuantizer& quantizer, FloatTensor values,
                                              bool is_kernel, std::string& why);

}  // namespace gw
