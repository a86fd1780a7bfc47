// One entry of a configuration: the model's, a class's or a layer's. Types come in two spellings, as a tensor
// of Precision and as a key that ends in "_t". hls4ml reads the tables of a function in the second one only
// and writes their usual types in the first; here both count, and where they differ the usual type gives way.

#include "formats/config/entry.h"

#include <algorithm>

#include <fmt/format.h>

#include "graph/attributes.h"
#include "support/messages.h"

namespace gw {

namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The types that hls4ml writes for tables when nobody asked for one.
bool is_usual_table(const PrecisionChoice& choice) {
  if (!choice || choice->to != FixedType{18, 8, true}) return false;
  return (choice->rounding == Rounding::Trn && choice->overflow == Overflow::Wrap) ||
         (choice->rounding == Rounding::Rnd && choice->overflow == Overflow::Sat);
}

}  // namespace

std::string dotted(const std::string& item, const std::string& key) {
  return item.empty() ? key : item + "." + key;
}

std::string shown(const PrecisionChoice& choice) { return choice ? to_string(*choice) : "auto"; }

bool has_attribute(std::string_view kind, std::string_view attribute) {
  auto layer = make_layer(kind);
  if (!layer) return false;
  const std::vector<Attribute> all = attributes(*layer);
  return std::any_of(all.begin(), all.end(), [&](const Attribute& a) { return a.name == attribute; });
}

void ConfigMaps::walk(const YAML::Node& at, const YAML::Node& map, const std::string& item,
                      const Visit& visit) {
  if (!map.IsMap()) {
    yaml_.add(
        diagnose(messages::wrong_kind, yaml_.place(map.IsNull() ? at : map, item), "a map", shown(map)));
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : map) {
    const std::string key = shown(entry.first);
    if (!seen.insert(key).second) {
      yaml_.add(diagnose(messages::key_twice, yaml_.place(entry.first, item), key));
    } else {
      visit(key, entry.first, entry.second);
    }
  }
}

void ConfigMaps::key(const std::string& name, const YAML::Node& at, const YAML::Node& value,
                     const std::string& item, ConfigMap map, const std::vector<std::string>& others,
                     LayerSettings* layer) {
  const ConfigKey* found = find_key(name, map);
  if (!found) {
    std::vector<std::string> known = key_names(map);
    known.insert(known.end(), others.begin(), others.end());
    yaml_.add(diagnose(messages::unknown_key, yaml_.place(at, item), name, nearest(name, known)));
    return;
  }
  const std::string path = dotted(item, name);
  const std::string text = value.IsScalar() ? value.Scalar() : value.IsNull() ? "null" : "";
  const bool usual = !value.IsMap() && !value.IsSequence() && is_usual(*found, text);
  if (found->effect == KeyEffect::Refused && !usual) {
    yaml_.add(diagnose(messages::config_refused, yaml_.place(at, path), name, std::string(found->doc)));
    return;
  }
  if (found->effect == KeyEffect::Unused && !usual) {
    config_.notes.push_back(
        diagnose(messages::config_unused, yaml_.place(at, path), name, std::string(found->doc)));
  }
  values_.store(*found, value, path, layer, &config_.whole, &config_.project);
}

ConfigEntry ConfigMaps::entry(const YAML::Node& at, const YAML::Node& map, const std::string& item,
                              const EntrySubject& subject) {
  ConfigEntry entry;
  std::map<std::string, PrecisionChoice> named;  // by keys like table_t
  std::vector<std::string> others{"Precision"};
  if (subject.map == LayerMap) {
    for (const std::string& tensor : subject.tensors) others.push_back(tensor + "_t");
  }
  walk(at, map, item, [&](const std::string& name, const YAML::Node& where, const YAML::Node& value) {
    entry.places[name] = yaml_.place(where, dotted(item, name));
    if (name == "Precision") return precision(where, value, dotted(item, name), subject, entry);
    if (contains(others, name)) {
      const auto type = values_.type(value, dotted(item, name));
      if (type) named[name.substr(0, name.size() - 2)] = *type;
      return;
    }
    const ConfigKey* known = find_key(name, subject.map);
    if (known && !check_kind(*known, where, value, item, subject)) return;
    key(name, where, value, item, subject.map, others, &entry.settings);
  });
  join_named_types(named, entry);
  return entry;
}

/// Precision: TYPE or {TENSOR: TYPE, ...}
void ConfigMaps::precision(const YAML::Node& at, const YAML::Node& value, const std::string& item,
                           const EntrySubject& subject, ConfigEntry& entry) {
  if (value.IsNull()) return;
  if (value.IsScalar()) return tensor_type("default", at, value, item, subject, entry);
  walk(at, value, item, [&](const std::string& tensor, const YAML::Node& where, const YAML::Node& type) {
    if (tensor == "maximum" && subject.map == ModelMap) return maximum(type, dotted(item, tensor));
    tensor_type(tensor, where, type, dotted(item, tensor), subject, entry);
  });
}

