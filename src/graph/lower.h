#pragma once

#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace gw {

/// One stage of a pipeline and where its input streams come from: -1 - k is input k of the network, other
/// values are earlier stages.
struct StageLink {
  Stage stage;
  std::vector<int> sources;
};

/// The network as hardware sees it: stages in an order in which sources come first.
struct Pipeline {
  std::vector<TensorType> inputs;
  std::vector<std::string> input_names;
  std::vector<StageLink> stages;
  std::vector<int> outputs;  ///< stages that leave the design
};

/// Every layer of a typed graph that an output depends on, lowered to its stage. A flatten or reshape is no
/// stage where the stages after it read the tensor whole: they do so through a window over the stream as it
/// is. Elsewhere, and where its answer leaves the network, it is a stage that does nothing but gather the
/// tensor.
Pipeline lower(const Graph& graph);

/// Joins each stage that works element by element (relu, batch norm, casts) with the stage before it, when
/// that one feeds nobody else: one formula, no stream between, named "conv1+relu1". Keeps every bit of every
/// output.
Pipeline fuse_pointwise(const Pipeline& pipeline);

/// The reference answer: the interpreter on every stage in turn. One tensor per network input; one per
/// output.
std::vector<Tensor> run(const Pipeline& pipeline, std::span<const Tensor> inputs);

}  // namespace gw
