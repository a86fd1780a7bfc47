// How the learning rate moves, and when training ends before its time.

#include "train/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace gw::train {

namespace {

double loss_of(const EpochRecord& record) {
  return record.validation ? record.validation->loss : record.training.loss;
}

// Half a cosine from 1 at 0 to 0 at 1.
double fall(double t) { return (1 + std::cos(std::numbers::pi * std::clamp(t, 0.0, 1.0))) / 2; }

int plateaus(const RateSpec& spec, const History& history) {
  double best = std::numeric_limits<double>::infinity();
  int count = 0, waited = 0;
  for (const EpochRecord& record : history) {
    if (loss_of(record) < best - spec.min_delta) {
      best = loss_of(record);
      waited = 0;
    } else if (++waited >= spec.patience) {
      ++count;
      waited = 0;
    }
  }
  return count;
}

}  // namespace

double rate_factor(const RateSpec& spec, int epochs, std::int64_t steps_per_epoch, std::int64_t step,
                   const History& history) {
  const auto steps = static_cast<double>(steps_per_epoch), at = static_cast<double>(step);
  const double warmup = std::round(spec.warmup_epochs * steps);
  if (at < warmup) return (at + 1) / (warmup + 1);
  // The last step is at t = 1.
  const double t = (at - warmup) / std::max(1.0, epochs * steps - warmup - 1);
  switch (spec.kind) {
    case RateKind::Constant:
      return 1;
    case RateKind::Step:
      return std::pow(spec.factor, std::floor((at - warmup) / steps / spec.every_epochs));
    case RateKind::Cosine:
      return spec.final + (1 - spec.final) * fall(t);
    case RateKind::OneCycle: {
      if (t <= spec.rise) return 1 + (1 / spec.start_divisor - 1) * fall(t / spec.rise);
      const double last = 1 / spec.final_divisor;
      return last + (1 - last) * fall((t - spec.rise) / (1 - spec.rise));
    }
    case RateKind::Plateau:
      return std::pow(spec.factor, plateaus(spec, history));
  }
  return 1;
}

bool stops_early(const EarlyStopping& spec, const History& history) {
  double best = -std::numeric_limits<double>::infinity();
  int waited = 0;
  for (const EpochRecord& record : history) {
    const double value =
        spec.watch == Watched::ValidationLoss ? -record.validation->loss : record.validation->accuracy;
    if (value > best + spec.min_delta) {
      best = value;
      waited = 0;
    } else {
      ++waited;
    }
  }
  return waited >= spec.patience;
}

}  // namespace gw::train
