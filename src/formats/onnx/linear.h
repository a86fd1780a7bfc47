#pragma once

#include <optional>

#include "formats/onnx/reader.h"

namespace gw {

/// A scale and a zero point, each one number or one for each place along an axis of the file's tensor.
struct OnnxLinear {
  OnnxArray scale, zero;
  std::optional<FixedType> whole;  ///< the type of the zero point
};

/// Those at two inputs; a zero point that is left out is 0. Errors: scales that are not above 0, zero points
/// that are not as many.
std::optional<OnnxLinear> linear_at(OnnxCall& call, size_t scale_at, size_t zero_at);

/// (array - zero) * scale: whole numbers times a power of two, and the rest of each scale beside them.
std::optional<OnnxArray> dequantised(OnnxCall& call, OnnxArray array, const OnnxLinear& linear,
                                     std::int64_t axis);
/// What (x - zero) * scale stands for; axis counts the batch.
std::optional<OnnxStream> dequantised(OnnxCall& call, OnnxStream x, const OnnxLinear& linear,
                                      std::int64_t axis);
/// round(x / scale) + zero within the whole type; the stream stands for these whole numbers.
std::optional<OnnxStream> quantised(OnnxCall& call, const OnnxStream& x, const OnnxLinear& linear,
                                    std::int64_t axis);
/// The int32 bias at an input, if any: it counts in products of both scales, rounded to single precision.
std::optional<OnnxArray> linear_bias(OnnxCall& call, size_t at, const OnnxLinear& x,
                                     const OnnxLinear& weight);

/// The operators of these names, which com.microsoft has as well.
void read_quantize_linear(OnnxCall& call);
void read_dequantize_linear(OnnxCall& call);

}  // namespace gw
