#pragma once

#include <string_view>
#include <vector>

#include "graph/config.h"
#include "graph/graph.h"

namespace gw {

/// One rewriting of a graph into a new one.
struct Pass {
  std::string_view name;
  std::string_view doc;  ///< one sentence: what holds afterwards
  Result<Graph> (*run)(const Graph&, const Config&);
  bool keeps_bits;  ///< the answers of a typed graph stay the same (passes on real weights: only the
                    ///< mathematics does)
};

/// Batch norm joined with the convolution or dense layer before it: weight * scale, bias * scale + shift, in
/// real numbers.
extern const Pass fold_batch_norm;

/// Every input, weight and layer gets the types that the configuration asks for; `auto` becomes the exact
/// type.
extern const Pass assign_types;

/// The passes from a trained network to one that can be evaluated and lowered, in order.
const std::vector<Pass>& pipeline();

/// Runs the pipeline.
Result<Graph> compile(const Graph& graph, const Config& config);

}  // namespace gw
