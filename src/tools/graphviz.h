#pragma once

#include "tools/drawing.h"

namespace gw {

/// Draws a graph written in Graphviz's DOT language, or returns what an earlier run on the same text drew.
/// `name` is for messages. Errors: a text that dot does not understand, with dot's words.
Result<std::string> draw_graph(const std::string& name, const std::string& dot, DrawingFormat format,
                               const fs::path& cache_folder);

}  // namespace gw
