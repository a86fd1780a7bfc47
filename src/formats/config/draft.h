#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "graph/config.h"
#include "graph/graph.h"

namespace gw {

/// Of what a written configuration speaks: of the model alone, of every kind of layer, or of every layer.
enum class Granularity { Model, Type, Name };
constexpr std::array<std::string_view, 3> names_of(Granularity) { return {"model", "type", "name"}; }

/// What a configuration is to be written with.
struct ConfigDraft {
  Granularity granularity = Granularity::Name;
  Quantizer precision{{16, 6, true}};  ///< of all that holds real numbers, and the model's default
  int reuse_factor = 1;                ///< where a matrix does not allow it: the nearest one that it does
  Strategy strategy = Strategy::Auto;
  std::optional<std::string> backend;
};

/// A configuration of a network as a start: nothing is lost in a sum or a product (accumulators and results
/// are `auto`), inputs and weights have the draft's type or the one that the model states. With granularity
/// Model all tensors have the draft's type, as in hls4ml.
Config draft_config(const Graph& graph, const ConfigDraft& draft = {});

/// The configuration as a commented file that parse_config reads back as the same one. `graph` is the network
/// that it is for, `file` the name of its file, for the comments.
std::string print_config(const Config& config, const Graph& graph, const std::string& file);

}  // namespace gw
