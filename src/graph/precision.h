#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "num/fixed.h"

namespace gw {

/// A type that a configuration asks for: a quantizer, or `auto` (none), the exact type.
using PrecisionChoice = std::optional<Quantizer>;

/// Types by tensor, as hls4ml's configuration gives them. Tensor names are those of the file: "weight",
/// "bias", "accum", "result", for the input "result", for softmax also "exp_table", "inv_table", "inv_inp";
/// "default" stands for all that are not named.
struct PrecisionConfig {
  using Types = std::map<std::string, PrecisionChoice>;
  Types model;
  std::map<std::string, Types> by_kind;  ///< LayerType
  std::map<std::string, Types> by_name;  ///< LayerName
  /// The widest type that `auto` may give to a result or an accumulator (Model's "maximum").
  std::optional<FixedType> maximum;
  bool operator==(const PrecisionConfig&) const = default;

  /// The first that is found of: name[tensor], name["default"], kind[tensor], kind["default"], model[tensor],
  /// model["default"]; nothing at all reads as auto.
  PrecisionChoice lookup(std::string_view kind, std::string_view name, const std::string& tensor) const;

  /// As lookup, but only what is said of the layer itself, by name or kind: for tensors that keep the type
  /// they have while only the model's default speaks. Null: nothing is said.
  const PrecisionChoice* of_layer(std::string_view kind, std::string_view name,
                                  const std::string& tensor) const;

  /// As lookup, but only what is said of the tensor by its own name, never a default. Null: nothing is said.
  const PrecisionChoice* of_tensor(std::string_view kind, std::string_view name,
                                   const std::string& tensor) const;
};

}  // namespace gw
