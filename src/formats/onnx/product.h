#pragma once

#include <optional>

#include "formats/onnx/reader.h"

namespace gw {

/// x * matrix + bias on the last axis of the file's tensor; matrix (n, m), bias broadcast to (m) or null. The
/// sums are of x's and the matrix's numbers; what they stand for is the answer's affine. Nothing if an error
/// was told.
std::optional<OnnxStream> dense_product(OnnxCall& call, const OnnxStream& x, const OnnxArray& matrix,
                                        const OnnxArray* bias);

/// Likewise of a convolution: weight (out, in, kernel...), or (out, kernel..., in) channels last.
std::optional<OnnxStream> convolution_product(OnnxCall& call, const OnnxStream& x, const OnnxArray& weight,
                                              const OnnxArray* bias);

/// What Conv and Gemm say, whose inputs and attributes the node has.
std::optional<OnnxStream> convolution(OnnxCall& call);
std::optional<OnnxStream> gemm(OnnxCall& call);

}  // namespace gw
