#pragma once

#include <cstdint>
#include <vector>

#include "train/parameters.h"

namespace gw::train {

/// The optimiser of AdamSpec with its state.
class Adam {
 public:
  /// State of zeros for every trained parameter.
  Adam(const AdamSpec& spec, const Parameters& parameters);

  /// One step along the parameters' gradients.
  void step(Parameters& parameters);

  /// What a checkpoint keeps: one array a parameter, in order; `largest` stays empty without amsgrad.
  struct State {
    std::int64_t steps = 0;
    std::vector<std::vector<float>> mean, square, largest;
  };
  const State& state() const { return state_; }
  State& state() { return state_; }

 private:
  AdamSpec spec_;
  State state_;
};

}  // namespace gw::train
