// gatewright convert: a network from any file that is read into one of the files that are written.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "formats/file_model.h"
#include "formats/onnx/export.h"
#include "formats/onnx/print.h"
#include "graph/model_file.h"
#include "graph/text.h"
#include "passes/pass.h"
#include "study/build.h"
#include "support/files.h"
#include "support/messages.h"

namespace gw::cli {

namespace {

struct ConvertOptions {
  std::string model, output, config;
  bool is_float = false;
};

// A model file keeps values in single precision.
Status check_model_file(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    const auto* const constant = std::get_if<Constant>(&node.op);
    if (!constant || !constant->fixed) continue;
    for (std::int64_t i = 0; i < constant->fixed->size(); ++i) {
      const double value = to_double(constant->fixed->at(i), constant->fixed->type().fraction());
      if (static_cast<double>(static_cast<float>(value)) == value) continue;
      return diagnose(messages::export_wide, {graph.file(), 0, place_of(node.name)},
                      fmt::format("{}", value));
    }
  }
  return Done{};
}

Result<std::string> print_as(const std::string& ending, const Graph& graph, bool is_float, Session& session) {
  if (ending == ".txt") return print_graph(graph);
  if (ending == ".gw") {
    if (auto fits = check_model_file(graph); !fits) return fits.errors();
    return print_model(graph);
  }
  const auto written = export_onnx(graph, {is_float});
  if (!written) return written.errors();
  for (const Diagnostic& note : written->notes) session.report(note);
  return print_onnx(written->file);
}

Status convert(const ConvertOptions& options, Session& session) {
  const std::string ending = fs::path(options.output).extension().string();
  if (ending != ".onnx" && ending != ".gw" && ending != ".txt")
    return diagnose(messages::export_kind, {options.output}, ending);
  const auto model = load_file_model(options.model);
  if (!model) return model.errors();
  Graph graph = model->graph;
  if (!options.config.empty()) {
    const auto config = configuration(options.config, model->graph, model->aliases);
    if (!config) return config.errors();
    for (const Diagnostic& note : config->notes) session.report(note);
    auto typed = compile(std::move(graph), *config);
    if (!typed) return typed.errors();
    graph = *std::move(typed);
  }
  const auto text = print_as(ending, graph, options.is_float, session);
  if (!text) return text.errors();
  if (auto written = write_file(options.output, *text); !written) return written;
  session.print(fmt::format("{}: {} nodes, {} bytes\n", options.output, graph.nodes().size(), text->size()));
  return Done{};
}

}  // namespace

Run declare_convert(CLI::App& app) {
  auto options = std::make_shared<ConvertOptions>();
  app.add_option("model", options->model, "The model file, of any kind that is read")
      ->type_name("MODEL")
      ->required();
  app.add_option(
         "output", options->output,
         "Written by its ending: .onnx (ONNX, with quantizers of QONNX), .gw (model file), .txt (text form)")
      ->type_name("FILE")
      ->required();
  app.add_option("-c,--config", options->config, "First give it the types of this configuration")
      ->type_name("FILE");
  app.add_flag("--float", options->is_float, "To .onnx: real weights and no quantizers");
  return [options](Session& session) { return convert(*options, session); };
}

}  // namespace gw::cli
