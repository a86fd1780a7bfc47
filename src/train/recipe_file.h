#pragma once

#include <string>

#include "train/network.h"
#include "train/spec_reader.h"

namespace gw::train {

/// Reads the section `training` of a network file (docs/training.md describes it) into `network`.
void read_recipe(SpecReader& reader, const YAML::Node& node, Network& network);

/// What is wrong between the recipe and the layers.
Diagnostics check_recipe(const Network& network);

/// The section as text; reading it gives the same recipe.
std::string print_recipe(const Network& network);

}  // namespace gw::train
