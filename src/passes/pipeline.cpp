// From a trained network to one whose every bit is settled.

#include "passes/pass.h"

namespace gw {

const std::vector<Pass>& pipeline() {
  static const std::vector<Pass> passes{
      fold_batch_norm,  // real weights still: the mathematics stays, the arithmetic is not yet chosen
      assign_types,     // from here on every bit of every answer is settled
  };
  return passes;
}

Result<Graph> compile(const Graph& graph, const Config& config) {
  Result<Graph> current = graph;
  for (const Pass& pass : pipeline()) {
    current = pass.run(*current, config);
    if (!current) return current;
  }
  GW_CHECK(current->is_typed());
  return current;
}

}  // namespace gw
