// Softmax and cross-entropy, and squared distances, in double precision: ten numbers an image.

#include "train/loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace gw::train {

namespace {

// Logarithms of softmax(x / temperature).
void log_softmax(std::span<const float> x, double temperature, std::vector<double>& logs) {
  const float highest = *std::max_element(x.begin(), x.end());
  logs.clear();
  double sum = 0;
  for (const float value : x) {
    logs.push_back(static_cast<double>(value - highest) / temperature);
    sum += std::exp(logs.back());
  }
  for (double& value : logs) value -= std::log(sum);
}

}  // namespace

double loss_of(const LossSpec& spec, std::span<float> logits, size_t label, std::span<const float> teacher) {
  thread_local std::vector<double> own, soft, taught;  // of one image at a time; kept to save allocations
  const size_t classes = logits.size();
  const double weight = teacher.empty() ? 0 : spec.teacher_weight;
  const double spread = spec.label_smoothing / static_cast<double>(classes);
  log_softmax(logits, 1, own);
  if (weight > 0) {
    log_softmax(logits, spec.temperature, soft);
    log_softmax(teacher, spec.temperature, taught);
  }
  double loss = 0;
  for (size_t k = 0; k < classes; ++k) {
    const double wanted = spread + (k == label ? 1 - spec.label_smoothing : 0);
    double gradient = (1 - weight) * (std::exp(own[k]) - wanted);
    if (wanted > 0) loss -= (1 - weight) * wanted * own[k];
    if (weight > 0) {
      const double q = std::exp(taught[k]);
      loss += weight * spec.temperature * spec.temperature * q * (taught[k] - soft[k]);
      gradient += weight * spec.temperature * (std::exp(soft[k]) - q);
    }
    logits[k] = static_cast<float>(gradient);
  }
  return loss;
}

Distance distance_of(std::span<float> answer, std::span<const float> wanted) {
  Distance sum;
  const auto count = static_cast<double>(answer.size());
  for (size_t k = 0; k < answer.size(); ++k) {
    const double error = static_cast<double>(answer[k]) - static_cast<double>(wanted[k]);
    sum.squared += error * error;
    sum.absolute += std::abs(error);
    answer[k] = static_cast<float>(2 * error / count);
  }
  return {sum.squared / count, sum.absolute / count};
}

double binary_loss_of(double label_smoothing, float& logit, bool label) {
  const auto z = static_cast<double>(logit);
  const double wanted = label_smoothing / 2 + (label ? 1 - label_smoothing : 0);
  logit = static_cast<float>(1 / (1 + std::exp(-z)) - wanted);
  return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))) - wanted * z;
}

}  // namespace gw::train
