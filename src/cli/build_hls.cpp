// The half of `build` that ends in HLS C++: a project with frames and right answers, its C++ held to the
// emulation by a plain compiler, and the stages of the vendor's compiler.
#include <algorithm>

#include "backends/hls/hls.h"
#include "cli/build_options.h"
#include "graph/evaluate.h"
#include "report/table.h"
#include "study/project_folder.h"
#include "study/simulate.h"
#include "tools/hls_csim.h"

namespace gw::cli {

namespace {

std::vector<Tensor> first_frames(std::span<const Tensor> ports, std::int64_t most) {
  std::vector<Tensor> some;
  for (const Tensor& port : ports)
    some.push_back(samples(port, 0, std::min<std::int64_t>(port.batch(), most)));
  return some;
}

// What the bench is tried on: what was simulated, or the first of it, or else a few random frames.
Files bench_data(const BuildJob& job) {
  constexpr std::int64_t most_frames = 100, usual_frames = 10;
  const Build& made = job.made;
  if (job.frames.count() > 0) {
    return hls_test_data(made.pipeline, first_frames(job.frames.inputs, most_frames),
                         first_frames(job.emulated, most_frames));
  }
  const std::vector<Tensor> inputs = random_frames(made, usual_frames, job.options.seed).inputs;
  return hls_test_data(made.pipeline, inputs, evaluate(made.graph, inputs, {.threads = 0}));
}

Status run_plain_csim(const BuildJob& job, const std::string& top, BuildReport& report, Session& session) {
  auto csim = csim_in_project(job.options.folder, top, job.options.csim, session.progress());
  if (!csim) return csim.errors();
  session.print(fmt::format("Test bench, by {}: {} frames, {} differing values\n", csim->compiler,
                            csim->frames, csim->differing_values));
  tell_runs({csim->run}, report, session);
  report.csim = std::move(*csim);
  return Done{};
}

Status run_vendor(const BuildJob& job, const std::vector<HlsStage>& stages, BuildReport& report,
                  Session& session) {
  const BuildOptions& options = job.options;
  const auto built = build_hls_project(
      options.folder,
      {.stages = stages, .compiler = options.compiler(), .reset = options.reset, .limits = options.limits()},
      session.installations(), session.progress());
  if (!built) return built.errors();
  tell_runs(built->runs, report, session);
  report.vendor = built->reports;
  if (!report.vendor.empty()) session.print(vendor_text(report.vendor));
  return Done{};
}

}  // namespace

std::vector<HlsStage> hls_stages(const BuildOptions& options) {
  std::vector<HlsStage> stages;
  for (const auto& [is_asked, stage] :
       {std::pair{options.csim == vendors_csim, HlsStage::Csim},
        std::pair{options.synth == c_synthesis, HlsStage::Synth}, std::pair{options.cosim, HlsStage::Cosim},
        std::pair{options.validation, HlsStage::Validation}, std::pair{options.export_core, HlsStage::Export},
        std::pair{options.vsynth, HlsStage::Vsynth}}) {
    if (is_asked) stages.push_back(stage);
  }
  return with_foundations(stages);
}

Status build_hls(const BuildJob& job, BuildReport& report, Session& session) {
  const BuildOptions& options = job.options;
  const Build& made = job.made;
  const ProjectSettings& said = job.input.config.project;
  const bool is_parallel = options.io.empty() ? said.io_type == IoType::Parallel : options.io == "parallel";
  HlsOptions hls{find_hls_dialect(options.backend), is_parallel ? HlsIo::Parallel : HlsIo::Stream,
                 std::string(made.part.name), said.clock_uncertainty};
  for (const NodeId id : made.graph.inputs())
    hls.inputs.push_back(*std::get<Input>(made.graph[id].op).quantizer);
  const Files project = hls_project(made.design, made.pipeline, hls);
  const std::string top = hls_top(made.design);
  report.io = is_parallel ? "parallel" : "stream";
  report.files = project;
  for (auto& file : bench_data(job)) report.files.push_back(std::move(file));
  if (auto written = write_project(options.folder, report.files, options.force); !written) return written;
  report.lap("write");
  session.print(describe(made));
  for (const Diagnostic& note : shortcomings(made)) session.report(note);
  if (job.frames.count() > 0) {
    const auto simulated =
        simulate_hls(made, project, top, job.frames.inputs, job.emulated,
                     {.cache_folder = job.cache / "simulation", .seed = options.seed}, session.progress());
    if (!simulated) return simulated.errors();
    if (auto same = judge_simulation(job, *simulated, "", report, session); !same) return same;
  }
  if (options.has_plain_csim()) {
    if (auto ran = run_plain_csim(job, top, report, session); !ran) return ran;
  }
  const std::vector<HlsStage> stages = hls_stages(options);
  if (stages.empty()) return Done{};
  return run_vendor(job, stages, report, session);
}

}  // namespace gw::cli
