#pragma once

#include <optional>
#include <string>

#include "cli/command.h"
#include "study/build.h"

namespace gw::cli {

/// What `build` and `estimate` are told alike: of which model a design is made, and how. What is left out is
/// the configuration's, or else usual.
struct DesignOptions {
  std::string model, config, part;
  double clock_ns = 0;
  ScheduleOptions schedule;
};

/// Declares --part, --clock-ns, --interval, --latency, --plain-ports, --clock-share and --budget: for what a
/// design is made. `options` has to outlive the parsing.
void declare_design_target(CLI::App& app, DesignOptions& options);

/// The part that `--part` names, or else the one that is usual.
Result<Part> part_of(const DesignOptions& options, const std::optional<std::string>& otherwise = {});

/// Declares MODEL, --config and what declare_design_target() does.
void declare_design(CLI::App& app, DesignOptions& options);

/// All that a design is made of, read and found right.
struct DesignInput {
  Graph graph;
  Config config;
  Part part;
  ScheduleOptions schedule;
};

/// Reads the model and its configuration; notes on it go to the session.
Result<DesignInput> read_design(const DesignOptions& options, Session& session);

/// The design, named `name`.
Result<Build> make_design(const DesignOptions& options, const std::string& name, Session& session);

}  // namespace gw::cli
