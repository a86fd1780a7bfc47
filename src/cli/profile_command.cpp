// gatewright profile: what types do to the numbers of a network, and which would do better.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/data_options.h"
#include "report/report_document.h"
#include "report/report_page.h"
#include "study/profile.h"

namespace gw::cli {

namespace {

struct ProfileCommandOptions {
  DataOptions data;
  std::string folder = "profile", suggest;
};

Status run_profile(const ProfileCommandOptions& options, Session& session) {
  if (auto tools = require_drawing_tools(); !tools) return tools;
  const auto data = data_of(options.data, false, session);
  if (!data) return data.errors();
  const auto found = profile(*data, session.progress());
  if (!found) return found.errors();
  for (const Diagnostic& note : found->notes) session.report(note);
  if (found->stopped) return Done{};
  const std::string json = print_json(*found);
  const std::vector<Figure> drawn = figures(*found);
  const fs::path cache = data->cache_folder / "figures";
  if (auto saved = save_figures(drawn, options.folder, cache); !saved) return saved;
  if (auto written = write_report(options.folder, json, drawn, cache); !written) return written;
  if (!options.suggest.empty()) {
    if (auto written = write_file(options.suggest, found->suggested_text); !written) return written;
  }
  const auto document = report_document(json, "report.json");
  if (!document) return document.errors();
  session.print(print_text({document->title, {document->sections.front()}}));
  session.print(fmt::format("\nFigures, their data as CSV, report.html, report.json: {}\n", options.folder));
  if (!options.suggest.empty()) session.print(fmt::format("Suggested types: {}\n", options.suggest));
  return Done{};
}

}  // namespace

Run declare_profile(CLI::App& app) {
  auto options = std::make_shared<ProfileCommandOptions>();
  declare_data(app, options->data);
  app.add_option("-o,--output", options->folder, "Write figures and reports there")->type_name("FOLDER");
  app.add_option(
         "--suggest", options->suggest,
         "Write the configuration there with the suggested types, under which none of the samples overflows")
      ->type_name("FILE");
  return [options](Session& session) { return run_profile(*options, session); };
}

}  // namespace gw::cli
