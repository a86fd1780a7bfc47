// The options of commands that make a design, and the way from them to it.
#include "cli/design_options.h"

#include <charconv>

#include <CLI/CLI.hpp>

#include "formats/file_model.h"

namespace gw::cli {

namespace {

// What is wrong with a text; empty if nothing is.
std::string read_budget(const std::string& text, Cost& budget) {
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string entry = text.substr(at, end - at);
    at = end + 1;
    const size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    double* amount = name == "lut"   ? &budget.lut
                     : name == "ff"  ? &budget.ff
                     : name == "dsp" ? &budget.dsp
                                     : nullptr;
    if (name == "bram") amount = &budget.bram36;
    if (!amount) return "'" + name + "' is no resource: lut, ff, dsp, bram";
    const std::string number = equals == entry.npos ? "" : entry.substr(equals + 1);
    const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), *amount);
    if (error != std::errc() || rest != number.data() + number.size() || !(*amount >= 0))
      return "'" + entry + "' has no amount: write " + name + "=NUMBER";
  }
  return {};
}

}  // namespace

void declare_design(CLI::App& app, DesignOptions& options) {
  app.add_option("model", options.model, "Model file (docs/model-file.md)")->required()->type_name("FILE");
  app.add_option("-c,--config", options.config,
                 "Configuration file of types (as it comes: the model's own, or else ap_fixed<16,6>)")
      ->type_name("FILE");
  declare_design_target(app, options);
}

void declare_design_target(CLI::App& app, DesignOptions& options) {
  ScheduleOptions& schedule = options.schedule;
  app.add_option("--part", options.part,
                 "FPGA part (as it comes: the configuration's, or xcu250-figd2104-2L-e)")
      ->type_name("NAME");
  app.add_option("--clock-ns", options.clock_ns,
                 "Clock period that registers are placed for (as it comes: the configuration's, or 5)")
      ->check(CLI::Range(0.5, 1000.0));
  CLI::Option* interval =
      app.add_option("--interval", schedule.interval,
                     "Clocks from one frame to the next (as it comes: one pixel a clock; fewer: several)")
          ->check(CLI::Range(1, 1 << 30));
  app.add_flag_callback(
         "--plain-ports", [&schedule] { schedule.ports = Ports::Plain; },
         "A frame a clock on plain wires, answered a fixed number of clocks later, instead of AXI4-Stream")
      ->excludes(interval);
  CLI::Option* latency =
      app.add_option("--latency", schedule.most_latency,
                     "Clocks from a frame's first pixel to its answer, at most: the smallest such design")
          ->check(CLI::Range(1, 1 << 30));
  app.add_option("--clock-share", schedule.clock_share,
                 "What a clock of latency is worth, as a share of the part (as it comes: 1e-5; 0: smallest)")
      ->check(CLI::Range(0.0, 1.0))
      ->excludes(latency);
  app.add_option_function<std::string>(
         "--budget",
         [&schedule](const std::string& text) {
           if (const std::string wrong = read_budget(text, schedule.budget); !wrong.empty())
             throw CLI::ValidationError("--budget", wrong);
         },
         "What the design may take: lut=N,ff=N,dsp=N,bram=N, each one or not (blocks of 36 kilobits). Without "
         "--interval it is as fast as that allows, up to one pixel a clock")
      ->type_name("LIMITS");
}

Result<Part> part_of(const DesignOptions& options, const std::optional<std::string>& otherwise) {
  return find_part(!options.part.empty() ? options.part : otherwise.value_or("xcu250-figd2104-2L-e"));
}

Result<DesignInput> read_design(const DesignOptions& options, Session& session) {
  auto model = load_file_model(options.model);
  if (!model) return model.errors();
  auto config = configuration(options.config, model->graph, model->aliases);
  if (!config) return config.errors();
  const ProjectSettings& said = config->project;
  auto part = part_of(options, said.part);
  if (!part) return part.errors();
  DesignInput input{std::move(model->graph), std::move(*config), std::move(*part), options.schedule};
  if (options.clock_ns > 0 || said.clock_period)
    input.schedule.clock_ns = options.clock_ns > 0 ? options.clock_ns : *said.clock_period;
  for (const Diagnostic& note : input.config.notes) session.report(note);
  return input;
}

Result<Build> make_design(const DesignOptions& options, const std::string& name, Session& session) {
  const auto input = read_design(options, session);
  if (!input) return input.errors();
  return build(input->graph, input->config, input->part, input->schedule, name);
}

}  // namespace gw::cli
