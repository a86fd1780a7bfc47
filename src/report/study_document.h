#pragma once

#include <nlohmann/json.hpp>

#include "report/document.h"

namespace gw {

/// A study's report for people: resources and accuracies of all its networks, the published ones beside the
/// measured, and a section on each. Figures of a network are called "NAME-stages" and the like.
Document study_document(const nlohmann::ordered_json& json);

}  // namespace gw
