// gatewright show: a model file as a table, as it was trained or with the types of a configuration.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "formats/config_file.h"
#include "formats/file_model.h"
#include "graph/summary.h"
#include "passes/pass.h"

namespace gw::cli {

namespace {

struct ShowOptions {
  std::string model;
  std::string config;
};

Status show(const ShowOptions& options, Session& session) {
  const auto model = load_file_model(options.model);
  if (!model) return model.errors();
  if (options.config.empty()) {
    session.print(summary(model->graph));
    return Done{};
  }
  const auto config = load_config(options.config, model->graph, model->aliases);
  if (!config) return config.errors();
  const auto typed = compile(model->graph, *config);
  if (!typed) return typed.errors();
  session.print(summary(*typed));
  return Done{};
}

}  // namespace

Run declare_show(CLI::App& app) {
  auto options = std::make_shared<ShowOptions>();
  app.add_option("model", options->model, "The model file")->type_name("MODEL")->required();
  app.add_option(
         "--config", options->config,
         "Show the network that this configuration makes of it: batch norms joined, every type settled")
      ->type_name("FILE");
  return [options](Session& session) { return show(*options, session); };
}

}  // namespace gw::cli
