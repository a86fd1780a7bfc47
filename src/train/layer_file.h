#pragma once

#include <string>

#include "train/network.h"
#include "train/spec_reader.h"

namespace gw::train {

/// The layer of a map in the list of layers; `index` is its place there, its name until it has said one.
LayerSpec read_layer(SpecReader& reader, const YAML::Node& node, int index);

/// An entry of the list of layers, which read_layer gives the same layer back from.
std::string print_layer(const LayerSpec& layer);

/// ", key: "quantizer"", or nothing if there is none.
std::string print_quantizer_key(const char* key, const std::optional<QuantizerSpec>& spec);

}  // namespace gw::train
