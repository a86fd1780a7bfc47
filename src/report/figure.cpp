// Plots as gnuplot scripts, styled once. Series differ in lightness and in the form of their points or
// dashes, never in hue alone, so that they are told apart in print and by everybody; labels stand beside the
// bars that they name, since a legend has to be carried back and forth by the eye.

#include "report/figure.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/document.h"
#include "tools/graphviz.h"
#include "tools/tool.h"

namespace gw {

namespace {

constexpr std::string_view style =
    "set border 3 lw 0.8 lc rgb 'black'\n"
    "set tics nomirror textcolor rgb 'black'\n"
    "set grid x lc rgb '#999999' lw 0.4 dt 3\n"
    "set key noautotitle\n"
    "set style line 1 lc rgb '#0b4f75' lw 2 pt 7 ps 0.7 dt 1\n"
    "set style line 2 lc rgb '#d2691e' lw 2 pt 4 ps 0.8 dt 2\n"
    "set style line 3 lc rgb '#3f8f5b' lw 2 pt 9 ps 0.9 dt 4\n"
    "set style line 4 lc rgb '#7a6fb0' lw 2 pt 12 ps 0.9 dt 5\n"
    "set style line 5 lc rgb '#777777' lw 2 pt 2 ps 0.9 dt 3\n";
constexpr int styles = 5;
/// Fills of bars, from dark to light.
constexpr std::string_view fills[] = {"#0b4f75", "#5fa8d3", "#c9dce8"};

constexpr int row_height = 22, frame_height = 70;
/// Beyond so many pixels a browser's picture is no help; rows then stand closer.
constexpr int most_height = 12000;

PlotSize rows_size(size_t rows, int bars = 1) {
  const auto wanted = static_cast<std::int64_t>(rows) * row_height * std::max(1, bars) / (bars > 1 ? 2 : 1);
  return {760, static_cast<int>(std::min<std::int64_t>(frame_height + wanted, most_height))};
}

/// A label of at most `most` characters: a name of any length would leave no room for the plot.
std::string shortened(const std::string& label, size_t most = 40) {
  size_t characters = 0;
  for (size_t i = 0; i < label.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(label[i]) & 0xc0) != 0x80;
    if (starts && ++characters > most) return label.substr(0, i) + "…";
  }
  return label;
}

/// A text beside a tick, where a '%' begins a format.
std::string tick_text(const std::string& label) {
  std::string doubled;
  for (const char c : shortened(label)) doubled += c == '%' ? std::string("%%") : std::string(1, c);
  return plot_text(doubled);
}

/// "set ytics" with the rows' names, the first row at the top, at -1, -2, ..
template <class Rows, class Label>
std::string row_axis(const Rows& rows, const Label& label) {
  std::string text = "set ytics (";
  for (size_t r = 0; r < rows.size(); ++r)
    text += fmt::format("{}{} {}", r > 0 ? ", " : "", tick_text(label(rows[r])), -static_cast<int>(r) - 1);
  return text + fmt::format(")\nset yrange [{}:-0.4]\n", -static_cast<double>(rows.size()) - 0.6);
}

Figure plotted(std::string name, std::string caption, std::string script, PlotSize size, std::string csv) {
  return {std::move(name), std::move(caption), Figure::Program::Gnuplot, std::string(style) + script, size,
          std::move(csv)};
}

}  // namespace

Status require_drawing_tools() { return require_tools({"gnuplot", "dot"}); }

Result<std::string> draw(const Figure& figure, DrawingFormat format, const fs::path& cache_folder) {
  return figure.program == Figure::Program::Graphviz
             ? draw_graph(figure.name, figure.script, format, cache_folder)
             : draw_plot(figure.name, figure.script, figure.size, format, cache_folder);
}

Status save_figures(const std::vector<Figure>& figures, const fs::path& folder,
                    const fs::path& cache_folder) {
  for (const Figure& figure : figures) {
    const auto drawing = draw(figure, DrawingFormat::Svg, cache_folder);
    if (!drawing) return drawing.errors();
    for (const auto& [suffix, bytes] : {std::pair{".svg", &*drawing}, std::pair{".csv", &figure.csv}}) {
      if (auto written = write_file(folder / (figure.name + suffix), *bytes); !written) return written;
    }
  }
  return Done{};
}

