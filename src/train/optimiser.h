#pragma once

#include <cstdint>
#include <vector>

#include "train/parameters.h"

namespace gw::train {

/// The optimiser of an OptimiserSpec with its state.
class Optimiser {
 public:
  /// State of zeros for every trained parameter.
  Optimiser(const OptimiserSpec& spec, const Parameters& parameters);

  /// One step along the parameters' gradients, with the learning rate times `rate_factor` and
  /// each parameter's share.
  void step(Parameters& parameters, double rate_factor = 1);

  /// What a checkpoint keeps: one array a parameter, in order. `mean` is SGD's velocity; `square` stays empty
  /// with SGD, and `largest` without amsgrad.
  struct State {
    std::int64_t steps = 0;
    std::vector<std::vector<float>> mean, square, largest;
  };
  const State& state() const { return state_; }
  State& state() { return state_; }

 private:
  void step_adam(Parameters& parameters, double learning_rate);
  void step_sgd(Parameters& parameters, double learning_rate);

  OptimiserSpec spec_;
  State state_;
};

/// Scales all gradients so that their norm, over all parameters together, is at most `most`.
void clip_gradients(Parameters& parameters, double most);

}  // namespace gw::train
