// What a prediction says of itself, as text and as JSON.

#include <nlohmann/json.hpp>

#include "report/table.h"
#include "study/predict.h"

namespace gw {

namespace {

std::string shape_of(const Prediction& prediction, const Prediction::Output& output) {
  return fmt::format("{}x{}", prediction.samples, to_string(output.type.shape));
}

}  // namespace

std::string print_text(const Prediction& prediction) {
  std::string text = fmt::format("{} samples in {:.3f} s, {} a second; ready to start after {:.3f} s\n",
                                 grouped(prediction.samples), prediction.seconds,
                                 grouped(static_cast<long long>(prediction.samples_per_second())),
                                 prediction.start_up_seconds);
  if (prediction.accuracy) text += fmt::format("Accuracy {:.2f} %\n", 100 * *prediction.accuracy);
  for (const Prediction::Output& output : prediction.outputs) {
    if (output.file.empty()) continue;
    text += fmt::format("{}: '{}', {}, {}\n", output.file.string(), output.name, shape_of(prediction, output),
                        to_string(*output.type.fixed));
  }
  if (!prediction.options.overflow) return text;

  if (prediction.risks.empty()) {
    text += "\nNo input can make a layer overflow its types\n";
  } else {
    TextTable table({"can overflow", "tensor", "type", "values"});
    for (const OverflowRisk& risk : prediction.risks) {
      table.add({risk.layer, risk.tensor, to_string(risk.type), grouped(risk.values)});
    }
    text += "\n" + table.print();
  }
  if (prediction.overflows.empty()) return text + "\nOn these samples every value fitted its type\n";
  TextTable table({"did overflow", "values"});
  for (const auto& [name, count] : prediction.overflows) table.add({name, grouped(count)});
  return text + "\n" + table.print();
}

std::string print_json(const Prediction& prediction) {
  nlohmann::ordered_json json;
  json["format"] = "gatewright-predict-1";
  json["model"] = prediction.options.model.string();
  json["configuration"] = prediction.options.config;
  json["images"] = prediction.samples;
  json["images_per_second"] = prediction.samples_per_second();
  json["seconds"] = prediction.seconds;
  json["start_up_seconds"] = prediction.start_up_seconds;
  json["total_seconds"] = prediction.total_seconds;
  json["threads"] = prediction.options.threads;
  if (prediction.accuracy) json["accuracy"] = *prediction.accuracy;
  json["outputs"] = nlohmann::ordered_json::array();
  for (const Prediction::Output& output : prediction.outputs) {
    json["outputs"].push_back({{"name", output.name},
                               {"shape", output.type.shape},
                               {"type", to_string(*output.type.fixed)},
                               {"file", output.file.string()}});
  }
  json["can_overflow"] = nlohmann::ordered_json::array();
  for (const OverflowRisk& risk : prediction.risks) {
    json["can_overflow"].push_back({{"layer", risk.layer},
                                    {"tensor", risk.tensor},
                                    {"type", to_string(risk.type)},
                                    {"values", risk.values}});
  }
  if (prediction.options.overflow) json["overflows"] = prediction.overflows;
  return json.dump(2) + "\n";
}

}  // namespace gw
