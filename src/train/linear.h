#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace gw::train {

/// The products of weights and values that the trainer needs, for a fixed number of images at a time.
struct LinearShape {
  int images = 1;                           ///< per call
  int rows = 1, columns = 1, channels = 1;  ///< of the input; a dense layer has 1x1xfeatures
  int kernel_h = 1, kernel_w = 1, filters = 1;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1, groups = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  bool dense = false;
  bool needs_input_gradient = true;

  int out_rows() const {
    return (rows + pad_top + pad_bottom - (kernel_h - 1) * dilation_h - 1) / stride_h + 1;
  }
  int out_columns() const {
    return (columns + pad_left + pad_right - (kernel_w - 1) * dilation_w - 1) / stride_w + 1;
  }
  /// That one output sums over.
  int group_channels() const { return channels / groups; }
  std::int64_t weight_count() const { return std::int64_t{kernel_h} * kernel_w * group_channels() * filters; }
};

/// A convolution or a dense layer, without bias, forward and backward, on oneDNN. Arrays are
/// channels last; weights and their gradient are (kernel_h, kernel_w, channels / groups, filters), for a
/// dense layer (in, out). Each call runs on the calling thread alone; calls with different lanes may run at
/// the same time.
class Linear {
 public:
  /// `lanes`: how many calls may be in flight at once.
  Linear(const LinearShape& shape, int lanes);
  ~Linear();
  Linear(Linear&&) noexcept;
  Linear& operator=(Linear&&) noexcept;

  /// To be called after every change of the weights and before the products below.
  void set_weights(const float* weights);
  /// y = weights * x.
  void forward(int lane, const float* x, float* y);
  /// dx = weights^T * dy; only with needs_input_gradient.
  void backward_data(int lane, const float* dy, float* dx);
  /// Writes the gradient of the weights from these images, in an order of elements of its own and of
  /// gradient_size() floats. Gradients of several calls may be added element by element.
  void backward_weights(int lane, const float* x, const float* dy, float* gradient);
  std::int64_t gradient_size() const;
  /// Puts a gradient into the order of the weights.
  void unpack_gradient(const float* gradient, float* weights_order);

  const LinearShape& shape() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gw::train
