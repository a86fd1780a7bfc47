#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "layers/all.h"

namespace gw {

/// An attribute that is one of a few named choices, in place.
struct ChoiceRef {
  void* object = nullptr;
  std::span<const std::string_view> names;
  int (*get)(const void* object) = nullptr;
  void (*set)(void* object, int index) = nullptr;

  std::string_view name() const { return names[static_cast<size_t>(get(object))]; }
  /// True if `text` is one of the names, which then is chosen.
  bool choose(std::string_view text) const;
};

/// An attribute of a layer, in place. Every kind that a layer's `fields` may name is here.
using AttributeRef = std::variant<int*, bool*, double*, std::vector<int>*, ChoiceRef, Quantizer*,
                                  std::optional<Quantizer>*, std::vector<Quantizer>*>;

struct Attribute {
  std::string name;
  AttributeRef value;
};

/// Every quantizer that the attribute holds: none, one, or those of a list.
std::vector<const Quantizer*> quantizers(const AttributeRef& attribute);

/// The attributes of a layer in the order of its `fields`. Printing, reading and checking derive
/// from this list. The pointers live as long as `layer`.
std::vector<Attribute> attributes(Layer& layer);

/// True for layers of one kind whose attributes are all equal.
bool same_attributes(Layer a, Layer b);

/// The names of a layer's inputs in order: "x", "weight", "bias". Of a layer that takes as many as it is
/// given, those of the first; the last stands for all further ones.
std::vector<std::string> input_names(const Layer& layer);

/// What configurations call the tensor whose type a layer keeps in that attribute ("accumulator": "accum"),
/// or nothing if the attribute is no type that they can give.
std::optional<std::string> configured_name(std::string_view attribute);

/// What configurations call a layer's inputs, in order: "weight", "bias", "param" for the slopes of a PReLU;
/// "" for streams, which have the type of the layer that makes them.
std::vector<std::string> configured_inputs(const Layer& layer);

/// The tensors of a node of that kind ("input" or one of layer_kinds) that a configuration can give a type
/// to, by the names that it uses: "weight", "bias", "accum", "result", ... Empty for a layer that changes no
/// value.
std::vector<std::string> configurable_tensors(std::string_view kind);

/// The name of a layer, as LayerInfo has it.
std::string_view kind_of(const Layer& layer);

/// The names of all layers, as LayerInfo has them, in the order of Layer.
const std::vector<std::string>& layer_kinds();

/// The layer of that name with the attributes it comes with, or nothing.
std::optional<Layer> make_layer(std::string_view kind);

}  // namespace gw
