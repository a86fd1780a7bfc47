#pragma once

#include <functional>
#include <string>

#include "graph/config.h"
#include "graph/graph.h"
#include "report/figure.h"
#include "schedule/design.h"

namespace gw {

/// The network as a graph from top to bottom: each layer with its kind, the shapes and types of what goes in
/// and out, the types of its weights, how many there are, and, with a configuration, its strategy and reuse
/// factor. Typed or not.
Figure network_figure(std::string name, std::string caption, const Graph& graph,
                      const Config* config = nullptr);

/// The design as its streams run: each stage with how it computes, the clocks of a window, how much of a
/// frame's time it works, and its share of the cost as bars; on each arrow beats a frame and the depth of the
/// FIFO.
Figure stream_figure(std::string name, std::string caption, const Design& design);

/// The cost of each stage as bars: look-up tables and flip-flops.
Figure cost_figure(std::string name, std::string caption, const Design& design);

}  // namespace gw
