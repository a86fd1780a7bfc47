#pragma once

#include <functional>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace gw {

/// Called with every input's and layer's values, in order of the nodes.
using RealObserver = std::function<void(const Node&, const DoubleTensor&)>;

/// What a graph means in real numbers: weights as they were trained, sums in double precision, functions
/// themselves instead of their tables, and no accumulator's type. A cast that the graph states stays, since
/// the network was trained with it: constants that have raw values, quantizers of inputs, of `quantize` and
/// of results. So the graph as its file gives it answers what its training framework answers, up to the order
/// in which sums are rounded.
///
/// One tensor per input node, in order, all of one batch; answers one per output. Memory holds the whole
/// batch. Values that are not finite go through as they are and stay as they are in casts.
std::vector<DoubleTensor> evaluate_real(const Graph& graph, std::span<const DoubleTensor> inputs,
                                        const RealObserver& observer = {}, int threads = 1);

}  // namespace gw
