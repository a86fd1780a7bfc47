#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/box_summary.h"
#include "tools/gnuplot.h"

namespace gw {

/// A picture that is still to be drawn: what the program that draws is told, and the numbers that it shows.
struct Figure {
  enum class Program { Gnuplot, Graphviz };
  std::string name;     ///< of its files, without a suffix
  std::string caption;  ///< what it shows, in a sentence or two
  Program program = Program::Gnuplot;
  std::string script;
  PlotSize size = {};  ///< of a plot; a graph is as large as it is
  std::string csv;     ///< its data
};

/// An error for each program that draws figures and is not there.
Status require_drawing_tools();

/// Draws it, or takes the drawing from the cache.
Result<std::string> draw(const Figure& figure, DrawingFormat format, const fs::path& cache_folder);

/// Draws each figure into `folder`, as SVG with its data beside it as CSV.
Status save_figures(const std::vector<Figure>& figures, const fs::path& folder, const fs::path& cache_folder);

/// A row of a box plot: the spread of a tensor's magnitudes, and the range of its type.
struct BoxRow {
  std::string label;
  BoxSummary box;
  /// The step of the type and its largest magnitude; none: it has no type.
  std::optional<std::pair<double, double>> type_range = {};
};

/// Boxes from the lower to the upper quartile with a line at the median, whiskers to the extremes, on an axis
/// of powers of two; behind each the range of its type in grey. Rows from top to bottom.
Figure box_plot(std::string name, std::string caption, const std::vector<BoxRow>& rows);

/// Rows of horizontal bars, one a series, from top to bottom; values are not negative.
struct BarPlot {
  std::string axis;  ///< of the values: "LUT"
  std::vector<std::string> series;
  std::vector<std::pair<std::string, std::vector<double>>> rows;
};
Figure bar_plot(std::string name, std::string caption, const BarPlot& plot);

/// Curves of y over x.
struct CurvePlot {
  struct Curve {
    std::string label;
    std::vector<std::pair<double, double>> points;
  };
  std::string x_axis, y_axis;
  std::vector<Curve> curves;
  bool with_points = true;
};
Figure curve_plot(std::string name, std::string caption, const CurvePlot& plot);

/// Counts by true class (rows) and answered class (columns), dark where there are many.
Figure confusion_plot(std::string name, std::string caption,
                      const std::vector<std::vector<std::int64_t>>& counts);

}  // namespace gw
