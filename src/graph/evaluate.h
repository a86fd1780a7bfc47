#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "graph/graph.h"

namespace gw {

struct EvaluateOptions {
  int threads = 1;  ///< 0: one per core
  /// Called with every layer's output, in order of the nodes, for traces. Batches come one after the other.
  std::function<void(const Node&, const Tensor&)> observer = {};
  /// If given: grows per node name by how many values did not fit their type (inputs, results, lossy
  /// accumulators, and weights when they were quantised); nodes without any are not named.
  std::map<std::string, std::int64_t>* overflows = nullptr;
};

/// The whole typed graph on a batch: one tensor per input node, in order; answers one per output. Works
/// through the batch in blocks that fit the cache, so that memory does not grow with it.
std::vector<Tensor> evaluate(const Graph& graph, std::span<const Tensor> inputs,
                             const EvaluateOptions& options = {});

/// Real inputs, cast by the input nodes' quantizers first.
std::vector<Tensor> evaluate(const Graph& graph, std::span<const FloatTensor> inputs,
                             const EvaluateOptions& options = {});

}  // namespace gw
