// gatewright config: a configuration to begin with.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "formats/config/draft.h"
#include "formats/config/keys.h"
#include "formats/config/value.h"
#include "formats/file_model.h"
#include "support/files.h"

namespace gw::cli {

namespace {

struct ConfigOptions {
  std::string model, output, granularity = "name", precision = "ap_fixed<16,6>", strategy = "Auto", backend;
  int reuse_factor = 1;
};

/// The enumerator of that name, which is one of those that the option accepts.
template <class E>
E chosen(const std::string& name, std::string_view (*name_of)(E)) {
  for (size_t i = 0; i < names_of(E{}).size(); ++i) {
    if (name_of(static_cast<E>(i)) == name) return static_cast<E>(i);
  }
  defect(__FILE__, __LINE__, "an option accepted a name that is none");
}

template <class E>
std::vector<std::string> choices(std::string_view (*name_of)(E)) {
  std::vector<std::string> names;
  for (size_t i = 0; i < names_of(E{}).size(); ++i) names.emplace_back(name_of(static_cast<E>(i)));
  return names;
}

std::string_view name_of(Granularity granularity) {
  return names_of(granularity)[static_cast<size_t>(granularity)];
}

std::string check_type(const std::string& text) {
  const auto type = parse_quantizer(text);
  if (type && type->to.width <= max_width) return {};
  return "'" + text + "' is no type of at most 63 bits like ap_fixed<16,6>";
}

Status write_config(const ConfigOptions& options, Session& session) {
  const auto model = load_file_model(options.model);
  if (!model) return model.errors();
  ConfigDraft draft;
  draft.granularity = chosen<Granularity>(options.granularity, name_of);
  draft.precision = *parse_quantizer(options.precision);
  draft.reuse_factor = options.reuse_factor;
  draft.strategy = chosen<Strategy>(options.strategy, spelling);
  if (!options.backend.empty()) draft.backend = options.backend;
  const std::string text = print_config(draft_config(model->graph, draft), model->graph, options.model);
  if (!options.output.empty()) return write_file(options.output, text);
  session.print(text);
  return Done{};
}

}  // namespace

Run declare_config(CLI::App& app) {
  auto options = std::make_shared<ConfigOptions>();
  app.add_option("model", options->model, "The model file")->type_name("MODEL")->required();
  app.add_option("-o,--output", options->output, "Write it there (as it comes: to standard output)")
      ->type_name("FILE");
  app.add_option("--granularity", options->granularity,
                 "Speak of the model alone, of every kind of layer, or of every layer (as it comes: name)")
      ->check(CLI::IsMember(choices<Granularity>(name_of)));
  app.add_option(
         "--precision", options->precision,
         "Type of inputs and weights, and of all that no other line speaks of (as it comes: ap_fixed<16,6>)")
      ->type_name("TYPE")
      ->check(check_type);
  app.add_option("--reuse-factor", options->reuse_factor,
                 "How many multiplications share a multiplier; per layer the nearest that its matrix allows")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--strategy", options->strategy, "How multiplications are laid out (as it comes: Auto)")
      ->transform(CLI::IsMember(choices<Strategy>(spelling), CLI::ignore_case, CLI::ignore_underscore));
  app.add_option("--backend", options->backend, "The tool that hls4ml would write for")
      ->transform(CLI::IsMember(find_key("Backend", TopMap)->choices, CLI::ignore_case));
  return [options](Session& session) { return write_config(*options, session); };
}

}  // namespace gw::cli
