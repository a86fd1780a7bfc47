#pragma once

#include <string>
#include <vector>

#include "formats/config/config_file.h"
#include "graph/config.h"
#include "graph/graph.h"
#include "graph/lower.h"
#include "schedule/schedule.h"

namespace gw {

/// A trained network on its way to firmware: every form of it between the weights and the text.
struct Build {
  Graph graph;        ///< typed
  Pipeline pipeline;  ///< its stages, pixelwise ones joined
  Design design;      ///< scheduled
  Part part;  ///< what is used of it: without multiplier blocks if products are made of look-up tables
};

/// The configuration file of that name. With an empty name: nothing for a model whose types are settled
/// (trained with quantizers), which keeps them; for one whose file has quantised weights, ap_fixed<16,6> for
/// the input and what is real in it, everything else being exact; else ap_fixed<16,6> for everything.
Result<Config> configuration(const std::string& file, const Graph& model, const Aliases& aliases = {});

/// The network as it is built: batch norms joined, every tensor with its exact type, as few layers as bits
/// allow.
Result<Graph> typed_graph(const Graph& model, const Config& config);

/// Warnings: what the design is estimated to need beyond its part, and stages that are slower than the clock
/// by the delay model.
Diagnostics shortcomings(const Build& build);

/// Compiles (passes), lowers and schedules. `name` becomes the top module's; strategies, reuse factors and,
/// if `options` has none, the interval are the configuration's. Errors of the model, of the configuration,
/// and of an interval that cannot be kept.
Result<Build> build(const Graph& model, const Config& config, const Part& part, ScheduleOptions options,
                    const std::string& name);

}  // namespace gw
