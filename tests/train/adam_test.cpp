#include "train/adam.h"

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

// Three steps by hand in double precision.
void expect_steps(bool amsgrad) {
  AdamSpec spec{0.01, 0.9, 0.99, 1e-7, amsgrad};
  Parameters parameters = one({1.0f, -0.5f});
  Adam adam(spec, parameters);
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
    Adam adam({0.01, 0.9, 0.9, 1e-7, amsgrad}, parameters);
    for (const float g : {10.0f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f}) {
      parameters.trained[0].gradient = {g};
      adam.step(parameters);
    }
    ends.push_back(parameters.trained[0].values[0]);
  }
  EXPECT_LT(ends[0], ends[1] - 0.001f);
}

}  // namespace
}  // namespace gw::train