void ConfigMaps::tensor_type(const std::string& tensor, const YAML::Node& at, const YAML::Node& value,
                             const std::string& item, const EntrySubject& subject, ConfigEntry& entry) {
  const bool is_default = tensor == "default";
  if (contains(subject.tensors, tensor) || (is_default && !subject.tensors.empty())) {
    if (const auto type = values_.type(value, item)) {
      entry.types[tensor] = *type;
      entry.places[tensor] = yaml_.place(value, item);
    }
    return;
  }
  // A layer without types of its own, and tensors that hls4ml's layer has and ours does not.
  std::vector<IdleTensor> idle;
  for (const std::string& kind : subject.kinds) {
    for (IdleTensor& one : idle_tensors(kind)) idle.push_back(std::move(one));
  }
  const auto found =
      std::find_if(idle.begin(), idle.end(), [&](const IdleTensor& one) { return one.tensor == tensor; });
  if (found == idle.end() && !subject.tensors.empty()) {
    yaml_.add(diagnose(messages::config_key, yaml_.place(at, item.substr(0, item.size() - tensor.size() - 1)),
                       tensor,
                       fmt::format("default, {}{}", subject.map == ModelMap ? "maximum, " : "",
                                   fmt::join(subject.tensors, ", "))));
    return;
  }
  const auto type = values_.type(value, item);
  if (!type || !*type) return;  // auto says nothing
  if (found != idle.end() && *type == found->only) return;
  if (subject.tensors.empty() || tensor == "result") {
    yaml_.add(diagnose(messages::config_without_types, yaml_.place(at, item), subject.title));
  } else {
    yaml_.add(diagnose(messages::config_idle_type, yaml_.place(value, item), subject.title, tensor,
                       shown(found->only)));
  }
}

void ConfigMaps::maximum(const YAML::Node& value, const std::string& item) {
  const auto type = values_.type(value, item);
  if (!type) return;
  if (!*type) {
    yaml_.add(diagnose(messages::config_type, yaml_.place(value, item), "auto"));
    return;
  }
  config_.precision.maximum = (*type)->to;
  if ((*type)->rounding != Rounding::Trn || (*type)->overflow != Overflow::Wrap)
    config_.notes.push_back(
        diagnose(messages::config_maximum_modes, yaml_.place(value, item), to_string(**type)));
}

/// An error if the key belongs to other kinds of layers, unless its value is the one that hls4ml writes for
/// all.
bool ConfigMaps::check_kind(const ConfigKey& key, const YAML::Node& at, const YAML::Node& value,
                            const std::string& item, const EntrySubject& subject) {
  const std::string path = dotted(item, std::string(key.name));
  if (key.name == "Strategy" && contains(subject.kinds, "softmax")) {
    std::string implementation = value.IsScalar() ? value.Scalar() : "";
    std::transform(implementation.begin(), implementation.end(), implementation.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    if (!contains(find_key("Implementation", LayerMap)->choices, implementation)) implementation = "stable";
    yaml_.add(
        diagnose(messages::config_softmax_strategy, yaml_.place(at, path), shown(value), implementation));
    return false;
  }
  static const std::map<std::string_view, std::string_view> attributes{
      {"TableSize", "table_size"}, {"Implementation", "implementation"}, {"Skip", "implementation"}};
  const auto attribute = attributes.find(key.name);
  if (attribute == attributes.end() || subject.map == ModelMap) return true;
  for (const std::string& kind : subject.kinds) {
    if (has_attribute(kind, attribute->second)) return true;
  }
  if (value.IsScalar() && is_usual(key, value.Scalar())) return false;  // it says nothing
  yaml_.add(
      diagnose(messages::config_not_of_kind, yaml_.place(at, path), subject.title, std::string(key.name)));
  return false;
}

void ConfigMaps::join_named_types(const std::map<std::string, PrecisionChoice>& named, ConfigEntry& entry) {
  for (const auto& [tensor, type] : named) {
    const auto other = entry.types.find(tensor);
    if (other != entry.types.end() && other->second && other->second != type &&
        !is_usual_table(other->second)) {
      yaml_.add(diagnose(messages::config_contradiction, entry.places[tensor + "_t"], shown(type), tensor,
                         shown(other->second)));
    }
    entry.types[tensor] = type;
    entry.places[tensor] = entry.places[tensor + "_t"];
  }
}

}  // namespace gw
