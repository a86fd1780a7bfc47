// Which dataset is which layer's kernel. Layers are told by name where the file has names, else by their
// order within their class, which is how Keras itself loads them.

#include "formats/keras/weights.h"

#include <algorithm>
#include <charconv>

namespace gw {

namespace {

constexpr std::string_view containers[] = {"layers",
                                           "_layer_checkpoint_dependencies"};  // Keras 2.13 says the latter

/// "kernel" of "fc1/kernel:0".
std::string base_name(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  return name.substr(0, name.find(':'));
}

/// Whether one of the parts of the path is the name.
bool has_part(const std::string& path, const std::string& name) {
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    if (path.compare(at, end - at, name) == 0) return true;
    at = end + 1;
  }
  return false;
}

/// k of "base_k", 0 of "base", or -1.
int number_of(const std::string& name, const std::string& base) {
  if (name == base) return 0;
  if (!name.starts_with(base + "_")) return -1;
  const std::string rest = name.substr(base.size() + 1);
  int number = -1;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return error == std::errc() && end == rest.data() + rest.size() && number > 0 ? number : -1;
}

std::string prefix_of(const std::string& name) {
  const size_t end = name.rfind('/');
  return end == std::string::npos ? "" : name.substr(0, end);
}

}  // namespace

bool is_idle_variable(const std::string& path) {
  static constexpr std::string_view names[] = {
      "mask", "threshold", "pruning_step", "iteration", "qnoise_factor", "step", "seed_generator_state"};
  return std::find(std::begin(names), std::end(names), base_name(path)) != std::end(names);
}

KerasWeights::KerasWeights(Hdf5File file, const KerasModel& model) : file_(std::move(file)) {
  for (const std::string_view container : containers) {
    const std::string path = "/" + std::string(container);
    if (!file_.has_group(path)) continue;
    is_numbered_ = true;
    find_numbered(model, path);
    return;
  }
  const bool is_whole = file_.attribute("/", "model_config") != nullptr || file_.has_group("/model_weights");
  const std::string root = is_whole ? "/model_weights" : "";
  for (const KerasLayer& layer : model.layers) {
    const std::string group = root + "/" + layer.stored_as;
    stores_[&layer] = {group, ""};
    if (layer.model) find_named(*layer.model, group);
  }
}

/// All variables of a model that is a layer lie in that layer's group.
void KerasWeights::find_named(const KerasModel& model, const std::string& group) {
  for (const KerasLayer& layer : model.layers) {
    stores_[&layer] = {group, layer.stored_as};
    if (layer.model) find_named(*layer.model, group);
  }
}

void KerasWeights::find_numbered(const KerasModel& model, const std::string& container) {
  std::map<std::string, std::vector<const KerasLayer*>> classes;
  for (const KerasLayer& layer : model.layers) {
    const bool is_dropped =
        layer.is_operation || (model.class_name == "Sequential" && layer.class_name == "InputLayer");
    if (is_dropped) continue;
    std::string name = layer.wrapper_class.empty() ? layer.class_name : layer.wrapper_class;
    name = name.substr(name.find('>') + 1);  // npos + 1 is 0
    classes[keras_group_name(name)].push_back(&layer);
  }
  const std::vector<std::string> members = file_.members(container);
  for (const auto& [base, layers] : classes) {
    std::map<int, std::string> groups;
    std::map<std::string, std::string> by_name;
    for (const std::string& name : members) {
      const int number = number_of(name, base);
      if (number < 0) continue;
      const std::string path = container + "/" + name;
      groups[number] = path;
      const auto* said = file_.attribute(path + "/vars", "name");
      if (said && said->size() == 1) by_name[(*said)[0]] = path;
    }
    // Layers that are listed twice leave gaps in the numbers.
    const bool is_whole = groups.size() == layers.size();
    auto next = groups.begin();
    for (size_t i = 0; i < layers.size(); ++i) {
      const KerasLayer& layer = *layers[i];
      std::string path = container + "/" + (i == 0 ? base : base + "_" + std::to_string(i));
      if (is_whole) path = (next++)->second;
      if (const auto named = by_name.find(layer.stored_as); named != by_name.end()) path = named->second;
      if (!layer.wrapper_class.empty()) path += "/layer";
      stores_[&layer] = {path, ""};
      if (layer.model) {
        for (const std::string_view inner : containers) {
          const std::string nested = path + "/" + std::string(inner);
          if (!file_.has_group(nested)) continue;
          find_numbered(*layer.model, nested);
          break;
        }
      }
    }
  }
}

