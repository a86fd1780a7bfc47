#pragma once

#include <optional>
#include <vector>

#include "formats/onnx/reader.h"

namespace gw {

/// A layer on streams whose numbers stand for the same, which are broadcast to each other; the answer has no
/// affine. Nothing if an error was told.
std::optional<OnnxStream> joined(OnnxCall& call, Layer layer, std::vector<OnnxStream> streams);

/// x * by + plus where both constants can go into what x's numbers stand for: then no layer is made.
std::optional<OnnxStream> absorbed(const OnnxStream& x, OnnxArray by, OnnxArray plus);

/// Streams behind each other along the node's `axis`, in one unit if they stand for something else. Likewise.
std::optional<OnnxStream> concatenated(OnnxCall& call, std::vector<OnnxStream> streams);

/// Tensors of ours, whose axes are the file's in the given order, behind each other along one of those.
OnnxStream put_behind(OnnxCall& call, const std::vector<NodeId>& parts, const std::vector<int>& axes,
                      int axis, const std::string& suffix);

/// x * factor: into what x's numbers stand for if they have types, else a multiplication.
OnnxStream times(OnnxCall& call, const OnnxStream& x, double factor, const std::string& suffix);

}  // namespace gw
