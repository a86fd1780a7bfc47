// gatewright predict: the answers of a network, bit for bit those of its hardware.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/data_options.h"
#include "study/predict.h"
#include "support/messages.h"

namespace gw::cli {

namespace {

struct PredictCommandOptions {
  PredictOptions predict;
  std::vector<std::string> inputs, outputs;
  std::string layout;
  std::string json;
};

// One line for all the types that may be too narrow.
void warn(const Prediction& prediction, Session& session) {
  if (prediction.risks.empty() || prediction.options.overflow) return;
  constexpr size_t shown = 4;
  std::string names;
  for (size_t i = 0; i < std::min(shown, prediction.risks.size()); ++i) {
    const OverflowRisk& risk = prediction.risks[i];
    names += fmt::format("{}{} of {}", i == 0 ? "" : ", ", risk.tensor, risk.layer);
  }
  if (prediction.risks.size() > shown) names += ", ...";
  session.report(diagnose(messages::may_overflow, {prediction.options.model.string()},
                          static_cast<std::int64_t>(prediction.risks.size()), names));
}

Status run_predict(PredictCommandOptions options, Session& session) {
  options.predict.inputs = arrays_of(options.inputs, options.predict.dataset);
  options.predict.outputs = named_files(options.outputs);
  if (!options.layout.empty())
    options.predict.layout = options.layout == "model" ? ArrayLayout::Model : ArrayLayout::ChannelsLast;
  if (!options.predict.dataset.empty() && options.predict.cache_folder.empty()) {
    const auto cache = session.cache_folder();
    if (!cache) return cache.errors();
    options.predict.cache_folder = *cache;
  }
  const auto prediction = predict(options.predict, session.progress());
  if (!prediction) return prediction.errors();
  for (const Diagnostic& note : prediction->notes) session.report(note);
  if (prediction->stopped) return Done{};
  warn(*prediction, session);
  session.print(print_text(*prediction));
  if (!options.json.empty()) return write_file(options.json, print_json(*prediction));
  return Done{};
}

}  // namespace

Run declare_predict(CLI::App& app) {
  auto options = std::make_shared<PredictCommandOptions>();
  PredictOptions& predict = options->predict;
  app.add_option("model", predict.model, "The model: a .gw file, ONNX or QONNX")
      ->required()
      ->type_name("MODEL");
  app.add_option("-c,--config", predict.config,
                 "Configuration file of types (as it comes: the model's own, or else ap_fixed<16,6>)")
      ->type_name("FILE");
  app.add_option(
         "--data,--input", options->inputs,
         "Samples, along the first axis of a .npy file; NAME=FILE for each input where there are several; or "
         "labelled ones, as --dataset takes them")
      ->type_name("[NAME=]FILE")
      ->allow_extra_args(false);
  app.add_option("--dataset", predict.dataset,
                 "Or labelled samples (docs/data.md): mnist:test, x.npy,y.npy, table.csv:validation")
      ->type_name("DATA[:PART]");
  app.add_option("--output", options->outputs,
                 "Write the answers there as .npy, float64 and exact; NAME=FILE where there are several")
      ->type_name("[NAME=]FILE")
      ->allow_extra_args(false);
  app.add_option("--labels", predict.labels,
                 "The right class of each sample, a .npy file, to tell the accuracy")
      ->type_name("FILE");
  app.add_option("--trace", predict.trace, "Write every layer's values there, a .npy file each")
      ->type_name("FOLDER");
  app.add_flag("--overflow", predict.overflow,
               "List the types that may be too narrow and count the values that did not fit");
  app.add_option("--layout", options->layout,
                 "Axes of answers, and of inputs whose shape fits both: 'model' as in the model's file, or "
                 "'channels_last'")
      ->type_name("LAYOUT")
      ->check(CLI::IsMember({"model", "channels_last"}));
  app.add_option("--threads", predict.threads, "Threads; 0: one per core; never changes a bit")
      ->check(CLI::Range(0, 1024));
  app.add_option("--json", options->json,
                 "Write what was measured there as JSON (docs/predict.md lists its keys)")
      ->type_name("FILE");
  app.add_option("--cache", predict.cache_folder, "Read data sets from there")->type_name("FOLDER");
  return [options](Session& session) { return run_predict(*options, session); };
}

}  // namespace gw::cli
