#pragma once

#include "graph/graph.h"
#include "train/model.h"

namespace gw::train {

/// The trained network as a graph, without filters that were pruned (survivors.h). A quantised network gives
/// a typed graph of exact sums, a node per layer of the same name but for batch norms, which are folded, and
/// the softmax: it answers what Model::logits() does, to the bit wherever single precision holds the sums (24
/// bits). Any other gives a graph of real numbers: a node per layer of the same name, constants
/// "conv1.weight" (as in Parameters), "conv1.bias"; batch norm with its running statistics joined into
/// "bn1.scale", "bn1.bias"; input "input", which takes pixels already divided.
Result<Graph> to_graph(const Network& network, const Parameters& parameters);

/// A graph of real numbers as something that the trainer computes.
struct FloatModel {
  Network network;
  Parameters parameters;
};

/// The other way, for any chain of the layers that a network file has: running the result gives the graph's
/// answers in floating point. Batch norm becomes one with mean 0 and deviation 1. Fixed-point types in the
/// graph are not looked at. An error names the first node that is no part of such a chain. `divide_by` as in
/// Network.
Result<FloatModel> from_graph(const Graph& graph, const std::string& file, double divide_by = 255);

}  // namespace gw::train
