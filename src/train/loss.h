#pragma once

#include <span>

namespace gw::train {

/// What an answer is compared with.
struct LossSpec {
  double label_smoothing = 0;  ///< this share of the wanted answer is spread over all classes
  double teacher_weight = 0;   ///< the share of the loss that the teacher has
  double temperature = 1;      ///< by which both answers are divided before they are compared
};

/// The loss of one answer; `logits` becomes the gradient by it. With p = softmax(logits), y the wanted answer
/// and, if there is a teacher, t its logits, w its weight and T the temperature (Hinton, Vinyals, Dean 2015):
///   loss      (1 - w) sum y log(1 / p) + w T^2 sum q log(q / r),  q = softmax(t / T), r = softmax(logits /
///   T) gradient  (1 - w) (p - y) + w T (r - q)
double loss_of(const LossSpec& spec, std::span<float> logits, size_t label, std::span<const float> teacher);

/// What one answer of real numbers was away from the wanted one: means over its numbers.
struct Distance {
  double squared = 0, absolute = 0;
};
/// With n numbers y and wanted t: the mean of (y - t)^2, which is the loss, and of |y - t|; `answer` becomes
/// the gradient of the loss by it, 2 (y - t) / n.
Distance distance_of(std::span<float> answer, std::span<const float> wanted);

/// The loss of one answer of two classes, softplus(z) - t z with z the logit and t the wanted share of class
/// 1, `label_smoothing` of it spread over both; `logit` becomes the gradient by it, sigmoid(z) - t.
double binary_loss_of(double label_smoothing, float& logit, bool label);

}  // namespace gw::train