Figure box_plot(std::string name, std::string caption, const std::vector<BoxRow>& rows) {
  DocumentTable data{name,
                     "",
                     {"tensor", "non-zero", "zeros", "lowest", "first quartile", "median", "third quartile",
                      "highest", "type step", "type highest"},
                     {}};
  double lowest = 0, highest = 0;
  const auto reach = [&](double low, double high) {
    if (!(low > 0) || !std::isfinite(high)) return;
    lowest = lowest == 0 ? low : std::min(lowest, low);
    highest = std::max(highest, high);
  };
  std::string boxes, bands, empty;
  for (size_t r = 0; r < rows.size(); ++r) {
    const auto& [label, box, range] = rows[r];
    data.rows.push_back({cell(label), count_cell(box.count), count_cell(box.zeros)});
    for (const double value : {box.lowest, box.first_quartile, box.median, box.third_quartile, box.highest})
      data.rows.back().push_back(box.count > 0 ? real_cell(value, 6) : cell(""));
    const double y = -static_cast<double>(r) - 1;
    if (range) {
      data.rows.back().push_back(real_cell(range->first, 6));
      data.rows.back().push_back(real_cell(range->second, 6));
      bands += fmt::format("{} {} {}\n", y, range->first, range->second);
      reach(range->first, range->second);
    }
    if (box.count > 0) {
      boxes += fmt::format("{} {} {} {} {} {}\n", y, box.lowest, box.first_quartile, box.median,
                           box.third_quartile, box.highest);
      reach(box.lowest, box.highest);
    } else {
      empty += fmt::format("{} {}\n", y, box.zeros > 0 ? "\"all 0\"" : "\"no values\"");
    }
  }
  if (lowest == 0) lowest = 0.5, highest = 1;
  const auto power = [](double value, double step) { return std::exp2(std::floor(std::log2(value)) + step); };
  std::string script = row_axis(rows, [](const BoxRow& row) { return row.label; });
  const double low = power(lowest, -1), high = power(highest, 2);
  script += fmt::format("set logscale x 2\nset format x '2^%L'\nset xrange [{}:{}]\n", low, high);
  script += "set xlabel 'magnitude'\n";
  for (const auto& [block, text] : {std::pair{"$boxes", &boxes}, std::pair{"$bands", &bands}})
    script += fmt::format("{} << EOD\n{}EOD\n", block, *text);
  script += fmt::format("$empty << EOD\n{}EOD\n", empty);
  std::vector<std::string> plots;
  if (!bands.empty())
    plots.emplace_back(
        "'$bands' using 2:1:2:3:($1-0.42):($1+0.42) with boxxyerror fc rgb '#dcdcdc' fs solid noborder "
        "title 'range of the type'");
  if (!boxes.empty()) {
    plots.emplace_back("'$boxes' using 2:1:($6-$2):(0) with vectors nohead lw 1.2 lc rgb 'black'");
    plots.emplace_back("'$boxes' using 2:($1-0.14):(0):(0.28) with vectors nohead lw 1.2 lc rgb 'black'");
    plots.emplace_back("'$boxes' using 6:($1-0.14):(0):(0.28) with vectors nohead lw 1.2 lc rgb 'black'");
    plots.emplace_back(
        "'$boxes' using 3:1:3:5:($1-0.28):($1+0.28) with boxxyerror fc rgb '#5fa8d3' fs solid 1.0 border "
        "rgb 'black' title 'quartiles'");
    plots.emplace_back(
        "'$boxes' using 4:($1-0.28):(0):(0.56) with vectors nohead lw 2.4 lc rgb 'black' "
        "title 'median'");
  }
  if (!empty.empty())
    plots.push_back(fmt::format("'$empty' using ({}):1:2 with labels left offset 0.5,0", low));
  if (plots.empty()) plots.emplace_back("NaN");
  script += "set key outside top right horizontal\n";
  script += fmt::format("plot {}\n", fmt::join(plots, ", \\\n  "));
  return plotted(std::move(name), std::move(caption), std::move(script), rows_size(rows.size()),
                 print_csv(data));
}

