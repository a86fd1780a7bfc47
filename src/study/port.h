#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "num/tensor.h"

namespace gw {

/// The order in which the elements of a sample lie in an array outside, where a tensor of ours has its
/// channels last. Axis k of the tensor is axis axes[k] of the array.
class Layout {
 public:
  /// The order of our own.
  Layout() = default;
  /// `outside` is the array's shape without its samples' axis; `axes` is a permutation of its axes.
  Layout(const std::vector<std::int64_t>& outside, const std::vector<int>& axes);

  bool is_ours() const { return from_.empty(); }
  /// Elements of whole samples, in place.
  template <class Real>
  void to_ours(std::span<Real> samples) const;
  template <class Real>
  void from_ours(std::span<Real> samples) const;

 private:
  std::vector<std::int64_t> from_;  ///< of each element of ours its position outside; empty: its own
};

/// An input or output of a network as the user sees it.
struct Port {
  std::string name;                      ///< the node's
  std::string file_name;                 ///< in the file that the network came from
  TensorType type;                       ///< the tensor, channels last
  std::vector<std::int64_t> file_shape;  ///< without the samples, in the file that the network came from
  Layout file_layout;

  std::vector<std::int64_t> our_shape() const { return {type.shape.begin(), type.shape.end()}; }
};

}  // namespace gw
