#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "formats/file_model.h"
#include "formats/inspect.h"

namespace gw {

struct OnnxFile;

/// Reads a network from an ONNX or QONNX file (docs/onnx.md). Its tensors are channels last and without the
/// batch: weights are transposed as they are read, and transposes, flattens and squeezes of the file that
/// only reorder are undone rather than computed. PyTorch's node "/d0/Gemm" is layer "d0", its functions
/// "/Add", "/Concat" are "add", "cat"; the layers of a QONNX file are named as after qonnx's clean-up.
/// Aliases are the names in the file and those of the clean-up, by which hls4ml's ONNX converter goes
/// (MatMul_0, Quant_0_param0). Errors: all that is not understood, by node, operator, attribute and value.
Result<FileModel> load_onnx(const std::filesystem::path& path);

/// As above from the bytes of a file; `file` is only used in messages.
Result<FileModel> read_onnx(std::string_view bytes, const std::string& file);

/// What such a file holds (inspect.h). Errors: bytes that are no ONNX file.
Result<FileInspection> inspect_onnx(std::string_view bytes, const std::string& file);

/// The network of a file that was taken apart, and what it holds, for formats that are read as ONNX's
/// operators.
Result<FileModel> network_of(const OnnxFile& contents);
FileInspection inspection_of(const OnnxFile& contents, std::string format);

}  // namespace gw
