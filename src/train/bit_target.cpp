// Towards a target in look-up tables.
//
// Bit operations are a fair measure of a layer but not of the network: how many look-up tables one of them
// takes depends on how the layer is built, which the compiler decides. So the compiler is asked after every
// epoch, and the penalty of the next one is beta times the sum of each layer's operations times its tables an
// operation: an estimate of the tables themselves that has gradients.
//
// Beta is steered by what the estimate did: it is multiplied by a power of how far the network will be from
// its path after one more epoch if it goes on as in the last one. (HGQ2 steers bit operations by a PID
// controller; with the path to follow, the steady difference that its integral is for cannot build up.) The
// path ends well before the training does, for with a small learning rate widths move no more.
//
// Widths are whole numbers, and that of an activation counts for much: about the target they would go to and
// fro between too many tables and too little accuracy. So they stand still while the estimate is within the
// target, and the weights adapt to them.
//
// Nothing is remembered but the history.

#include "train/bit_target.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "support/messages.h"
#include "train/trainer.h"

namespace gw::train {

namespace {

constexpr double gain = 4;
// The path ends this share of the target: weights that adapt to their widths take some tables back.
constexpr double margin = 0.95;

double bounded(double factor) { return std::clamp(factor, 0.5, 2.0); }

// Epochs before the penalty: with a target at least one, which tells the prices.
size_t free_epochs(const BitCostSpec& spec) {
  const auto begin = static_cast<size_t>(std::ceil(spec.begin_epoch));
  return spec.has_target() ? std::max<size_t>(1, begin) : begin;
}

double lut_of(const EpochRecord& record) { return record.bits->lut.value_or(0); }

// Where the network should be after `epochs` epochs.
double wanted_lut(const BitCostSpec& spec, const History& history, double epochs) {
  const size_t free = free_epochs(spec);
  const double aim = margin * *spec.target_lut;
  const double first = std::max(lut_of(history[free - 1]), aim);
  const auto begin = static_cast<double>(free);
  const double done = std::clamp((epochs - begin) / std::max(1.0, spec.end_epoch - begin), 0.0, 1.0);
  return first * std::pow(aim / first, done);
}

double next_beta(const BitCostSpec& spec, const History& history) {
  const EpochRecord& last = history.back();
  if (spec.target_accuracy)
    return last.bits->beta * (last.validation->accuracy >= *spec.target_accuracy ? 1.25 : 0.8);
  const double before = lut_of(history[history.size() - 2]), now = lut_of(last);
  if (holds_widths(spec, history)) return last.bits->beta;
  const double wanted = wanted_lut(spec, history, static_cast<double>(history.size() + 1));
  return last.bits->beta * bounded(std::pow(now / wanted * now / before, gain));
}

bool is_priced(const EpochRecord& record) { return record.bits && record.bits->lut && record.validation; }

}  // namespace

bool holds_widths(const BitCostSpec& spec, const History& history) {
  return spec.target_lut && history.size() >= free_epochs(spec) && lut_of(history.back()) <= *spec.target_lut;
}

BitPrice price_of_bits(const BitCostSpec& spec, const History& history) {
  const size_t free = free_epochs(spec);
  if (history.size() < free) return {};
  BitPrice price{.beta = spec.beta, .l1 = spec.l1};
  if (!spec.has_target()) {
    const double begin = std::ceil(spec.begin_epoch), length = std::max(1.0, spec.end_epoch - begin);
    const double done = std::clamp((static_cast<double>(history.size()) - begin) / length, 0.0, 1.0);
    price.beta *= std::pow(spec.final_beta / spec.beta, done);
    return price;
  }
  if (history.size() > free) price.beta = next_beta(spec, history);
  for (const LayerCost& layer : history.back().bits->layers)
    price.factors.push_back(layer.operations > 0 ? layer.lut.value_or(0) / layer.operations : 0);
  return price;
}

History pareto_front(const History& history) {
  History front;  // of accuracies, which real numbers do not have
  for (const EpochRecord& record : history)
    if (is_priced(record) && !record.training.error) front.push_back(record);
  std::stable_sort(front.begin(), front.end(), [](const EpochRecord& a, const EpochRecord& b) {
    if (lut_of(a) != lut_of(b)) return lut_of(a) < lut_of(b);
    return a.validation->accuracy > b.validation->accuracy;
  });
  double best = -1;
  std::erase_if(front, [&](const EpochRecord& record) {
    if (record.validation->accuracy <= best) return true;
    best = record.validation->accuracy;
    return false;
  });
  return front;
}

std::string print_front(const History& front) {
  std::string text = "epoch,validation_accuracy,lut,bit_operations,checkpoint\n";
  for (const EpochRecord& record : front)
    text += fmt::format("{},{},{},{},{}\n", record.epoch, record.validation->accuracy, lut_of(record),
                        record.bits->operations(), checkpoint_name(record.epoch));
  return text;
}

std::optional<int> chosen_epoch(const BitCostSpec& spec, const History& history) {
  const EpochRecord* best = nullptr;
  for (const EpochRecord& record : history) {
    if (!is_priced(record)) continue;
    const double accuracy = record.validation->accuracy;
    if (spec.target_lut && lut_of(record) <= *spec.target_lut &&
        (best == nullptr || accuracy >= best->validation->accuracy))
      best = &record;
    if (spec.target_accuracy && accuracy >= *spec.target_accuracy &&
        (best == nullptr || lut_of(record) <= lut_of(*best)))
      best = &record;
  }
  return best == nullptr ? std::nullopt : std::optional(best->epoch);
}

std::optional<Diagnostic> missed_target(const BitCostSpec& spec, const History& history,
                                        const std::string& file) {
  if (!spec.has_target() || chosen_epoch(spec, history)) return std::nullopt;
  return diagnose(messages::target_missed, {file, 0, "training.bit_cost"},
                  spec.target_lut ? fmt::format("{:g} LUT", *spec.target_lut)
                                  : fmt::format("an accuracy of {:g}", *spec.target_accuracy));
}

}  // namespace gw::train
