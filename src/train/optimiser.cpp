// Adam and gradient descent, element by element. A few thousand parameters a step: their time does not show.

#include "train/optimiser.h"

#include <algorithm>
#include <cmath>

namespace gw::train {

Optimiser::Optimiser(const OptimiserSpec& spec, const Parameters& parameters) : spec_(spec) {
  for (const Parameter& parameter : parameters.trained) {
    state_.mean.emplace_back(parameter.values.size());
    if (spec.kind == OptimiserKind::Adam) state_.square.emplace_back(parameter.values.size());
    if (spec.kind == OptimiserKind::Adam && spec.amsgrad)
      state_.largest.emplace_back(parameter.values.size());
  }
}

void Optimiser::step(Parameters& parameters, double rate_factor) {
  ++state_.steps;
  const double learning_rate = spec_.learning_rate * rate_factor;
  spec_.kind == OptimiserKind::Adam ? step_adam(parameters, learning_rate)
                                    : step_sgd(parameters, learning_rate);
}

void Optimiser::step_adam(Parameters& parameters, double learning_rate) {
  const auto t = static_cast<double>(state_.steps);
  const auto rate = static_cast<float>(learning_rate * std::sqrt(1 - std::pow(spec_.beta2, t)) /
                                       (1 - std::pow(spec_.beta1, t)));
  const auto keep1 = static_cast<float>(spec_.beta1), take1 = static_cast<float>(1 - spec_.beta1);
  const auto keep2 = static_cast<float>(spec_.beta2), take2 = static_cast<float>(1 - spec_.beta2);
  const auto epsilon = static_cast<float>(spec_.epsilon);
  for (size_t p = 0; p < parameters.trained.size(); ++p) {
    Parameter& parameter = parameters.trained[p];
    const float own_rate = rate * static_cast<float>(parameter.rate);
    for (size_t i = 0; i < parameter.values.size(); ++i) {
      const float g = parameter.gradient[i];
      float& mean = state_.mean[p][i];
      float& square = state_.square[p][i];
      mean = keep1 * mean + take1 * g;
      square = keep2 * square + take2 * g * g;
      float height = square;
      if (spec_.amsgrad) height = state_.largest[p][i] = std::max(state_.largest[p][i], square);
      parameter.values[i] -= own_rate * mean / (std::sqrt(height) + epsilon);
    }
  }
}

void Optimiser::step_sgd(Parameters& parameters, double learning_rate) {
  const auto rate = static_cast<float>(learning_rate), momentum = static_cast<float>(spec_.momentum);
  for (size_t p = 0; p < parameters.trained.size(); ++p) {
    Parameter& parameter = parameters.trained[p];
    const float own_rate = rate * static_cast<float>(parameter.rate);
    for (size_t i = 0; i < parameter.values.size(); ++i) {
      const float move = own_rate * parameter.gradient[i];
      float& velocity = state_.mean[p][i];
      velocity = momentum * velocity - move;
      parameter.values[i] += spec_.nesterov ? momentum * velocity - move : velocity;
    }
  }
}

void clip_gradients(Parameters& parameters, double most) {
  double squares = 0;
  for (const Parameter& parameter : parameters.trained)
    for (const float g : parameter.gradient) squares += static_cast<double>(g) * static_cast<double>(g);
  const double norm = std::sqrt(squares);
  if (!(norm > most)) return;
  const auto factor = static_cast<float>(most / norm);
  for (Parameter& parameter : parameters.trained)
    for (float& g : parameter.gradient) g *= factor;
}

}  // namespace gw::train
