#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "study/simulate.h"
#include "tools/utilisation.h"
#include "train/history.h"
#include "train/network.h"

namespace gw {

struct StudyOptions {
  std::string config = {};  ///< a configuration file; empty: ap_fixed<16,6> for everything
  fs::path folder;          ///< all that the study makes; a second run goes on from what is there
  fs::path cache_folder;    ///< built benches and synthesis results (and data sets)
  std::string part = "xcu250-figd2104-2L-e";
  int epochs = 0;  ///< 0: as the network file says
  std::uint64_t seed = 1;
  int threads = 0;              ///< 0: one per core
  std::int64_t images = 10000;  ///< test images that the circuit is simulated on, at each epoch of the report
  double clock_ns = 5;
  std::string version = {}, rebuild = {};  ///< for the report: of Gatewright, and the command line
};

/// Accuracy at one epoch, each as a share of right answers.
struct AccuracyRow {
  int epoch = 0;
  train::EpochRecord trained;          ///< the float network: training, validation, test
  double fixed_test = 0;               ///< emulated, on all test images
  std::optional<double> circuit_test;  ///< from the simulated circuit's bits
  std::int64_t circuit_images = 0;
  std::int64_t differing_values = 0;  ///< between circuit and emulation
  std::map<std::string, std::int64_t>
      overflows;  ///< per tensor, values that did not fit, over all test images
};

/// What the study found out.
struct StudyReport {
  StudyOptions options;
  std::string network_name;
  std::string types;  ///< where they come from: the configuration's file, or in words
  std::vector<AccuracyRow> accuracy;
  train::History history;  ///< of all epochs
  std::string layers;      ///< of the network as it is built (summary_json)
  struct Stage {
    std::string name, style;
    Fold fold;
    int fifo_depth = 0, latency = 0;
    double slowest_ns = 0;
    Utilisation synthesised;  ///< without its FIFO
    Cost estimated, unfolded;
  };
  std::vector<Stage> stages;
  Utilisation fifos;  ///< of all of them
  Utilisation total;
  Part part;
  std::int64_t latency_clocks = 0, interval_clocks = 0;
  std::int64_t images_simulated = 0, stalled_images = 0;
  double emulated_images_per_second = 0;
  std::vector<std::pair<std::string, double>> seconds;  ///< per step, in order
};

/// The whole experiment on a data set: training, types, emulation, hardware, simulation, synthesis. Every
/// step is kept in options.folder or the cache, so that a stopped study goes on where it was. Differing bits
/// between circuit and emulation are an error, given once the report is written.
Result<StudyReport> run_study(const train::Network& network, const Split& data, const StudyOptions& options,
                              Progress& progress);

/// The same on MNIST, fetched if need be, with the network of a file. What can be found wrong is found before
/// work starts.
Result<StudyReport> run_mnist(const fs::path& network_file, const StudyOptions& options, Progress& progress);

/// For people, and for programs (docs/report.md lists the keys).
std::string print_text(const StudyReport& report);
std::string print_json(const StudyReport& report);

}  // namespace gw