/// An attribute that may be cut into several, name0, name1.
std::vector<std::string> KerasWeights::listed(const std::string& group, const std::string& attribute) const {
  std::vector<std::string> all;
  if (const auto* whole = file_.attribute(group, attribute)) all = *whole;
  for (int part = 0; all.empty() || part > 0; ++part) {
    const auto* texts = file_.attribute(group, attribute + std::to_string(part));
    if (!texts) break;
    all.insert(all.end(), texts->begin(), texts->end());
  }
  return all;
}

/// Paths of the layer's own variables, by their last names.
std::map<std::string, std::string> KerasWeights::named_variables(const Store& store) const {
  std::vector<std::string> names = listed(store.group, "weight_names");
  if (names.empty()) {
    const std::string start = store.group + "/";
    for (auto entry = file_.datasets.lower_bound(start); entry != file_.datasets.end(); ++entry) {
      if (!entry->first.starts_with(start)) break;
      names.push_back(entry->first.substr(start.size()));
    }
  }
  std::map<std::string, std::string> found;
  for (const std::string& name : names) {
    if (!store.owner.empty() && !has_part(prefix_of(name), store.owner)) continue;
    found.try_emplace(base_name(name), store.group + "/" + name);
  }
  return found;
}

std::vector<KerasWeights::Variable> KerasWeights::variables(const KerasLayer& layer,
                                                            const std::vector<std::string>& names) const {
  std::vector<Variable> found;
  const auto store = stores_.find(&layer);
  if (store == stores_.end()) return std::vector<Variable>(names.size());
  std::map<std::string, std::string> by_name;
  if (!is_numbered_) by_name = named_variables(store->second);
  std::map<std::string, int> counts;  // of each layer inside
  for (const std::string& name : names) {
    std::string path;
    if (is_numbered_) {
      const std::string prefix = prefix_of(name);
      path = store->second.group + (prefix.empty() ? "" : "/" + prefix) + "/vars/" +
             std::to_string(counts[prefix]++);
    } else {
      const auto entry = by_name.find(base_name(name));
      path = entry == by_name.end() ? store->second.group + "/" + name : entry->second;
    }
    const auto dataset = file_.datasets.find(path);
    found.push_back({dataset == file_.datasets.end() ? nullptr : &dataset->second, path});
  }
  return found;
}

bool KerasWeights::has_numbered(const KerasLayer& layer, const std::string& prefix) const {
  const auto store = stores_.find(&layer);
  return is_numbered_ && store != stores_.end() &&
         file_.has_group(store->second.group + "/" + prefix + "/vars");
}

std::vector<std::string> KerasWeights::others(const KerasLayer& layer,
                                              const std::vector<std::string>& names) const {
  std::vector<std::string> found;
  const auto store = stores_.find(&layer);
  if (store == stores_.end()) return found;
  if (!is_numbered_) {
    for (const auto& variable : named_variables(store->second)) {
      const std::string& name = variable.first;
      const bool is_asked =
          std::any_of(names.begin(), names.end(), [&](const auto& n) { return base_name(n) == name; });
      if (!is_asked && !is_idle_variable(name)) found.push_back(name);
    }
    return found;
  }
  std::map<std::string, int> counts;
  for (const std::string& name : names) ++counts[prefix_of(name)];
  counts.try_emplace("", 0);
  for (const auto& [prefix, count] : counts) {
    const std::string vars = (prefix.empty() ? "" : prefix + "/") + std::string("vars");
    for (const std::string& member : file_.members(store->second.group + "/" + vars)) {
      int number = -1;
      std::from_chars(member.data(), member.data() + member.size(), number);
      if (number >= count || (number < 0 && !member.empty() && !is_idle_variable(member)))
        found.push_back(vars + "/" + member);
    }
  }
  return found;
}

}  // namespace gw
