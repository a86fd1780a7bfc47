// gatewright build: a trained model becomes a design on disk, as Verilog or as HLS C++, simulated and
// synthesised where asked.
#include <algorithm>
#include <memory>
#include <span>

#include <CLI/CLI.hpp>

#include "backends/hls.h"
#include "backends/verilator_bench.h"
#include "backends/verilog.h"
#include "cli/command.h"
#include "cli/design_options.h"
#include "cli/report_text.h"
#include "graph/evaluate.h"
#include "report/figure.h"
#include "report/table.h"
#include "study/accuracy.h"
#include "study/bitstream.h"
#include "study/build_report.h"
#include "study/frames.h"
#include "study/project_folder.h"
#include "study/simulate.h"
#include "study/synthesise.h"
#include "study/vivado.h"
#include "support/messages.h"
#include "tools/tool.h"

namespace gw::cli {

namespace {

constexpr const char* verilog_backend = "verilog";

struct BuildOptions {
  DesignOptions design;
  std::string folder, name = "network", dataset, backend = verilog_backend, io;
  std::string synth;  // which tool synthesises: "yosys", "vivado" or none
  int frames = 0;
  std::uint64_t seed = 1;
  double hours = 0;
  bool synthesise = false, implement = false, bitstream = false, force = false;

  bool is_verilog() const { return backend == verilog_backend; }
  bool counts() const { return synthesise || synth == "yosys"; }
  bool is_vivado() const { return synth == "vivado"; }
};

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

// What the simulated answers are worth, where that is known.
std::string told_accuracy(const Frames& frames, std::span<const Tensor> answers) {
  if (frames.classes.empty()) return "";
  return fmt::format(", {:.2f} % of them right", 100 * accuracy(answers.front(), std::span(frames.classes)));
}

// The bits of the part, and the netlist that they were made of in a simulation.
Status run_bitstream(const BuildOptions& options, const Build& made, const Frames& frames,
                     std::span<const Tensor> emulated, const fs::path& cache, Session& session) {
  const auto stream = make_bitstream(made, cache / "bitstream", session.progress());
  if (!stream) return stream.errors();
  const auto simulated =
      simulate_netlist(made, stream->netlist, frames.inputs, emulated,
                       {.cache_folder = cache / "simulation", .seed = options.seed}, session.progress());
  if (!simulated) return simulated.errors();
  if (auto same = require_same_bits(*simulated); !same) return same;
  const fs::path file = fs::path(options.folder) / (options.name + ".bin");
  if (auto written = write_file(file, stream->bits); !written) return written;

  const auto use = [&](const char* kind) {
    const auto found = stream->placement.use.find(kind);
    return found == stream->placement.use.end()
               ? std::string("0")
               : fmt::format("{} of {}", grouped(found->second.used), grouped(found->second.available));
  };
  const auto cells = [&](const char* type) {
    const auto found = stream->cells.find(type);
    return found == stream->cells.end() ? 0 : found->second;
  };
  session.print(
      fmt::format("Netlist simulated on {} frames: {} differing values{}\n"
                  "Placed: {} LUT4, {} logic cells, {} block memories{}\n"
                  "Clock: {:.1f} MHz by nextpnr, {:.1f} MHz by icetime; {} frames a second\n"
                  "Bitstream: {} ({} bytes)\n",
                  simulated->images, simulated->differing_values, told_accuracy(frames, simulated->outputs),
                  grouped(cells("SB_LUT4")), use("ICESTORM_LC"), use("ICESTORM_RAM"),
                  made.part.dsp_count > 0 ? ", " + use("ICESTORM_DSP") + " multiplier blocks" : "",
                  stream->placement.fmax_mhz, stream->icetime_mhz,
                  grouped(static_cast<long long>(stream->frames_a_second(made.design.interval))),
                  file.string(), grouped(static_cast<long long>(stream->bits.size()))));
  const double reached_ns = 1000 / stream->placement.fmax_mhz;
  if (reached_ns > made.design.clock_ns) {
    const auto slowest = std::max_element(
        made.design.stages.begin(), made.design.stages.end(),
        [](const StageDesign& a, const StageDesign& b) { return a.slowest_ns < b.slowest_ns; });
    session.report(diagnose(messages::clock_missed, {"", 0, slowest->name},
                            fmt::format("{:g}", made.design.clock_ns), fmt::format("{:.2f}", reached_ns),
                            "after placement; this stage is the slowest by the delay model"));
  }
  return Done{};
}

Status run_vivado(const BuildOptions& options, const Build& made, const FoundTool& vivado, Session& session) {
  const VivadoGoal goal = options.bitstream   ? VivadoGoal::Bitstream
                          : options.implement ? VivadoGoal::Implemented
                                              : VivadoGoal::Synthesised;
  constexpr double hour = 3600;
  const auto ran = run_vivado(made, goal, vivado, fs::path(options.folder) / "vivado", {options.hours * hour},
                              session.progress());
  if (!ran) return ran.errors();
  NamedReports reports{{"synthesised", ran->synthesised}};
  if (ran->implemented) reports.emplace_back("implemented", *ran->implemented);
  session.print(report_table_text(reports));
  if (!ran->bits.empty()) session.print(fmt::format("Bitstream: {}\n", ran->bits.string()));
  return Done{};
}

// Options of the other backend.
Status check_backend(const BuildOptions& options) {
  Diagnostics unfit;
  const auto only = [&](bool is_given, const char* option, const char* backend) {
    if (is_given)
      unfit.push_back(diagnose(messages::backend_other, {"", 0, option}, backend, options.backend));
  };
  if (options.is_verilog()) {
    only(!options.io.empty(), "--io", "vivado or vitis");
  } else {
    only(options.synthesise, "--synthesise", verilog_backend);
    only(!options.synth.empty(), "--synth", verilog_backend);
    only(options.bitstream, "--bitstream", verilog_backend);
    only(options.design.schedule.ports == Ports::Plain, "--plain-ports", verilog_backend);
  }
  if (!unfit.empty()) return unfit;
  return Done{};
}

Status require_programs(const BuildOptions& options) {
  const bool simulates = options.frames > 0 || !options.dataset.empty();
  if (!options.is_verilog()) return simulates ? require_tools({"g++"}) : Status(Done{});
  if (simulates) {
    if (auto tools = require_tools({"verilator", "make", "g++"}); !tools) return tools;
  }
  if (options.counts()) return require_tools({"yosys", "berkeley-abc"});
  return Done{};
}

// The answers of a simulation, and an error if a bit of them is wrong.
Status told(const BuildOptions& options, const Frames& frames, const Simulation& simulated,
            const std::string& clocks, Session& session) {
  session.print(fmt::format("Simulated {} {} frames: {} differing values{}{}\n", simulated.images,
                            options.dataset.empty() ? "random" : options.dataset, simulated.differing_values,
                            told_accuracy(frames, simulated.outputs), clocks));
  return require_same_bits(simulated);
}

void note_simulation(const BuildOptions& options, const Frames& frames, const Simulation& simulated,
                     BuildReport& report) {
  report.data = options.dataset.empty() ? "random frames" : options.dataset;
  if (!frames.classes.empty())
    report.accuracy = accuracy(simulated.outputs.front(), std::span(frames.classes));
  report.simulation = simulated;
}

// The design as HLS C++, with frames and answers for its test bench.
Status write_hls(const BuildOptions& options, const DesignInput& input, const Build& made,
                 const Frames& frames, std::span<const Tensor> emulated, const fs::path& cache,
                 BuildReport& report, Session& session) {
  const ProjectSettings& said = input.config.project;
  const bool is_parallel = options.io.empty() ? said.io_type == IoType::Parallel : options.io == "parallel";
  const HlsOptions hls{find_hls_dialect(options.backend), is_parallel ? HlsIo::Parallel : HlsIo::Stream,
                       std::string(made.part.name), said.clock_uncertainty};
  const Files project = hls_project(made.design, made.pipeline, hls);
  // The bench comes with what was simulated, or the first of it.
  constexpr std::int64_t most_frames = 100, usual_frames = 10;
  const Frames own = frames.count() > 0 ? Frames{} : random_frames(made, usual_frames, options.seed);
  const std::vector<Tensor>& inputs = frames.count() > 0 ? frames.inputs : own.inputs;
  std::vector<Tensor> some, answers;
  for (const Tensor& port : inputs)
    some.push_back(samples(port, 0, std::min<std::int64_t>(port.batch(), most_frames)));
  if (frames.count() == 0) answers = evaluate(made.graph, some, {.threads = 0});
  for (const Tensor& port : frames.count() > 0 ? emulated : std::span<const Tensor>())
    answers.push_back(samples(port, 0, std::min<std::int64_t>(port.batch(), most_frames)));
  Files files = project;
  for (auto& file : hls_test_data(made.pipeline, some, answers)) files.push_back(std::move(file));
  if (auto written = write_project(options.folder, files, options.force); !written) return written;
  report.files = files;
  report.lap("write");
  session.print(describe(made));
  for (const Diagnostic& note : shortcomings(made)) session.report(note);
  if (frames.count() > 0) {
    const auto simulated =
        simulate_hls(made, project, hls_top(made.design), frames.inputs, emulated,
                     {.cache_folder = cache / "simulation", .seed = options.seed}, session.progress());
    if (!simulated) return simulated.errors();
    if (auto same = told(options, frames, *simulated, "", session); !same) return same;
    note_simulation(options, frames, *simulated, report);
    report.lap("simulate");
  }
  return Done{};
}

// The design as Verilog, and what tools make of that.
Status write_verilog(const BuildOptions& options, const Build& made, const FoundTool& vivado,
                     const Frames& frames, std::span<const Tensor> emulated, const fs::path& cache,
                     BuildReport& report, Session& session) {
  Files files = verilog(made.design);
  files.emplace_back("bench.cpp", verilator_bench(made.design));
  if (auto written = write_project(options.folder, files, options.force); !written) return written;
  report.files = files;
  report.lap("write");
  session.print(describe(made));
  for (const Diagnostic& note : shortcomings(made)) session.report(note);
  if (options.frames > 0 || !options.dataset.empty()) {
    const auto simulated =
        simulate(made, frames.inputs, emulated, {.cache_folder = cache / "simulation", .seed = options.seed},
                 session.progress());
    if (!simulated) return simulated.errors();
    const std::string clocks = fmt::format(", latency {} clocks, interval {} clocks",
                                           simulated->latency_clocks, simulated->interval_clocks);
    if (auto same = told(options, frames, *simulated, clocks, session); !same) return same;
    note_simulation(options, frames, *simulated, report);
    report.lap("simulate");
  }
  if (options.counts()) {
    const auto counted = synthesise(made, cache / "synthesis", 0, session.progress());
    if (!counted) return counted.errors();
    const Utilisation& u = counted->total;
    session.print(fmt::format("After Yosys: {} LUT, {} FF, {} DSP, {:.1f} BRAM\n", grouped(u.lut),
                              grouped(u.ff), grouped(u.dsp), u.bram()));
    report.synthesised = *counted;
    report.lap("synthesise");
  }
  if (options.is_vivado()) {
    if (auto done = run_vivado(options, made, vivado, session); !done) return done;
  } else if (options.bitstream) {
    if (auto done = run_bitstream(options, made, frames, emulated, cache, session); !done) return done;
  }
  return Done{};
}

Status run_build(BuildOptions options, Session& session) {
  if (auto fits = check_backend(options); !fits) return fits;
  if (auto tools = require_drawing_tools(); !tools) return tools;
  if (auto programs = require_programs(options); !programs) return programs;
  if (options.folder.empty()) options.folder = options.is_verilog() ? "firmware" : "project";
  if (options.implement && !options.is_vivado())
    return diagnose(messages::wrong_kind, {.item = "--implement"}, "--synth vivado",
                    "--synth " + options.synth);
  Result<FoundTool> vivado = FoundTool{};
  if (options.is_vivado()) vivado = require_vendor_tool("vivado", session.installations());
  if (!vivado) return vivado.errors();
  BuildReport report;
  report.name = options.name;
  report.model = options.design.model;
  report.config = options.design.config;
  report.version = session.version();
  report.rebuild = session.command_line();
  report.seed = options.seed;
  const auto input = read_design(options.design, session);
  if (!input) return input.errors();
  report.part = std::string(input->part.name);
  report.lap("read");
  if (options.is_vivado()) {
    if (auto served = check_vivado(input->part); !served) return served;
  } else if (options.bitstream) {
    if (auto served = check_bitstream(input->part); !served) return served;
    if (auto tools = require_tools(
            {"yosys", "berkeley-abc", "nextpnr-ice40", "icepack", "icetime", "verilator", "make", "g++"});
        !tools)
      return tools;
  }
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
  const Status written =
      options.is_verilog()
          ? write_verilog(options, *made, *vivado, *frames, emulated, *cache, report, session)
          : write_hls(options, *input, *made, *frames, emulated, *cache, report, session);
  if (!written) return written;
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
  auto* const synth = app.add_option("--synth", options->synth,
                                     "Synthesise with this tool: yosys (as --synthesise), vivado "
                                     "(docs/vendor-tools.md)")
                          ->type_name("TOOL")
                          ->check(CLI::IsMember({"yosys", "vivado"}));
  app.add_flag("--implement", options->implement, "Place and route as well, with Vivado")->needs(synth);
  app.add_option("--tool-hours", options->hours, "End a stage of Vivado that takes longer")
      ->type_name("HOURS")
      ->check(CLI::PositiveNumber)
      ->needs(synth);
  app.add_flag(
         "--bitstream", options->bitstream,
         "Make the file that an iCE40 part (docs/bitstream.md) or, with --synth vivado, a part of AMD is "
         "loaded with")
      ->excludes("--plain-ports");
  return [options](Session& session) { return run_build(*options, session); };
}

}  // namespace gw::cli
