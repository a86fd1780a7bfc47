#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "study/simulate.h"
#include "study/study_plan.h"
#include "tools/utilisation.h"
#include "train/history.h"

namespace gw {

struct StudyOptions {
  std::string config = {};  ///< a configuration file for networks without types of their own; empty:
                            ///< ap_fixed<16,6> for everything
  fs::path folder;          ///< all that the study makes; a second run goes on from what is there
  fs::path cache_folder;    ///< built benches and synthesis results (and data sets)
  std::string part = "xcu250-figd2104-2L-e";
  int epochs = 0;          ///< 0: as each network file says
  std::uint64_t seed = 1;  ///< the first one: hardware is made of its networks
  int seeds = 1;           ///< so many trainings of each network, with seed, seed + 1, ..
  int threads = 0;         ///< 0: one per core
  /// Test samples that circuits are simulated on, at most: that of the last epoch, and those of the epochs of
  /// the report before it; 0: those are emulated only.
  std::int64_t samples = 10000, samples_before = 0;
  double clock_ns = 5;
  std::string version = {}, rebuild = {};  ///< for the report: of Gatewright, and the command line
};

/// Accuracy at one epoch, each as a share of right answers.
struct AccuracyRow {
  int epoch = 0;
  train::EpochRecord trained;          ///< the network as it is trained: training, validation, test
  double fixed_test = 0;               ///< emulated, on all test images
  std::optional<double> circuit_test;  ///< from the simulated circuit's bits; only with the first seed
  std::int64_t circuit_images = 0;
  std::int64_t differing_values = 0;  ///< between circuit and emulation
  std::map<std::string, std::int64_t>
      overflows;  ///< per tensor, values that did not fit, over all test images
};

/// One network of the study.
struct NetworkStudy {
  StudyNetwork network;
  fs::path folder;    ///< of its models and its firmware
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
  std::int64_t latency_clocks = 0, interval_clocks = 0;
  std::int64_t images_simulated = 0, stalled_images = 0;
  double emulated_images_per_second = 0;
  /// The accuracies of every seed, the first one's among them; empty if there is only one.
  std::vector<std::pair<std::uint64_t, std::vector<AccuracyRow>>> seeds;
  std::vector<std::pair<std::string, double>> seconds;  ///< per step, in order
};

/// What the study was made on.
struct StudyData {
  std::string name;
  int training = 0, validation = 0, test = 0;  ///< samples
  int height = 0, width = 0, channels = 0, classes = 0;
};

/// What the study found out.
struct Study {
  StudyOptions options;
  StudyData data;
  Part part;
  std::vector<NetworkStudy> networks;
  double seconds = 0;  ///< of this run
};

/// The whole experiment on a data set, network by network: training, types, emulation, hardware, simulation,
/// synthesis, and a report and a page of all of them. Every step is kept in options.folder or the cache, so
/// that a stopped study goes on where it was. Differing bits between circuit and emulation are an error,
/// given once the report is written.
Result<Study> run_study(const std::vector<StudyNetwork>& networks, const Split& data,
                        const StudyOptions& options, Progress& progress);

/// For programs (docs/report.md lists the keys).
std::string print_json(const Study& study);

}  // namespace gw
