// Simulated hardware against emulation.
//
// The bench that was generated with the design feeds images in portions, so that both cores have work and a
// stop is answered soon; each portion starts from reset. In Verilog the first portion measures latency and
// interval, and a last one repeats some images with random pauses on both sides. HLS C++ has neither clocks
// nor pauses. Where answers are kept, each portion's stand under the hash of its bench and its inputs as soon
// as they are there, so that a simulation that is cut off goes on with the first portion that is missing.

#include "study/simulate.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

#include <nlohmann/json.hpp>

#include "backends/beats.h"
#include "backends/byte_stream.h"
#include "backends/hls/hls.h"
#include "backends/verilator_bench.h"
#include "backends/verilog/verilog.h"
#include "support/messages.h"
#include "support/threads.h"
#include "tools/hls_csim.h"
#include "tools/verilator.h"
#include "tools/workshop.h"

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

// A program that answers for portions of the images.
class Bench {
 public:
  Bench(const Build& build, fs::path program) : build_(build), program_(std::move(program)) {}
  virtual ~Bench() = default;

  /// In files of that name in a folder; with pauses if there is a seed of them.
  virtual Result<PortionResult> run(std::span<const Tensor> images, const fs::path& folder,
                                    const std::string& name,
                                    std::optional<std::uint64_t> stall_seed) const = 0;
  virtual bool has_pauses() const = 0;

 protected:
  Status fine(const Result<ProcessResult>& ran) const {
    if (!ran) return ran.errors();
    if (ran->exit_code != 0)
      return diagnose(messages::bench_failed, {program_.string()}, ran->exit_code, ran->output);
    return Done{};
  }

  const Build& build_;
  fs::path program_;
};

class VerilogBench : public Bench {
 public:
  VerilogBench(const Build& build, fs::path program, fs::path answers_folder)
      : Bench(build, std::move(program)), answers_folder_(std::move(answers_folder)) {}
  bool has_pauses() const override { return true; }

  Result<PortionResult> run(std::span<const Tensor> images, const fs::path& folder, const std::string& name,
                            std::optional<std::uint64_t> stall_seed) const override {
    BenchRun run{.inputs = folder / (name + ".in"),
                 .outputs = folder / (name + ".out"),
                 .report = folder / (name + ".json")};
    if (stall_seed) {
      run.stall_in = 0.3;
      run.stall_out = 0.4;
      run.seed = *stall_seed;
    }
    const std::string packed = pack_ports(images, build_.design.inputs);
    const fs::path kept =
        answers_folder_.empty()
            ? fs::path()
            : answers_folder_ / content_key({program_.filename().string(), packed,
                                             stall_seed ? std::to_string(*stall_seed) : "no pauses"},
                                            {});
    if (auto known = kept_answer(kept, images.front().batch())) return *std::move(known);
    if (auto written = write_file(run.inputs, packed); !written) return written.errors();
    if (auto ended = fine(run_bench(program_, run)); !ended) return ended.errors();
    const auto bytes = read_file(run.outputs);
    if (!bytes) return bytes.errors();
    const auto report = read_file(run.report);
    if (!report) return report.errors();
    if (!kept.empty()) {
      // The report comes last: where it is, the answers are.
      for (const auto& [suffix, content] : {std::pair{".out", &*bytes}, std::pair{".json", &*report}}) {
        if (auto written = write_file(kept.string() + suffix, *content); !written) return written.errors();
      }
    }
    return read_answer(*bytes, *report, images.front().batch());
  }

 private:
  PortionResult read_answer(const std::string& bytes, const std::string& report, int frames) const {
    const auto json = nlohmann::json::parse(report);
    return {unpack_ports(bytes, build_.design.outputs, frames), json.at("latency_clocks"),
            json.at("interval_clocks")};
  }

  std::optional<PortionResult> kept_answer(const fs::path& kept, int frames) const {
    std::error_code ignored;
    if (kept.empty() || !fs::exists(kept.string() + ".json", ignored)) return std::nullopt;
    const auto report = read_file(kept.string() + ".json"), bytes = read_file(kept.string() + ".out");
    if (!report || !bytes) return std::nullopt;
    return read_answer(*bytes, *report, frames);
  }

  fs::path answers_folder_;
};

class HlsBench : public Bench {
 public:
  using Bench::Bench;
  bool has_pauses() const override { return false; }

