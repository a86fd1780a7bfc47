#pragma once

#include <map>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

namespace gw::testing {

/// A tensor as ONNX has it: batch first, row-major.
struct OnnxTensorValue {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

/// Works an ONNX file out by the words of the specification (onnx.ai/onnx/operators), index by index: slow,
/// obvious, and without any idea of layouts. Only what the tests' files hold.
/// Real arithmetic is that of doubles; `nearest_tie`, if given, becomes the least distance of any number that
/// a quantizer rounds from where its rounding jumps.
OnnxTensorValue run_onnx(const onnx::ModelProto& model, const std::map<std::string, OnnxTensorValue>& inputs,
                         const std::string& output, double* nearest_tie = nullptr);

}  // namespace gw::testing
