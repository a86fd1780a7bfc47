#pragma once

#include <map>
#include <string>
#include <vector>

#include "train/parameters.h"

namespace gw::train {

/// Which channels are left of a network whose filters were pruned: what a channel without weights and without
/// bias answers is 0, and neither it nor what reads it has to be built. Is asked layer by layer, in order.
class Survivors {
 public:
  Survivors(const Network& network, const Parameters& parameters);

  /// The weights of a conv2d or dense that are left: from the values that are left before it to its outputs
  /// that are left, which from here on are the values.
  FloatTensor weight(const LayerSpec& layer, const FloatTensor& whole);
  /// What is left of an array with one entry for each channel of the values.
  FloatTensor of_channels(const FloatTensor& whole) const;
  /// Likewise of a list with one entry for each channel, or one for all.
  template <class Entry>
  std::vector<Entry> of_channels(const std::vector<Entry>& whole) const {
    if (whole_ || whole.size() == 1) return whole;
    std::vector<Entry> rest;
    for (const int channel : left_) rest.push_back(whole[static_cast<size_t>(channel)]);
    return rest;
  }
  /// From here on the values are a row of the elements of `shape`.
  void flatten(const Shape& shape);

 private:
  std::map<std::string, std::vector<int>> outputs_;  // of each layer with weights: those that are left
  bool whole_ = false;                               // nothing ever leaves this network
  std::vector<int> left_;                            // of the channels of the values
};

}  // namespace gw::train
