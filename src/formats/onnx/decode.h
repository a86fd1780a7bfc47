#pragma once

#include <string>

#include "formats/onnx/array.h"

namespace gw {

/// Row-major bytes of that many elements as numbers; `element` is a TensorProto.DataType of ONNX. "" or why
/// there are none.
std::string decode_numbers(int element, std::string bytes, const OnnxShape& shape, OnnxArray& array);

}  // namespace gw
