#pragma once

#include <span>
#include <vector>

#include "train/aligned.h"
#include "train/block.h"
#include "train/kernels.h"

namespace gw::train {

/// The numbers of a conv2d or dense as a quantised network computes with them: a batch norm right behind is
/// folded into them first, as QKeras's QConv2DBatchnorm does (folding_mode ema_stats_folding), all in single
/// precision:
///   factor = gamma / sqrt(moving_variance + epsilon)     weight = Q(factor * kernel)
///   bias = Q(factor * (0 - moving_mean) + beta)
/// Without one the factor is 1 and the bias is the layer's own. Training and the graph of the trained network
/// (to_graph) take their numbers from here.
class QuantisedLayer {
 public:
  /// Of a block with a kernel quantizer.
  explicit QuantisedLayer(const Block& block);

  /// To be called after every change of the parameters. `in_fraction`: bits behind the point of the values
  /// that the layer reads.
  void load(const Parameters& parameters, int in_fraction);

  /// In the order of the parameter; pruned ones are 0.
  const std::vector<float>& weights() const { return weights_; }
  /// The biases of inference; empty if the layer has none.
  const std::vector<float>& biases() const { return biases_; }
  /// Any bias through the bias quantizer. Where the file gives none, it is rounded half to even to the bits
  /// that the sum has in any case: those of the products.
  float quantise_bias(float bias) const;

  /// Bits of the magnitude of a weight, counted from its own step up; 0 of a weight that is 0.
  int bits(size_t weight) const;
  /// What batch norm is folded with, per channel.
  float factor(size_t channel) const { return factors_[channel]; }
  /// By how much the quantizer shrinks a channel's weights: <weight, factor * kernel> / <factor * kernel,
  /// factor * kernel>, 1 without loss; 0 where there are none.
  double shrinkage(size_t channel) const { return shrinkages_[channel]; }

  /// Turns the gradient by weights() into the gradients of kernel and learned step, and adds to that of gamma
  /// what reaches it through the factor; the moving variance is held fixed in it.
  void pass_gradient(Parameters& parameters, std::span<float> by_weights) const;

  /// The types that hold weights() and biases() exactly.
  Quantizer weight_type() const;
  Quantizer bias_type() const;
  /// Bits behind the point of a sum with its bias.
  int fraction() const;
  /// No sum of products and bias, and no part of one, is larger, for inputs of that magnitude at most.
  double bound(double in_bound) const;

 private:
  Block block_;
  std::vector<float> folded_, weights_, factors_, biases_;
  std::vector<double> shrinkages_, inverse_deviations_;  // the latter those that were folded
  std::vector<int> exponents_;
  int product_fraction_ = 0;
};

/// The numbers of an activation, one a channel where the kernels read any.
struct ActivationTable {
  Activation::Kind kind = Activation::Kind::None;
  Floats step = {}, steps_per_one = {}, low = {}, high = {}, pass_above = {}, pass_upto = {};

  /// For the kernels, as long as this lives.
  Activation view() const;
};

/// The activation of a block, with its steps and tops as trained.
ActivationTable activation_of(const Block& block, const Parameters& parameters);

/// The casts that the activation quantizer of a block is: one, or one for each channel. A width of 0 answers
/// 0.
std::vector<Quantizer> activation_types(const Block& block, const Parameters& parameters);

/// What holds the values of all of them.
Quantizer activation_type(const Block& block, const Parameters& parameters);

/// The cast that an input quantizer is.
Quantizer input_type(const QuantizerSpec& spec);

}  // namespace gw::train
