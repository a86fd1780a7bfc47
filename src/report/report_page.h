#pragma once

#include <string>
#include <vector>

#include "report/html.h"

namespace gw {

/// Writes report.json as it is and report.html made of it, with the figures drawn and `pictures` beside them.
Status write_report(const fs::path& folder, const std::string& json, const std::vector<Figure>& figures,
                    const fs::path& cache_folder, std::vector<PagePicture> pictures = {});

}  // namespace gw
