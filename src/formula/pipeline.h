#pragma once

#include <string>
#include <vector>

#include "formula/formula.h"

namespace gw {

/// One stage of a pipeline and where its input streams come from: -1 - k is input k of the network, other
/// values are earlier stages.
struct StageLink {
  Stage stage;
  std::vector<int> sources;
  std::string layer = {};  ///< whose window it is: the stage's name until others are joined to it
};

/// The network as hardware sees it: stages in an order in which sources come first.
struct Pipeline {
  std::vector<TensorType> inputs;
  std::vector<std::string> input_names;
  std::vector<StageLink> stages;
  std::vector<int> outputs;  ///< stages that leave the design
  std::vector<std::string> output_names;
};

}  // namespace gw
