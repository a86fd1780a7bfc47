// The page of a study: a counterpart to each figure that was published, drawn from what was measured here.

#include "study/study_page.h"

#include "data/picture.h"
#include "num/function_table.h"
#include "report/network_figure.h"
#include "report/report_page.h"
#include "study/profile.h"
#include "study/published.h"

namespace gw {

namespace {

Figure accuracy_figure(const StudyReport& report) {
  CurvePlot plot{"epoch",
                 "right answers, %",
                 {{"float, training", {}},
                  {"float, validation", {}},
                  {"float, test", {}},
                  {"fixed, test", {}},
                  {"circuit, test", {}}},
                 true};
  const auto add = [&](size_t curve, int epoch, double share) {
    plot.curves[curve].points.emplace_back(epoch, 100 * share);
  };
  for (const train::EpochRecord& record : report.history) {
    add(0, record.epoch, record.training.accuracy);
    if (record.validation) add(1, record.epoch, record.validation->accuracy);
    if (record.test) add(2, record.epoch, record.test->accuracy);
  }
  for (const AccuracyRow& row : report.accuracy) {
    add(3, row.epoch, row.fixed_test);
    if (row.circuit_test) add(4, row.epoch, *row.circuit_test);
  }
  return curve_plot(
      "accuracy",
      "Right answers by epoch: of the float network, and of the fixed-point one and its circuit at the epochs of this report",
      plot);
}

Figure resources_figure(const StudyReport& report) {
  BarPlot plot{"count", {"LUT", "FF", "DSP"}, {}};
  for (const PublishedNetwork& network : published_networks)
    plot.rows.push_back({fmt::format("published, {}", network.name), {network.lut, network.ff, network.dsp}});
  plot.rows.push_back({"Gatewright, this network",
                       {static_cast<double>(report.total.lut), static_cast<double>(report.total.ff),
                        static_cast<double>(report.total.dsp)}});
  return bar_plot(
      "resources",
      "Resources of the published networks (estimates of high-level synthesis) and of this one (counted by Yosys)",
      plot);
}

/// The activations that the network has, over the range in which they bend.
Figure activation_figure(const Graph& model) {
  CurvePlot plot{"x", "y", {{"relu", {}}, {"sigmoid", {}}, {"tanh", {}}}, false};
  for (int i = -80; i <= 80; ++i) {
    const double x = i / 20.0;
    plot.curves[0].points.emplace_back(x, std::max(0.0, x));
    plot.curves[1].points.emplace_back(x, static_cast<double>(exact_value(Function::Sigmoid, x)));
    plot.curves[2].points.emplace_back(x, static_cast<double>(exact_value(Function::Tanh, x)));
  }
  std::string used;
  for (const Node& node : model.nodes()) {
    const std::string of(kind(node));
    for (const auto& curve : plot.curves) {
      if (curve.label == of && used.find(of) == used.npos) used += (used.empty() ? "" : ", ") + of;
    }
  }
  return curve_plot(
      "activation",
      fmt::format("Activation functions; this network uses {}", used.empty() ? "none of them" : used), plot);
}

}  // namespace

Status write_study_page(const StudyReport& report, const Graph& model, const Build& build,
                        const Split& data) {
  std::vector<Figure> figures{
      accuracy_figure(report), resources_figure(report),
      cost_figure("stages", "What each stage is estimated to need", build.design, build.part),
      network_figure("network", "The network as it is built: batch norms joined, every type settled",
                     build.graph),
      activation_figure(model)};
  for (Figure& figure : weight_figures(model, build.graph)) figures.push_back(std::move(figure));
  std::vector<PagePicture> pictures;
  if (data.train.count() > 0 && (data.train.channels == 1 || data.train.channels == 3))
    pictures.push_back(
        png_picture("examples", "Examples of each class: of the training, the validation and the test images",
                    to_png(draw_examples(data))));
  return write_report(report.options.folder, print_json(report), figures,
                      report.options.cache_folder / "figures", std::move(pictures));
}

}  // namespace gw
