// gatewright quantise: from a trained network in floating point to one of fixed-point types, without
// training.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "data/mnist.h"
#include "formats/file_model.h"
#include "graph/model_file.h"
#include "support/messages.h"
#include "train/emulate.h"
#include "train/quantise.h"

namespace gw::cli {

namespace {

struct QuantiseCommandOptions {
  std::string model, output, cache;
  std::string data = "mnist";
  int bits = 8, weight_bits = 0, activation_bits = 0;
  train::QuantiseOptions quantise;
};

Status quantise_model(QuantiseCommandOptions options, Session& session) {
  const auto model = load_file_model(options.model);
  if (!model) return model.errors();
  if (model->graph.is_typed()) return diagnose(messages::already_quantised, {options.model, 0, ""});
  const auto plain = train::from_graph(model->graph, options.model);
  if (!plain) return plain.errors();
  if (options.data != mnist_files().name)
    return diagnose(messages::unknown_value, {.item = "--data"}, options.data,
                    nearest(options.data, {mnist_files().name}));
  fs::path cache = options.cache;
  if (cache.empty()) {
    const auto folder = session.cache_folder();
    if (!folder) return folder.errors();
    cache = *folder;
  }
  const auto data = load_mnist(cache);
  if (!data) return data.errors();
  const auto samples = [](const Dataset& set) { return train::Samples{set.pixels, set.labels}; };

  options.quantise.weight_bits = options.weight_bits > 0 ? options.weight_bits : options.bits;
  options.quantise.activation_bits = options.activation_bits > 0 ? options.activation_bits : options.bits;
  const auto made = train::quantise(*plain, samples(data->train), options.quantise);
  if (!made) return made.errors();
  const auto graph = train::to_graph(made->network, made->parameters);
  if (!graph) return graph.errors();

  const double before = train::Model(plain->network, 256, options.quantise.threads)
                            .score(plain->parameters, samples(data->test))
                            .accuracy();
  const auto after =
      train::emulated_score(made->network, made->parameters, samples(data->test), options.quantise.threads);
  if (!after) return after.errors();
  const ModelMetadata about{{"network", train::print_network(made->network)},
                            {"quantised", options.model},
                            {"test_accuracy", fmt::format("{:.4f}", after->accuracy())}};
  if (auto saved = save_model(options.output, *graph, about); !saved) return saved;
  session.print(fmt::format("{}: test accuracy {:.4f}; in floating point {:.4f}\n", options.output,
                            after->accuracy(), before));
  return Done{};
}

}  // namespace

Run declare_quantise(CLI::App& app) {
  auto options = std::make_shared<QuantiseCommandOptions>();
  app.add_option("model", options->model, "Model file of a network in floating point, a chain of layers")
      ->required()
      ->type_name("FILE");
  app.add_option("-o,--output", options->output, "Save the model there")->required()->type_name("FILE");
  app.add_option("--bits", options->bits, "Bits of weights and activations (as it comes: 8)")
      ->check(CLI::Range(2, 16));
  app.add_option("--weight-bits", options->weight_bits,
                 "Bits of weights, the sign with them (as it comes: as --bits)")
      ->check(CLI::Range(2, 16));
  app.add_option("--activation-bits", options->activation_bits,
                 "Bits of activations (as it comes: as --bits)")
      ->check(CLI::Range(1, 16));
  app.add_option("--input-bits", options->quantise.input_bits, "Bits of the input (as it comes: 8)")
      ->check(CLI::Range(1, 16));
  app.add_option("--data", options->data, "Whose training images values are measured on (as it comes: mnist)")
      ->type_name("DATASET");
  app.add_option("--images", options->quantise.images, "So many of them (as it comes: 1024)")
      ->check(CLI::Range(1, 1 << 20));
  app.add_flag_callback(
      "--nearest", [options] { options->quantise.rounds = false; },
      "Round each weight to the nearest, instead of so that the layer's answers stay");
  app.add_flag_callback(
      "--no-equalisation", [options] { options->quantise.equalises = false; },
      "Leave the channels as they are, instead of scaling them against each other");
  app.add_option("--threads", options->quantise.threads, "Threads; 0: one per core; never changes a bit")
      ->check(CLI::Range(0, 1024));
  app.add_option("--cache", options->cache,
                 "Data sets are kept in this folder (as it comes: $XDG_CACHE_HOME/gatewright, or else "
                 "~/.cache/gatewright)")
      ->type_name("FOLDER");
  return [options](Session& session) { return quantise_model(*options, session); };
}

}  // namespace gw::cli
