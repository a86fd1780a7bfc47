#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/keras/reader.h"

namespace gw {

/// What dense layers, convolutions and batch norms of Keras and QKeras have in common.

/// How a window slides, one value for each axis of space.
struct KerasWindow {
  Shape kernel, strides, dilations;
  Padding padding = Padding::Explicit;
};
/// Reads kernel_size (or pool_size), strides, dilation_rate, padding and data_format. `axes` is 1 or 2.
KerasWindow read_keras_window(KerasCall& call, size_t axes, const std::string& size_key);

/// True if the layer has its channels last, which is understood; an error otherwise.
bool is_channels_last(KerasCall& call);
/// An error unless x has this many extents without the batch.
bool has_rank(KerasCall& call, size_t rank);

/// One number as a constant that is broadcast to x, with as many extents.
NodeId keras_number(KerasCall& call, NodeId x, const std::string& name, double value);

/// The variables and numbers of a batch norm, as a layer of its own or inside another one.
struct KerasNorm {
  std::vector<float> gamma, beta, mean,
      variance;  ///< gamma and beta filled with 1 and 0 where there are none
  float epsilon = 0;
};
/// The names of its variables, which lie below `prefix`, and of what the config says of it.
std::vector<std::string> keras_norm_variables(KerasCall& call, const std::string& prefix);
/// The norm of these variables. Errors: another axis than the last, other than `channels` values.
std::optional<KerasNorm> read_keras_norm(KerasCall& call, std::map<std::string, FloatTensor>& variables,
                                         const std::string& prefix, int channels);

/// y = x * scale + shift per channel, scale = gamma / sqrt(variance + epsilon) and shift = beta - scale *
/// mean, each step in single precision.
struct KerasAffine {
  std::vector<float> scale, shift;
};
NodeId add_keras_affine(KerasCall& call, KerasAffine affine, std::optional<Quantizer> scale_type = {},
                        std::optional<Quantizer> shift_type = {});

}  // namespace gw
