// A profile as figures and as JSON.

#include <cmath>

#include <nlohmann/json.hpp>

#include "study/profile.h"

namespace gw {

namespace {

nlohmann::ordered_json json_of(const BoxSummary& box) {
  return {{"non_zero", box.count}, {"zeros", box.zeros},
          {"lowest", box.lowest},  {"first_quartile", box.first_quartile},
          {"median", box.median},  {"third_quartile", box.third_quartile},
          {"highest", box.highest}};
}

nlohmann::ordered_json json_of(const std::vector<TensorProfile>& rows) {
  auto json = nlohmann::ordered_json::array();
  for (const TensorProfile& row : rows) {
    json.push_back({{"layer", row.layer},
                    {"tensor", row.tensor},
                    {"type", to_string(row.type)},
                    {"values", row.values()},
                    {"overflows", row.overflows},
                    {"underflows", row.underflows},
                    {"saturated", row.saturated},
                    {"wasted_integer_bits", row.wasted_integer},
                    {"wasted_fraction_bits", row.wasted_fraction},
                    {"suggested", to_string(row.suggested)},
                    {"before", json_of(row.before)},
                    {"after", json_of(row.after)}});
  }
  return json;
}

std::vector<BoxRow> rows_of(const std::vector<TensorProfile>& profiles, bool after) {
  std::vector<BoxRow> rows;
  for (const TensorProfile& p : profiles) {
    rows.push_back({p.label(), after ? p.after : p.before});
    const FixedType& type = p.type.to;
    const double step = std::exp2(-type.fraction());
    const double highest = std::max(-static_cast<double>(type.lowest()), static_cast<double>(type.highest()));
    rows.back().type_range = {step, highest * step};
  }
  return rows;
}

}  // namespace

namespace {

std::vector<Figure> weight_figures(const std::vector<std::pair<std::string, BoxSummary>>& before,
                                   const std::vector<TensorProfile>& after) {
  std::vector<BoxRow> rows;
  for (const auto& [label, box] : before) rows.push_back({label, box});
  return {
      box_plot("weights_before",
               "Magnitudes of weights and biases that are not 0, as the model's file has them", rows),
      box_plot(
          "weights_after",
          "The same after conversion: batch norms joined, every value in its type; grey is the type's range",
          rows_of(after, true))};
}

}  // namespace

std::vector<Figure> weight_figures(const Graph& model, const Graph& typed) {
  return weight_figures(weights_of(model), profile_constants(typed, {}));
}

std::vector<Figure> figures(const Profile& profile) {
  std::vector<Figure> all = weight_figures(profile.weights_before, profile.constants);
  if (profile.activations.empty()) return all;
  all.push_back(
      box_plot("activations_before",
               "Magnitudes of the layers' answers that are not 0, computed in real numbers; grey is the "
               "range of the type that they are to get",
               rows_of(profile.activations, false)));
  all.push_back(box_plot("activations_after", "The same answers, computed in fixed-point numbers",
                         rows_of(profile.activations, true)));
  return all;
}

std::string print_json(const Profile& profile) {
  nlohmann::ordered_json json;
  json["format"] = "gatewright-profile-1";
  json["model"] = profile.options.model.string();
  json["configuration"] = profile.options.config;
  json["data"] = data_text(profile.options);
  json["samples"] = profile.samples;
  json["available_samples"] = profile.available;
  json["weights_before"] = nlohmann::ordered_json::array();
  for (const auto& [label, box] : profile.weights_before) {
    nlohmann::ordered_json row{{"tensor", label}};
    row.update(json_of(box));
    json["weights_before"].push_back(std::move(row));
  }
  json["weights"] = json_of(profile.constants);
  json["activations"] = json_of(profile.activations);
  json["suggestion_tried_on"] = profile.suggested_samples;
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace gw
