// The road from a network to a design, read aloud.

#include "study/build.h"

#include "passes/pass.h"
#include "support/messages.h"

namespace gw {

namespace {

// A design is a chain: each stage reads the one before it, the first one the input, and the last one is the
// output.
Status check_chain(const Pipeline& pipeline) {
  Diagnostics errors;
  for (size_t s = 0; s < pipeline.stages.size(); ++s) {
    const StageLink& link = pipeline.stages[s];
    const bool follows =
        link.sources.size() == 1 && link.sources[0] == (s == 0 ? -1 : static_cast<int>(s) - 1);
    if (!follows)
      errors.push_back(diagnose(messages::stages_branch, {"", 0, "stage '" + link.stage.name + "'"}));
  }
  const bool ends =
      pipeline.outputs.size() == 1 && pipeline.outputs[0] == static_cast<int>(pipeline.stages.size()) - 1;
  if (errors.empty() && (!ends || pipeline.stages.empty()))
    errors.push_back(diagnose(messages::stages_branch, {"", 0, "outputs"}));
  if (errors.empty()) return Done{};
  return errors;
}

}  // namespace

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
  if (auto chain = check_chain(result.pipeline); !chain) return chain.errors();

  // When and how often: the one step that chooses, and that changes no bit.
  std::vector<Stage> chain;
  for (const StageLink& link : result.pipeline.stages) chain.push_back(link.stage);
  auto design = schedule(name, chain, result.pipeline.inputs.front(), part, options);
  if (!design) return design.errors();
  result.design = std::move(*design);
  for (const Stage& stage : chain) result.unfolded.push_back(unfolded_cost(stage, part, options.clock_ns));
  return result;
}

}  // namespace gw
