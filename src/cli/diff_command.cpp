// gatewright diff: what differs between two reports: types, bits, cost, accuracy.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/report_file.h"
#include "report/report_document.h"

namespace gw::cli {

namespace {

struct DiffOptions {
  std::string a, b;
  bool csv = false, markdown = false;
};

Status run_diff(const DiffOptions& options, Session& session) {
  const fs::path file_a = report_file(options.a), file_b = report_file(options.b);
  const auto a = read_file(file_a), b = read_file(file_b);
  if (!a) return a.errors();
  if (!b) return b.errors();
  const auto document = report_difference(*a, file_a.string(), *b, file_b.string());
  if (!document) return document.errors();
  session.print(options.csv        ? print_csv(*document)
                : options.markdown ? print_markdown(*document)
                                   : print_text(*document));
  return Done{};
}

}  // namespace

Run declare_diff(CLI::App& app) {
  auto options = std::make_shared<DiffOptions>();
  app.add_option("a", options->a, "The folder of a build, a profile, a comparison or a study")
      ->required()
      ->type_name("A");
  app.add_option("b", options->b, "Another one of the same kind")->required()->type_name("B");
  auto* csv = app.add_flag("--csv", options->csv, "As CSV, exact numbers");
  app.add_flag("--markdown", options->markdown, "As Markdown")->excludes(csv);
  return [options](Session& session) { return run_diff(*options, session); };
}

}  // namespace gw::cli
