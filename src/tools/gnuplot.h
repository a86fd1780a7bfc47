#pragma once

#include "tools/drawing.h"

namespace gw {

/// The size of a plot in pixels; a PDF has 96 to the inch.
struct PlotSize {
  int width = 720, height = 360;
};

/// Draws what a gnuplot script plots, or returns what an earlier run on the same script drew. The script
/// names neither terminal nor output. `name` is for messages. Errors: a script that gnuplot does not
/// understand, with gnuplot's words.
Result<std::string> draw_plot(const std::string& name, const std::string& script, const PlotSize& size,
                              DrawingFormat format, const fs::path& cache_folder);

/// A text in a gnuplot script: within single quotes nothing means anything but what it is.
std::string plot_text(std::string_view text);

}  // namespace gw
