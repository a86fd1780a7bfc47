#pragma once

#include <string>

#include "formats/onnx/file.h"

namespace gw {

/// The bytes of an ONNX file (IR version 7) that says what the structure says; parse_onnx reads the same
/// back. The path is not in it. An extent of -1 becomes one that is named "batch". Equal structures give
/// equal bytes.
std::string print_onnx(const OnnxFile& file);

}  // namespace gw
