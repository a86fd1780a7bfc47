// gatewright trace: what every layer answers, a .npy file each.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/data_options.h"
#include "study/predict.h"
#include "study/twin.h"

namespace gw::cli {

namespace {

struct TraceOptions {
  DataOptions data;
  std::string folder = "trace";
  bool with_float = false;
};

Status run_trace(const TraceOptions& options, Session& session) {
  const auto data = data_of(options.data, true, session);
  if (!data) return data.errors();
  if (options.with_float) {
    const auto twin = open_twin(*data);
    if (!twin) return twin.errors();
    const auto all = trace_real(*twin, options.folder, data->threads, session.progress());
    if (!all) return all.errors();
    if (!*all) return Done{};
  }
  PredictOptions predicting;
  predicting.model = data->model;
  predicting.config = data->config;
  predicting.inputs = data->inputs;
  predicting.dataset = data->dataset;
  predicting.threads = data->threads;
  predicting.cache_folder = data->cache_folder;
  predicting.samples = data->samples;
  predicting.trace = options.folder;
  const auto traced = predict(predicting, session.progress());
  if (!traced) return traced.errors();
  for (const Diagnostic& note : traced->notes) session.report(note);
  if (traced->stopped) return Done{};
  session.print(fmt::format("{}: every layer's answers to {} samples{}\n", options.folder, traced->samples,
                            options.with_float ? ", in fixed-point and in real numbers" : ""));
  return Done{};
}

}  // namespace

Run declare_trace(CLI::App& app) {
  auto options = std::make_shared<TraceOptions>();
  declare_data(app, options->data);
  app.add_option("-o,--output", options->folder, "Write a .npy file there for every layer, float64 and exact")
      ->type_name("FOLDER");
  app.add_flag("--float", options->with_float,
               "And what it answers in real numbers beside it, in NAME.float.npy");
  return [options](Session& session) { return run_trace(*options, session); };
}

}  // namespace gw::cli
