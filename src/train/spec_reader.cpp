// Values of a network file, each with the message that it gives where it is wrong.

#include "train/spec_reader.h"

#include <fmt/format.h>

#include "support/messages.h"

namespace gw::train {

int SpecReader::positive(const YAML::Node& map, const std::string& item, const std::string& key,
                         int fallback) {
  const int value = yaml.integer(map, item, key, fallback);
  return value >= 1 ? value : (out_of_range(map, item, key, std::to_string(value), "at least 1"), 1);
}

int SpecReader::required(const YAML::Node& map, const std::string& item, const std::string& key) {
  if (map[key].IsDefined()) return positive(map, item, key, 1);
  missing(map, item, key);
  return 1;
}

double SpecReader::number(const YAML::Node& map, const std::string& item, const std::string& key,
                          double fallback, double least, double below, const char* wanted) {
  const double value = yaml.number(map, item, key, fallback);
  if (value >= least && value < below) return value;
  out_of_range(map, item, key, fmt::format("{}", value), wanted);
  return fallback;
}

std::pair<int, int> SpecReader::extents(const YAML::Node& map, const std::string& item,
                                        const std::string& key, std::pair<int, int> fallback) {
  if (!map[key].IsDefined()) return fallback;
  if (map[key].IsScalar()) {
    const int both = positive(map, item, key, 1);
    return {both, both};
  }
  const std::vector<int> both = yaml.integers(map, item, key, {fallback.first, fallback.second});
  if (both.size() == 2 && both[0] >= 1 && both[1] >= 1) return {both[0], both[1]};
  out_of_range(map, item, key, fmt::format("[{}]", fmt::join(both, ", ")),
               "[height, width], each at least 1");
  return fallback;
}

std::optional<QuantizerSpec> SpecReader::quantizer(const YAML::Node& map, const std::string& item,
                                                   const std::string& key,
                                                   std::initializer_list<QuantizerKind> kinds,
                                                   bool may_learn) {
  if (!map[key].IsDefined()) return std::nullopt;
  const std::string text = yaml.text(map, item, key, "");
  std::string why;
  auto spec = read_quantizer(text, why);
  const bool is_allowed = spec && std::find(kinds.begin(), kinds.end(), spec->kind) != kinds.end();
  const bool is_kernel = key == "kernel_quantizer";
  if (spec && !is_allowed)
    why = fmt::format("it is none for {}", is_kernel                 ? "weights"
                                           : key == "bias_quantizer" ? "biases"
                                                                     : "activations");
  else if (spec && !is_kernel && (spec->scale == ScaleRule::AutoPo2 || spec->per_channel))
    why = "a scale for each channel is for weights";
  else if (spec && !is_kernel && spec->learned_bits == LearnedBits::Weight)
    why = "a width for each weight is for weights";
  else if (spec && !may_learn && spec->scale == ScaleRule::Learned)
    why = "its scale cannot be learned here";
  else if (spec && !is_kernel && (spec->exponent != 0 || (spec->is_sign() && !spec->keep_negative)))
    why = "here it must round to multiples of its own step: leave alpha and use_01 out";
  if (why.empty()) return spec;
  yaml.add(diagnose(messages::quantizer_refused, yaml.place(map[key], item + "." + key), text, why));
  return std::nullopt;
}

void SpecReader::missing(const YAML::Node& map, const std::string& item, const std::string& key) {
  yaml.add(diagnose(messages::key_missing, yaml.place(map, item), key));
}

void SpecReader::out_of_range(const YAML::Node& map, const std::string& item, const std::string& key,
                              const std::string& seen, const char* wanted) {
  yaml.add(diagnose(messages::value_range, yaml.place(map[key], item + "." + key), seen, wanted));
}

std::vector<std::string> SpecReader::texts(const YAML::Node& map, const std::string& item,
                                           const std::string& key) {
  std::vector<std::string> all;
  const YAML::Node node = map[key];
  if (!node.IsDefined()) return all;
  if (!node.IsSequence()) {
    yaml.add(diagnose(messages::wrong_kind, yaml.place(node, item + "." + key), "a list of names",
                      node.IsMap() ? "a map" : node.Scalar()));
    return all;
  }
  for (const YAML::Node& entry : node) all.push_back(entry.IsScalar() ? entry.Scalar() : "");
  return all;
}

}  // namespace gw::train
