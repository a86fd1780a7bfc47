// From a trained network to one whose every bit is settled, and on to the smallest that answers the same.

#include "passes/check.h"
#include "passes/pass.h"

namespace gw {

const std::vector<Pass>& pipeline() {
  static const std::vector<Pass> passes{
      fold_constants,        // what no input reaches is a constant
      fold_batch_norm,       // real weights still: the mathematics stays, the arithmetic is not yet chosen
      assign_types,          // from here on every bit of every answer is settled
      merge_duplicates,      // no two layers compute the same
      merge_shapes,          // no two reshapes or transpositions in a row, none before a dense layer
      pad_into_window,       // convolutions and averages pad by themselves
      join_affine,           // no sum or product with a constant that the layer before can do
      merge_clips,           // no two clips in a row
      drop_identities,       // every layer does something
      quantize_before_pool,  // pools see narrow values
      fuse_quantizers,       // casts are the last step of the layer before them
      narrow_to_request,     // what no reader looks at is not computed
  };
  return passes;
}

namespace {

/// One pass and what is asked for around it.
Result<Graph> run(const Pass& pass, Graph graph, const Config& config, const CompileOptions& options) {
  std::optional<Graph> before;
  if (options.observer || options.check) before = graph;
  auto after = pass.run(std::move(graph), config);
  if (!after) return after;
  if (options.check && pass.keeps_bits) {
    if (auto kept = check_bits(pass, *before, *after); !kept) return kept.errors();
  }
  if (options.observer) options.observer(pass, *before, *after);
  return after;
}

}  // namespace

Result<Graph> compile(Graph graph, const Config& config, const CompileOptions& options) {
  for (const Pass& pass : pipeline()) {
    if (pass.keeps_bits) break;
    auto after = run(pass, std::move(graph), config, options);
    if (!after || pass.name == options.stop_after) return after;
    graph = std::move(*after);
  }
  GW_CHECK(graph.is_typed());
  return options.simplify ? simplify(std::move(graph), options) : graph;
}

Result<Graph> simplify(Graph graph, const CompileOptions& options) {
  GW_CHECK(graph.is_typed());
  for (const Pass& pass : pipeline()) {
    if (!pass.keeps_bits) continue;
    auto after = run(pass, std::move(graph), {}, options);
    if (!after || pass.name == options.stop_after) return after;
    graph = std::move(*after);
  }
  return graph;
}

}  // namespace gw
