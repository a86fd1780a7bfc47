#pragma once

#include <string>

#include "cli/command.h"
#include "study/build.h"

namespace gw::cli {

/// What `build` and `estimate` are told alike: of which model a design is made, and how.
struct DesignOptions {
  std::string model, config, part = "xcu250-figd2104-2L-e";
  ScheduleOptions schedule;
};

/// Declares MODEL, --config, --part, --clock-ns, --interval, --plain-ports, --clock-share and --budget.
/// `options` has to outlive the parsing.
void declare_design(CLI::App& app, DesignOptions& options);

/// The design, named `name`; notes on the configuration go to the session.
Result<Build> make_design(const DesignOptions& options, const std::string& name, Session& session);

}  // namespace gw::cli
