// C simulation of a project of HLS C++, by a plain compiler.
//
// The project brings the fixed-point types along, so that no vendor's tool is needed. -O2 is worth its time
// from some hundred frames on: the types are templates that cost a hundred times as much when nothing is
// inlined.

#include "tools/hls_csim.h"

#include <algorithm>
#include <regex>

#include "support/messages.h"
#include "tools/hls_build.h"
#include "tools/tool.h"
#include "tools/workshop.h"

namespace gw {

Result<fs::path> build_csim(const Files& project, const std::string& top, const fs::path& cache_folder) {
  const auto version = run_process({"g++", "--version"});
  if (!version) return version.errors();
  const std::vector<std::string> command{"g++",
                                         "-std=c++11",
                                         "-O2",
                                         "-Wno-unknown-pragmas",
                                         "-Ifirmware/ap_types",
                                         "-o",
                                         "bench",
                                         top + "_test.cpp",
                                         "firmware/" + top + ".cpp"};
  std::string flags;
  for (const std::string& word : command) flags += word + " ";
  const std::string key = content_key({"csim", version->output, flags}, project);
  const fs::path program = fs::absolute(cache_folder) / (key + ".csim");
  std::error_code error;
  const auto built = [&] { return fs::exists(program, error); };
  if (built()) return program;
  auto workshop = Workshop::enter(cache_folder, top + "-csim-" + key.substr(0, 12), built);
  if (!workshop) return workshop.errors();
  if (!workshop->needed()) return program;

  const fs::path& folder = workshop->folder();
  if (auto status = write_files(folder, project); !status) return status.errors();
  const fs::path log = folder / "g++.log";
  const auto ran = run_process(command, {.folder = folder, .log = log});
  if (!ran) return ran.errors();
  const Place place{log.string(), 0, "project '" + top + "'"};
  if (ran->exit_code != 0) {
    const auto text = read_file(log);
    return diagnose(messages::tool_failed, place, "g++", ran->exit_code,
                    text ? last_lines(*text, 10) : std::string());
  }
  fs::rename(folder / "bench", program, error);
  if (error) return diagnose(messages::tool_output, place, "g++", error.message());
  workshop->remove();
  return program;
}

Result<ProcessResult> run_csim(const fs::path& program, const fs::path& folder, const fs::path& results) {
  return run_process({program.string(), folder.string(), results.string()});
}

Result<ProjectCsim> csim_in_project(const fs::path& folder, const std::string& top,
                                    const std::string& compiler, Progress& progress) {
  const auto sources = hls_project_sources(folder);
  if (!sources) return sources.errors();
  const auto tools = all_tools();
  const auto tool =
      std::find_if(tools.begin(), tools.end(), [&](const Tool& row) { return row.program == compiler; });
  GW_CHECK(tool != tools.end());
  ProjectCsim csim;
  csim.compiler = compiler + " " + tool_state(*tool).version;
  const std::string name = "csim_" + compiler;
  // -B: an earlier program may be another compiler's.
  const VendorStage stage{name,
                          "csim of '" + top + "'",
                          {"make", "-s", "-B", "csim", "CXX=" + compiler},
                          content_key({name, csim.compiler}, *sources),
                          {top + "_test", "tb_data/csim_results.log"}};
  auto ran = run_stages({&stage, 1}, folder, {}, progress);
  if (!ran) return ran.errors();
  csim.run = std::move(ran->front());
  const auto log = read_file(csim.run.log);
  if (!log) return log.errors();
  static const std::regex counted("([0-9]+) frames, ([0-9]+) differing values");
  std::smatch match;
  if (!std::regex_search(*log, match, counted))
    return diagnose(messages::tool_output, {csim.run.log.string()}, "make",
                    "no line tells how many frames there were");
  csim.frames = std::stoll(match[1]);
  csim.differing_values = std::stoll(match[2]);
  return csim;
}

}  // namespace gw
