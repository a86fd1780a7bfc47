#pragma once

#include <span>
#include <vector>

#include "train/fake_quantizer.h"
#include "train/network.h"

namespace gw::train {

/// What a layer reads at one position after the other: `width` values a window, in the order of the rows of
/// its weights.
struct Windows {
  size_t width = 0;
  std::vector<float> values;
  size_t count() const { return values.size() / width; }
};

/// Some thousand of the windows that a group of a conv2d, or a dense, has on these inputs (images one after
/// the other): of the same positions whatever the values.
Windows windows_of(const LayerSpec& layer, const std::vector<float>& inputs, int group = 0);

/// Fits the weights and biases of one layer to its windows as they are quantised, so that it answers what it
/// did on those in floating point.
class LayerFit {
 public:
  /// Both must be of the same positions and outlive it.
  LayerFit(const Windows& plain, const Windows& quantised);

  /// Makes of the weights of `count` outputs from `first` on whole numbers in `range` times 2^steps[output],
  /// and moves their biases to suit; `weights` are rows by all outputs. `rounds`: by least squares; else each
  /// to the nearest. Weights that are 0 stay so.
  void fit(size_t first, size_t count, std::vector<float>& weights, std::vector<float>& biases,
           std::span<const float> steps, RawRange range, bool rounds);

 private:
  void make_squares();
  void descend(const std::vector<double>& w, std::vector<double>& q, double step, RawRange range) const;

  const Windows &plain_, &quantised_;
  std::vector<double> plain_means_, means_, squares_;
  double ridge_ = 0;
};

}  // namespace gw::train
