#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>

#include "graph/graph.h"
#include "support/progress.h"
#include "train/checkpoint.h"

namespace gw::train {

/// What the compiler estimates a network to need in look-up tables: altogether, and the stages of its layers,
/// by the layers' names.
struct Price {
  double lut = 0;
  std::map<std::string, double> layers = {};
};
/// Of the graph of a quantised network. Training knows of no hardware: who does, hands this over.
using PriceFunction = std::function<Result<Price>(const Graph&)>;

struct TrainOptions {
  int epochs = 0;                     ///< 0: as the network file says
  std::uint64_t seed = 1;             ///< first weights and the order of the images follow from it
  int threads = 0;                    ///< 0: one per core; never changes a bit
  std::filesystem::path folder = {};  ///< checkpoints and history go there; empty: nothing is written
  std::filesystem::path from =
      {};                    ///< first weights are those of this checkpoint or model file (start_from.h)
  PriceFunction price = {};  ///< of a network with learned widths, after each epoch; a target needs it
  bool resume = false;       ///< go on from `folder`/latest.safetensors; else there must be none
  std::function<void(const History&)> watch = {};  ///< called with all epochs at the end of each
};

/// What train() leaves.
struct Training {
  Checkpoint state;
  Checkpoint
      chosen;  ///< the same, but with a target the epoch that it chooses (chosen_epoch), if there is one
  bool stopped = false;  ///< the user asked to stop before the last epoch
};

/// Trains: shuffles the images every epoch, steps through them in batches (the last one may be smaller), and
/// measures validation and test samples after each epoch; either may be empty. After each epoch `folder` gets
/// epoch-NNN.safetensors, latest.safetensors, history.csv and history.json, and where there are prices
/// pareto.csv. A stop asked for through
/// `progress` is answered between two steps with latest.safetensors. Resuming gives the same bits as not
/// having stopped, if the network (but for its epochs), seed, data and kind of processor are the same.
Result<Training> train(const Network& network, const Samples& training, const Samples& validation,
                       const Samples& test, const TrainOptions& options, Progress& progress);

/// Warnings: what of the network's schedules does not come to its end in so many epochs (0: its own number).
Diagnostics schedule_notes(const Network& network, int epochs);

/// "epoch-007.safetensors".
std::string checkpoint_name(int epoch);

}  // namespace gw::train
