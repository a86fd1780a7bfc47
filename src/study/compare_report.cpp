// A comparison as figures and as JSON.

#include <cmath>

#include <nlohmann/json.hpp>

#include "study/compare.h"

namespace gw {

std::vector<Figure> figures(const Comparison& comparison) {
  BarPlot errors{"relative error, %", {"relative error"}, {}};
  std::vector<BoxRow> differences;
  for (const LayerDifference& row : comparison.layers) {
    errors.rows.push_back({row.name, {std::round(100000 * row.relative_error) / 1000}});
    differences.push_back({row.name, row.differences});
  }
  std::vector<Figure> all{
      bar_plot(
          "relative_error",
          "Norm of the differences between fixed-point and real answers, as a share of the norm of the real ones",
          errors),
      box_plot("differences", "Magnitudes of the differences that are not 0", differences)};
  if (!comparison.classes) return all;
  all.push_back(confusion_plot("confusion",
                               "Right and answered classes, in fixed-point numbers; darker: more of the row",
                               comparison.classes->confusion));
  constexpr size_t most_points = 300, most_curves = 12;
  CurvePlot curves{"false positive rate", "true positive rate", {}, false};
  for (size_t c = 0; c < std::min(most_curves, comparison.classes->fixed.size()); ++c) {
    const Roc& roc = comparison.classes->fixed[c];
    curves.curves.push_back({fmt::format("class {}, {:.4f}", c, roc.area), thinned(roc.points, most_points)});
  }
  all.push_back(curve_plot(
      "roc", "ROC curves in fixed-point numbers, each class against all others, with the area below",
      curves));
  return all;
}

std::string print_json(const Comparison& comparison) {
  nlohmann::ordered_json json;
  json["format"] = "gatewright-compare-1";
  json["model"] = comparison.options.model.string();
  json["configuration"] = comparison.options.config;
  json["data"] = data_text(comparison.options);
  json["samples"] = comparison.samples;
  json["first_wrong"] = comparison.first_wrong;
  json["layers"] = nlohmann::ordered_json::array();
  for (const LayerDifference& row : comparison.layers) {
    const BoxSummary& box = row.differences;
    json["layers"].push_back({{"name", row.name},
                              {"type", to_string(row.type)},
                              {"norm", row.norm},
                              {"difference_norm", row.difference_norm},
                              {"relative_error", row.relative_error},
                              {"mean_difference", row.mean_difference},
                              {"largest_difference", row.largest_difference},
                              {"correlation", row.correlation},
                              {"equal", box.zeros},
                              {"first_quartile", box.first_quartile},
                              {"median", box.median},
                              {"third_quartile", box.third_quartile},
                              {"overflows", row.overflows}});
  }
  if (comparison.classes) {
    json["accuracy"] = {{"real", comparison.classes->real_accuracy},
                        {"fixed", comparison.classes->fixed_accuracy}};
    json["confusion"] = comparison.classes->confusion;
    json["auc"] = nlohmann::ordered_json::array();
    for (size_t c = 0; c < comparison.classes->real.size(); ++c)
      json["auc"].push_back({{"class", c},
                             {"real", comparison.classes->real[c].area},
                             {"fixed", comparison.classes->fixed[c].area}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace gw
