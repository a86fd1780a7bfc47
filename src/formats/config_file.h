#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "graph/config.h"
#include "graph/graph.h"

namespace gw {

/// The types in an hls4ml configuration file (docs/configuration.md): Model, LayerType and LayerName, at the
/// top or below HLSConfig, each with a Precision. Every other key, a layer that the graph does not have, a
/// tensor that a layer does not have and a text that is no type are errors, all of them in one run, with the
/// line; nothing is ignored. `graph` is the network as it was read, before any pass. `file` is only used in
/// messages.
Result<Config> parse_config(std::string_view text, const std::string& file, const Graph& graph);
Result<Config> load_config(const std::filesystem::path& path, const Graph& graph);

}  // namespace gw
