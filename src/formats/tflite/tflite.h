#pragma once

#include <string>
#include <string_view>

#include "formats/file_model.h"
#include "formats/inspect.h"

namespace gw {

/// Reads a network from a TensorFlow Lite file (docs/tflite.md), of 8-bit whole numbers with the bits of the
/// reference kernels or of real numbers. Whole inputs and outputs are the file's numbers, zero points and
/// all. `file` is only used in messages. Errors: all that is not understood, by operator and output tensor.
Result<FileModel> read_tflite(std::string_view bytes, const std::string& file);

/// What such a file holds (inspect.h). Errors: bytes that are no such file.
Result<FileInspection> inspect_tflite(std::string_view bytes, const std::string& file);

}  // namespace gw
