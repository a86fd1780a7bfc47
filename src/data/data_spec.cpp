// The notation for data, the same in every command: what stands between commas is a source or key=value, what
// stands behind the last colon is a part. A file whose name has a comma cannot be written so.

#include "data/data_spec.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "data/read_data.h"
#include "support/messages.h"

namespace gw {

namespace {

const std::vector<std::pair<std::string, SplitPart>> parts{
    {"train", SplitPart::Train}, {"validation", SplitPart::Validation}, {"test", SplitPart::Test}};

template <class Number>
std::optional<Number> number_of(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> words;
  size_t begin = 0;
  for (size_t at; (at = text.find(',', begin)) != text.npos; begin = at + 1)
    words.push_back(text.substr(begin, at - begin));
  words.push_back(text.substr(begin));
  return words;
}

}  // namespace

bool names_labelled_data(const std::string& text) {
  const std::string bare = text.substr(0, text.rfind(':'));
  std::error_code ignored;
  if (std::filesystem::is_regular_file(text, ignored))
    return text.ends_with(".npz") || text.ends_with(".csv");
  if (text.find(',') != text.npos || bare.ends_with(".npz") || bare.ends_with(".csv")) return true;
  return is_known_data(bare) || std::filesystem::is_directory(bare, ignored);
}

Result<DataSpec> parse_data(const std::string& text, const std::string& option) {
  DataSpec spec;
  spec.text = text;
  Diagnostics errors;
  const Place place{.item = option};
  if (const size_t colon = text.rfind(':'); colon != text.npos) {
    const std::string word = text.substr(colon + 1);
    const auto found =
        std::find_if(parts.begin(), parts.end(), [&](const auto& part) { return part.first == word; });
    if (found == parts.end()) {
      std::vector<std::string> all;
      for (const auto& [name, part] : parts) all.push_back(text.substr(0, colon + 1) + name);
      return diagnose(messages::unknown_value, place, text, nearest(text, all));
    }
    spec.part = found->second;
    spec.text = text.substr(0, colon);
  }
  for (const std::string& word : split_at_commas(spec.text)) {
    const size_t equals = word.find('=');
    if (equals == word.npos) {
      spec.sources.push_back(word);
      continue;
    }
    const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
    const Place at{.item = option + ": " + key};
    if (key == "label") {
      spec.label = value;
    } else if (key == "validation" || key == "test") {
      const auto share = number_of<double>(value);
      if (!share || !(*share >= 0 && *share < 1))
        errors.push_back(diagnose(messages::value_range, at, value, "a share from 0 to below 1"));
      (key == "test" ? spec.test : spec.validation) = share;
    } else if (key == "seed") {
      spec.seed = number_of<std::uint64_t>(value);
      if (!spec.seed) errors.push_back(diagnose(messages::value_range, at, value, "a whole number"));
    } else {
      errors.push_back(diagnose(messages::unknown_value, place, key,
                                nearest(key, {"label", "validation", "test", "seed"})));
    }
  }
  if (!errors.empty()) return errors;
  return spec;
}

}  // namespace gw
