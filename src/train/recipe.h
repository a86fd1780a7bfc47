#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace gw::train {

/// What is made small (loss.h).
enum class LossKind {
  CategoricalCrossentropy,  ///< of classes; the network ends with a softmax
  MeanSquaredError,         ///< of real numbers
  BinaryCrossentropy,       ///< of two classes; the network ends with a sigmoid of one number
};

enum class OptimiserKind { Adam, Sgd };

/// Adam (Kingma, Ba 2015) with the corrections joined into the step size, as Keras writes it:
///   m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) g^2;  h = amsgrad ? max(h, v) : v  (Reddi et al.
///   2018) w -= rate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(h) + epsilon)
/// Sgd, likewise:  v = momentum v - rate g;  w += nesterov ? momentum v - rate g : v
struct OptimiserSpec {
  OptimiserKind kind = OptimiserKind::Adam;
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  double momentum = 0;
  bool nesterov = false;
};

enum class RateKind { Constant, Step, Cosine, OneCycle, Plateau };

/// How the learning rate moves (learning_rate.h); what a kind does not have keeps its default.
struct RateSpec {
  RateKind kind = RateKind::Constant;
  double warmup_epochs = 0;
  double factor = 0.1, every_epochs = 10;                        ///< Step
  double final = 0;                                              ///< Cosine
  double rise = 0.3, start_divisor = 25, final_divisor = 10000;  ///< OneCycle
  int patience = 5;                                              ///< Plateau, which has `factor`, too
  double min_delta = 1e-4;
};

enum class Watched { ValidationLoss, ValidationAccuracy };

/// Training ends once the watched value has not got better by `min_delta` for `patience` epochs.
struct EarlyStopping {
  Watched watch = Watched::ValidationLoss;
  int patience = 5;
  double min_delta = 0;
};

enum class PruningSchedule { Polynomial, Constant };
enum class PruningScope { Layer, Global };  ///< whose weights are ranked together
/// What a weight w is ranked by.
enum class PruningScore {
  Magnitude,  ///< |w|
  Gradient,   ///< w^2 E[g^2], g its gradient: about what the loss rises by without it
};
enum class PruningPattern {
  Single,   ///< any weights
  NOfM,     ///< of every m that follow each other along the inputs of an output, n stay
  Filters,  ///< whole outputs of a layer, by the mean score of their weights
};

/// Which weights become 0, and when; times in epochs, which may be fractions.
struct PruningSpec {
  PruningSchedule schedule = PruningSchedule::Polynomial;
  PruningScope scope = PruningScope::Layer;
  PruningPattern pattern = PruningPattern::Single;
  PruningScore score = PruningScore::Magnitude;
  int n = 0, m = 0;  ///< NOfM
  double initial_sparsity = 0, final_sparsity = 0;
  double begin_epoch = 0, end_epoch = 0, every_epochs = 1;
  double exponent = 3;
  std::vector<std::string> except = {};  ///< layers that keep all their weights
};

/// How pictures are changed at random in training (augment.h).
struct AugmentSpec {
  double shift = 0, rotation = 0, scale = 0, shear = 0;  ///< pixels, degrees, a share, degrees
  double elastic = 0, elastic_grid = 7;                  ///< pixels
  double erase = 0, erase_share = 0.2;                   ///< a probability, a share of the area
  double noise = 0;                                      ///< a share of 255
};

/// Learning from the answers of a trained network (loss.h).
struct DistillationSpec {
  std::string teacher;  ///< a checkpoint or a model file, relative to the network file
  double temperature = 4;
  double weight = 0.9;  ///< its share of the loss
};

/// What learned widths cost in training (bit_price.h); times in epochs.
struct BitCostSpec {
  double beta = 1e-7, final_beta = 1e-7;  ///< of a bit operation or, with a target, of a look-up table
  double l1 = 0;                          ///< of each learned width
  double rate = 0.2;                      ///< widths' share of the learning rate
  double begin_epoch = 0, end_epoch = 0;
  std::optional<double> target_lut = {}, target_accuracy = {};  ///< at most one of them
  bool has_target() const { return target_lut || target_accuracy; }
};

inline constexpr std::array losses{"categorical_crossentropy", "mean_squared_error", "binary_crossentropy"};
inline constexpr std::array optimiser_kinds{"adam", "sgd"};
inline constexpr std::array rate_kinds{"constant", "step", "cosine", "one_cycle", "plateau"};
inline constexpr std::array watched_values{"validation_loss", "validation_accuracy"};
inline constexpr std::array pruning_schedules{"polynomial", "constant"};
inline constexpr std::array pruning_scopes{"layer", "global"};
inline constexpr std::array pruning_scores{"magnitude", "gradient"};

}  // namespace gw::train
