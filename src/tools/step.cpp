// One run of one external program, kept by the content of everything that went in.
//
// The files that it made are copied into the cache one by one, each by a rename; a result counts as there
// when all are. A run that was killed half-way is therefore simply done again.

#include "tools/step.h"

#include <algorithm>
#include <optional>

#include "support/messages.h"
#include "support/process.h"
#include "tools/workshop.h"

namespace gw {

Result<Files> run_step(const Step& step, const fs::path& cache_folder,
                       const std::function<Status(const Place&, std::string_view log)>& judge) {
  std::string words = step.version;
  for (const std::string& word : step.command) words += '\n' + word;
  const std::string key = content_key({step.name, words}, step.files);
  std::vector<std::string> names = step.makes;
  names.emplace_back("log");
  const auto cached = [&]() -> std::optional<Files> {
    Files found;
    for (const std::string& name : names) {
      auto text = read_file(cache_folder / (key + "." + name));
      if (!text) return {};
      found.emplace_back(name, std::move(*text));
    }
    return found;
  };
  auto found = cached();
  if (found) return std::move(*found);
  auto workshop = Workshop::enter(cache_folder, step.name + "-" + key.substr(0, 12), [&] {
    found = cached();
    return found.has_value();
  });
  if (!workshop) return workshop.errors();
  if (!workshop->needed()) return std::move(*found);

  const fs::path& folder = workshop->folder();
  if (auto status = write_files(folder, step.files); !status) return status.errors();
  const Place place{(folder / "log").string(), 0, step.item};
  const auto ran = run_process(step.command, {.folder = folder, .log = folder / "log"});
  if (!ran) return ran.errors();
  const auto log = read_file(folder / "log");
  if (!log) return log.errors();
  if (ran->exit_code != 0) {
    return diagnose(messages::tool_failed, place, step.command.front(), ran->exit_code, last_lines(*log, 5));
  }
  if (judge) {
    if (auto fine = judge(place, *log); !fine) return fine.errors();
  }
  Files made;
  for (const std::string& name : names) {
    auto text = read_file(folder / name);
    if (!text) return diagnose(messages::tool_output, place, step.command.front(), "no " + name);
    if (auto kept = write_file(cache_folder / (key + "." + name), *text); !kept) return kept.errors();
    made.emplace_back(name, std::move(*text));
  }
  workshop->remove();
  return made;
}

}  // namespace gw
