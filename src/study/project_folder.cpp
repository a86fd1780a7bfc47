// Folders that projects are written to.
//
// A name typed wrongly must not cost anybody a folder of their own, so a folder that holds anything is only
// written to if the list of an earlier project lies there. The list is written first, with the names of the
// old files and the new ones, and again at the end: whenever it is interrupted, the next run knows what is
// its own.

#include "study/project_folder.h"

#include <algorithm>
#include <sstream>

#include "support/messages.h"

namespace gw {

namespace {

constexpr const char* list_name = ".gatewright";

std::vector<std::string> listed(const fs::path& folder) {
  std::vector<std::string> names;
  const auto text = read_file(folder / list_name);
  if (!text) return names;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    // Nothing outside the folder, whatever somebody wrote into the list.
    const fs::path name(line);
    const bool climbs =
        std::any_of(name.begin(), name.end(), [](const fs::path& part) { return part == ".."; });
    if (!line.empty() && name.is_relative() && !climbs) names.push_back(line);
  }
  return names;
}

Status write_list(const fs::path& folder, std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return write_files(folder, {{list_name, text}});
}

}  // namespace

Status write_project(const fs::path& folder, const Files& files, bool force) {
  std::error_code error;
  if (!force && fs::exists(folder, error) && !fs::exists(folder / list_name, error)) {
    if (!fs::is_directory(folder, error) || !fs::is_empty(folder, error))
      return diagnose(messages::folder_occupied, {folder.string()});
  }
  std::vector<std::string> own, all = listed(folder);
  for (const auto& [name, _] : files) own.push_back(name);
  const std::vector<std::string> old = all;
  all.insert(all.end(), own.begin(), own.end());
  if (auto written = write_list(folder, all); !written) return written;
  if (auto written = write_files(folder, files); !written) return written;
  for (const std::string& name : old) {
    if (std::find(own.begin(), own.end(), name) == own.end()) fs::remove(folder / name, error);
  }
  return write_list(folder, own);
}

}  // namespace gw
