// gnuplot draws curves, bars and boxes: one run, kept by its script. All terminals are told not to look for
// markup in texts, since names of layers may have any character in them.

#include "tools/gnuplot.h"

#include <fmt/format.h>

#include "tools/step.h"

namespace gw {

namespace {

std::string terminal(DrawingFormat format, const PlotSize& size) {
  constexpr double pixels_per_inch = 96;
  switch (format) {
    case DrawingFormat::Svg:
      return fmt::format("svg size {},{} font 'Helvetica,Arial,sans-serif,12' noenhanced background 'white'",
                         size.width, size.height);
    case DrawingFormat::Png:
      return fmt::format("pngcairo size {},{} font 'Sans,9' noenhanced background 'white'", size.width,
                         size.height);
    case DrawingFormat::Pdf:
      return fmt::format("pdfcairo size {:.4f}in,{:.4f}in font 'Sans,9' noenhanced",
                         size.width / pixels_per_inch, size.height / pixels_per_inch);
  }
  return {};
}

}  // namespace

Result<std::string> draw_plot(const std::string& name, const std::string& script, const PlotSize& size,
                              DrawingFormat format, const fs::path& cache_folder) {
  const std::string drawing = "plot." + std::string(gw::name(format));
  const std::string whole = fmt::format("set encoding utf8\nset terminal {}\nset output '{}'\n{}",
                                        terminal(format, size), drawing, script);
  const Step step{"figure '" + name + "'", "gnuplot", {}, {"gnuplot", "plot.gp"},
                  {{"plot.gp", whole}},    {drawing}};
  auto made = run_step(step, cache_folder);
  if (!made) return made.errors();
  return without_date(std::move((*made)[0].second));
}

std::string plot_text(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return quoted + "'";
}

}  // namespace gw
