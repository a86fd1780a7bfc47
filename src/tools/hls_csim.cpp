// C simulation of a project of HLS C++, by a plain compiler.
//
// The project brings the fixed-point types along, so that no vendor's tool is needed. -O2 is worth its time
// from some hundred frames on: the types are templates that cost a hundred times as much when nothing is
// inlined.

#include "tools/hls_csim.h"

#include "support/messages.h"
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

}  // namespace gw
