// Lint and compiled simulation with Verilator.
//
// Problem: simulate a design for millions of clocks. Approach: Verilator turns it into C++, which is compiled
// together with a bench. The compiler's time counts as much as the simulation's, so the model is built with
// OPT_FAST=-O1 (through -MAKEFLAGS, as Verilator's own makefile overrides -CFLAGS) and split into files that
// two cores compile side by side; ccache takes the parts that did not change, and a program whose sources did
// not change is not built at all. Measured on 400 multiply-accumulates of 16x16 bits and 5000 adders of 32
// bits, Verilator 5.006, g++ 12, CPU seconds to build and kilo-clocks per CPU second: -O1 26 and 180, -Os 39
// and 150, -O2 35 and 180, -O3 42 and 180; -O1 split at 10000 operations 30 and 200. -O0 is ten times slower
// to run. --threads 1 changes nothing.

#include "tools/verilator.h"

#include <system_error>

#include "support/messages.h"
#include "support/threads.h"
#include "tools/workshop.h"

namespace gw {
namespace {

std::vector<std::string> sources_of(const Files& files) {
  std::vector<std::string> names;
  for (const auto& [name, text] : files) {
    if (name.ends_with(".v") || name.ends_with(".sv")) names.push_back(name);
  }
  return names;
}

std::vector<std::string> build_flags(const std::string& top, bool from_tool) {
  std::vector<std::string> flags{"--cc",       "--exe",        "--build", "-O3",        "--x-assign",
                                 "fast",       "--x-initial",  "fast",    "--noassert", "--output-split",
                                 "10000",      "--top-module", top,       "--Mdir",     "model",
                                 "-MAKEFLAGS", "OPT_FAST=-O1", "-o",      "bench"};
  if (from_tool) flags.insert(flags.end(), {"-Wno-fatal", "-Wno-lint", "-Wno-style"});
  return flags;
}

Result<std::string> version_of(const std::string& program) {
  const auto ran = run_process({program, "--version"});
  if (!ran) return ran.errors();
  if (ran->exit_code != 0) {
    return diagnose(messages::tool_failed, {}, program + " --version", ran->exit_code,
                    last_lines(ran->output, 5));
  }
  return ran->output;
}

std::string module_item(const std::string& top) { return "module '" + top + "'"; }

}  // namespace

Status lint(const Files& files, const std::string& top, const fs::path& cache_folder) {
  auto workshop = Workshop::enter(cache_folder, top + "-lint-" + content_key({top}, files).substr(0, 12),
                                  [] { return false; });
  if (!workshop) return workshop.errors();
  const fs::path& folder = workshop->folder();
  if (auto status = write_files(folder, files); !status) return status;
  std::vector<std::string> command{"verilator", "--lint-only", "-Wall", "--top-module", top};
  for (auto& name : sources_of(files)) command.push_back(std::move(name));
  const auto ran = run_process(command, {.folder = folder});
  if (!ran) return ran.errors();
  const bool warned = ran->output.find("%Warning") != std::string::npos;
  if (ran->exit_code == 0 && !warned) {
    workshop->remove();
    return Done{};
  }
  const fs::path log = folder / "verilator.log";
  if (auto status = write_file(log, ran->output); !status) return status;
  constexpr size_t shown = 4000;
  const std::string text = ran->output.size() <= shown ? ran->output : ran->output.substr(0, shown) + "...";
  const Place place{log.string(), 0, module_item(top)};
  if (warned) return diagnose(messages::tool_warned, place, "verilator", text);
  return diagnose(messages::tool_failed, place, "verilator", ran->exit_code, text);
}

Result<fs::path> build_bench(const BenchJob& job, const fs::path& cache_folder) {
  const auto verilator = version_of("verilator");
  if (!verilator) return verilator.errors();
  const auto compiler = version_of("g++");
  if (!compiler) return compiler.errors();

  std::vector<std::string> command = build_flags(job.top, job.from_tool);
  std::string flags;
  for (const auto& flag : command) flags += flag + " ";
  const std::string key = content_key({"verilator", *verilator, *compiler, flags, job.bench}, job.files);
  const fs::path program = fs::absolute(cache_folder) / (key + ".bench");
  std::error_code error;
  const auto built = [&] { return fs::exists(program, error); };
  if (built()) return program;
  auto workshop = Workshop::enter(cache_folder, job.top + "-bench-" + key.substr(0, 12), built);
  if (!workshop) return workshop.errors();
  if (!workshop->needed()) return program;

  const fs::path& folder = workshop->folder();
  if (auto status = write_files(folder, job.files); !status) return status.errors();
  if (auto status = write_file(folder / "bench.cpp", job.bench); !status) return status.errors();
  command.insert(command.begin(), "verilator");
  command.insert(command.end(), {"-j", std::to_string(hardware_threads())});
  for (auto& name : sources_of(job.files)) command.push_back(std::move(name));
  command.push_back("bench.cpp");
  const fs::path log = folder / "verilator.log";
  ProcessOptions options{.folder = folder, .log = log};
  if (!find_program("ccache").empty()) options.environment.emplace_back("OBJCACHE", "ccache");
  const auto ran = run_process(command, options);
  if (!ran) return ran.errors();
  const Place place{log.string(), 0, module_item(job.top)};
  if (ran->exit_code != 0) {
    const auto text = read_file(log);
    return diagnose(messages::tool_failed, place, "verilator", ran->exit_code,
                    text ? last_lines(*text, 10) : std::string());
  }
  // The rename is what brings the program into being; work and result share a file system.
  fs::rename(folder / "model" / "bench", program, error);
  if (error) return diagnose(messages::tool_output, place, "verilator", error.message());
  workshop->remove();
  return program;
}

Result<ProcessResult> run_bench(const fs::path& program, const BenchRun& run) {
  std::vector<std::string> command{program.string(), run.inputs.string(), run.outputs.string(),
                                   run.report.string()};
  const auto add = [&](const char* name, const auto& value) {
    if (!value) return;
    command.emplace_back(name);
    command.push_back(fmt::format("{}", *value));
  };
  add("--stall-in", run.stall_in);
  add("--stall-out", run.stall_out);
  add("--seed", run.seed);
  add("--images", run.images);
  return run_process(command);
}

}  // namespace gw
