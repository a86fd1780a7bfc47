// Layers of several inputs. Keras broadcasts them from the last axis on, as we do.

#include <algorithm>

#include "formats/keras/reader.h"

namespace gw {

namespace {

using Json = nlohmann::json;

template <class L>
void read_merge(KerasCall& call) {
  call.give(call.add(L(), call.inputs()));
}

void read_concatenate(KerasCall& call) {
  const auto rank = static_cast<std::int64_t>(call.rank());
  const std::int64_t axis = call.integer("axis", -1, -rank, rank);
  if (axis == 0) return call.refuse_value("axis", "0", "another than the batch");
  for (const NodeId input : call.inputs()) {
    if (call.shape(input).size() != call.rank())
      return call.refuse_shape(
          fmt::format("{} beside {}", to_string(call.shape(input)), to_string(call.shape(call.x()))));
  }
  if (call.failed()) return;
  Concatenate layer;
  layer.axis = static_cast<int>(axis > 0 ? axis - 1 : axis);
  call.give(call.add(layer, call.inputs()));
}

void read_dot(KerasCall& call) {
  if (call.flag("normalize", false)) call.refuse_value("normalize", "true", "false");
  const Json* axes = call.value("axes");
  const std::vector<Json> alike{1, -1, {1, 1}, {-1, -1}};
  if (!axes || std::find(alike.begin(), alike.end(), *axes) == alike.end())
    call.refuse_value("axes", axes ? axes->dump() : "left out", "1, the features of both");
  if (!call.failed()) call.give(call.add(Dot(), call.inputs()));
}

}  // namespace

std::span<const KerasClass> keras_merge_classes() {
  constexpr size_t many = 1000;
  static const KerasClass rows[] = {
      {"Add", read_merge<Add>, 2, many},           {"Subtract", read_merge<Subtract>, 2, 2},
      {"Multiply", read_merge<Multiply>, 2, many}, {"Average", read_merge<Average>, 2, many},
      {"Maximum", read_merge<Maximum>, 2, many},   {"Minimum", read_merge<Minimum>, 2, many},
      {"Concatenate", read_concatenate, 1, many},  {"Dot", read_dot, 2, 2},
  };
  return rows;
}

}  // namespace gw
