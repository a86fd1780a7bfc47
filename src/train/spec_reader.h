#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/yaml.h"
#include "train/quantizer_spec.h"

namespace gw::train {

/// Reads the values of a network file and checks that each is in its range. `item` is the dotted path of the
/// map; a value that is wrong is told and the fallback (or 1) taken for it.
class SpecReader {
 public:
  explicit SpecReader(YamlFile& file) : yaml(file) {}

  /// At least 1.
  int positive(const YAML::Node& map, const std::string& item, const std::string& key, int fallback);
  /// The same of a key that must be there.
  int required(const YAML::Node& map, const std::string& item, const std::string& key);
  /// In [least, below); `wanted` says that in words.
  double number(const YAML::Node& map, const std::string& item, const std::string& key, double fallback,
                double least, double below, const char* wanted);
  /// Two extents, as [2, 3] or, for both the same, as 2.
  std::pair<int, int> extents(const YAML::Node& map, const std::string& item, const std::string& key,
                              std::pair<int, int> fallback);
  /// A quantizer that is one of `kinds`, on a grid that may or must not learn its scale.
  std::optional<QuantizerSpec> quantizer(const YAML::Node& map, const std::string& item,
                                         const std::string& key, std::initializer_list<QuantizerKind> kinds,
                                         bool may_learn);
  /// A list of texts.
  std::vector<std::string> texts(const YAML::Node& map, const std::string& item, const std::string& key);

  void missing(const YAML::Node& map, const std::string& item, const std::string& key);
  void out_of_range(const YAML::Node& map, const std::string& item, const std::string& key,
                    const std::string& seen, const char* wanted);

  YamlFile& yaml;
};

/// The position of a name in its list; a name that is not there gives the list's length.
template <size_t N>
int index_of(const std::array<const char*, N>& names, const std::string& name) {
  return static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin());
}

template <size_t N>
std::vector<std::string> list(const std::array<const char*, N>& names) {
  return {names.begin(), names.end()};
}

}  // namespace gw::train
