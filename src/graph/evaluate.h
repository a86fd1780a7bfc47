#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "graph/graph.h"
#include "layers/prepared.h"

namespace gw {

/// Counts by the name of a node; nodes without any are not named.
using NodeCounts = std::map<std::string, std::int64_t>;

/// How to evaluate; none of it changes a bit.
struct EvaluateOptions {
  int threads = 1;  ///< 0: one per core
  /// Called with every layer's output, in order of the nodes, for traces. Batches come one after the other.
  std::function<void(const Node&, const Tensor&)> observer = {};
  /// If given: grows per node by how many values did not fit their type (inputs, results, lossy
  /// accumulators).
  NodeCounts* overflows = nullptr;
  const Kernels* kernels = nullptr;  ///< one instruction set (layers/kernels.h); none: the best there is
  int block = 0;  ///< samples that go through all layers together; 0: as many as the cache holds
};

/// A typed graph made ready for many batches: what depends on weights and types alone is made at the first
/// one and kept. A batch goes through the layers in blocks that fit the cache, so that memory beside the
/// inputs and the answers does not grow with it.
class Evaluator {
 public:
  /// The graph must be typed and outlive the evaluator.
  explicit Evaluator(const Graph& graph, EvaluateOptions options = {});

  /// One tensor per input node, in order, all of one batch; answers one per output.
  std::vector<Tensor> run(std::span<const Tensor> inputs);
  /// Real inputs, cast by the input nodes' quantizers first. Every value must be finite.
  std::vector<Tensor> run(std::span<const FloatTensor> inputs);
  std::vector<Tensor> run(std::span<const DoubleTensor> inputs);

 private:
  template <class In>
  class Batch;
  template <class In>
  std::vector<Tensor> run_batch(std::span<const In> inputs);

  const Graph& graph_;
  EvaluateOptions options_;
  std::vector<NodeId> last_user_;  ///< of each node
  int block_;
  std::unique_ptr<Prepared[]> prepared_;  ///< of each node
};

/// One batch through a graph. Overflows also name the constants whose values did not fit when they were
/// quantised.
std::vector<Tensor> evaluate(const Graph& graph, std::span<const Tensor> inputs,
                             const EvaluateOptions& options = {});
std::vector<Tensor> evaluate(const Graph& graph, std::span<const FloatTensor> inputs,
                             const EvaluateOptions& options = {});

/// Adds how many values of each constant did not fit their type.
void add_constant_overflows(const Graph& graph, NodeCounts& overflows);

}  // namespace gw
