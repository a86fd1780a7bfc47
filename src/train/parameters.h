#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/network.h"

namespace gw::train {

/// One trained array: its values and, after a backward pass, the gradient of the loss by them.
struct Parameter {
  std::string name;  ///< "conv1.weight", "bn1.gamma"
  Shape shape;  ///< conv2d: (kernel_h, kernel_w, in / groups, out); dense: (in, out); else (channels) or (1)
  double l1 = 0;
  std::vector<float> values, gradient = {};
  /// 0 where a weight is pruned, which is then 0 and stays so; empty: none is.
  std::vector<std::uint8_t> mask = {};
  double l2 = 0;
  double rate = 1;        ///< its share of the learning rate
  bool is_width = false;  ///< a step or top that settles a learned width
};

/// Batch norm's running mean or variance: not trained, but part of the network.
struct Statistic {
  std::string name;  ///< "bn1.moving_mean", "bn1.moving_variance"
  std::vector<float> values;
};

/// Every number of a network, in the order of its layers: weight, weight_step where it is learned, and bias
/// of a conv2d or dense; gamma, beta of a batch norm, and its two statistics; the step of an activation where
/// it is learned, and its top where its width is. Learned steps and tops are base-2 logarithms.
struct Parameters {
  std::int64_t steps = 0;  ///< batches that the running statistics have seen
  std::vector<Parameter> trained;
  std::vector<Statistic> statistics;

  const std::vector<float>& values(int index) const { return trained[static_cast<size_t>(index)].values; }
  /// As long as the values.
  std::vector<float>& gradient(int index) {
    Parameter& parameter = trained[static_cast<size_t>(index)];
    parameter.gradient.resize(parameter.values.size());
    return parameter.gradient;
  }
};

/// Fresh numbers: weights by each layer's init from `seed`, biases and beta 0, gamma 1, mean 0, variance 1.
Parameters initial_parameters(const Network& network, std::uint64_t seed);

/// Sum over parameters of l1 * sum |value| + l2 * sum value^2.
double penalty(const Parameters& parameters);

/// Adds the (sub)gradient of penalty: l1 * sign(value), 0 at 0, + 2 * l2 * value.
void add_penalty_gradient(Parameters& parameters);

}  // namespace gw::train
