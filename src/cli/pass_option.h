#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace gw::cli {

/// The passes of the pipeline, in order.
std::vector<std::string> pass_names();

/// The name of a pass said by its name or its number from 1 on; empty for an empty text; an error, with the
/// option as its place, if there is none.
Result<std::string> pass_of(const std::string& option, const std::string& text);

}  // namespace gw::cli
