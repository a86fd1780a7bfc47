#pragma once

#include <map>
#include <string>
#include <vector>

#include "train/model.h"

namespace gw::train {

/// A network in double precision, layer by layer and loop by loop as a textbook writes it: what the trainer
/// is held to.
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

 private:
  void conv(const LayerSpec& layer);
  void dense(const LayerSpec& layer);
  void batch_norm(const LayerSpec& layer, bool training);
  void pool(const LayerSpec& layer);

  const Network& network_;
  std::map<std::string, std::vector<double>> numbers_, batch_;
  std::vector<std::vector<double>> values_;  // per image, row-major
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
