#pragma once

#include <string>

#include "support/files.h"

namespace gw::cli {

/// The JSON report that is meant: the file itself, or report.json in a folder.
fs::path report_file(const std::string& path);

}  // namespace gw::cli
