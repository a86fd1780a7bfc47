// The loss of one answer against its formula and its gradient against differences.

#include "train/loss.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace gw::train {
namespace {

const std::vector<float> logits{1.5f, -0.5f, 0.25f, 3.0f}, teacher{2.0f, 0.5f, -1.0f, 1.0f};

double loss(const LossSpec& spec, std::vector<float> at, size_t label, bool taught) {
  return loss_of(spec, at, label, taught ? std::span<const float>(teacher) : std::span<const float>());
}

TEST(Loss, CrossEntropyAndSmoothing) {
  double sum = 0;
  for (const float x : logits) sum += std::exp(static_cast<double>(x));
  EXPECT_NEAR(loss({}, logits, 2, false), std::log(sum) - 0.25, 1e-12);
  double smooth = 0;
  for (size_t k = 0; k < 4; ++k)
    smooth += (0.05 + (k == 2 ? 0.8 : 0)) * (std::log(sum) - static_cast<double>(logits[k]));
  EXPECT_NEAR(loss({.label_smoothing = 0.2}, logits, 2, false), smooth, 1e-12);
}

TEST(Loss, SquaredDistancesAreMeansOverTheAnswer) {
  std::vector<float> answer{1.5f, -0.5f, 0.25f, 3.0f};
  const std::vector<float> wanted{1, 0, 0.25f, 4};
  const Distance distance = distance_of(answer, wanted);
  EXPECT_EQ(distance.squared, (0.25 + 0.25 + 1) / 4);
  EXPECT_EQ(distance.absolute, (0.5 + 0.5 + 1) / 4);
  EXPECT_EQ(answer, (std::vector<float>{0.25f, -0.25f, 0, -0.5f}));
}

TEST(Loss, TwoClassesAreASigmoid) {
  for (const bool label : {false, true}) {
    for (const double smoothing : {0.0, 0.2}) {
      const double wanted = smoothing / 2 + (label ? 1 - smoothing : 0);
      float logit = 0.75f, above = 0.75f + 0.0078125f, below = 0.75f - 0.0078125f;
      const double p = 1 / (1 + std::exp(-0.75));
      EXPECT_NEAR(binary_loss_of(smoothing, logit, label),
                  -wanted * std::log(p) - (1 - wanted) * std::log(1 - p), 1e-12);
      EXPECT_NEAR(logit, p - wanted, 1e-7);
      const double rise = binary_loss_of(smoothing, above, label) - binary_loss_of(smoothing, below, label);
      EXPECT_NEAR(logit, rise / 0.015625, 1e-5);
    }
  }
  float far = -200;
  EXPECT_EQ(binary_loss_of(0, far, true), 200);
}

TEST(Loss, ATeacherThatSaysTheSameTeachesNothing) {
  std::vector<float> same = teacher;
  EXPECT_NEAR(loss_of({.teacher_weight = 1, .temperature = 3}, same, 0, teacher), 0, 1e-12);
  for (const float g : same) EXPECT_NEAR(g, 0, 1e-7);
}

TEST(Loss, GradientsAreItsSlopes) {
  for (const LossSpec& spec :
       {LossSpec{}, LossSpec{.label_smoothing = 0.1}, LossSpec{.teacher_weight = 0.7, .temperature = 4},
        LossSpec{.label_smoothing = 0.1, .teacher_weight = 1, .temperature = 0.5}}) {
    std::vector<float> gradient = logits;
    loss_of(spec, gradient, 1, teacher);
    for (size_t k = 0; k < 4; ++k) {
      std::vector<float> above = logits, below = logits;
      above[k] += 0.0078125f;
      below[k] -= 0.0078125f;
      EXPECT_NEAR(gradient[k], (loss(spec, above, 1, true) - loss(spec, below, 1, true)) / 0.015625, 1e-4);
    }
  }
}

}  // namespace
}  // namespace gw::train
