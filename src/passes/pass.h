#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "graph/config.h"
#include "graph/graph.h"

namespace gw {

/// One rewriting of a graph into a new one. A graph to which it has nothing to say is handed back as it is.
struct Pass {
  std::string_view name;
  std::string_view doc;  ///< one sentence: what holds afterwards
  Result<Graph> (*run)(Graph, const Config&);
  bool keeps_bits;  ///< every answer of a typed graph stays the same, bit for bit (passes on real weights:
                    ///< only the mathematics does)
};

// On real weights.
extern const Pass fold_constants;
extern const Pass fold_batch_norm;
extern const Pass assign_types;
// On typed graphs.
extern const Pass merge_duplicates;
extern const Pass merge_shapes;
extern const Pass pad_into_window;
extern const Pass join_affine;
extern const Pass merge_clips;
extern const Pass drop_identities;
extern const Pass fuse_quantizers;
extern const Pass quantize_before_pool;
extern const Pass narrow_to_request;

/// The passes from a trained network to one that can be evaluated and lowered, in order.
const std::vector<Pass>& pipeline();

struct CompileOptions {
  /// Called after each pass with the graph that went in and the one that came out.
  std::function<void(const Pass&, const Graph& before, const Graph& after)> observer = {};
  /// The name of the last pass that is run; empty: all of them. The graph may then be untyped.
  std::string_view stop_after = {};
  /// Whether the passes behind assign_types run. They keep the answers of the network, but join layers and
  /// narrow what is between them: without them every layer answers what the configuration says, as traces
  /// and counts of overflows want it.
  bool simplify = false;
  /// Whether the promise of every pass that keeps bits is put to the test (check.h). Takes many times longer.
  bool check = false;
};

/// Runs the pipeline.
Result<Graph> compile(Graph graph, const Config& config, const CompileOptions& options = {});

/// Runs the passes of the pipeline that keep bits, on a typed graph.
Result<Graph> simplify(Graph graph, const CompileOptions& options = {});

}  // namespace gw
