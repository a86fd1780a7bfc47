#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "num/tensor.h"

namespace gw {

/// How many of the first labels.size() samples have their largest answer, the first of equal ones, at their
/// label.
template <class Label>
std::int64_t right_answers(const Tensor& answers, std::span<const Label> labels) {
  return std::visit(
      [&](const auto& lane) {
        std::int64_t right = 0;
        for (std::int64_t n = 0; n < static_cast<std::int64_t>(labels.size()); ++n) {
          const auto* sample = lane.data() + n * answers.size();
          right += std::max_element(sample, sample + answers.size()) - sample ==
                   static_cast<std::int64_t>(labels[static_cast<size_t>(n)]);
        }
        return right;
      },
      answers.lanes());
}

/// The same as a share of all.
template <class Label>
double accuracy(const Tensor& answers, std::span<const Label> labels) {
  return static_cast<double>(right_answers(answers, labels)) / static_cast<double>(labels.size());
}

}  // namespace gw
