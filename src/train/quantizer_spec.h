#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gw::train {

/// The quantizers of QKeras that are trained here (Coelho et al., Nature Machine Intelligence 3, 2021).
enum class QuantizerKind {
  Bits,
  Relu,
  Binary,
  Ternary,
  Po2,
  // A function before Bits: the network file's `activation` takes them apart (layer_file.h).
  Tanh,
  Sigmoid,
};

/// Where the scale of the grid comes from.
enum class ScaleRule {
  Fixed,    ///< alpha is a number
  AutoPo2,  ///< alpha=auto_po2: the power of two that fits the weights best, anew at every step
  Learned,  ///< alpha=learned_po2: a power of two that is trained with the weights
};

/// Who has a width of its own where widths are learned.
enum class LearnedBits {
  None,     ///< widths are as the notation says
  Tensor,   ///< one for all
  Channel,  ///< one for each channel, for weights each output channel
  Weight,   ///< one for each weight
};

/// A quantizer as a network file gives it, in QKeras's notation.
struct QuantizerSpec {
  QuantizerKind kind = QuantizerKind::Bits;
  int bits = 8;               ///< Bits, Relu, Po2
  int integer = 0;            ///< Bits, Relu: bits before the point, without the sign
  bool symmetric = false;     ///< Bits: the lowest value is minus the highest
  bool keep_negative = true;  ///< Bits: has a sign; Binary: -1 and 1 instead of 0 and 1
  ScaleRule scale = ScaleRule::Fixed;
  int exponent = 0;                      ///< Fixed: alpha is 2^exponent
  bool per_channel = false;              ///< Learned: a scale for each output channel
  double threshold = 0.33;               ///< Ternary: magnitudes below it become 0
  std::optional<double> max_value = {};  ///< Po2: magnitudes are clipped to it first
  bool is_real = false;  ///< Tanh, Sigmoid: the smooth function, not the one of straight lines
  /// Bits, Relu: the widths are learned, beginning at `bits`, and with them the steps, as with
  /// ScaleRule::Learned, which it goes with (Sun et al., "HGQ", 2024).
  LearnedBits learned_bits = LearnedBits::None;
  bool operator==(const QuantizerSpec&) const = default;

  /// Bits and Relu: bits of a value without its sign, QKeras's "unsigned bits".
  int magnitude_bits() const { return bits - (kind == QuantizerKind::Bits && keep_negative ? 1 : 0); }
  /// Values on an even grid of whole steps, but for the one-bit case with a sign, which is -1 and 1.
  bool is_grid() const {
    return (kind == QuantizerKind::Bits && magnitude_bits() > 0) || kind == QuantizerKind::Relu;
  }
  bool learns_bits() const { return learned_bits != LearnedBits::None; }
  /// -1 and 1, or 0 and 1.
  bool is_sign() const {
    return kind == QuantizerKind::Binary || (kind == QuantizerKind::Bits && !is_grid());
  }
  /// Po2: the least and the greatest exponent.
  int least_exponent() const;
  int greatest_exponent() const;
};

/// The most bits that a quantizer may have: its whole numbers are rounded in single precision.
inline constexpr int most_quantizer_bits = 20;

/// Reads "quantized_bits(6,0,alpha=1)", "quantized_relu(6)", "binary", "ternary(threshold=0.5)",
/// "quantized_po2(4)": arguments by position or name with the names, order and defaults of QKeras, but that
/// alpha is 1 where it is not said. `learned_po2`, `per_channel` and `learned_bits` are ours. What QKeras has
/// beyond that (stochastic rounding, slopes, ...) may only be said as what turns it off. Nothing if it is no
/// such text; `why` then says what is wrong.
std::optional<QuantizerSpec> read_quantizer(std::string_view text, std::string& why);

/// A text that read_quantizer gives the same quantizer back from.
std::string print_quantizer(const QuantizerSpec& spec);

}  // namespace gw::train
