// The page of a study: a counterpart to each figure that was published, drawn from what was measured here.

#include "study/study_page.h"

#include <algorithm>

#include "data/picture.h"
#include "num/function_table.h"
#include "report/report_page.h"

namespace gw {

namespace {

// Every network's accuracy on the test set as it was trained, and a second curve of what its circuit
// answered.
Figure accuracy_figure(const Study& study) {
  CurvePlot plot{"epoch", "test samples right, %", {}, true};
  for (const NetworkStudy& row : study.networks) {
    CurvePlot::Curve trained{row.network.label, {}};
    for (const train::EpochRecord& record : row.history) {
      if (record.test) trained.points.emplace_back(record.epoch, 100 * record.test->accuracy);
    }
    plot.curves.push_back(std::move(trained));
  }
  return curve_plot("accuracy", "Right answers on the test set by epoch, as the networks are trained", plot);
}

Figure fixed_figure(const Study& study) {
  CurvePlot plot{"epoch", "test samples right, %", {}, true};
  for (const NetworkStudy& row : study.networks) {
    CurvePlot::Curve fixed{row.network.label, {}};
    for (const AccuracyRow& at : row.accuracy) fixed.points.emplace_back(at.epoch, 100 * at.fixed_test);
    plot.curves.push_back(std::move(fixed));
  }
  return curve_plot("accuracy_fixed", "The same in fixed point, at the epochs of this report", plot);
}

Figure resources_figure(const Study& study) {
  BarPlot plot{"count", {"LUT", "FF", "DSP"}, {}};
  for (const NetworkStudy& row : study.networks) {
    if (const PublishedNetwork* p = row.network.published)
      plot.rows.push_back({fmt::format("published: {}", p->name), {p->lut, p->ff, p->dsp}});
    plot.rows.push_back({fmt::format("Gatewright: {}", row.network.label),
                         {static_cast<double>(row.total.lut), static_cast<double>(row.total.ff),
                          static_cast<double>(row.total.dsp)}});
  }
  return bar_plot(
      "resources",
      "Resources: what was published (estimates of high-level synthesis), and what Yosys counts of Gatewright's",
      plot);
}

/// The activations that the networks have, over the range in which they bend.
Figure activation_figure(const std::vector<StudiedNetwork>& networks) {
  CurvePlot plot{"x", "y", {{"relu", {}}, {"sigmoid", {}}, {"tanh", {}}}, false};
  for (int i = -80; i <= 80; ++i) {
    const double x = i / 20.0;
    plot.curves[0].points.emplace_back(x, std::max(0.0, x));
    plot.curves[1].points.emplace_back(x, static_cast<double>(exact_value(Function::Sigmoid, x)));
    plot.curves[2].points.emplace_back(x, static_cast<double>(exact_value(Function::Tanh, x)));
  }
  std::string used;
  for (const StudiedNetwork& row : networks) {
    for (const Node& node : row.model.nodes()) {
      const std::string of(kind(node));
      for (const auto& curve : plot.curves) {
        if (curve.label == of && used.find(of) == used.npos) used += (used.empty() ? "" : ", ") + of;
      }
    }
  }
  return curve_plot(
      "activation",
      fmt::format("Activation functions; these networks use {}", used.empty() ? "none of them" : used), plot);
}

}  // namespace

Status write_study_page(const Study& study, const std::vector<StudiedNetwork>& networks, const Split& data) {
  std::vector<Figure> figures{accuracy_figure(study), fixed_figure(study), resources_figure(study),
                              activation_figure(networks)};
  for (const StudiedNetwork& row : networks)
    figures.insert(figures.end(), row.figures.begin(), row.figures.end());
  std::vector<PagePicture> pictures;
  if (has_pictures(data))
    pictures.push_back(
        png_picture("examples", "Examples of each class: of the training, the validation and the test images",
                    to_png(draw_examples(data))));
  return write_report(study.options.folder, print_json(study), figures,
                      study.options.cache_folder / "figures", std::move(pictures));
}

}  // namespace gw
