// gatewright show: a network as a table or as text, as its file has it or as the passes make it, with what
// each of them did.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/pass_option.h"
#include "formats/file_model.h"
#include "graph/summary.h"
#include "graph/text.h"
#include "passes/pass.h"
#include "report/table.h"
#include "study/build.h"
#include "support/messages.h"

namespace gw::cli {

namespace {

struct ShowOptions {
  std::string model, config, dump_after, stop_after;
  bool passes = false, check = false, text = false, json = false;

  /// Something is asked for that only the passes can answer.
  bool asks_for_passes() const {
    return !config.empty() || !dump_after.empty() || !stop_after.empty() || passes || check;
  }
};

constexpr const char* all_passes = "all";

std::int64_t parameters_of(const Graph& graph) {
  std::int64_t parameters = 0;
  for (const SummaryRow& row : summarise(graph)) parameters += row.parameters;
  return parameters;
}

/// The network behind the passes; prints what was asked for on the way.
Result<Graph> run_passes(const ShowOptions& options, const FileModel& model, Session& session) {
  const Graph& graph = model.graph;
  const auto config = configuration(options.config, graph, model.aliases);
  if (!config) return config.errors();
  for (const Diagnostic& note : config->notes) session.report(note);
  std::string dump = options.dump_after;
  if (dump != all_passes) {
    auto named = pass_of("--dump-after", dump);
    if (!named) return named.errors();
    dump = *named;
  }
  const auto last = pass_of("--stop-after", options.stop_after);
  if (!last) return last.errors();

  TextTable effects({"pass", "nodes", "after", "parameters", "after", ""});
  CompileOptions compiling;
  compiling.simplify = true;
  compiling.check = options.check;
  compiling.stop_after = *last;
  compiling.observer = [&](const Pass& pass, const Graph& before, const Graph& after) {
    effects.add({std::string(pass.name), std::to_string(before.nodes().size()),
                 std::to_string(after.nodes().size()), std::to_string(parameters_of(before)),
                 std::to_string(parameters_of(after)), options.check && pass.keeps_bits ? "bits kept" : ""});
    if (dump != all_passes && dump != pass.name) return;
    TextOptions text;
    text.values = 8;
    session.print(fmt::format("# after {}\n{}\n", pass.name, print_graph(after, text)));
  };
  // What is typed already and is given no configuration only has its bits to keep.
  const bool is_settled = options.config.empty() && graph.is_typed();
  auto made = is_settled ? simplify(graph, compiling) : compile(graph, *config, compiling);
  if (made && (options.passes || options.check)) {
    session.print(effects.print() + "\n");
  }
  return made;
}

Status show(const ShowOptions& options, Session& session) {
  const auto model = load_file_model(options.model);
  if (!model) return model.errors();
  Result<Graph> graph = options.asks_for_passes() ? run_passes(options, *model, session) : model->graph;
  if (!graph) return graph.errors();
  if (options.text) {
    session.print(print_graph(*graph));
  } else if (options.json) {
    session.print(summary_json(*graph));
  } else {
    session.print(summary(*graph));
  }
  return Done{};
}

}  // namespace

Run declare_show(CLI::App& app) {
  auto options = std::make_shared<ShowOptions>();
  app.add_option("model", options->model, "The model file, or the text form of a graph")
      ->type_name("MODEL")
      ->required();
  app.add_option("-c,--config", options->config,
                 "Show the network that this configuration makes of it: every type settled, layers joined")
      ->type_name("FILE");
  app.add_flag("--passes", options->passes,
               "First list what each pass did to the number of nodes and parameters");
  app.add_option("--dump-after", options->dump_after,
                 "Print the network as text behind this pass, or behind 'all'")
      ->type_name("PASS");
  app.add_option("--stop-after", options->stop_after, "Run no pass after this one, by its name or number")
      ->type_name("PASS");
  app.add_flag("--check", options->check,
               "Evaluate the network before and after each pass that keeps bits; a difference is an error");
  auto* text = app.add_flag("--text", options->text, "The network as text, whole, instead of a table");
  app.add_flag("--json", options->json, "The table as JSON")->excludes(text);
  return [options](Session& session) { return show(*options, session); };
}

}  // namespace gw::cli
