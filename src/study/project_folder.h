#pragma once

#include "support/files.h"

namespace gw {

/// Writes a project into its folder, and takes away what an earlier project left there and this one does not
/// have. A list of the files, .gatewright, tells which those are. An error if the folder holds other things
/// and nothing that Gatewright wrote, unless `force`: then what is in the way is overwritten, and the rest
/// stays.
Status write_project(const fs::path& folder, const Files& files, bool force);

}  // namespace gw
