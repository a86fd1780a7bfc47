#pragma once

#include <map>
#include <string>
#include <vector>

#include "train/model.h"

namespace gw::train {

/// A network in double precision, layer by layer and loop by loop as a textbook writes it: what the trainer
/// is held to.
///
/// A quantised network is a staircase, and what trains it is the slope of another function, straight through
/// the steps. After hold() the reference computes that one: every quantizer gives what it gave in the last
/// call of loss() plus, where it passes gradients, how far its input has moved since (and for a learned step,
/// how far that has moved times the slope by it). Places of maxima, and what training holds fixed, stay as
/// well.
class Reference {
 public:
  Reference(const Network& network, const Parameters& parameters);

  /// Mean cross-entropy of the images at `order`, batch norm with the batch's own statistics (`training`) or
  /// with the running ones.
  double loss(const Samples& samples, const std::vector<std::int32_t>& order, bool training);
  /// The answers before the softmax of the last call of loss(), `classes` per image.
  const std::vector<std::vector<double>>& logits() const { return values_; }
  /// The batch statistics of the last call, by the names of Parameters::statistics.
  const std::map<std::string, std::vector<double>>& batch_statistics() const { return batch_; }

  /// An entry of the parameter of that name, to be moved by a finite difference.
  double& at(const std::string& name, size_t index) { return numbers_.at(name)[index]; }

  /// From now on what the quantizers did in the last call of loss() is held.
  void hold() { held_ = true; }

 private:
  void conv(const LayerSpec& layer);
  void dense(const LayerSpec& layer);
  void batch_norm(const LayerSpec& layer, bool training);
  void pool(const LayerSpec& layer);
  void average(const LayerSpec& layer);
  /// Sets the values to those that layer `i` reads, after `answers` of the layers before it.
  struct Answer {
    std::vector<std::vector<double>> values;
    int fraction;
  };
  void join(size_t i, const std::vector<Answer>& answers);
  void function(const LayerSpec& layer);

  /// The next entry of what is held: computed by `make` in a call that is not held.
  template <class Make>
  double kept(const Make& make);
  double quantised(const QuantizerSpec& spec, double x, double log_step, bool is_weight, double log_top = 0);
  double quantised_bias(const std::optional<QuantizerSpec>& spec, double bias);
  int fraction_of(const QuantizerSpec& spec, const std::string& step, size_t channels) const;
  /// Of a step or top with one entry, one a channel or one a weight.
  double step_of(const std::string& name, size_t element) const;
  const std::vector<double>& weights(const LayerSpec& layer);
  void add_quantised_bias(const LayerSpec& layer);
  void folded_norm(const LayerSpec& layer, bool training);

  const Network& network_;
  bool held_ = false;
  std::vector<double> tape_;
  size_t at_ = 0;
  int fraction_ = 0;  // bits behind the point of the values at hand
  std::vector<double> quantised_weights_, factors_, shrinkages_;  // of the last conv2d or dense
  std::map<std::string, std::vector<double>> numbers_, batch_;
  std::vector<std::vector<double>> values_;       // per image, row-major
  std::vector<std::vector<double>> unquantised_;  // those before the quantizer right before
};

/// Random images and labels.
struct RandomSamples {
  RandomSamples(const Network& network, int count, std::uint64_t seed);
  Samples samples() const { return {pixels, labels}; }
  std::vector<std::uint8_t> pixels, labels;
};

/// The network of a file's text, which must be right.
Network network_of(const std::string& yaml);

}  // namespace gw::train
