// Values of a configuration file, read as hls4ml reads them: names of strategies and styles in any case,
// truth as true, yes or 1, a type in the spellings of three vendors. What is none of that is told with its
// line.

#include "formats/config/value.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "num/fixed.h"
#include "support/messages.h"

namespace gw {

namespace {

/// "ResourceUnrolled", "resource_unrolled" and "RESOURCEUNROLLED" are one name.
std::string plain(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (c != '_') letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return letters;
}

constexpr std::array<std::string_view, 5> spellings{"Auto", "Latency", "Resource", "ResourceUnrolled",
                                                    "DistributedArithmetic"};

/// The strategy that was most likely meant: one whose name ends in what was written, or the nearest.
std::string likely_strategy(std::string_view text) {
  for (const std::string_view name : spellings) {
    if (!text.empty() && plain(name).ends_with(plain(text))) return std::string(name);
  }
  return nearest(text, {spellings.begin(), spellings.end()});
}

constexpr std::array<std::string_view, 9> floating_point{
    "float", "double", "half", "bfloat16", "apfloat", "acfloat", "acstdfloat", "acieeefloat", "stdfloat"};

bool is_floating_point(std::string_view text) {
  const std::string name = plain(text.substr(0, text.find('<')));
  return std::find(floating_point.begin(), floating_point.end(), name) != floating_point.end();
}

/// True for a type that would be understood but for the saturated bits of its wrap.
bool has_saturated_bits(const std::string& text) {
  const auto comma = text.rfind(',');
  if (comma == text.npos) return false;
  const auto rest = parse_quantizer(text.substr(0, comma) + ">");
  return rest && parse_quantizer(text.substr(0, comma) + ",0>");
}

}  // namespace

std::string shown(const YAML::Node& node) {
  return node.IsScalar() ? node.Scalar() : node.IsMap() ? "a map" : node.IsSequence() ? "a list" : "nothing";
}

std::string_view spelling(Strategy strategy) { return spellings[static_cast<size_t>(strategy)]; }

void ConfigValues::wrong_kind(const YAML::Node& node, const std::string& item, const std::string& wanted) {
  yaml_.add(diagnose(messages::wrong_kind, yaml_.place(node, item), wanted, shown(node)));
}

template <class E>
std::optional<E> ConfigValues::choice(const YAML::Node& node, const std::string& item) {
  const std::string text = node.IsScalar() ? node.Scalar() : "";
  std::vector<std::string> names;
  for (const std::string_view name : names_of(E{})) {
    if (plain(name) == plain(text)) return static_cast<E>(names.size());
    names.emplace_back(name);
  }
  if constexpr (std::is_same_v<E, Strategy>) {
    if (plain(text) == "da") return Strategy::DistributedArithmetic;
    yaml_.add(
        diagnose(messages::config_strategy, yaml_.place(node, item), shown(node), likely_strategy(text)));
  } else {
    yaml_.add(diagnose(messages::unknown_value, yaml_.place(node, item), shown(node), nearest(text, names)));
  }
  return std::nullopt;
}

/// "27%" is 0.27.
std::optional<double> ConfigValues::percentage(const YAML::Node& node, const std::string& item) {
  double percent = 0;
  const std::string text = node.IsScalar() ? node.Scalar() : "";
  if (text.ends_with('%') &&
      YAML::convert<double>::decode(YAML::Node(text.substr(0, text.size() - 1)), percent) && percent >= 0 &&
      percent < 100)
    return percent / 100;
  wrong_kind(node, item, "a percentage like 27%");
  return std::nullopt;
}

template <class T>
std::optional<T> ConfigValues::value(const ConfigKey& key, const YAML::Node& node, const std::string& item) {
  if constexpr (std::is_enum_v<T>) {
    return choice<T>(node, item);
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!node.IsScalar()) {
      wrong_kind(node, item, "a text");
      return std::nullopt;
    }
    if (key.choices.empty()) return node.Scalar();
    for (const std::string& known : key.choices) {
      if (plain(known) == plain(node.Scalar())) return known;
    }
    yaml_.add(diagnose(messages::unknown_value, yaml_.place(node, item), node.Scalar(),
                       nearest(node.Scalar(), key.choices)));
    return std::nullopt;
  } else {
    T read{};
    bool good = node.IsScalar() && YAML::convert<T>::decode(node, read);
    if constexpr (std::is_same_v<T, bool>) {
      int number = 0;
      if (!good && node.IsScalar() && YAML::convert<int>::decode(node, number)) {
        read = number != 0;
        good = number == 0 || number == 1;
      }
      if (!good) wrong_kind(node, item, "true or false");
    } else if constexpr (std::is_same_v<T, int>) {
      const int least = key.target == KeyTarget(&LayerSettings::table_size) ? 0 : 1;
      good = good && read >= least;
      if (!good) wrong_kind(node, item, fmt::format("a whole number of at least {}", least));
    } else {
      good = good && read > 0;
      if (!good) wrong_kind(node, item, "a number above 0");
    }
    return good ? std::optional<T>(read) : std::nullopt;
  }
}

void ConfigValues::store(const ConfigKey& key, const YAML::Node& node, const std::string& item,
                         LayerSettings* layer, ModelSettings* model, ProjectSettings* project) {
  if (node.IsNull() || (node.IsScalar() && plain(node.Scalar()) == "none")) return;
  const auto read_into = [&]<class Owner, class T>(Owner* owner, std::optional<T> Owner::*member) {
    GW_CHECK(owner);
    if (const auto read = value<T>(key, node, item)) owner->*member = read;
  };
  std::visit(
      [&]<class Target>(Target target) {
        if constexpr (std::is_same_v<Target, std::optional<double> ProjectSettings::*>) {
          if (target == &ProjectSettings::clock_uncertainty) {
            if (const auto read = percentage(node, item)) project->clock_uncertainty = read;
            return;
          }
        }
        if constexpr (requires { read_into(layer, target); }) read_into(layer, target);
        if constexpr (requires { read_into(model, target); }) read_into(model, target);
        if constexpr (requires { read_into(project, target); }) read_into(project, target);
      },
      key.target);
}

std::optional<PrecisionChoice> ConfigValues::type(const YAML::Node& node, const std::string& item) {
  const std::string text = node.IsScalar() ? node.Scalar() : "";
  if (text == "auto") return PrecisionChoice();
  const auto type = parse_quantizer(text);
  if (!type && is_floating_point(text)) {
    yaml_.add(diagnose(messages::config_float, yaml_.place(node, item), text));
  } else if (!type && has_saturated_bits(text)) {
    yaml_.add(diagnose(messages::config_saturated_bits, yaml_.place(node, item), text));
  } else if (!type) {
    yaml_.add(diagnose(messages::config_type, yaml_.place(node, item), shown(node)));
  } else if (type->to.width > max_width) {
    yaml_.add(diagnose(messages::quantizer_too_wide, yaml_.place(node, item), to_string(*type),
                       type->to.width, max_width));
  } else {
    return type;
  }
  return std::nullopt;
}

}  // namespace gw
