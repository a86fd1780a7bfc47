#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "formats/onnx/reader.h"

namespace gw {

/// How an operator is computed on constants while a file is read. It gives its first output; others it hands
/// to the call itself. Nothing if an error was told.
struct OnnxFold {
  std::string_view op;
  std::optional<OnnxArray> (*fold)(OnnxCall& call, const std::vector<OnnxArray>& inputs);
};

/// Those that make or move elements; those that compute are in onnx_fold.cpp.
std::span<const OnnxFold> onnx_fold_moves();

/// An axis of a constant, counted from either end; an error if there is none such.
std::optional<std::int64_t> axis_in(OnnxCall& call, std::int64_t said, size_t rank);

}  // namespace gw
