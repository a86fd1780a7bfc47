// A layer says its attributes once, in `fields`; this turns that visitor into a list that ordinary code can
// walk, and the closed set of layers into one that can be searched by name.

#include "graph/attributes.h"

#include <algorithm>
#include <map>
#include <type_traits>

namespace gw {

namespace {

template <size_t... index>
std::vector<Layer> one_of_each(std::index_sequence<index...>) {
  return {Layer(std::variant_alternative_t<index, Layers>())...};
}

const std::vector<Layer>& all_layers() {
  static const std::vector<Layer> layers =
      one_of_each(std::make_index_sequence<std::variant_size_v<Layers>>());
  return layers;
}

template <class T>
AttributeRef reference(T& value) {
  if constexpr (std::is_enum_v<T>) {
    static constexpr auto names = names_of(T{});
    return ChoiceRef{&value, names,
                     [](const void* object) { return static_cast<int>(*static_cast<const T*>(object)); },
                     [](void* object, int index) { *static_cast<T*>(object) = static_cast<T>(index); }};
  } else {
    return &value;
  }
}

}  // namespace

std::string_view kind_of(const Layer& layer) {
  return std::visit([](const auto& l) { return l.info.name; }, layer);
}

bool ChoiceRef::choose(std::string_view text) const {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return false;
  set(object, static_cast<int>(found - names.begin()));
  return true;
}

std::vector<const Quantizer*> quantizers(const AttributeRef& attribute) {
  if (const auto* always = std::get_if<Quantizer*>(&attribute)) return {*always};
  if (const auto* maybe = std::get_if<std::optional<Quantizer>*>(&attribute); maybe && **maybe)
    return {&***maybe};
  std::vector<const Quantizer*> found;
  if (const auto* list = std::get_if<std::vector<Quantizer>*>(&attribute)) {
    for (const Quantizer& quantizer : **list) found.push_back(&quantizer);
  }
  return found;
}

std::vector<Attribute> attributes(Layer& layer) {
  std::vector<Attribute> found;
  std::visit(
      [&](auto& l) {
        l.fields(l, [&](const char* name, auto& value) { found.push_back({name, reference(value)}); });
      },
      layer);
  return found;
}

bool same_attributes(Layer a, Layer b) {
  if (a.index() != b.index()) return false;
  const std::vector<Attribute> left = attributes(a), right = attributes(b);
  return std::equal(left.begin(), left.end(), right.begin(), [](const Attribute& l, const Attribute& r) {
    return std::visit(
        [](const auto& x, const auto& y) {
          if constexpr (!std::is_same_v<decltype(x), decltype(y)>) {
            return false;  // one kind of layer has one list of kinds
          } else if constexpr (std::is_same_v<decltype(x), const ChoiceRef&>) {
            return x.name() == y.name();
          } else {
            return *x == *y;
          }
        },
        l.value, r.value);
  });
}

std::vector<std::string> input_names(const Layer& layer) {
  std::string_view rest = std::visit([](const auto& l) { return l.info.inputs; }, layer);
  std::vector<std::string> names;
  for (auto comma = rest.find(", "); comma != rest.npos; comma = rest.find(", ")) {
    names.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(comma + 2);
  }
  if (rest != "...") names.emplace_back(rest);
  return names;
}

std::optional<std::string> configured_name(std::string_view attribute) {
  static const std::map<std::string, std::string, std::less<>> names{{"out", "result"},
                                                                     {"accumulator", "accum"},
                                                                     {"exp_type", "exp_table"},
                                                                     {"inverse_type", "inv_table"},
                                                                     {"inverse_input", "inv_inp"},
                                                                     {"difference", "inp_norm"},
                                                                     {"parameter", "param"},
                                                                     {"slope_type", "slope"},
                                                                     {"shift_type", "shift"},
                                                                     {"table", "table"}};
  const auto found = names.find(attribute);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> configured_inputs(const Layer& layer) {
  std::vector<std::string> names = input_names(layer);
  for (std::string& name : names) {
    if (name == "alpha") name = "param";
    if (name == "values") name = "table";
    if (name.size() == 1 || name == "...") name.clear();  // "x", "a", "b", ...
  }
  return names;
}

std::vector<std::string> configurable_tensors(std::string_view kind) {
  if (kind == "input") return {"result"};
  auto layer = make_layer(kind);
  GW_CHECK(layer);
  std::vector<std::string> names = configured_inputs(*layer);
  std::erase(names, "");
  for (const Attribute& attribute : attributes(*layer)) {
    if (const auto name = configured_name(attribute.name)) names.push_back(*name);
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
