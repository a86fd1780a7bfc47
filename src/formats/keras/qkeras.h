#pragma once

#include "formats/keras/qkeras_quantizer.h"
#include "formats/keras/reader.h"

namespace gw {

/// Values of a layer behind the quantizer that an attribute of it describes; as they are if it describes
/// none, or if it is refused, which is an error.
QkerasWeights quantized_by(KerasCall& call, const std::string& key, FloatTensor values, bool is_kernel);

/// Adds what a quantizer makes of a stream; its node is named after the layer, with the suffix.
NodeId add_qkeras_activation(KerasCall& call, NodeId x, const nlohmann::json& said,
                             const std::string& suffix);

/// The name by which hls4ml calls the activation: "quantized_relu".
std::string qkeras_kind(const nlohmann::json& said);

/// All quantizers that a layer's attributes describe, as text.
std::vector<std::string> quantizers_of(const KerasLayer& layer);

}  // namespace gw
