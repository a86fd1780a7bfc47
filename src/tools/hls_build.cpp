// HLS projects through Vivado HLS or Vitis HLS, stage by stage.
//
// The project brings its script; what it is told is which stages to do. Each is a run of its own, so that a
// failing co-simulation does not cost the synthesis before it, and its key is the hash of what it reads and
// of the compiler's version: other frames for the test bench do not cost a synthesis either. vitis-run, which
// replaces vitis_hls, hands a script no words: a script of one line sets them. Vivado is called by itself
// rather than out of the compiler, which would only find it on PATH.

#include "tools/hls_build.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <regex>

#include "support/messages.h"
#include "support/process.h"
#include "tools/workshop.h"

namespace gw {
namespace {

constexpr std::array<std::pair<HlsStage, std::string_view>, 6> names{{{HlsStage::Csim, "csim"},
                                                                      {HlsStage::Synth, "synth"},
                                                                      {HlsStage::Cosim, "cosim"},
                                                                      {HlsStage::Validation, "validation"},
                                                                      {HlsStage::Export, "export"},
                                                                      {HlsStage::Vsynth, "vsynth"}}};

constexpr std::array<std::string_view, 6> source_endings{".tcl", ".cpp", ".h", ".hpp", ".txt", ".dat"};

// What a project says of itself.
struct Project {
  std::string name;
  fs::path solution;  // by the project's folder
};

Result<Project> read_project(const fs::path& folder) {
  static const std::regex named(R"re(set\s+(?:::)?project_name\s+"?([A-Za-z0-9_]+))re");
  static const std::regex opened(R"(open_project\s+(?:-reset\s+)?"?([A-Za-z0-9_]+)_prj)");
  for (const auto& [file, pattern] :
       {std::pair{"project.tcl", &named}, {"build_prj.tcl", &named}, {"build_prj.tcl", &opened}}) {
    const auto text = read_file(folder / file);
    std::smatch match;
    if (!text || !std::regex_search(*text, match, *pattern)) continue;
    const std::string name = match[1];
    return Project{name, fs::path(name + "_prj") / "solution1"};
  }
  return diagnose(
      messages::hls_project_unread, {folder.string()},
      fs::exists(folder / "build_prj.tcl") ? "its scripts name no project" : "it has no build_prj.tcl");
}

Result<FoundTool> find_compiler(HlsCompiler compiler, const Installations& installations) {
  if (compiler == HlsCompiler::VivadoHls) return require_vendor_tool("vivado_hls", installations);
  const auto& tools = all_vendor_tools();
  const auto is_there = [&](std::string_view program) {
    return std::any_of(tools.begin(), tools.end(), [&](const VendorTool& tool) {
      return tool.program == program && !find_vendor_tool(tool, installations).empty();
    });
  };
  return require_vendor_tool(!is_there("vitis_hls") && is_there("vitis-run") ? "vitis-run" : "vitis_hls",
                             installations);
}

bool runs_bench(HlsStage stage) {
  return stage == HlsStage::Csim || stage == HlsStage::Cosim || stage == HlsStage::Validation;
}

// Read by the stages that run the test bench, and by no other.
bool is_of_bench(std::string_view file) {
  return file.starts_with("tb_data/") || file.ends_with("_test.cpp") || file.ends_with("_bridge.cpp");
}

// "reset=0 csim=1 synth=0 ...", as hls4ml's script takes it.
std::string words_for(HlsStage wanted, bool reset) {
  std::string words = reset ? "reset=1" : "reset=0";
  for (const auto& [stage, name] : names) words += fmt::format(" {}={}", name, stage == wanted ? 1 : 0);
  return words + " fifo_opt=0";
}

std::vector<std::string> leaves_of(HlsStage stage, const Project& project) {
  const auto in_solution = [&](const std::string& path) { return (project.solution / path).string(); };
  switch (stage) {
    case HlsStage::Csim:
      return {in_solution("csim")};
    case HlsStage::Synth:
      return {in_solution("syn/report/" + project.name + "_csynth.rpt")};
    case HlsStage::Cosim:
      return {in_solution("sim/report/" + project.name + "_cosim.rpt")};
    case HlsStage::Validation:
      return {};
    case HlsStage::Export:
      return {in_solution("impl")};
    case HlsStage::Vsynth:
      return {"vivado_synth.rpt"};
  }
  return {};
}

}  // namespace

std::string_view name_of(HlsStage stage) {
  return std::find_if(names.begin(), names.end(), [&](const auto& row) { return row.first == stage; })
      ->second;
}

std::vector<HlsStage> with_foundations(const std::vector<HlsStage>& stages) {
  std::vector<HlsStage> all = stages;
  const auto add = [&](HlsStage stage) {
    if (std::find(all.begin(), all.end(), stage) == all.end()) all.push_back(stage);
  };
  for (size_t n = 0; n < all.size(); ++n) {  // grows on the way
    switch (all[n]) {
      case HlsStage::Csim:
      case HlsStage::Synth:
        break;
      case HlsStage::Cosim:
      case HlsStage::Export:
      case HlsStage::Vsynth:
        add(HlsStage::Synth);
        break;
      case HlsStage::Validation:
        add(HlsStage::Csim);
        add(HlsStage::Cosim);
        break;
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

Status check_hls_part(const Part& part, std::string_view backend) {
  if (part.family.starts_with("xc")) return Done{};
  return diagnose(messages::hls_part_unserved, {}, std::string(part.name), std::string(part.family),
                  std::string(backend));
}

Status require_hls_tools(HlsCompiler compiler, const std::vector<HlsStage>& stages,
                         const Installations& installations) {
  Diagnostics missing;
  const auto require = [&](const Result<FoundTool>& found) {
    if (!found) missing.insert(missing.end(), found.errors().begin(), found.errors().end());
  };
  if (stages.empty()) return Done{};
  require(find_compiler(compiler, installations));
  if (std::find(stages.begin(), stages.end(), HlsStage::Vsynth) != stages.end())
    require(require_vendor_tool("vivado", installations));
  if (!missing.empty()) return missing;
  return Done{};
}

Result<Files> hls_project_sources(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error), end;
  for (; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (at->is_directory() && (name.ends_with("_prj") || name == "logs" || name.starts_with('.'))) {
      at.disable_recursion_pending();
    } else if (at->is_regular_file() && std::find(source_endings.begin(), source_endings.end(),
                                                  at->path().extension()) != source_endings.end()) {
      paths.push_back(at->path().lexically_relative(folder));
    }
  }
  if (error) return diagnose(messages::file_unreadable, {folder.string()}, error.message());
  std::sort(paths.begin(), paths.end());
  Files files;
  for (const fs::path& path : paths) {
    auto text = read_file(folder / path);
    if (!text) return text.errors();
    files.emplace_back(path.string(), std::move(*text));
  }
  return files;
}

Result<std::vector<std::pair<std::string, DesignReport>>> hls_project_reports(const fs::path& folder) {
  const auto project = read_project(folder);
  if (!project) return project.errors();
  const fs::path solution = folder / project->solution;
  // The first of each kind that is there; .xml has all that .rpt has.
  const std::vector<std::pair<std::string, std::vector<fs::path>>> kinds{
      {"csynth",
       {solution / "syn/report" / (project->name + "_csynth.xml"),
        solution / "syn/report" / (project->name + "_csynth.rpt")}},
      {"cosim", {solution / "sim/report" / (project->name + "_cosim.rpt")}},
      {"vsynth", {folder / "vivado_synth.rpt"}}};
  std::vector<std::pair<std::string, DesignReport>> reports;
  for (const auto& [kind, files] : kinds) {
    for (const fs::path& file : files) {
      if (!fs::exists(file)) continue;
      const auto text = read_file(file);
      if (!text) return text.errors();
      auto report = read_design_report(*text, file.string());
      if (!report) return report.errors();
      reports.emplace_back(kind, std::move(*report));
      break;
    }
  }
  return reports;
}

Result<HlsBuildResult> build_hls_project(const fs::path& folder, const HlsBuildOptions& options,
                                         const Installations& installations, Progress& progress) {
  const auto project = read_project(folder);
  if (!project) return project.errors();
  const auto compiler = find_compiler(options.compiler, installations);
  if (!compiler) return compiler.errors();
  const auto asked = [&](HlsStage stage) {
    return std::find(options.stages.begin(), options.stages.end(), stage) != options.stages.end();
  };
  FoundTool vivado;
  if (asked(HlsStage::Vsynth)) {
    auto found = require_vendor_tool("vivado", installations);
    if (!found) return found.errors();
    vivado = std::move(*found);
  }
  const auto sources = hls_project_sources(folder);
  if (!sources) return sources.errors();
  Files firmware;
  std::copy_if(sources->begin(), sources->end(), std::back_inserter(firmware),
               [](const auto& file) { return !is_of_bench(file.first); });

  std::error_code ignored;
  if (options.reset) fs::remove_all(folder / "logs", ignored);
  const std::string whole = content_key({compiler->version}, *sources);
  const std::string without_bench = content_key({compiler->version}, firmware);
  std::vector<VendorStage> stages;
  for (const auto& [stage, name] : names) {
    if (!asked(stage)) continue;
    const bool first = stages.empty() && options.reset;
    const std::string words = words_for(stage, first);
    std::vector<std::string> command;
    if (stage == HlsStage::Vsynth) {
      command = {vivado.path, "-mode", "batch", "-nojournal", "-nolog", "-source", "vivado_synth.tcl"};
    } else if (fs::path(compiler->path).filename() == "vitis-run") {
      const std::string script = "logs/" + std::string(name) + ".tcl";
      const std::string text = fmt::format("set ::argv [list \"{}\"]\nsource build_prj.tcl\n", words);
      if (auto written = write_file(folder / script, text); !written) return written.errors();
      command = {compiler->path, "--mode", "hls", "--tcl", script};
    } else {
      command = {compiler->path, "-f", "build_prj.tcl", words};
    }
    stages.push_back({std::string(name), std::string(name) + " of '" + project->name + "'", command,
                      content_key({runs_bench(stage) ? whole : without_bench, name,
                                   stage == HlsStage::Vsynth ? vivado.version : ""},
                                  {}),
                      leaves_of(stage, *project)});
  }
  HlsBuildResult result;
  auto ran = run_stages(stages, folder, options.limits, progress);
  if (!ran) return ran.errors();
  result.runs = std::move(*ran);
  // Others that lie there may be of other sources.
  auto reports = hls_project_reports(folder);
  if (!reports) return reports.errors();
  for (auto& [kind, report] : *reports) {
    if (asked(kind == "cosim" ? HlsStage::Cosim : kind == "vsynth" ? HlsStage::Vsynth : HlsStage::Synth))
      result.reports.emplace_back(kind, std::move(report));
  }
  return result;
}

}  // namespace gw
