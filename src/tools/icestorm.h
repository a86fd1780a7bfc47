#pragma once

#include <string>

#include "support/files.h"
#include "support/result.h"
#include "target/part.h"

namespace gw {

/// The bits that the part is configured with, from nextpnr's text (icepack).
Result<std::string> pack_bits(const std::string& top, const std::string& asc, const fs::path& cache_folder);

/// The clock in MHz that icetime finds for the packed design: a second opinion beside nextpnr's, on the
/// part's real wires.
Result<double> time_nets(const std::string& top, const std::string& asc, const Part& part,
                         const fs::path& cache_folder);

}  // namespace gw
