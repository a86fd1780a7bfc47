#pragma once

#include <map>
#include <string>

#include "graph/config.h"
#include "graph/graph.h"

namespace gw {

/// Where the keys of a configuration stand, by the name of the key.
struct ConfigPlaces {
  using Keys = std::map<std::string, Place>;
  Keys model;
  std::map<std::string, Keys> by_kind, by_name;
};

/// What a configuration asks of layers that their sizes do not allow: reuse factors that do not suit a
/// matrix, numbers of pixels that do not divide an output.
Diagnostics check_config(const Config& config, const ConfigPlaces& places, const Graph& graph);

}  // namespace gw
