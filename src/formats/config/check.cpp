// Settings against the sizes of layers. hls4ml takes the nearest valid reuse factor instead of a wrong one,
// with a warning in a long log; here the wrong one is an error that names the nearest.

#include "formats/config/check.h"

#include "formats/config/reuse_factor.h"
#include "support/messages.h"

namespace gw {

namespace {

/// Where the key that reaches a layer stands.
Place place_of_key(const ConfigPlaces& places, const Node& node, const std::string& key) {
  const auto of = [&](const std::map<std::string, ConfigPlaces::Keys>& map,
                      std::string_view entry) -> const Place* {
    const auto keys = map.find(std::string(entry));
    if (keys == map.end()) return nullptr;
    const auto found = keys->second.find(key);
    return found == keys->second.end() ? nullptr : &found->second;
  };
  if (const Place* own = of(places.by_name, node.name)) return *own;
  if (const Place* kinds = of(places.by_kind, kind(node))) return *kinds;
  const auto model = places.model.find(key);
  return model == places.model.end() ? Place{} : model->second;
}

void check_reuse(const Config& config, const ConfigPlaces& places, const Graph& graph, const Node& node,
                 Diagnostics& errors) {
  const std::string_view of = kind(node);
  const Strategy strategy = config.strategy(of, node.name);
  const int reuse = config.reuse_factor(of, node.name);
  if (strategy == Strategy::Auto || strategy == Strategy::Latency || reuse == 1) return;
  if (strategy == Strategy::DistributedArithmetic) {
    errors.push_back(
        diagnose(messages::config_reuse_unshared, place_of_key(places, node, "ReuseFactor"), node.name));
    return;
  }
  const Shape& weight = graph[node.inputs[1]].type.shape;  // (inputs of one output.., outputs)
  const std::int64_t n_out = weight.back();
  const std::int64_t n_in = element_count(weight) / n_out;
  const bool unrolled = strategy == Strategy::ResourceUnrolled;
  if (is_valid_reuse(n_in, n_out, reuse, unrolled)) return;
  errors.push_back(diagnose(messages::config_reuse_factor, place_of_key(places, node, "ReuseFactor"),
                            node.name, n_in, n_out, reuse, "LayerName." + node.name,
                            nearest_reuse(n_in, n_out, reuse, unrolled)));
}

void check_pixels(const Config& config, const ConfigPlaces& places, const Node& node, Diagnostics& errors) {
  const int at_a_time = config.parallelization_factor(kind(node), node.name);
  const std::int64_t pixels = element_count(node.type.shape) / node.type.shape.back();
  if (pixels % at_a_time == 0) return;
  errors.push_back(diagnose(messages::config_parallelization,
                            place_of_key(places, node, "ParallelizationFactor"), node.name, pixels, at_a_time,
                            nearest_divisor(pixels, at_a_time)));
}

}  // namespace

Diagnostics check_config(const Config& config, const ConfigPlaces& places, const Graph& graph) {
  Diagnostics errors;
  for (const Node& node : graph.nodes()) {
    const std::string_view of = kind(node);
    const bool convolution = of == "conv1d" || of == "conv2d";
    if (convolution || of == "dense") check_reuse(config, places, graph, node, errors);
    if (convolution) check_pixels(config, places, node, errors);
  }
  return errors;
}

}  // namespace gw
