#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schedule/schedule.h"
#include "study/published.h"
#include "support/files.h"
#include "train/network.h"

namespace gw {

/// A network of a study, and how it is built.
struct StudyNetwork {
  train::Network network;
  std::string label;                            ///< in tables: "plain", "half pruned"
  const PublishedNetwork* published = nullptr;  ///< what was published of it
  std::optional<train::Network> teacher = {};   ///< trained first, and learned from
  Cost budget = unlimited;                      ///< what its hardware may take
  double clock_share = ScheduleOptions().clock_share;
  std::string build_options = {};  ///< the same for `gatewright build`
};

/// Which of the networks that come with Gatewright are studied.
struct StudyChoice {
  bool smaller = false;  ///< those of the size 12-12-16-21-32 as well
  bool own = false;      ///< and Gatewright's own for look-up tables, with its teacher
};

/// The three networks of the published study (plain, half pruned, half pruned in six bits) from the folder of
/// network files, and those that are asked for besides. Errors: of the files.
Result<std::vector<StudyNetwork>> published_study(const fs::path& networks_folder, const StudyChoice& choice);

/// A network file of the user's, built as `gatewright build` does it.
Result<StudyNetwork> study_of_file(const fs::path& file);
/// The same for several; what is wrong with any of them is told at once.
Result<std::vector<StudyNetwork>> study_of_files(const std::vector<std::string>& files);

}  // namespace gw
