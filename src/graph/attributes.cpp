// A layer says its attributes once, in `fields`; this turns that visitor into a list that ordinary code can
// walk, and the closed set of layers into one that can be searched by name.

#include "graph/attributes.h"

#include <map>

namespace gw {

namespace {

template <size_t... index>
std::vector<Layer> one_of_each(std::index_sequence<index...>) {
  return {Layer(std::in_place_index<index>)...};
}

const std::vector<Layer>& all_layers() {
  static const std::vector<Layer> layers =
      one_of_each(std::make_index_sequence<std::variant_size_v<Layer>>());
  return layers;
}

std::string_view kind_of(const Layer& layer) {
  return std::visit([](const auto& l) { return l.info.name; }, layer);
}

}  // namespace

std::vector<Attribute> attributes(Layer& layer) {
  std::vector<Attribute> found;
  std::visit(
      [&](auto& l) { l.fields(l, [&](const char* name, auto& value) {
                       found.push_back({name, &value});
                     }); },
      layer);
  return found;
}

std::vector<std::string> input_names(const Layer& layer) {
  std::string_view rest = std::visit([](const auto& l) { return l.info.inputs; }, layer);
  std::vector<std::string> names;
  for (auto comma = rest.find(", "); comma != rest.npos; comma = rest.find(", ")) {
    names.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(comma + 2);
  }
  names.emplace_back(rest);
  return names;
}

std::vector<std::string> configurable_tensors(std::string_view kind) {
  if (kind == "input") return {"result"};
  // What layers call their types, and what configurations call them.
  static const std::map<std::string, std::string> tensors{{"out", "result"},
                                                          {"accumulator", "accum"},
                                                          {"exp_type", "exp_table"},
                                                          {"inverse_type", "inv_table"},
                                                          {"inverse_input", "inv_inp"}};
  auto layer = make_layer(kind);
  GW_CHECK(layer);
  std::vector<std::string> names = input_names(*layer);
  names.erase(names.begin());  // the stream has the type of the layer that makes it
  for (const Attribute& attribute : attributes(*layer)) {
    if (!std::holds_alternative<int*>(attribute.value)) names.push_back(tensors.at(attribute.name));
  }
  return names;
}

const std::vector<std::string>& layer_kinds() {
  static const std::vector<std::string> kinds = [] {
    std::vector<std::string> names;
    for (const Layer& layer : all_layers()) names.emplace_back(kind_of(layer));
    return names;
  }();
  return kinds;
}

std::optional<Layer> make_layer(std::string_view kind) {
  for (const Layer& layer : all_layers()) {
    if (kind_of(layer) == kind) return layer;
  }
  return std::nullopt;
}

}  // namespace gw
