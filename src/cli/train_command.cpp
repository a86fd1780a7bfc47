// gatewright train: from a network file and a data set to a model file.
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "cli/braille.h"
#include "cli/command.h"
#include "cli/design_options.h"
#include "graph/model_file.h"
#include "report/table.h"
#include "study/price.h"
#include "study/train_data.h"
#include "support/messages.h"
#include "train/bit_target.h"
#include "train/graph.h"
#include "train/recipe_file.h"
#include "train/trainer.h"

namespace gw::cli {

namespace {

struct TrainCommandOptions {
  std::string network;
  std::string data = "mnist";
  std::string output;
  std::string folder;
  std::string cache;
  std::string teacher;
  DesignOptions design;
  std::optional<double> target_lut, target_accuracy;
  bool watch = false;
  train::TrainOptions training;
};

// Of a network of real numbers the mean absolute error stands where others have the accuracy.
double metric_of(const train::Measure& measure) { return measure.error.value_or(measure.accuracy); }

// Loss and accuracy by epoch, one below the other.
std::vector<std::string> curves(const train::History& history, int columns) {
  const auto plot = [&](const char* title, const auto& value, int width) {
    std::vector<BrailleCurve> curves{{"training", {}}, {"validation", {}}, {"test", {}}};
    for (const train::EpochRecord& record : history) {
      curves[0].values.push_back(value(record.training));
      if (record.validation) curves[1].values.push_back(value(*record.validation));
      if (record.test) curves[2].values.push_back(value(*record.test));
    }
    constexpr int rows = 8;
    return braille_plot(fmt::format("{}, epoch {}", title, history.back().epoch), curves, width, rows, true);
  };
  constexpr int least = 30, most = 110;
  const int width = std::clamp(columns - 1, least, most);
  std::vector<std::string> lines = plot("loss", std::mem_fn(&train::Measure::loss), width);
  const char* metric = history.back().training.error ? "mean absolute error" : "accuracy";
  for (std::string& line : plot(metric, metric_of, width)) lines.push_back(std::move(line));
  return lines;
}

// The prices and targets of a network that learns its widths.
Status price_bits(TrainCommandOptions& options, train::Network& network) {
  const bool has_target = options.target_lut || options.target_accuracy;
  if (has_target && !network.learns_bits())
    return diagnose(messages::no_learned_bits,
                    {network.file, 0, options.target_lut ? "--target-lut" : "--target-accuracy"});
  if (!network.learns_bits()) return Done{};
  if (has_target) {
    if (!network.bit_cost) network.bit_cost = train::BitCostSpec{.end_epoch = 0.75 * network.epochs};
    network.bit_cost->target_lut = options.target_lut;
    network.bit_cost->target_accuracy = options.target_accuracy;
  }
  const auto part = part_of(options.design);
  if (!part) return part.errors();
  if (options.design.clock_ns > 0) options.design.schedule.clock_ns = options.design.clock_ns;
  options.training.price = price_function(*part, options.design.schedule);
  return Done{};
}

std::string table_of(const train::History& front) {
  if (front.empty()) return {};
  TextTable table({"epoch", "validation", "LUT, estimated", "bit operations"});
  for (const train::EpochRecord& record : front)
    table.add({std::to_string(record.epoch), fmt::format("{:.4f}", record.validation->accuracy),
               grouped(std::llround(*record.bits->lut)), grouped(std::llround(record.bits->operations()))});
  return "Epochs that no other beats in both:\n" + table.print();
}

Status train_network(TrainCommandOptions options, Session& session) {
  auto network = train::read_network(options.network);
  if (!network) return network.errors();
  if (!options.teacher.empty()) {
    if (!network->distillation) network->distillation.emplace();
    network->distillation->teacher = fs::absolute(options.teacher).string();
  }
  if (auto priced = price_bits(options, *network); !priced) return priced;
  if (Diagnostics errors = train::check_recipe(*network); !errors.empty()) return errors;
  fs::path cache = options.cache;
  if (cache.empty()) {
    const auto folder = session.cache_folder();
    if (!folder) return folder.errors();
    cache = *folder;
  }
  const auto data = training_data(options.data, cache, *network);
  if (!data) return data.errors();

  const std::string stem = fs::path(options.network).stem().string();
  const fs::path output = options.output.empty() ? fs::path(stem + ".gw") : fs::path(options.output);
  options.training.folder =
      options.folder.empty() ? fs::path(output).replace_extension(".training") : fs::path(options.folder);
  for (const Diagnostic& note : train::schedule_notes(*network, options.training.epochs))
    session.report(note);
  if (options.watch) {
    options.training.watch = [&](const train::History& history) {
      if (const int columns = session.picture_columns(); columns > 0) session.show(curves(history, columns));
    };
  }
  const auto trained = train::train(*network, samples_of(data->train), samples_of(data->validation),
                                    samples_of(data->test), options.training, session.progress());
  if (!trained) return trained.errors();
  if (trained->stopped) return Done{};

  const train::History& history = trained->state.history;
  session.print(table_of(train::pareto_front(history)));
  if (network->bit_cost) {
    if (const auto missed = train::missed_target(*network->bit_cost, history, network->file))
      session.report(*missed);
  }
  const auto model = train::to_graph(*network, trained->chosen.answering());
  if (!model) return model.errors();
  const train::EpochRecord& last = trained->chosen.history.back();
  const ModelMetadata about{{"network", trained->state.network},
                            {"seed", std::to_string(trained->state.seed)},
                            {"epochs", std::to_string(last.epoch)},
                            {network->regresses() ? "test_mean_absolute_error" : "test_accuracy",
                             last.test ? fmt::format("{:.4f}", metric_of(*last.test)) : ""}};
  if (auto saved = save_model(output, *model, about); !saved) return saved;
  session.print(fmt::format("{}: {}{} epochs\n{}: the curve\n", output.string(),
                            last.test ? fmt::format("test {} {:.4f} after ",
                                                    network->regresses() ? "mean absolute error" : "accuracy",
                                                    metric_of(*last.test))
                                      : "",
                            last.epoch, (options.training.folder / "history.csv").string()));
  return Done{};
}

}  // namespace

Run declare_train(CLI::App& app) {
  auto options = std::make_shared<TrainCommandOptions>();
  app.add_option("network", options->network, "The network file; docs/training.md describes it")
      ->type_name("NETWORK")
      ->required();
  app.add_option("--data", options->data,
                 "What to learn from (as it comes: mnist): a data set, a folder, x.npy,y.npy, arrays.npz, "
                 "table.csv (docs/data.md)")
      ->type_name("DATA");
  app.add_option("-o,--output", options->output,
                 "Save the model there (as it comes: the network file's name, .gw)")
      ->type_name("FILE");
  app.add_option("--folder", options->folder,
                 "Keep checkpoints and the history there (as it comes: the model's name, .training)")
      ->type_name("FOLDER");
  app.add_option("--epochs", options->training.epochs,
                 "Train so many epochs (as it comes: as the network file says)")
      ->check(CLI::Range(1, 100000));
  app.add_option("--seed", options->training.seed,
                 "First weights and the order of the images follow from it");
  app.add_option("--threads", options->training.threads, "Threads; 0: one per core; never changes a bit")
      ->check(CLI::Range(0, 1024));
  app.add_option(
         "--from", options->training.from,
         "Begin with the weights of this checkpoint or model: of the same layers, in floating point, pruned or "
         "quantised")
      ->type_name("FILE");
  app.add_option(
         "--teacher", options->teacher,
         "Learn from the answers of this checkpoint or model, too (as it comes: training.distillation.teacher "
         "of the network file, if it has one)")
      ->type_name("FILE");
  CLI::Option* lut =
      app.add_option(
             "--target-lut", options->target_lut,
             "Of a network that learns its widths: shrink it to so many look-up tables, by the estimate for "
             "the options below, and save its most accurate epoch within them")
          ->check(CLI::Range(1.0, 1e9));
  app.add_option("--target-accuracy", options->target_accuracy,
                 "Likewise: shrink it while validation images are answered so well, a share from 0 to 1")
      ->check(CLI::Range(0.0, 1.0))
      ->excludes(lut);
  declare_design_target(app, options->design);
  app.add_flag(
      "--watch", options->watch,
      "Draw loss and accuracy on the terminal, anew after every epoch; elsewhere a line an epoch as ever");
  app.add_flag("--resume", options->training.resume, "Go on from the folder's latest checkpoint");
  app.add_option("--cache", options->cache,
                 "Data sets are kept in this folder (as it comes: $XDG_CACHE_HOME/gatewright, or else "
                 "~/.cache/gatewright)")
      ->type_name("FOLDER");
  return [options](Session& session) { return train_network(*options, session); };
}

}  // namespace gw::cli
