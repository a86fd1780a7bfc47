// gatewright study: whole experiments, from the data to the report.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "study/study.h"
#include "support/messages.h"

namespace gw::cli {

namespace {

struct MnistOptions {
  StudyOptions study;
  std::string network;
  std::string folder = "study-mnist";
  std::string cache;
  std::string json;
  std::string images = "all";
};

Status study_mnist(MnistOptions options, Session& session) {
  const fs::path shipped = session.networks_folder();
  const fs::path network =
      options.network.empty() ? shipped / "mnist_16_16_24.yml" : fs::path(options.network);
  options.study.folder = options.folder;
  options.study.version = session.version();
  options.study.rebuild = session.command_line();
  if (options.images != "all") options.study.images = std::stoll(options.images);
  if (options.cache.empty()) {
    const auto cache = session.cache_folder();
    if (!cache) return cache.errors();
    options.study.cache_folder = *cache;
  } else {
    options.study.cache_folder = options.cache;
  }
  const auto report = run_mnist(network, options.study, session.progress());
  if (!report) return report.errors();
  session.print(print_text(*report));
  session.print(fmt::format("\nReport, models, Verilog: {}\n", options.folder));
  if (!options.json.empty()) return write_file(options.json, print_json(*report));
  return Done{};
}

}  // namespace

Run declare_study_mnist(CLI::App& app) {
  auto options = std::make_shared<MnistOptions>();
  app.add_option("--network", options->network, "Network file (as it comes: networks/mnist_16_16_24.yml)")
      ->type_name("FILE");
  app.add_option("-c,--config", options->study.config,
                 "Configuration file of types (as it comes: ap_fixed<16,6> for everything)")
      ->type_name("FILE");
  app.add_option("--epochs", options->study.epochs,
                 "Train so many epochs (as it comes: as the network file says)")
      ->check(CLI::Range(1, 100000));
  app.add_option("--seed", options->study.seed, "First weights and the order of the images follow from it");
  app.add_option("--threads", options->study.threads, "Threads; 0: one per core; never changes a bit")
      ->check(CLI::Range(0, 1024));
  app.add_option("--images", options->images,
                 "Simulate the circuit on the first so many test images, or 'all'")
      ->check([](const std::string& text) {
        if (text == "all") return std::string();
        return CLI::Range(1, 10000)(const_cast<std::string&>(text));
      });
  app.add_option("--part", options->study.part, "FPGA part (as it comes: xcu250-figd2104-2L-e)")
      ->type_name("NAME");
  app.add_option("--clock-ns", options->study.clock_ns, "Clock period that registers are placed for")
      ->check(CLI::Range(0.5, 1000.0));
  app.add_option("-o,--output", options->folder,
                 "Keep models, Verilog and reports there; a second run goes on from it")
      ->type_name("FOLDER");
  app.add_option("--json", options->json,
                 "Write the report there as JSON too (docs/report.md lists its keys)")
      ->type_name("FILE");
  app.add_option("--cache", options->cache, "Keep data sets, simulations and synthesis results there")
      ->type_name("FOLDER");
  return [options](Session& session) { return study_mnist(*options, session); };
}

}  // namespace gw::cli
