// The options of commands that look at a network with samples.
#include "cli/data_options.h"

#include <CLI/CLI.hpp>

#include "data/data_spec.h"
#include "support/messages.h"

namespace gw::cli {

std::vector<NamedFile> named_files(const std::vector<std::string>& texts) {
  std::vector<NamedFile> files;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    std::error_code ignored;
    if (equals == text.npos || fs::exists(text, ignored)) {
      files.push_back({"", text});
    } else {
      files.push_back({text.substr(0, equals), text.substr(equals + 1)});
    }
  }
  return files;
}

std::vector<NamedFile> arrays_of(const std::vector<std::string>& texts, std::string& dataset) {
  std::vector<std::string> arrays;
  for (const std::string& text : texts) {
    if (dataset.empty() && names_labelled_data(text)) {
      dataset = text;
    } else {
      arrays.push_back(text);
    }
  }
  return named_files(arrays);
}

void declare_data(CLI::App& app, DataOptions& options) {
  TwinOptions& twin = options.twin;
  app.add_option("model", twin.model, "The model: a .gw file, ONNX, QONNX, Keras or QKeras")
      ->required()
      ->type_name("MODEL");
  app.add_option("-c,--config", twin.config,
                 "Configuration file of types (as it comes: the model's own, or else ap_fixed<16,6>)")
      ->type_name("FILE");
  app.add_option(
         "--data,--input", options.inputs,
         "Samples, along the first axis of a .npy file; NAME=FILE for each input where there are several; or "
         "labelled ones, as --dataset takes them")
      ->type_name("[NAME=]FILE")
      ->allow_extra_args(false);
  app.add_option("--dataset", twin.dataset,
                 "Or labelled samples (docs/data.md): mnist:test, x.npy,y.npy, table.csv:validation")
      ->type_name("DATA[:PART]");
  app.add_option("--samples", twin.samples, "Look at the first so many samples; 0: as the command chooses")
      ->check(CLI::Range(0, 1 << 30));
  app.add_option("--threads", twin.threads, "Threads; 0: one per core; never changes a bit")
      ->check(CLI::Range(0, 1024));
  app.add_option("--cache", twin.cache_folder, "Read data sets from there, keep drawings there")
      ->type_name("FOLDER");
}

Result<TwinOptions> data_of(const DataOptions& options, bool needs_samples, Session& session) {
  TwinOptions twin = options.twin;
  twin.inputs = arrays_of(options.inputs, twin.dataset);
  if (needs_samples && twin.inputs.empty() && twin.dataset.empty())
    return diagnose(messages::nothing_to_predict, {}, "FILE");
  if (twin.cache_folder.empty()) {
    const auto cache = session.cache_folder();
    if (!cache) return cache.errors();
    twin.cache_folder = *cache;
  }
  return twin;
}

}  // namespace gw::cli
