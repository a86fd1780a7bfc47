// The road from a network to a design, read aloud.

#include "study/build.h"

#include "passes/pass.h"

namespace gw {

Result<Config> configuration(const std::string& file, const Graph& model, const Aliases& aliases) {
  if (!file.empty()) return load_config(file, model, aliases);
  Config config;
  config.precision.model["default"] = Quantizer{{16, 6, true}, Rounding::Trn, Overflow::Wrap};
  config.whole.fold_batch_norm = true;
  return config;
}

Result<Build> build(const Graph& model, const Config& config, const Part& part,
                    const ScheduleOptions& options, const std::string& name) {
  Build result;
  result.part = part;

  // Real weights and unknown types become raw weights and exact types, and layers as few and narrow as bits
  // allow.
  CompileOptions passes;
  passes.simplify = true;
  auto typed = compile(model, config, passes);
  if (!typed) return typed.errors();
  result.graph = std::move(*typed);

  // Layers become windows and formulas; from here on nobody knows what a layer is.
  result.pipeline = fuse_pointwise(lower(result.graph));

  // When and how often: the one step that chooses, and that changes no bit.
  auto design = schedule(name, result.pipeline, part, options);
  if (!design) return design.errors();
  result.design = std::move(*design);
  for (const StageLink& link : result.pipeline.stages)
    result.unfolded.push_back(unfolded_cost(link.stage, part, options.clock_ns));
  return result;
}

}  // namespace gw
