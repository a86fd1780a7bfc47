#pragma once

#include <array>
#include <string>
#include <vector>

namespace gw::train {

/// Adam (Kingma, Ba 2015) with the corrections joined into the step size, as Keras writes it:
///   m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) g^2;  h = amsgrad ? max(h, v) : v  (Reddi et al.
///   2018) w -= rate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(h) + epsilon)
struct AdamSpec {
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
};

enum class PruningSchedule { Polynomial, Constant };
enum class PruningScope { Layer, Global };  ///< whose weights are ranked together
enum class PruningPattern {
  Single,   ///< any weights
  NOfM,     ///< of every m that follow each other along the inputs of an output, n stay
  Filters,  ///< whole outputs of a layer, by their mean magnitude
};

/// Which weights become 0, and when; times in epochs, which may be fractions.
struct PruningSpec {
  PruningSchedule schedule = PruningSchedule::Polynomial;
  PruningScope scope = PruningScope::Layer;
  PruningPattern pattern = PruningPattern::Single;
  int n = 0, m = 0;  ///< NOfM
  double initial_sparsity = 0, final_sparsity = 0;
  double begin_epoch = 0, end_epoch = 0, every_epochs = 1;
  double exponent = 3;
  std::vector<std::string> except = {};  ///< layers that keep all their weights
};

inline constexpr std::array pruning_schedules{"polynomial", "constant"};
inline constexpr std::array pruning_scopes{"layer", "global"};

}  // namespace gw::train
