// Reads YAML so that every complaint has a line. yaml-cpp throws on a value of the wrong kind; here each
// becomes a message, the reader goes on with the fallback, and all problems of a file are told in one run.
#include "support/yaml.h"

#include <algorithm>

#include "support/messages.h"

namespace gw {

Result<YamlFile> YamlFile::parse(std::string_view text, std::string file) {
  YamlFile yaml;
  try {
    yaml.root_ = YAML::Load(std::string(text));
  } catch (const YAML::Exception& error) {
    return diagnose(messages::yaml_syntax, {file, error.mark.line + 1}, error.msg);
  }
  yaml.file_ = std::move(file);
  return yaml;
}

Place YamlFile::place(const YAML::Node& node, std::string item) const {
  return {file_, node.IsDefined() ? node.Mark().line + 1 : 0, std::move(item)};
}

namespace {

std::string dotted(const std::string& item, const std::string& key) {
  return item.empty() ? key : item + "." + key;
}

std::string kind_of(const YAML::Node& node) {
  return node.IsScalar() ? node.Scalar() : node.IsMap() ? "a map" : node.IsNull() ? "nothing" : "a list";
}

// yaml-cpp reports a wrong kind by an exception; here it becomes a message with the line.
template <class T>
T value_of(YamlFile& yaml, const YAML::Node& map, const std::string& item, const std::string& key, T fallback,
           const char* wanted) {
  if (!map.IsMap()) return fallback;  // check_keys has told
  const YAML::Node node = map[key];
  if (!node.IsDefined()) return fallback;
  try {
    return node.as<T>();
  } catch (const YAML::Exception&) {
    yaml.add(diagnose(messages::wrong_kind, yaml.place(node, dotted(item, key)), wanted, kind_of(node)));
    return fallback;
  }
}

}  // namespace

void YamlFile::check_keys(const YAML::Node& node, const std::string& item,
                          const std::vector<std::string>& known) {
  if (!node.IsMap()) {
    add(diagnose(messages::wrong_kind, place(node, item), "a map", kind_of(node)));
    return;
  }
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      add(diagnose(messages::wrong_kind, place(entry.first, item), "names as keys", kind_of(entry.first)));
      continue;
    }
    const std::string& key = entry.first.Scalar();
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    add(diagnose(messages::unknown_key, place(entry.first, item), key, nearest(key, known)));
  }
}

int YamlFile::integer(const YAML::Node& map, const std::string& item, const std::string& key, int fallback) {
  return value_of<int>(*this, map, item, key, fallback, "a whole number");
}

double YamlFile::number(const YAML::Node& map, const std::string& item, const std::string& key,
                        double fallback) {
  return value_of<double>(*this, map, item, key, fallback, "a number");
}

bool YamlFile::boolean(const YAML::Node& map, const std::string& item, const std::string& key,
                       bool fallback) {
  return value_of<bool>(*this, map, item, key, fallback, "true or false");
}

std::string YamlFile::text(const YAML::Node& map, const std::string& item, const std::string& key,
                           std::string fallback) {
  return value_of<std::string>(*this, map, item, key, std::move(fallback), "a text");
}

std::string YamlFile::choice(const YAML::Node& map, const std::string& item, const std::string& key,
                             const std::vector<std::string>& choices, std::string fallback) {
  const std::string value = text(map, item, key, fallback);
  if (value == fallback || std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  add(diagnose(messages::unknown_value, place(map[key], dotted(item, key)), value, nearest(value, choices)));
  return fallback;
}

std::vector<int> YamlFile::integers(const YAML::Node& map, const std::string& item, const std::string& key,
                                    std::vector<int> fallback) {
  return value_of<std::vector<int>>(*this, map, item, key, std::move(fallback), "a list of whole numbers");
}

}  // namespace gw
