// gatewright vendor-report: what vendors' tools wrote, side by side.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "report/vendor_report.h"
#include "support/messages.h"
#include "tools/hls_build.h"

namespace gw::cli {

namespace {

struct ReportOptions {
  std::vector<std::string> paths;
  bool json = false;
};

// Of a file the one that it is, of an HLS project's folder all that lie in it.
Result<NamedReports> read_path(const std::string& path) {
  if (fs::is_directory(path)) {
    auto reports = hls_project_reports(path);
    if (!reports) return reports.errors();
    if (reports->empty()) return diagnose(messages::reports_missing, {path});
    return reports;
  }
  const auto text = read_file(path);
  if (!text) return text.errors();
  auto report = read_design_report(*text, path);
  if (!report) return report.errors();
  return NamedReports{{fs::path(path).filename().string(), std::move(*report)}};
}

Status report(const ReportOptions& options, Session& session) {
  NamedReports all;
  Diagnostics errors;
  for (const std::string& path : options.paths) {
    auto reports = read_path(path);
    if (reports) {
      for (auto& named : *reports) all.push_back(std::move(named));
    } else {
      errors.insert(errors.end(), reports.errors().begin(), reports.errors().end());
    }
  }
  if (!all.empty()) session.print(options.json ? vendor_json(all).dump(2) + "\n" : vendor_text(all));
  if (!errors.empty()) return errors;
  return Done{};
}

}  // namespace

Run declare_vendor_report(CLI::App& app) {
  auto options = std::make_shared<ReportOptions>();
  app.add_option("reports", options->paths, "Report files, and folders of HLS projects")
      ->type_name("PATH...")
      ->required();
  app.add_flag("--json", options->json, "The same for programs");
  return [options](Session& session) { return report(*options, session); };
}

}  // namespace gw::cli
