#pragma once

#include <string>

#include "schedule/schedule.h"

namespace CLI {
class App;
}

namespace gw::cli {

/// Declares --budget, which fills options.budget: "lut=30000,dsp=0,bram=4,ff=60000". Memory blocks are the vendors' of
/// 36 kilobits.
void declare_budget(CLI::App& app, ScheduleOptions& options);

}  // namespace gw::cli
