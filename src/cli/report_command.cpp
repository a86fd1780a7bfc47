// gatewright report: what a build, a profile, a comparison or a study found, once more, in another form.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/report_file.h"
#include "report/report_document.h"

namespace gw::cli {

namespace {

struct ReportOptions {
  std::string folder;
  bool json = false, csv = false, latex = false, markdown = false;
};

Status run_report(const ReportOptions& options, Session& session) {
  const fs::path file = report_file(options.folder);
  const auto json = read_file(file);
  if (!json) return json.errors();
  const auto document = report_document(*json, file.string());
  if (!document) return document.errors();
  session.print(options.json       ? *json
                : options.csv      ? print_csv(*document)
                : options.latex    ? print_latex(*document)
                : options.markdown ? print_markdown(*document)
                                   : print_text(*document));
  return Done{};
}

}  // namespace

fs::path report_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) ? fs::path(path) / "report.json" : fs::path(path);
}

Run declare_report(CLI::App& app) {
  auto options = std::make_shared<ReportOptions>();
  app.add_option("folder", options->folder, "The folder of a build, a profile, a comparison or a study")
      ->required()
      ->type_name("DIR");
  auto* json = app.add_flag("--json", options->json, "As it stands in report.json");
  auto* csv = app.add_flag("--csv", options->csv, "Its tables, exact numbers")->excludes(json);
  auto* latex = app.add_flag("--latex", options->latex, "Its tables for LaTeX, with booktabs")
                    ->excludes(json)
                    ->excludes(csv);
  app.add_flag("--markdown", options->markdown, "As Markdown")
      ->excludes(json)
      ->excludes(csv)
      ->excludes(latex);
  return [options](Session& session) { return run_report(*options, session); };
}

}  // namespace gw::cli
