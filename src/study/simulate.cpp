// Simulated hardware against emulation.
//
// The bench that was generated with the design feeds images in portions, so that both cores have work and a
// stop is answered soon; each portion starts from reset. The first portion measures latency and interval, a
// last one repeats some images with random pauses on both sides.

#include "study/simulate.h"

#include <algorithm>
#include <chrono>
#include <mutex>

#include <nlohmann/json.hpp>

#include "backends/beats.h"
#include "backends/byte_stream.h"
#include "backends/verilator_bench.h"
#include "backends/verilog.h"
#include "support/messages.h"
#include "support/threads.h"
#include "tools/verilator.h"

namespace gw {

namespace {

constexpr std::int64_t portion = 250;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct PortionResult {
  std::vector<Tensor> outputs;
  std::int64_t latency_clocks = 0, interval_clocks = 0;
};

class Bench {
 public:
  Bench(const Build& build, fs::path program, fs::path folder)
      : build_(build), program_(std::move(program)), folder_(std::move(folder)) {}

  Result<PortionResult> run(std::span<const Tensor> images, const std::string& name,
                            std::optional<std::uint64_t> stall_seed) const {
    BenchRun run{.inputs = folder_ / (name + ".in"),
                 .outputs = folder_ / (name + ".out"),
                 .report = folder_ / (name + ".json")};
    if (stall_seed) {
      run.stall_in = 0.3;
      run.stall_out = 0.4;
      run.seed = *stall_seed;
    }
    if (auto written = write_file(run.inputs, pack_ports(images, build_.design.inputs)); !written)
      return written.errors();
    const auto ran = run_bench(program_, run);
    if (!ran) return ran.errors();
    if (ran->exit_code != 0) {
      return diagnose(messages::bench_failed, {program_.string()}, ran->exit_code, ran->output);
    }
    const auto bytes = read_file(run.outputs);
    if (!bytes) return bytes.errors();
    const auto report = read_file(run.report);
    if (!report) return report.errors();
    const auto json = nlohmann::json::parse(*report);
    return PortionResult{unpack_ports(*bytes, build_.design.outputs, images.front().batch()),
                         json.at("latency_clocks"), json.at("interval_clocks")};
  }

