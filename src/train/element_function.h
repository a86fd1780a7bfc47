#pragma once

#include <optional>

#include "graph/graph.h"
#include "train/network.h"

namespace gw::train {

/// The layer of a graph that a function of one number is: tanh, leaky_relu and so on, with the numbers of the
/// network file. In a quantised network `out` is what it is rounded to, and a function that hardware reads
/// from a table takes one that is as small as the types allow.
Layer function_layer(const LayerSpec& spec, const std::optional<Quantizer>& out);

/// A function of one number as training computes it, in single precision, before it is rounded. In a
/// quantised network slopes and thresholds are cast as the layer of the graph casts them.
class ElementFunction {
 public:
  ElementFunction(const LayerSpec& spec, bool is_quantised);

  float operator()(float x) const;
  /// Its derivative, from the left where there are two.
  float slope(float x) const;
  /// Whether a larger x never gives less, so that a maximum may be taken first.
  bool rises() const;
  /// Whether single precision computes what the emulator does, to the bit, for numbers of at most that
  /// magnitude and so many bits behind the point. Of tables it does not: their entries are within one unit of
  /// the last place.
  bool is_exact(double bound, int fraction) const;

 private:
  LayerKind kind_;
  float a_ = 0;       ///< alpha, slope, max or theta
  float b_ = 0;       ///< shift
  int bits_ = 0;      ///< of a and b behind the point
  bool fits_ = true;  ///< single precision holds a
};

}  // namespace gw::train
