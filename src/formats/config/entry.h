#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "formats/config/classes.h"
#include "formats/config/value.h"

namespace gw {

/// What one entry of a configuration says: of the model, of a class of layers or of one layer.
struct ConfigEntry {
  PrecisionConfig::Types types;
  LayerSettings settings;
  std::map<std::string, Place> places;  ///< of its keys, and of its types by tensor
};

/// What an entry may speak of.
struct EntrySubject {
  ConfigMap map;
  std::vector<std::string> kinds;  ///< of the nodes that it is about; none: all, or a node that was left out
  std::vector<std::string> tensors;  ///< that may be given a type
  std::string title;                 ///< how messages name it: "relu"
};

/// Reads the maps of a configuration file.
class ConfigMaps {
 public:
  explicit ConfigMaps(YamlFile& yaml, Config& config) : yaml_(yaml), values_(yaml), config_(config) {}

  using Visit = std::function<void(const std::string& key, const YAML::Node& at, const YAML::Node& value)>;

  /// Every entry of a map, each key once. `at` is where the map is announced: what is empty has no place of
  /// its own.
  void walk(const YAML::Node& at, const YAML::Node& map, const std::string& item, const Visit& visit);

  /// {Precision: ..., KEY: VALUE, TENSOR_t: TYPE}
  ConfigEntry entry(const YAML::Node& at, const YAML::Node& map, const std::string& item,
                    const EntrySubject& subject);

  /// One key that is no section; an error if it is not known in that map. `others` are more names that are.
  void key(const std::string& name, const YAML::Node& at, const YAML::Node& value, const std::string& item,
           ConfigMap map, const std::vector<std::string>& others, LayerSettings* layer = nullptr);

 private:
  void precision(const YAML::Node& at, const YAML::Node& value, const std::string& item,
                 const EntrySubject& subject, ConfigEntry& entry);
  void tensor_type(const std::string& tensor, const YAML::Node& at, const YAML::Node& value,
                   const std::string& item, const EntrySubject& subject, ConfigEntry& entry);
  void maximum(const YAML::Node& value, const std::string& item);
  bool check_kind(const ConfigKey& key, const YAML::Node& at, const YAML::Node& value,
                  const std::string& item, const EntrySubject& subject);
  void join_named_types(const std::map<std::string, PrecisionChoice>& named, ConfigEntry& entry);

  YamlFile& yaml_;
  ConfigValues values_;
  Config& config_;
};

/// "item.key", or "key" if there is no item.
std::string dotted(const std::string& item, const std::string& key);

/// How messages write a choice: "auto" or the type.
std::string shown(const PrecisionChoice& choice);

/// True if the kind has an attribute of that name ("table_size"); "input" and "constant" have none.
bool has_attribute(std::string_view kind, std::string_view attribute);

}  // namespace gw
