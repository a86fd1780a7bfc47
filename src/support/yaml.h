#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "support/result.h"

namespace gw {

/// A YAML file whose every complaint names file, line and key. Readers walk it with the checks below, which
/// collect what is wrong so that all problems of a file are told in one run.
class YamlFile {
 public:
  /// Parses `text`; `file` is only used in messages.
  static Result<YamlFile> parse(std::string_view text, std::string file);

  const YAML::Node& root() const { return root_; }
  Place place(const YAML::Node& node, std::string item) const;

  /// Adds an `unknown-key` error for every key of the map `node` that is not in `known`, with the nearest
  /// known one; `item` is the dotted path of the map itself. A node that is not a map is an error as well.
  void check_keys(const YAML::Node& node, const std::string& item, const std::vector<std::string>& known);

  /// The value at map[key], or `fallback` where the key is absent; a value of the wrong kind is an error.
  int integer(const YAML::Node& map, const std::string& item, const std::string& key, int fallback);
  double number(const YAML::Node& map, const std::string& item, const std::string& key, double fallback);
  bool boolean(const YAML::Node& map, const std::string& item, const std::string& key, bool fallback);
  std::string text(const YAML::Node& map, const std::string& item, const std::string& key,
                   std::string fallback);
  /// As text(), but only one of `choices` is accepted; another value is an error that names the nearest.
  std::string choice(const YAML::Node& map, const std::string& item, const std::string& key,
                     const std::vector<std::string>& choices, std::string fallback);
  std::vector<int> integers(const YAML::Node& map, const std::string& item, const std::string& key,
                            std::vector<int> fallback);

  void add(Diagnostic error) { errors_.push_back(std::move(error)); }
  const Diagnostics& errors() const { return errors_; }

 private:
  std::string file_;
  YAML::Node root_;
  Diagnostics errors_;
};

}  // namespace gw
