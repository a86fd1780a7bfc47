#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace gw {

/// A `tool-warned` error if Yosys' log holds any warning that is not known to be harmless: conflicting or
/// missing drivers, latches, resized ports. Such a netlist may compute something else than the source.
Status judge_yosys_log(const Place& place, std::string_view log);

/// What `yosys -V` says: a part of every key.
Result<std::string> yosys_version();

}  // namespace gw
