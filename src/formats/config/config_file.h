#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "graph/config.h"
#include "graph/graph.h"

namespace gw {

/// Other names by which a configuration may speak of a network's nodes, as the reader of its file gives them:
/// each leads to a node of the graph, or to "" if nothing was left of what it names.
using Aliases = std::map<std::string, std::string>;

/// hls4ml's configuration file (docs/configuration.md), its sections at the top or below HLSConfig. A key
/// that is not known, a layer or a class that the network does not have, a tensor that a layer does not have,
/// a value of the wrong kind and a reuse factor that its matrix does not allow are errors, all of them in one
/// run, with the line. What is known and has no effect is among the notes. `graph` is the network as it was
/// read, before any pass. `file` is only used in messages.
Result<Config> parse_config(std::string_view text, const std::string& file, const Graph& graph,
                            const Aliases& aliases = {});
Result<Config> load_config(const std::filesystem::path& path, const Graph& graph,
                           const Aliases& aliases = {});

}  // namespace gw
