// The curve of a training, as a table and as JSON. Numbers are written with as many digits as it takes to
// read the same bits back.

#include "train/history.h"

#include <fmt/format.h>

namespace gw::train {

double BitRecord::operations() const {
  double sum = 0;
  for (const LayerCost& layer : layers) sum += layer.operations;
  return sum;
}

namespace {

const char* metric_of(const History& history) {
  return !history.empty() && history.back().training.error ? "mean_absolute_error" : "accuracy";
}

}  // namespace

std::string print_csv(const History& history) {
  std::string text = fmt::format(
      "epoch,seconds,penalty,training_loss,training_{0},validation_loss,validation_{0},test_loss,test_{0}",
      metric_of(history));
  const bool has_bits = !history.empty() && history.back().bits;
  text += has_bits ? ",beta,bit_operations,lut\n" : "\n";
  const auto cells = [](const std::optional<Measure>& measure) {
    return measure ? fmt::format(",{},{}", measure->loss, measure->error.value_or(measure->accuracy))
                   : std::string(",,");
  };
  for (const EpochRecord& record : history) {
    text += fmt::format("{},{:.3f},{}{}{}{}", record.epoch, record.seconds, record.penalty,
                        cells(record.training), cells(record.validation), cells(record.test));
    if (has_bits && record.bits)
      text += fmt::format(",{},{},{}", record.bits->beta, record.bits->operations(),
                          record.bits->lut ? fmt::format("{}", *record.bits->lut) : "");
    text += "\n";
  }
  return text;
}

std::string print_json(const History& history) {
  std::string text = "[";
  for (const EpochRecord& record : history) {
    text += fmt::format("{}\n {{\"epoch\": {}, \"seconds\": {:.3f}, \"penalty\": {}",
                        text.size() > 1 ? "," : "", record.epoch, record.seconds, record.penalty);
    const auto add = [&](const char* name, const Measure& measure) {
      text += fmt::format(", \"{0}_loss\": {1}, \"{0}_{2}\": {3}", name, measure.loss, metric_of(history),
                          measure.error.value_or(measure.accuracy));
    };
    add("training", record.training);
    if (record.validation) add("validation", *record.validation);
    if (record.test) add("test", *record.test);
    if (record.bits) {
      const auto lut = [](const std::optional<double>& value) {
        return value ? fmt::format(", \"lut\": {}", *value) : std::string();
      };
      text += fmt::format(", \"beta\": {}, \"bit_operations\": {}{}, \"layers\": [", record.bits->beta,
                          record.bits->operations(), lut(record.bits->lut));
      for (const LayerCost& layer : record.bits->layers)
        text += fmt::format("{}{{\"name\": \"{}\", \"bit_operations\": {}{}}}",
                            &layer == record.bits->layers.data() ? "" : ", ", layer.layer, layer.operations,
                            lut(layer.lut));
      text += "]";
    }
    text += "}";
  }
  return text + "\n]\n";
}

}  // namespace gw::train
