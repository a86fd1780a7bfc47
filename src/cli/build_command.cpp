// gatewright build: a trained model becomes a design on disk, as Verilog or as HLS C++, simulated and
// synthesised where asked.
#include <algorithm>
#include <memory>
#include <span>

#include <CLI/CLI.hpp>

#include "backends/hls/dialect.h"
#include "cli/build_options.h"
#include "graph/evaluate.h"
#include "report/figure.h"
#include "report/table.h"
#include "study/accuracy.h"
#include "study/bitstream.h"
#include "support/messages.h"
#include "tools/tool.h"
#include "tools/vivado.h"

namespace gw::cli {

std::string describe(const Build& build) {
  TextTable table({"stage", "how", "clocks", "depth", "FIFO", "LUT est.", "FF est.", "DSP est."});
  const auto n = [](double value) { return grouped(static_cast<long long>(value + 0.5)); };
  for (const StageDesign& stage : build.design.stages) {
    const Cost price = stage.cost;
    table.add({stage.name, stage.style, std::to_string(stage.circuit.fold.clocks()),
               std::to_string(stage.circuit.latency), std::to_string(stage.deepest_fifo()), n(price.lut),
               n(price.ff), n(price.dsp)});
  }
  const Cost total = build.design.cost;
  table.add({"total", "", "", "", "", n(total.lut), n(total.ff), n(total.dsp)});
  return table.print() + fmt::format("\nLatency {} clocks, interval {} clocks, as scheduled\n",
                                     build.design.latency, build.design.interval);
}

std::string told_accuracy(const Frames& frames, std::span<const Tensor> answers) {
  if (frames.classes.empty() || answers.front().size() < 2) return "";
  return fmt::format(", {:.2f} % of them right", 100 * accuracy(answers.front(), std::span(frames.classes)));
}

Status judge_simulation(const BuildJob& job, const Simulation& simulated, const std::string& clocks,
                        BuildReport& report, Session& session) {
  const std::string data = job.options.dataset;
  session.print(fmt::format("Simulated {} {} frames: {} differing values{}{}\n", simulated.images,
                            data.empty() ? "random" : data, simulated.differing_values,
                            told_accuracy(job.frames, simulated.outputs), clocks));
  if (auto same = require_same_bits(simulated); !same) return same;
  report.data = data.empty() ? "random frames" : data;
  if (!job.frames.classes.empty() && simulated.outputs.front().size() > 1)
    report.accuracy = accuracy(simulated.outputs.front(), std::span(job.frames.classes));
  report.simulation = simulated;
  report.lap("simulate");
  return Done{};
}

void tell_runs(const std::vector<StageRun>& runs, BuildReport& report, Session& session) {
  report.watch.lap();
  for (const StageRun& run : runs) {
    report.seconds.emplace_back(run.name, run.kept ? 0 : run.seconds);
    session.print(fmt::format(
        "{}: {}, {}{}\n", run.name,
        run.kept ? "finished earlier and kept" : fmt::format("{:.1f} s", run.seconds), run.log.string(),
        run.doubts.empty() ? "" : fmt::format(", {} critical warnings", run.doubts.size())));
  }
}

namespace {

// Options of the other backend, and those that say nothing alone.
Status check_backend(const BuildOptions& options) {
  Diagnostics unfit;
  const auto only = [&](bool is_given, const char* option, const char* backend) {
    if (is_given)
      unfit.push_back(diagnose(messages::backend_other, {"", 0, option}, backend, options.backend));
  };
  const auto alone = [&](bool is_alone, const char* option, const char* with) {
    if (is_alone) unfit.push_back(diagnose(messages::option_alone, {.item = option}, with));
  };
  constexpr const char* hls_backends = "vivado or vitis";
  if (options.is_verilog()) {
    only(!options.io.empty(), "--io", hls_backends);
    only(!options.csim.empty(), "--csim", hls_backends);
    only(options.synth == c_synthesis, "--synth without a tool", hls_backends);
    only(options.cosim, "--cosim", hls_backends);
    only(options.validation, "--validation", hls_backends);
    only(options.export_core, "--export", hls_backends);
    only(options.vsynth, "--vsynth", hls_backends);
    only(options.reset, "--reset", hls_backends);
    alone(options.hours > 0 && !options.is_vivado(), "--tool-hours", "--synth vivado");
    alone(options.implement && !options.is_vivado(), "--implement", "--synth vivado");
  } else {
    only(options.synthesise, "--synthesise", verilog_backend);
    only(!options.synth.empty() && options.synth != c_synthesis, "--synth with a tool", verilog_backend);
    only(options.implement, "--implement", verilog_backend);
    only(options.bitstream, "--bitstream", verilog_backend);
    only(options.design.schedule.ports == Ports::Plain, "--plain-ports", verilog_backend);
    const bool is_plain = hls_stages(options).empty();
    constexpr const char* a_stage = "--csim vendor, --synth, --cosim, --validation, --export or --vsynth";
    alone(options.hours > 0 && is_plain, "--tool-hours", a_stage);
    alone(options.reset && is_plain, "--reset", a_stage);
  }
  if (!unfit.empty()) return unfit;
  return Done{};
}

Status require_programs(const BuildOptions& options, const Installations& installations) {
  if (!options.is_verilog()) {
    if (options.simulates()) {
      if (auto tools = require_tools({"g++"}); !tools) return tools;
    }
    if (options.has_plain_csim()) {
      if (auto tools = require_tools({"make", options.csim}); !tools) return tools;
    }
    return require_hls_tools(options.compiler(), hls_stages(options), installations);
  }
  if (options.simulates()) {
    if (auto tools = require_tools({"verilator", "make", "g++"}); !tools) return tools;
  }
  if (options.counts()) return require_tools({"yosys", "berkeley-abc"});
  return Done{};
}

// What no tool would take.
Status check_part(const BuildOptions& options, const Part& part) {
  if (!options.is_verilog()) return check_hls_part(part, options.backend);
  if (options.is_vivado()) return check_vivado(part);
  if (!options.bitstream) return Done{};
  if (auto served = check_bitstream(part); !served) return served;
  return require_tools(
      {"yosys", "berkeley-abc", "nextpnr-ice40", "icepack", "icetime", "verilator", "make", "g++"});
}

Status run_build(BuildOptions options, Session& session) {
  if (auto fits = check_backend(options); !fits) return fits;
  if (auto tools = require_drawing_tools(); !tools) return tools;
  if (auto programs = require_programs(options, session.installations()); !programs) return programs;
  if (options.folder.empty()) options.folder = options.is_verilog() ? "firmware" : "project";
  Result<FoundTool> vivado = FoundTool{};
  if (options.is_vivado()) vivado = require_vendor_tool("vivado", session.installations());
  if (!vivado) return vivado.errors();
  BuildReport report;
  report.name = options.name;
  report.backend = options.backend;
  report.model = options.design.model;
  report.config = options.design.config;
  report.version = session.version();
  report.rebuild = session.command_line();
  report.seed = options.seed;
  const auto input = read_design(options.design, session);
  if (!input) return input.errors();
  report.part = std::string(input->part.name);
  report.lap("read");
  if (auto served = check_part(options, input->part); !served) return served;
  const auto cache = session.cache_folder();
  if (!cache) return cache.errors();
  const auto made = build(input->graph, input->config, input->part, input->schedule, options.name);
  if (!made) return made.errors();
  report.lap("compile");
  // A bitstream is never made of a netlist that was not simulated.
  constexpr int least_frames = 20;
  const int count =
      options.bitstream && !options.is_vivado() ? std::max(options.frames, least_frames) : options.frames;
  const auto frames = options.dataset.empty()
                          ? Result<Frames>(random_frames(*made, count, options.seed))
                          : dataset_frames(*made, options.dataset, options.frames, *cache);
  if (!frames) return frames.errors();
  std::vector<Tensor> emulated;
  if (frames->count() > 0) emulated = evaluate(made->graph, frames->inputs, {.threads = 0});
  const BuildJob job{options, *input, *made, *frames, emulated, *cache};
  const Status done =
      options.is_verilog() ? build_verilog(job, *vivado, report, session) : build_hls(job, report, session);
  if (!done) return done;
  if (auto told = write_report(report, *made, input->config, options.folder, *cache / "figures"); !told)
    return told;
  session.print(fmt::format("{}, test bench, report.html, report.json: {}\n",
                            options.is_verilog()
                                ? "Verilog"
                                : fmt::format("Project for {}", find_hls_dialect(options.backend)->title),
                            options.folder));
  return Done{};
}

}  // namespace

Run declare_build(CLI::App& app) {
  auto options = std::make_shared<BuildOptions>();
  declare_design(app, options->design);
  app.add_option("-o,--output", options->folder,
                 "Write the design and its test bench there (as it comes: firmware, HLS C++ to project)")
      ->type_name("FOLDER");
  app.add_flag("--force", options->force, "Write into a folder that holds something else, too");
  std::vector<std::string> backends{verilog_backend};
  for (const HlsDialect& dialect : all_hls_dialects()) backends.emplace_back(dialect.name);
  app.add_option("--backend", options->backend,
                 "Verilog, or a project of HLS C++ for one of the vendor's tools (docs/hls.md)")
      ->capture_default_str()
      ->check(CLI::IsMember(backends));
  app.add_option(
         "--io", options->io,
         "How HLS C++ takes a frame: beats of a stream, or an array (as it comes: the configuration's "
         "IOType, or stream)")
      ->check(CLI::IsMember({"stream", "parallel"}));
  app.add_option("--name", options->name, "Name of the top module or function")
      ->type_name("NAME")
      ->check([](const std::string& name) {
        const bool plain =
            !name.empty() &&
            name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
                std::string::npos &&
            !(name[0] >= '0' && name[0] <= '9');
        return plain ? std::string()
                     : "'" + name + "' is no name for it: letters, digits and _, no digit first";
      });
  app.add_option("--simulate", options->frames,
                 "Simulate so many random frames and compare every bit with the emulation")
      ->check(CLI::Range(1, 1000000));
  app.add_option(
         "--data,--dataset", options->dataset,
         "Simulate labelled samples instead (so many, or all), and tell how many answers are right: mnist:test, "
         "x.npy,y.npy (docs/data.md)")
      ->type_name("DATA[:PART]");
  app.add_option("--seed", options->seed, "Of the random frames and pauses");
  app.add_flag("--synthesise", options->synthesise, "Count resources with Yosys, stage by stage");
  app.add_option("--csim", options->csim,
                 "HLS C++: build and run the project's test bench, with g++, clang++ or, as vendor, the "
                 "vendor's compiler")
      ->type_name("COMPILER")
      ->expected(0, 1)
      ->default_str("g++")
      ->check(CLI::IsMember({"g++", "clang++", vendors_csim}));
  app.add_option("--synth", options->synth,
                 "HLS C++: synthesise it with the vendor's compiler. Verilog: with the tool that is named, "
                 "yosys (as --synthesise) or vivado (docs/vendor-tools.md)")
      ->type_name("TOOL")
      ->expected(0, 1)
      ->default_str(c_synthesis)
      ->check(CLI::IsMember({"yosys", "vivado", c_synthesis}));
  app.add_flag("--cosim", options->cosim,
               "HLS C++: synthesise it and simulate what came out against the test bench");
  app.add_flag("--validation", options->validation,
               "HLS C++: run the test bench as C++ and as hardware, and compare what both wrote");
  app.add_flag("--export", options->export_core, "HLS C++: synthesise it and pack it as an IP core");
  app.add_flag("--vsynth", options->vsynth,
               "HLS C++: synthesise it, and its Verilog with Vivado, for counts");
  app.add_flag("--reset", options->reset, "HLS C++: keep nothing that the vendor's tools finished before");
  app.add_flag("--implement", options->implement, "Verilog: place and route as well, with Vivado");
  app.add_option("--tool-hours", options->hours, "End a run of a vendor's tool that takes longer")
      ->type_name("HOURS")
      ->check(CLI::PositiveNumber);
  app.add_flag(
         "--bitstream", options->bitstream,
         "Make the file that an iCE40 part (docs/bitstream.md) or, with --synth vivado, a part of AMD is "
         "loaded with")
      ->excludes("--plain-ports");
  return [options](Session& session) { return run_build(*options, session); };
}

}  // namespace gw::cli
