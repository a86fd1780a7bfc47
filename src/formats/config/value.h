#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/config/keys.h"
#include "graph/precision.h"
#include "support/yaml.h"

namespace gw {

/// Reads the values of a configuration's keys. What is wrong becomes an error of the file, with its line;
/// `item` is the dotted path of the key.
class ConfigValues {
 public:
  explicit ConfigValues(YamlFile& yaml) : yaml_(yaml) {}

  /// The value into its place in `layer`, `model` or `project`, whichever the key belongs to; that one must
  /// be given. A value that is null says nothing.
  void store(const ConfigKey& key, const YAML::Node& node, const std::string& item, LayerSettings* layer,
             ModelSettings* model, ProjectSettings* project);

  /// A type or `auto`; nothing if it is neither, which is an error.
  std::optional<PrecisionChoice> type(const YAML::Node& node, const std::string& item);

 private:
  template <class T>
  std::optional<T> value(const ConfigKey& key, const YAML::Node& node, const std::string& item);
  template <class E>
  std::optional<E> choice(const YAML::Node& node, const std::string& item);
  std::optional<double> percentage(const YAML::Node& node, const std::string& item);
  void wrong_kind(const YAML::Node& node, const std::string& item, const std::string& wanted);

  YamlFile& yaml_;
};

/// What stands at the node, for messages: its text, "a map", "a list" or "nothing".
std::string shown(const YAML::Node& node);

/// hls4ml's spelling of a choice: "ResourceUnrolled" for resource_unrolled.
std::string_view spelling(Strategy strategy);

}  // namespace gw
