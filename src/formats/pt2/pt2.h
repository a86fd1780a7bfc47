#pragma once

#include <string>
#include <string_view>

#include "formats/file_model.h"
#include "formats/inspect.h"

namespace gw {

/// True if the bytes are an archive of torch.export.
bool is_pt2(std::string_view bytes);

/// Reads a network from a program that torch.export has saved (docs/pytorch.md), by the operators of ONNX
/// that stand for PyTorch's; layers are named after modules. `file` is only used in messages. Errors: all
/// that is not understood, by node and operator; archives of PyTorch before 2.8.
Result<FileModel> read_pt2(std::string_view bytes, const std::string& file);

/// What such a file holds (inspect.h), in the words of ONNX. Errors: an archive that cannot be followed.
Result<FileInspection> inspect_pt2(std::string_view bytes, const std::string& file);

}  // namespace gw
