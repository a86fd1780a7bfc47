#pragma once

#include <span>

#include "formula/pipeline.h"

namespace gw {

/// Stages one behind the other, as a network with one input and one output.
inline Pipeline chain_of(std::span<const Stage> stages, const TensorType& input) {
  Pipeline pipeline{{input}, {"x"}, {}, {static_cast<int>(stages.size()) - 1}, {"y"}};
  for (const Stage& stage : stages)
    pipeline.stages.push_back(
        {stage, {pipeline.stages.empty() ? -1 : static_cast<int>(pipeline.stages.size()) - 1}, stage.name});
  return pipeline;
}

}  // namespace gw
