// The road from a network to a design, read aloud.

#include "study/build.h"

#include <algorithm>
#include <cmath>

#include "passes/pass.h"
#include "schedule/beats.h"
#include "support/messages.h"

namespace gw {

Result<Config> configuration(const std::string& file, const Graph& model, const Aliases& aliases) {
  if (!file.empty()) return load_config(file, model, aliases);
  Config config;
  if (model.is_typed()) return config;
  const Quantizer usual{{16, 6, true}, Rounding::Trn, Overflow::Wrap};
  // A file that has quantised weights means its sums as they are: only what is real in it needs a type.
  bool states_types = false;
  for (const Node& node : model.nodes()) {
    if (!std::holds_alternative<Constant>(node.op)) continue;
    states_types = states_types || node.type.fixed;
    if (!node.type.fixed) config.precision.by_name[node.name]["result"] = usual;
  }
  if (states_types) {
    config.precision.by_kind["input"]["result"] = usual;
    for (const char* tensor : {"weight", "bias", "scale"}) config.precision.model[tensor] = usual;
  } else {
    config.precision.by_name.clear();
    config.precision.model["default"] = usual;
  }
  config.whole.fold_batch_norm = true;
  return config;
}

namespace {

// Where a configuration speaks of strategies and reuse factors. What it does not speak of is left to the
// schedule.
std::map<std::string, MatrixLayout> layouts_of(const Graph& graph, const Config& config) {
  using Kind = MatrixLayout::Kind;
  std::map<std::string, MatrixLayout> layouts;
  for (const Node& node : graph.nodes()) {
    const std::string_view of = kind(node);
    if (of != "dense" && of != "conv1d" && of != "conv2d") continue;
    const int clocks = config.reuse_factor(of, node.name);
    switch (config.strategy(of, node.name)) {
      case Strategy::Auto:
        layouts[node.name] = {Kind::Free, clocks};
        break;
      case Strategy::Latency:
        layouts[node.name] = {Kind::Within, clocks};
        break;
      case Strategy::Resource:
        layouts[node.name] = {Kind::Exact, clocks};
        break;
      case Strategy::ResourceUnrolled:
        layouts[node.name] = {Kind::Shared, clocks};
        break;
      case Strategy::DistributedArithmetic:
        layouts[node.name] = {Kind::Within, 1};
        break;
    }
  }
  return layouts;
}

}  // namespace

Diagnostics shortcomings(const Build& build) {
  Diagnostics found;
  const Cost total = build.design.cost;
  const Part& part = build.part;
  const auto compare = [&](const char* what, double used, double available) {
    if (used <= available) return;
    found.push_back(diagnose(messages::part_exceeded, {"", 0, std::string(part.name)}, what,
                             static_cast<std::int64_t>(std::ceil(used)), static_cast<std::int64_t>(available),
                             static_cast<std::int64_t>(std::ceil(100 * used / std::max(available, 1.0)))));
  };
  const auto lut = static_cast<double>(part.lut);
  if (part.ff_behind_lut) {
    compare("logic cells", shares(total, part).lut * lut, lut);
  } else {
    compare("LUT", total.lut, lut);
    compare("FF", total.ff, static_cast<double>(part.ff));
  }
  compare("DSP", total.dsp, static_cast<double>(part.dsp_count));
  compare("kilobits of block memory", 36 * total.bram36, 36 * part.bram36());
  for (const StageDesign& stage : build.design.stages) {
    if (stage.slowest_ns > build.design.clock_ns)
      found.push_back(diagnose(messages::clock_missed, {"", 0, stage.name},
                               fmt::format("{:g}", build.design.clock_ns),
                               fmt::format("{:.2f}", stage.slowest_ns),
                               "by the delay model, is its slowest operation between two registers"));
  }
  return found;
}

Result<Graph> typed_graph(const Graph& model, const Config& config) {
  CompileOptions passes;
  passes.simplify = true;
  return compile(model, config, passes);
}

namespace {

// Then patches share the maxima of rows; where several pixels come at once they lie within one stage's
// formula.
bool is_one_pixel_a_clock(const Pipeline& pipeline, const ScheduleOptions& options) {
  if (options.ports == Ports::Plain) return false;
  return options.interval == 0 || options.interval >= at_one_pixel(pipeline).interval();
}

}  // namespace

Result<Build> build(const Graph& model, const Config& config, const Part& target, ScheduleOptions options,
                    const std::string& name) {
  Build result;
  // Blocks of which there may be none are not there, neither for the schedule nor for synthesis.
  Part part = options.budget.dsp < 1 ? without_multipliers(target) : target;
  if (options.budget.bram36 == 0) part = without_block_memory(part);
  result.part = part;

  // Real weights and unknown types become raw weights and exact types, and layers as few and narrow as bits
  // allow.
  auto typed = typed_graph(model, config);
  if (!typed) return typed.errors();
  result.graph = std::move(*typed);

  // Layers become windows and formulas; from here on nobody knows what a layer is.
  result.pipeline = fuse_pointwise(lower(result.graph));
  if (options.interval == 0) options.interval = config.whole.pipeline_interval.value_or(0);
  if (is_one_pixel_a_clock(result.pipeline, options)) result.pipeline = separate_maxima(result.pipeline);

  // When and how often: the one step that chooses, and that changes no bit.
  options.layouts = layouts_of(result.graph, config);
  auto design = schedule(name, result.pipeline, part, options);
  if (!design) return design.errors();
  result.design = std::move(*design);

  // More multiplier blocks than there are: then none, since the tools map all products of a kind alike.
  if (shares(result.design.cost, part).dsp > 1 && part.dsp_count > 0) {
    const Part without = without_multipliers(part);
    if (auto other = schedule(name, result.pipeline, without, options);
        other && shares(other->cost, without).lut <= 1) {
      result.design = std::move(*other);
      result.part = without;
    }
  }
  return result;
}

}  // namespace gw
