// Adam, element by element. A few thousand parameters a step: its time does not show.

#include "train/adam.h"

#include <algorithm>
#include <cmath>

namespace gw::train {

Adam::Adam(const AdamSpec& spec, const Parameters& parameters) : spec_(spec) {
  for (const Parameter& parameter : parameters.trained) {
    state_.mean.emplace_back(parameter.values.size());
    state_.square.emplace_back(parameter.values.size());
    if (spec.amsgrad) state_.largest.emplace_back(parameter.values.size());
  }
}

void Adam::step(Parameters& parameters) {
  ++state_.steps;
  const auto t = static_cast<double>(state_.steps);
  const auto rate = static_cast<float>(spec_.learning_rate * std::sqrt(1 - std::pow(spec_.beta2, t)) /
                                       (1 - std::pow(spec_.beta1, t)));
  const auto keep1 = static_cast<float>(spec_.beta1), take1 = static_cast<float>(1 - spec_.beta1);
  const auto keep2 = static_cast<float>(spec_.beta2), take2 = static_cast<float>(1 - spec_.beta2);
  const auto epsilon = static_cast<float>(spec_.epsilon);
  for (size_t p = 0; p < parameters.trained.size(); ++p) {
    Parameter& parameter = parameters.trained[p];
    for (size_t i = 0; i < parameter.values.size(); ++i) {
      const float g = parameter.gradient[i];
      float& mean = state_.mean[p][i];
      float& square = state_.square[p][i];
      mean = keep1 * mean + take1 * g;
      square = keep2 * square + take2 * g * g;
      float height = square;
      if (spec_.amsgrad) height = state_.largest[p][i] = std::max(state_.largest[p][i], square);
      parameter.values[i] -= rate * mean / (std::sqrt(height) + epsilon);
    }
  }
}

}  // namespace gw::train
