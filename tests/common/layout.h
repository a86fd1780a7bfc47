#pragma once

#include <vector>

#include "formats/file_model.h"

namespace gw::testing {

/// Where in a sample of the file each element of ours is, in our order.
inline std::vector<size_t> positions(const FilePort& port) {
  std::vector<size_t> strides(port.shape.size(), 1), found{0};
  for (size_t axis = port.shape.size(); axis-- > 1;) {
    strides[axis - 1] = strides[axis] * static_cast<size_t>(port.shape[axis]);
  }
  for (const int axis : port.axes) {
    std::vector<size_t> finer;
    for (const size_t start : found) {
      for (size_t i = 0; i < static_cast<size_t>(port.shape[static_cast<size_t>(axis)]); ++i) {
        finer.push_back(start + i * strides[static_cast<size_t>(axis)]);
      }
    }
    found = finer;
  }
  return found;
}

/// Samples in the file's layout as one tensor of ours.
inline FloatTensor to_ours(const FilePort& port, const std::vector<double>& file) {
  const std::vector<size_t> from = positions(port);
  FloatTensor x{port.our_shape(), static_cast<int>(file.size() / from.size()), {}};
  for (size_t start = 0; start + from.size() <= file.size(); start += from.size()) {
    for (const size_t position : from) x.values.push_back(static_cast<float>(file[start + position]));
  }
  return x;
}

/// The values of a tensor of ours in the file's layout.
inline std::vector<double> to_file(const FilePort& port, const Tensor& y) {
  const std::vector<size_t> to = positions(port);
  std::vector<double> file(static_cast<size_t>(y.batch() * y.size()));
  for (size_t i = 0; i < file.size(); ++i) {
    file[i / to.size() * to.size() + to[i % to.size()]] =
        to_double(y.at(static_cast<std::int64_t>(i)), y.type().fraction());
  }
  return file;
}

}  // namespace gw::testing
