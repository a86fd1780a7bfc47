// gatewright compare: real against fixed-point numbers, layer by layer, and what it does to the answers.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/data_options.h"
#include "report/report_document.h"
#include "report/report_page.h"
#include "study/compare.h"

namespace gw::cli {

namespace {

struct CompareOptions {
  DataOptions data;
  std::string labels, folder, json;
};

Status run_compare(const CompareOptions& options, Session& session) {
  if (!options.folder.empty()) {
    if (auto tools = require_drawing_tools(); !tools) return tools;
  }
  const auto data = data_of(options.data, true, session);
  if (!data) return data.errors();
  const auto found = compare_networks(*data, options.labels, session.progress());
  if (!found) return found.errors();
  for (const Diagnostic& note : found->notes) session.report(note);
  if (found->stopped) return Done{};
  const std::string json = print_json(*found);
  const auto document = report_document(json, "report.json");
  if (!document) return document.errors();
  Document shown{document->title, document->sections};
  shown.sections.pop_back();
  session.print(print_text(shown));
  if (!options.json.empty()) {
    if (auto written = write_file(options.json, json); !written) return written;
  }
  if (options.folder.empty()) return Done{};
  const std::vector<Figure> drawn = figures(*found);
  const fs::path cache = data->cache_folder / "figures";
  if (auto saved = save_figures(drawn, options.folder, cache); !saved) return saved;
  if (auto written = write_report(options.folder, json, drawn, cache); !written) return written;
  session.print(fmt::format("\nFigures, their data as CSV, report.html, report.json: {}\n", options.folder));
  return Done{};
}

}  // namespace

Run declare_compare(CLI::App& app) {
  auto options = std::make_shared<CompareOptions>();
  declare_data(app, options->data);
  app.add_option("--labels", options->labels,
                 "The right class of each sample, a .npy file, for accuracy, confusion matrix and ROC curves")
      ->type_name("FILE");
  app.add_option("--json", options->json,
                 "Write the comparison there as JSON (docs/compare.md lists its keys)")
      ->type_name("FILE");
  app.add_option("-o,--output", options->folder, "Write figures and reports there")->type_name("FOLDER");
  return [options](Session& session) { return run_compare(*options, session); };
}

}  // namespace gw::cli