Figure bar_plot(std::string name, std::string caption, const BarPlot& plot) {
  DocumentTable data{name, "", {""}, {}};
  data.header.insert(data.header.end(), plot.series.begin(), plot.series.end());
  double highest = 0;
  std::string values;
  for (size_t r = 0; r < plot.rows.size(); ++r) {
    data.rows.push_back({cell(plot.rows[r].first)});
    values += fmt::format("{}", -static_cast<int>(r) - 1);
    for (const double value : plot.rows[r].second) {
      data.rows.back().push_back(real_cell(value, 2));
      values += fmt::format(" {}", value);
      highest = std::max(highest, value);
    }
    values += "\n";
  }
  std::string script = row_axis(plot.rows, [](const auto& row) { return row.first; });
  script += fmt::format("set xlabel {}\nset xrange [0:{}]\nset format x '%.10g'\n$bars << EOD\n{}EOD\n",
                        plot_text(plot.axis), highest > 0 ? 1.15 * highest : 1, values);
  const double height = 0.8 / static_cast<double>(plot.series.size());
  std::vector<std::string> plots;
  for (size_t s = 0; s < plot.series.size(); ++s) {
    const double top = 0.4 - height * static_cast<double>(s);
    plots.push_back(fmt::format(
        "'$bars' using (0):1:(0):{}:($1+{}):($1+{}) with boxxyerror fc rgb '{}' fs solid 1.0 border rgb 'black' "
        "title {}",
        s + 2, top - height, top, fills[s % std::size(fills)],
        plot.series.size() > 1 ? plot_text(plot.series[s]) : "''"));
    plots.push_back(
        fmt::format("'$bars' using {0}:($1+{1}):(sprintf(' %.10g', ${0})) with labels left font ',9' notitle",
                    s + 2, top - height / 2));
  }
  script += "set key outside top right horizontal\n";
  script += plot.rows.empty() ? "plot NaN\n" : fmt::format("plot {}\n", fmt::join(plots, ", \\\n  "));
  return plotted(std::move(name), std::move(caption), std::move(script),
                 rows_size(plot.rows.size(), static_cast<int>(plot.series.size())), print_csv(data));
}

Figure curve_plot(std::string name, std::string caption, const CurvePlot& plot) {
  DocumentTable data{name, "", {"curve", plot.x_axis, plot.y_axis}, {}};
  std::string script = fmt::format("set xlabel {}\nset ylabel {}\nset grid y lc rgb '#999999' lw 0.4 dt 3\n",
                                   plot_text(plot.x_axis), plot_text(plot.y_axis));
  script += "set key outside right center vertical\nset offsets graph 0, 0, graph 0.05, graph 0.05\n";
  std::vector<std::string> plots;
  for (size_t c = 0; c < plot.curves.size(); ++c) {
    const auto& [label, points] = plot.curves[c];
    if (points.empty()) continue;
    script += fmt::format("$curve{} << EOD\n", c);
    for (const auto& [x, y] : points) {
      script += fmt::format("{} {}\n", x, y);
      data.rows.push_back({cell(label), real_cell(x, 6), real_cell(y, 6)});
    }
    script += "EOD\n";
    plots.push_back(fmt::format("'$curve{}' with {} ls {} title {}", c,
                                plot.with_points ? "linespoints" : "lines", c % styles + 1,
                                plot_text(label)));
  }
  script += plots.empty() ? "set xrange [0:1]\nset yrange [0:1]\nplot NaN\n"
                          : fmt::format("plot {}\n", fmt::join(plots, ", \\\n  "));
  return plotted(std::move(name), std::move(caption), std::move(script), {720, 340}, print_csv(data));
}

Figure confusion_plot(std::string name, std::string caption,
                      const std::vector<std::vector<std::int64_t>>& counts) {
  DocumentTable data{name, "", {"true class"}, {}};
  std::string cells;
  const auto classes = static_cast<int>(counts.size());
  for (int row = 0; row < classes; ++row) {
    data.header.push_back(fmt::format("answered {}", row));
    data.rows.push_back({count_cell(row)});
    const auto& line = counts[static_cast<size_t>(row)];
    std::int64_t total = 0;
    for (const std::int64_t count : line) total += count;
    for (int column = 0; column < classes; ++column) {
      const std::int64_t count = line[static_cast<size_t>(column)];
      data.rows.back().push_back(count_cell(count));
      // White on dark, black on light.
      const double share = total > 0 ? static_cast<double>(count) / static_cast<double>(total) : 0;
      const int grey = 255 - static_cast<int>(std::lround(200 * std::sqrt(share)));
      cells +=
          fmt::format("{} {} {} {} {}\n", column, -row, count, grey * 0x10101, grey < 140 ? 0xffffff : 0);
    }
  }
  std::string script = fmt::format(
      "set xlabel 'answered class'\nset ylabel 'true class'\nunset grid\nunset key\nset xrange [-0.5:{0}]\n"
      "set yrange [-{0}:0.5]\nset ytics (",
      classes - 0.5);
  for (int row = 0; row < classes; ++row) script += fmt::format("{}'{}' {}", row > 0 ? ", " : "", row, -row);
  script += fmt::format(")\nset xtics {}\n$cells << EOD\n{}EOD\n", std::max(1, classes / 20), cells);
  script +=
      "plot '$cells' using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):4 with boxxyerror fs solid 1.0 noborder lc "
      "rgb variable";
  if (classes <= 20) script += ", '$cells' using 1:2:3:5 with labels tc rgb variable font ',10'";
  const int side = std::clamp(46 * classes, 260, 800);
  return plotted(std::move(name), std::move(caption), script + "\n", {side + 60, side}, print_csv(data));
}

}  // namespace gw
