#pragma once

#include <optional>
#include <string>
#include <vector>

#include "train/bit_price.h"

namespace gw::train {

/// Mean loss (without the L1 penalty) and the share of right answers or, where answers are real numbers,
/// their mean absolute error.
struct Measure {
  double loss = 0, accuracy = 0;
  std::optional<double> error = {};
  bool operator==(const Measure&) const = default;
};

/// What the bits of a network with learned widths cost after an epoch.
struct BitRecord {
  double beta = 0;                 ///< the price that the epoch was trained at
  std::vector<LayerCost> layers;   ///< with weights, in order
  std::optional<double> lut = {};  ///< of the whole network, where the compiler prices it
  bool operator==(const BitRecord&) const = default;

  double operations() const;
};

/// One epoch. The training measure is a running one: each batch as it was answered just before its step, with
/// batch norm on its own statistics. The others are measured at the end of the epoch, as the network will be
/// used; a set without samples has none.
struct EpochRecord {
  int epoch = 0;       ///< counted from 1
  double seconds = 0;  ///< wall time of the training alone
  double penalty = 0;
  Measure training;
  std::optional<Measure> validation, test;
  std::optional<BitRecord> bits = {};
};

using History = std::vector<EpochRecord>;

/// A header and one line an epoch: epoch,seconds,penalty,training_loss,training_accuracy,validation_loss,
/// ..., and where widths are learned beta,bit_operations,lut. A value that there is not is empty.
std::string print_csv(const History& history);

/// An array of objects with the same names, and the costs of `layers`; a value that there is not is absent.
std::string print_json(const History& history);

}  // namespace gw::train
