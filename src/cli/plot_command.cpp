// gatewright plot: a network as a picture, as its file has it, as the passes make it, or as its streams run.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/design_options.h"
#include "cli/pass_option.h"
#include "formats/file_model.h"
#include "passes/pass.h"
#include "report/network_figure.h"

namespace gw::cli {

namespace {

struct PlotOptions {
  DesignOptions design;
  std::string output = "network.svg", csv, before, after;
  bool streaming = false;
};

/// The network that is to be drawn, and the configuration that it was made with.
struct Drawn {
  Graph graph;
  Config config;
};

/// As it is before or after a pass, or after all of them.
Result<Drawn> behind_passes(const PlotOptions& options, Session& session) {
  const auto input = read_design(options.design, session);
  if (!input) return input.errors();
  const auto before = pass_of("--before", options.before);
  if (!before) return before.errors();
  const auto after = pass_of("--after", options.after);
  if (!after) return after.errors();
  std::optional<Graph> wanted;
  CompileOptions compiling;
  compiling.simplify = true;
  compiling.observer = [&](const Pass& pass, const Graph& in, const Graph& out) {
    if (pass.name == *before) wanted = in;
    if (pass.name == *after) wanted = out;
  };
  compiling.stop_after = !before->empty() ? *before : *after;
  auto made = compile(input->graph, input->config, compiling);
  if (!made) return made.errors();
  return Drawn{wanted ? *std::move(wanted) : *std::move(made), input->config};
}

Result<Figure> figure_of(const PlotOptions& options, Session& session) {
  if (options.streaming) {
    const auto made = make_design(options.design, "network", session);
    if (!made) return made.errors();
    return stream_figure("streams", "The design as its streams run", made->design);
  }
  if (options.design.config.empty() && options.before.empty() && options.after.empty()) {
    const auto model = load_file_model(options.design.model);
    if (!model) return model.errors();
    return network_figure("network", "The network as its file has it", model->graph);
  }
  const auto drawn = behind_passes(options, session);
  if (!drawn) return drawn.errors();
  return network_figure("network", "The network as the passes make it", drawn->graph, &drawn->config);
}

Status run_plot(const PlotOptions& options, Session& session) {
  const auto format = drawing_format(options.output);
  if (!format) return format.errors();
  if (auto tools = require_drawing_tools(); !tools) return tools;
  const auto cache = session.cache_folder();
  if (!cache) return cache.errors();
  const auto figure = figure_of(options, session);
  if (!figure) return figure.errors();
  const auto drawing = draw(*figure, *format, *cache / "figures");
  if (!drawing) return drawing.errors();
  if (auto written = write_file(options.output, *drawing); !written) return written;
  if (!options.csv.empty()) {
    if (auto written = write_file(options.csv, figure->csv); !written) return written;
  }
  session.print(fmt::format("{}: {}\n", options.output, figure->caption));
  return Done{};
}

}  // namespace

Run declare_plot(CLI::App& app) {
  auto options = std::make_shared<PlotOptions>();
  declare_design(app, options->design);
  app.add_option("-o,--output", options->output, "The picture: .svg, .png or .pdf by its name")
      ->type_name("FILE");
  app.add_option("--csv", options->csv, "Write the numbers of the picture there")->type_name("FILE");
  auto* before = app.add_option("--before", options->before, "As it is before this pass (its name or number)")
                     ->type_name("PASS");
  auto* after = app.add_option("--after", options->after, "As it is after this pass")
                    ->type_name("PASS")
                    ->excludes(before);
  app.add_flag("--streaming", options->streaming,
               "The design instead: rates, depths of FIFOs, and each stage's share of the cost as bars")
      ->excludes(before)
      ->excludes(after);
  return [options](Session& session) { return run_plot(*options, session); };
}

}  // namespace gw::cli
