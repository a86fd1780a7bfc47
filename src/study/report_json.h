#pragma once

#include <nlohmann/json.hpp>

#include "circuit/cost.h"
#include "schedule/design.h"
#include "target/part.h"
#include "tools/utilisation.h"

namespace gw {

/// What reports of builds and of studies say alike.
nlohmann::ordered_json json_of(const Utilisation& utilisation);
nlohmann::ordered_json json_of(const Cost& cost);
/// Shares of the part's lut, ff, dsp and bram36; null where the part has none.
nlohmann::ordered_json shares_json(const Utilisation& utilisation, const Part& part);

}  // namespace gw
