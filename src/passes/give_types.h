#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/config.h"
#include "layers/all.h"

namespace gw {

/// What the types of one layer depend on.
struct TypeSite {
  const Config& config;
  std::string_view kind, name;
  std::vector<Quantizer> inputs = {};  ///< as hls4ml declares them (hls4ml_types.h), constants among them
  std::vector<Shape> shapes = {};      ///< of the inputs
  bool is_cast_next = false;           ///< a cast reads the layer's answer, and nobody else does

  /// What the configuration says of a tensor, from the layer's name to the model's default.
  PrecisionChoice operator()(const std::string& tensor) const;
  /// Of a tensor whose type the model may state: that, until the configuration speaks of the layer.
  PrecisionChoice unless_stated(const PrecisionChoice& stated, const std::string& tensor) const;
  /// Of a layer's sums. Where the model states the type of the result, as numbers that stand for others need,
  /// sums are exact until the configuration speaks of the layer.
  PrecisionChoice of_sums(const PrecisionChoice& stated, bool states_result) const;
  /// Of a tensor that keeps its type until the configuration speaks of that very tensor; `auto` leaves it,
  /// too.
  Quantizer keeping_named(const Quantizer& own, const std::string& tensor) const;
  /// The model's default type, if it has one.
  PrecisionChoice model_default() const;
};

/// Gives a layer the types and the other attributes that the configuration asks for. Answers the type that
/// hls4ml would declare for the layer's answer; nothing where that is the exact one.
std::optional<Quantizer> give_types(Layer& layer, const TypeSite& site);

/// The type in which a layer that only moves elements has to answer, where it is not that of its input:
/// hls4ml casts there.
std::optional<Quantizer> cast_behind(const Layer& layer, const TypeSite& site);

}  // namespace gw
