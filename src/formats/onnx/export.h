#pragma once

#include <string>

#include "formats/onnx/file.h"
#include "graph/graph.h"

namespace gw {

struct OnnxExportOptions {
  bool is_float = false;  ///< the real weights and no quantizers: the network as it was trained
};

/// A network as ONNX says it, and what is to be told of it.
struct OnnxExport {
  OnnxFile file;
  Diagnostics notes;  ///< warnings: what other engines than this one need not compute to the bit
};

/// The graph in ONNX operators of version 13 and quantizers of QONNX (docs/onnx.md): the answers of the file
/// are those of the graph, bit for bit, when it is read back; of layers without a type, in real numbers.
/// Tensors keep our order of axes behind the batch. A wrap that can act is written as arithmetic. Errors: a
/// rounding accumulator, AP_SAT_ZERO, types of single elements, and values that single precision does not
/// hold.
Result<OnnxExport> export_onnx(const Graph& graph, const OnnxExportOptions& options = {});

}  // namespace gw
