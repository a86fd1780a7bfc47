#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "graph/graph.h"

namespace gw {

/// Graphs as text, a line a node (docs/text-form.md):
///
///     x: input 2x2x1 ap_ufixed<2,2>
///     w: constant 2x2x1x1 ap_fixed<3,3> [1, -2, 3, 0]
///     conv1: conv2d(x, w) {out: ap_fixed<4,4,AP_RND,AP_SAT>} -> 1x1x1 ap_fixed<4,4>
///     output conv1
///
/// Attributes derive from the layers' `fields`; those that a layer comes with by itself are left out.

struct TextOptions {
  /// Constants of more values show their first ones and an ellipsis, which parse_graph does not read.
  std::size_t values = std::numeric_limits<std::size_t>::max();
};

/// The text of a graph. Equal graphs give equal texts; parse_graph gives the same graph back, but for the
/// real values behind typed constants, of which only the quantised ones are written.
std::string print_graph(const Graph& graph, const TextOptions& options = {});

/// Reads what print_graph writes, in whatever spacing; '#' begins a comment, and the type behind '->' may be
/// left out. All that is wrong is told in one run, with `file`, line and node.
Result<Graph> parse_graph(std::string_view text, const std::string& file = {});

/// True if this can only be the text form of a graph and none of the other model files: its first line that
/// says something is `name: input`, `name: constant` or `name: kind(`.
bool is_graph_text(std::string_view bytes);

}  // namespace gw
