#pragma once

#include <span>
#include <vector>

#include "formula/pipeline.h"
#include "graph/graph.h"

namespace gw {

/// Every layer of a typed graph that an output depends on, lowered to its stage. A flatten or reshape is no
/// stage where the stages after it read the tensor whole: they do so through a window over the stream as it
/// is. Elsewhere, and where its answer leaves the network, it is a stage that does nothing but gather the
/// tensor.
Pipeline lower(const Graph& graph);

/// Joins each stage that works element by element (relu, batch norm, casts) with the stage before it, when
/// that one feeds nobody else: one formula, no stream between, named "conv1+relu1". Products with constants
/// behind sums stay apart, where they would be multiplied out. Keeps every bit of every output.
Pipeline fuse_pointwise(const Pipeline& pipeline);

/// Makes two stages of each that is a maximum over patches of several rows and columns ("pool1"): the maxima
/// of the rows of each patch ("pool1.rows"), then those of the patches, with whatever follows them; where
/// that saves comparisons enough to pay for a stage. Keeps every bit of every output.
Pipeline separate_maxima(const Pipeline& pipeline);

/// The reference answer: the interpreter on every stage in turn. One tensor per network input; one per
/// output.
std::vector<Tensor> run(const Pipeline& pipeline, std::span<const Tensor> inputs);

}  // namespace gw