  Result<PortionResult> run(std::span<const Tensor> images, const fs::path& folder, const std::string& name,
                            std::optional<std::uint64_t>) const override {
    const fs::path data = folder / name, results = data / "results.dat";
    if (auto written = write_file(data / "tb_input_features.dat", hls_frames(images)); !written)
      return written.errors();
    if (auto ended = fine(run_csim(program_, data, results)); !ended) return ended.errors();
    const auto text = read_file(results);
    if (!text) return text.errors();
    std::vector<TensorType> types;
    for (const StreamPort& port : build_.design.outputs) types.push_back(port.type);
    return PortionResult{hls_frames(*text, types, images.front().batch())};
  }
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

// Every image on the bench that `make` builds, against the emulation.
Result<Simulation> run_all(const Build& build,
                           const std::function<Result<std::unique_ptr<const Bench>>()>& make,
                           std::span<const Tensor> images, std::span<const Tensor> emulated,
                           const SimulationOptions& options, Progress& progress) {
  Simulation result;
  result.images = images.front().batch();
  GW_CHECK(images.size() == build.design.inputs.size() && emulated.size() == build.design.outputs.size());
  GW_CHECK(result.images > 0);
  for (const Tensor& port : images) GW_CHECK(port.batch() == result.images);
  for (const Tensor& port : emulated) {
    GW_CHECK(port.batch() == result.images);
    result.outputs.emplace_back(port.shape(), port.type(), port.batch());
  }

  progress.begin("build the simulation", 0);
  auto start = std::chrono::steady_clock::now();
  const auto made = make();
  if (!made) return made.errors();
  const Bench& bench = **made;
  result.build_seconds = seconds_since(start);
  progress.end(fmt::format("simulation built in {:.1f} s", result.build_seconds));

  auto scratch = Scratch::make();
  if (!scratch) return scratch.errors();
  start = std::chrono::steady_clock::now();
  const std::int64_t portions = (result.images + portion - 1) / portion;
  progress.begin("simulate", result.images);
  std::mutex guard;
  std::int64_t done = 0;
  Diagnostics errors;
  parallel_for(portions + (bench.has_pauses() ? 1 : 0), options.threads, [&](std::int64_t p) {
    if (progress.stop_requested()) return;
    const bool stalls = p == portions;
    const std::int64_t first = stalls ? 0 : p * portion;
    const std::int64_t count = std::min(stalls ? options.stalled : portion, result.images - first);
    if (count == 0) return;
    const auto ran = bench.run(portion_of(images, first, count), scratch->path(), std::to_string(p),
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

// The design's Verilog, or a netlist of it; Verilog of ours is linted first.
Result<std::unique_ptr<const Bench>> verilog_bench(const Build& build, const BenchJob& job,
                                                   const SimulationOptions& options) {
  if (!job.from_tool) {
    if (auto clean = lint(job.files, job.top, options.cache_folder); !clean) return clean.errors();
  }
  auto program = build_bench(job, options.cache_folder);
  if (!program) return program.errors();
  return std::unique_ptr<const Bench>(new VerilogBench(build, std::move(*program), options.answers_folder));
}

}  // namespace

Result<Simulation> simulate(const Build& build, std::span<const Tensor> images,
                            std::span<const Tensor> emulated, const SimulationOptions& options,
                            Progress& progress) {
  const auto make = [&] {
    return verilog_bench(build, {build.design.name, verilog(build.design), verilator_bench(build.design)},
                         options);
  };
  return run_all(build, make, images, emulated, options, progress);
}

Result<Simulation> simulate_netlist(const Build& build, const Files& netlist, std::span<const Tensor> images,
                                    std::span<const Tensor> emulated, const SimulationOptions& options,
                                    Progress& progress) {
  const Design bytes = byte_stream_ports(build.design);
  const auto make = [&] {
    return verilog_bench(build, {bytes.name, netlist, verilator_bench(bytes), true}, options);
  };
  return run_all(build, make, images, emulated, options, progress);
}

Result<Simulation> simulate_hls(const Build& build, const Files& project, const std::string& top,
                                std::span<const Tensor> images, std::span<const Tensor> emulated,
                                const SimulationOptions& options, Progress& progress) {
  const auto make = [&]() -> Result<std::unique_ptr<const Bench>> {
    auto program = build_csim(project, top, options.cache_folder);
    if (!program) return program.errors();
    return std::unique_ptr<const Bench>(new HlsBench(build, std::move(*program)));
  };
  return run_all(build, make, images, emulated, options, progress);
}

Status require_same_bits(const Simulation& simulation) {
  if (!simulation.first_difference) return Done{};
  const Difference& d = *simulation.first_difference;
  return diagnose(messages::bits_differ, {}, simulation.differing_values, d.image, d.element, d.emulated,
                  d.simulated);
}

}  // namespace gw
