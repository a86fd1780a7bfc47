// gatewright build: a trained model becomes a design on disk, simulated and synthesised where asked.
#include <algorithm>
#include <memory>
#include <span>

#include <CLI/CLI.hpp>

#include "backends/verilator_bench.h"
#include "backends/verilog.h"
#include "cli/command.h"
#include "cli/design_options.h"
#include "graph/evaluate.h"
#include "report/table.h"
#include "study/accuracy.h"
#include "study/bitstream.h"
#include "study/frames.h"
#include "study/simulate.h"
#include "study/synthesise.h"
#include "support/messages.h"
#include "tools/tool.h"

namespace gw::cli {

namespace {

struct BuildOptions {
  DesignOptions design;
  std::string folder = "firmware", name = "network", dataset;
  int frames = 0;
  std::uint64_t seed = 1;
  bool synthesise = false, bitstream = false;
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

Status run_build(const BuildOptions& options, Session& session) {
  const bool simulates = options.frames > 0 || !options.dataset.empty();
  if (simulates) {
    if (auto tools = require_tools({"verilator", "make", "g++"}); !tools) return tools;
  }
  if (options.synthesise) {
    if (auto tools = require_tools({"yosys", "berkeley-abc"}); !tools) return tools;
  }
  const auto input = read_design(options.design, session);
  if (!input) return input.errors();
  if (options.bitstream) {
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
  // A bitstream is never made of a netlist that was not simulated.
  constexpr int least_frames = 20;
  const int count = options.bitstream ? std::max(options.frames, least_frames) : options.frames;
  const auto frames = options.dataset.empty()
                          ? Result<Frames>(random_frames(*made, count, options.seed))
                          : dataset_frames(*made, options.dataset, options.frames, *cache);
  if (!frames) return frames.errors();
  Files files = verilog(made->design);
  files.emplace_back("bench.cpp", verilator_bench(made->design));
  if (auto written = write_files(options.folder, files); !written) return written;
  session.print(describe(*made));
  for (const Diagnostic& note : shortcomings(*made)) session.report(note);

  std::vector<Tensor> emulated;
  if (frames->count() > 0) emulated = evaluate(made->graph, frames->inputs, {.threads = 0});
  if (simulates) {
    const auto simulated =
        simulate(*made, frames->inputs, emulated,
                 {.cache_folder = *cache / "simulation", .seed = options.seed}, session.progress());
    if (!simulated) return simulated.errors();
    session.print(fmt::format(
        "Simulated {} {} frames: {} differing values{}, latency {} clocks, interval {} clocks\n",
        simulated->images, options.dataset.empty() ? "random" : options.dataset, simulated->differing_values,
        told_accuracy(*frames, simulated->outputs), simulated->latency_clocks, simulated->interval_clocks));
    if (auto same = require_same_bits(*simulated); !same) return same;
  }
  if (options.synthesise) {
    const auto counted = synthesise(*made, *cache / "synthesis", 0, session.progress());
    if (!counted) return counted.errors();
    const Utilisation& u = counted->total;
    session.print(fmt::format("After Yosys: {} LUT, {} FF, {} DSP, {:.1f} BRAM\n", grouped(u.lut),
                              grouped(u.ff), grouped(u.dsp), u.bram()));
  }
  if (options.bitstream) {
    if (auto done = run_bitstream(options, *made, *frames, emulated, *cache, session); !done) return done;
  }
  session.print(fmt::format("Verilog and test bench: {}\n", options.folder));
  return Done{};
}

}  // namespace

Run declare_build(CLI::App& app) {
  auto options = std::make_shared<BuildOptions>();
  declare_design(app, options->design);
  app.add_option("-o,--output", options->folder, "Write the Verilog and its test bench there")
      ->type_name("FOLDER");
  app.add_option("--name", options->name, "Name of the top module")
      ->type_name("NAME")
      ->check([](const std::string& name) {
        const bool plain =
            !name.empty() &&
            name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
                std::string::npos &&
            !(name[0] >= '0' && name[0] <= '9');
        return plain ? std::string()
                     : "'" + name + "' is no Verilog name: letters, digits and _, no digit first";
      });
  app.add_option("--simulate", options->frames,
                 "Simulate so many random frames and compare every bit with the emulation")
      ->check(CLI::Range(1, 1000000));
  app.add_option(
         "--dataset", options->dataset,
         "Simulate the samples of a data set instead (so many, or all): mnist:test, mnist:validation, "
         "mnist:train; and tell how many answers are right")
      ->type_name("NAME");
  app.add_option("--seed", options->seed, "Of the random frames and pauses");
  app.add_flag("--synthesise", options->synthesise, "Count resources with Yosys, stage by stage");
  app.add_flag("--bitstream", options->bitstream,
               "Make the file that an iCE40 part is loaded with (docs/bitstream.md)")
      ->excludes("--plain-ports");
  return [options](Session& session) { return run_build(*options, session); };
}

}  // namespace gw::cli