 private:
  const Build& build_;
  fs::path program_, folder_;
};

// A folder of its own that goes away with everything in it.
class Scratch {
 public:
  static Result<Scratch> make() {
    std::string name = (fs::temp_directory_path() / "gatewright-XXXXXX").string();
    if (!mkdtemp(name.data()))
      return diagnose(messages::file_unwritable, {name}, "no temporary folder can be made");
    return Scratch(name);
  }
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit Scratch(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

void compare(Simulation& result, const Tensor& simulated, const Tensor& emulated, size_t output,
             std::int64_t first_image, bool stalls) {
  for (std::int64_t i = 0; i < simulated.batch() * simulated.size(); ++i) {
    const std::int64_t want = emulated.at(first_image * emulated.size() + i);
    if (simulated.at(i) == want) continue;
    ++result.differing_values;
    const Difference here{
        first_image + i / simulated.size(), output, i % simulated.size(), want, simulated.at(i), stalls};
    if (!result.first_difference || here.image < result.first_difference->image)
      result.first_difference = here;
  }
}

std::vector<Tensor> portion_of(std::span<const Tensor> images, std::int64_t first, std::int64_t count) {
  std::vector<Tensor> some;
  for (const Tensor& port : images) some.push_back(samples(port, first, count));
  return some;
}

}  // namespace

namespace {

// A bench over `job`'s Verilog against the emulation.
Result<Simulation> run_all(const Build& build, const BenchJob& job, std::span<const Tensor> images,
                           std::span<const Tensor> emulated, const SimulationOptions& options,
                           Progress& progress) {
  Simulation result;
  result.images = images.front().batch();
  GW_CHECK(images.size() == build.design.inputs.size() && emulated.size() == build.design.outputs.size());
  GW_CHECK(result.images > 0);
  for (const Tensor& port : images) GW_CHECK(port.batch() == result.images);
  for (const Tensor& port : emulated) {
    GW_CHECK(port.batch() == result.images);
    result.outputs.emplace_back(port.shape(), port.type(), port.batch());
  }

  progress.begin("lint and build the simulation", 0);
  auto start = std::chrono::steady_clock::now();
  if (!job.from_tool) {
    if (auto clean = lint(job.files, job.top, options.cache_folder); !clean) return clean.errors();
  }
  const auto program = build_bench(job, options.cache_folder);
  if (!program) return program.errors();
  result.build_seconds = seconds_since(start);
  progress.end(fmt::format("simulation built in {:.1f} s", result.build_seconds));

  auto scratch = Scratch::make();
  if (!scratch) return scratch.errors();
  const Bench bench(build, *program, scratch->path());

  start = std::chrono::steady_clock::now();
  const std::int64_t portions = (result.images + portion - 1) / portion;
  progress.begin("simulate the circuit", result.images);
  std::mutex guard;
  std::int64_t done = 0;
  Diagnostics errors;
  parallel_for(portions + 1, options.threads, [&](std::int64_t p) {
    if (progress.stop_requested()) return;
    const bool stalls = p == portions;
    const std::int64_t first = stalls ? 0 : p * portion;
    const std::int64_t count = std::min(stalls ? options.stalled : portion, result.images - first);
    if (count == 0) return;
    const auto ran = bench.run(portion_of(images, first, count), std::to_string(p),
                               stalls ? std::optional(options.seed) : std::nullopt);
    const std::lock_guard lock(guard);
    if (!ran) {
      errors.insert(errors.end(), ran.errors().begin(), ran.errors().end());
      return;
    }
    for (size_t o = 0; o < emulated.size(); ++o)
      compare(result, ran->outputs[o], emulated[o], o, first, stalls);
    if (stalls) {
      result.stalled_images = count;
      return;
    }
    for (size_t o = 0; o < emulated.size(); ++o) {
      const std::int64_t size = emulated[o].size();
      for (std::int64_t i = 0; i < count * size; ++i)
        result.outputs[o].set(first * size + i, ran->outputs[o].at(i));
    }
    if (p == 0) result.latency_clocks = ran->latency_clocks;
    result.interval_clocks = std::max(result.interval_clocks, ran->interval_clocks);
    done += count;
    progress.update(done, fmt::format("{} differing values", result.differing_values));
  });
  if (!errors.empty()) return errors;
  if (progress.stop_requested()) return diagnose(messages::stopped, {}, done, result.images);
  result.run_seconds = seconds_since(start);
  progress.end(fmt::format("{} images simulated in {:.1f} s, {} differing values", result.images,
                           result.run_seconds, result.differing_values));
  return result;
}

}  // namespace

Result<Simulation> simulate(const Build& build, std::span<const Tensor> images,
                            std::span<const Tensor> emulated, const SimulationOptions& options,
                            Progress& progress) {
  return run_all(build, {build.design.name, verilog(build.design), verilator_bench(build.design)}, images,
                 emulated, options, progress);
}

Result<Simulation> simulate_netlist(const Build& build, const Files& netlist, std::span<const Tensor> images,
                                    std::span<const Tensor> emulated, const SimulationOptions& options,
                                    Progress& progress) {
  const Design bytes = byte_stream_ports(build.design);
  return run_all(build, {bytes.name, netlist, verilator_bench(bytes), true}, images, emulated, options,
                 progress);
}

Status require_same_bits(const Simulation& simulation) {
  if (!simulation.first_difference) return Done{};
  const Difference& d = *simulation.first_difference;
  return diagnose(messages::bits_differ, {}, simulation.differing_values, d.image, d.element, d.emulated,
                  d.simulated);
}

}  // namespace gw
