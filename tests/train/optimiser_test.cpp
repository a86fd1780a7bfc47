#include "train/optimiser.h"

#include <cmath>

#include <gtest/gtest.h>

namespace gw::train {
namespace {

Parameters one(std::vector<float> values) {
  Parameters parameters;
  const auto count = static_cast<int>(values.size());
  parameters.trained.push_back({"w", {count}, 0, values, values});
  return parameters;
}

// Four steps by hand in double precision.
void expect_steps(bool amsgrad) {
  const OptimiserSpec spec{
      .learning_rate = 0.01, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-7, .amsgrad = amsgrad};
  Parameters parameters = one({1.0f, -0.5f});
  Optimiser adam(spec, parameters);
  const double gradients[4][2] = {{4, -2}, {0.5, 1}, {-0.25, 0}, {0, 0.125}};
  double w[2] = {1, -0.5}, m[2] = {}, v[2] = {}, h[2] = {};
  for (int t = 1; t <= 4; ++t) {
    for (size_t i = 0; i < 2; ++i) {
      const double g = gradients[t - 1][i];
      parameters.trained[0].gradient[i] = static_cast<float>(g);
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.99 * v[i] + 0.01 * g * g;
      h[i] = amsgrad ? std::max(h[i], v[i]) : v[i];
      w[i] -=
          0.01 * std::sqrt(1 - std::pow(0.99, t)) / (1 - std::pow(0.9, t)) * m[i] / (std::sqrt(h[i]) + 1e-7);
    }
    adam.step(parameters);
    for (size_t i = 0; i < 2; ++i) EXPECT_NEAR(parameters.trained[0].values[i], w[i], 1e-6) << "step " << t;
  }
  EXPECT_EQ(adam.state().steps, 4);
}

TEST(Adam, FollowsItsFormula) { expect_steps(false); }
TEST(Adam, KeepsTheLargestSquareWithAmsgrad) { expect_steps(true); }

TEST(Adam, TheTwoDifferOnceTheGradientShrinks) {
  std::vector<float> ends;
  for (const bool amsgrad : {false, true}) {
    Parameters parameters = one({0.0f});
    Optimiser adam({.learning_rate = 0.01, .beta1 = 0.9, .beta2 = 0.9, .epsilon = 1e-7, .amsgrad = amsgrad},
                   parameters);
    for (const float g : {10.0f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f}) {
      parameters.trained[0].gradient = {g};
      adam.step(parameters);
    }
    ends.push_back(parameters.trained[0].values[0]);
  }
  EXPECT_LT(ends[0], ends[1] - 0.001f);
}

TEST(Optimisers, GiveEachParameterItsShareOfTheRate) {
  for (const auto kind : {OptimiserKind::Adam, OptimiserKind::Sgd}) {
    Parameters whole = one({0.0f}), part = whole;
    part.trained[0].rate = 0.25;
    Optimiser first({.kind = kind, .learning_rate = 0.5}, whole),
        second({.kind = kind, .learning_rate = 0.5}, part);
    whole.trained[0].gradient = part.trained[0].gradient = {0.5f};
    first.step(whole);
    second.step(part);
    EXPECT_NE(whole.trained[0].values[0], 0.0f);
    EXPECT_FLOAT_EQ(part.trained[0].values[0], 0.25f * whole.trained[0].values[0]);
  }
}

TEST(Sgd, FollowsItsFormula) {
  for (const bool nesterov : {false, true}) {
    Parameters parameters = one({1.0f});
    Optimiser sgd({.kind = OptimiserKind::Sgd, .learning_rate = 0.1, .momentum = 0.5, .nesterov = nesterov},
                  parameters);
    double w = 1, v = 0;
    for (const double g : {1.0, -0.5, 0.25}) {
      parameters.trained[0].gradient = {static_cast<float>(g)};
      sgd.step(parameters, 2);  // the schedule doubles the rate
      v = 0.5 * v - 0.2 * g;
      w += nesterov ? 0.5 * v - 0.2 * g : v;
      EXPECT_NEAR(parameters.trained[0].values[0], w, 1e-6);
    }
    EXPECT_TRUE(sgd.state().square.empty());
  }
}

TEST(ClipGradients, ScalesAllTogether) {
  Parameters parameters = one({3, 4});
  parameters.trained.push_back({"v", {1}, 0, {0}, {12}});
  clip_gradients(parameters, 26);
  EXPECT_EQ(parameters.trained[0].gradient, (std::vector<float>{3, 4}));
  clip_gradients(parameters, 6.5);  // the norm is 13
  EXPECT_EQ(parameters.trained[0].gradient, (std::vector<float>{1.5f, 2}));
  EXPECT_EQ(parameters.trained[1].gradient, (std::vector<float>{6}));
}

}  // namespace
}  // namespace gw::train
