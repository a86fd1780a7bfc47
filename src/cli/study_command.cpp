// gatewright study: whole experiments, from the data to the report.
#include <limits>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "data/fetch.h"
#include "report/report_document.h"
#include "study/study.h"
#include "study/train_data.h"
#include "support/messages.h"
#include "train/trainer.h"

namespace gw::cli {

namespace {

struct StudyCommandOptions {
  StudyOptions study;
  StudyChoice choice;
  std::string data;
  std::vector<std::string> networks;
  std::string folder;
  std::string cache;
  std::string json;
  std::string samples;
  bool all = false;
};

Result<std::vector<StudyNetwork>> networks_of(const StudyCommandOptions& options, const Session& session) {
  if (options.networks.empty()) return published_study(session.networks_folder(), options.choice);
  return study_of_files(options.networks);
}

// "study-mnist": what would be a path or puzzle a shell becomes '_'.
std::string folder_of(const std::string& data) {
  std::string name = "study-" + fs::path(data).filename().string();
  for (char& c : name) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
    if (!is_plain) c = '_';
  }
  return name;
}

Status study(StudyCommandOptions options, Session& session) {
  if (options.all) options.choice = {.smaller = true, .own = true};
  if (!options.samples.empty()) {
    options.study.samples =
        options.samples == "all" ? std::numeric_limits<std::int64_t>::max() : std::stoll(options.samples);
    options.study.samples_before = options.study.samples;
  }
  options.study.folder = options.folder.empty() ? folder_of(options.data) : options.folder;
  options.study.version = session.version();
  options.study.rebuild = session.command_line();
  if (options.cache.empty()) {
    const auto cache = session.cache_folder();
    if (!cache) return cache.errors();
    options.study.cache_folder = *cache;
  } else {
    options.study.cache_folder = options.cache;
  }
  const auto networks = networks_of(options, session);
  if (!networks) return networks.errors();
  Diagnostics unfit;
  for (const StudyNetwork& row : *networks) {
    if (row.network.regresses()) unfit.push_back(diagnose(messages::study_regresses, {row.network.file}));
    if (row.network.is_binary())
      unfit.push_back(diagnose(messages::value_range, {row.network.file, 0, "training.loss"},
                               "binary_crossentropy",
                               "categorical_crossentropy in a study, which looks for the largest answer"));
  }
  if (!unfit.empty()) return unfit;
  if (const auto part = find_part(options.study.part); !part) return part.errors();
  const auto spec = parse_data(options.data, "data");
  if (!spec) return spec.errors();
  if (const std::string& name = spec->sources.empty() ? options.data : spec->sources.front();
      is_known_data(name)) {
    const auto fetched = fetch_files(files_of_data(name), options.study.cache_folder, {}, session.progress());
    if (!fetched) return fetched.errors();
  }
  const auto data = whole_data(options.data, options.study.cache_folder);
  if (!data) return data.errors();
  for (const StudyNetwork& row : *networks) {
    if (auto fits = check_fit(*data, row.network); !fits)
      unfit.insert(unfit.end(), fits.errors().begin(), fits.errors().end());
    for (const Diagnostic& note : train::schedule_notes(row.network, options.study.epochs))
      session.report(note);
  }
  if (!unfit.empty()) return unfit;

  const auto found = run_study(*networks, *data, options.study, session.progress());
  if (!found) return found.errors();
  const std::string json = print_json(*found);
  const auto document = report_document(json, "report.json");
  if (!document) return document.errors();
  // What people look for first; the page has the rest.
  Document answer{document->title, {}};
  for (const Section& section : document->sections) {
    if (section.title.starts_with("Table") || section.title.starts_with("Spread"))
      answer.sections.push_back(section);
  }
  session.print(print_text(answer));
  session.print(fmt::format("\nReports, models, firmware: {}\n", options.study.folder.string()));
  if (!options.json.empty()) return write_file(options.json, json);
  return Done{};
}

}  // namespace

Run declare_study(CLI::App& app) {
  auto options = std::make_shared<StudyCommandOptions>();
  app.add_option(
         "data", options->data,
         "What to train and test on: mnist, fashion_mnist, or yours (docs/data.md), then with --network")
      ->required()
      ->type_name("DATA");
  auto* const network =
      app.add_option("--network", options->networks,
                     "Study this network file instead of those of the published study; may be repeated")
          ->type_name("FILE")
          ->allow_extra_args(false);
  app.add_flag("--small", options->choice.smaller, "Study the three networks of the smaller size, too")
      ->excludes(network);
  app.add_flag("--own", options->choice.own,
               "Study Gatewright's own network for look-up tables, too, with its teacher")
      ->excludes(network);
  app.add_flag("--all", options->all, "Both: seven networks")->excludes(network);
  app.add_option(
         "--seeds", options->study.seeds,
         "Train each network with so many seeds, and tell mean and spread of the accuracies; hardware is "
         "made with the first one")
      ->check(CLI::Range(1, 1000));
  app.add_option(
         "-c,--config", options->study.config,
         "Configuration file of types for networks that have none of their own (as it comes: ap_fixed<16,6> for "
         "everything)")
      ->type_name("FILE");
  app.add_option("--epochs", options->study.epochs,
                 "Train so many epochs (as it comes: as the network file says)")
      ->check(CLI::Range(1, 100000));
  app.add_option("--seed", options->study.seed, "First weights and the order of the samples follow from it");
  app.add_option("--threads", options->study.threads, "Threads; 0: one per core; never changes a bit")
      ->check(CLI::Range(0, 1024));
  app.add_option(
         "--images", options->samples,
         "Simulate each circuit on the first so many test images, or 'all' (as it comes: 10,000 at the "
         "last epoch, none at the epochs of the report before it, which are emulated alone)")
      ->type_name("N|all")
      ->check([](const std::string& text) {
        if (text == "all") return std::string();
        return CLI::Range(1, 1000000000)(const_cast<std::string&>(text));
      });
  app.add_option("--part", options->study.part, "FPGA part (as it comes: xcu250-figd2104-2L-e)")
      ->type_name("NAME");
  app.add_option("--clock-ns", options->study.clock_ns, "Clock period that registers are placed for")
      ->check(CLI::Range(0.5, 1000.0));
  app.add_option("-o,--output", options->folder,
                 "Keep models, firmware and reports there; a second run goes on from it (as it comes: "
                 "study-DATA)")
      ->type_name("FOLDER");
  app.add_option("--json", options->json,
                 "Write the report there as JSON too (docs/report.md lists its keys)")
      ->type_name("FILE");
  app.add_option("--cache", options->cache, "Keep data sets, simulations and synthesis results there")
      ->type_name("FOLDER");
  return [options](Session& session) { return study(*options, session); };
}

}  // namespace gw::cli
