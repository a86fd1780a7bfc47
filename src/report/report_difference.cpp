// Two reports of one kind, held against each other number by number. Both are spread out into entries with a
// name
// ("stages / conv1 / synthesised / lut"); members of a list are known by what they are called, so that a
// layer that only one of them has does not shift the others. Times, versions and hashes of what was written
// differ between any two runs and are left out.

#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "report/report_document.h"
#include "report/report_rows.h"
#include "support/messages.h"

namespace gw {

namespace {

using Json = nlohmann::ordered_json;

/// Entries in the order in which they were met.
struct Entries {
  std::vector<std::string> order;
  std::map<std::string, Json> values;
};

bool is_incidental(const std::string& key) {
  static const std::set<std::string> keys{
      "seconds", "tools", "files", "rebuild", "gatewright", "emulated_images_per_second", "total_seconds"};
  return keys.contains(key);
}

/// What a member of a list is called.
std::string name_of(const Json& member, size_t index) {
  std::string name;
  for (const char* key : {"name", "layer", "tensor", "epoch", "class"}) {
    if (!member.is_object() || !member.contains(key)) continue;
    const Json& value = member.at(key);
    name += (name.empty() ? "" : " ") + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return name.empty() ? std::to_string(index) : name;
}

void spread(const Json& json, const std::string& path, Entries& into) {
  const auto below = [&](const std::string& key) { return path.empty() ? key : path + " / " + key; };
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      if (!is_incidental(key)) spread(value, below(key), into);
    }
  } else if (json.is_array() && !json.empty() && json.front().is_structured()) {
    for (size_t i = 0; i < json.size(); ++i) spread(json[i], below(name_of(json[i], i)), into);
  } else if (into.values.emplace(path, json).second) {
    into.order.push_back(path);
  }
}

std::string shown(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return count_cell(value).text;
  if (value.is_number()) return fmt::format("{:.6g}", value.get<double>());
  return value.dump();
}

TableCell entry(const Entries& entries, const std::string& path) {
  const auto found = entries.values.find(path);
  if (found == entries.values.end()) return {"-", ""};
  const Json& value = found->second;
  return {shown(value), value.is_string() ? value.get<std::string>() : value.dump()};
}

TableCell change(const Entries& a, const Entries& b, const std::string& path) {
  const auto in_a = a.values.find(path), in_b = b.values.find(path);
  if (in_a == a.values.end() || in_b == b.values.end()) return cell("");
  if (!in_a->second.is_number() || !in_b->second.is_number()) return cell("");
  const double from = in_a->second, to = in_b->second;
  if (from == 0) return cell("");
  return {fmt::format("{:+.1f} %", 100 * (to - from) / std::abs(from)),
          fmt::format("{}", (to - from) / std::abs(from))};
}

}  // namespace

Result<Document> report_difference(const std::string& json_a, const std::string& file_a,
                                   const std::string& json_b, const std::string& file_b) {
  const auto a = parse_report(json_a, file_a), b = parse_report(json_b, file_b);
  if (!a) return a.errors();
  if (!b) return b.errors();
  const auto format = [](const Json& json) { return json.at("format").get<std::string>(); };
  if (format(*a) != format(*b))
    return diagnose(messages::reports_of_two_kinds, {file_a}, format(*a), format(*b));
  Entries in_a, in_b;
  spread(*a, "", in_a);
  spread(*b, "", in_b);
  std::vector<std::string> paths = in_a.order;
  for (const std::string& path : in_b.order) {
    if (!in_a.values.contains(path)) paths.push_back(path);
  }
  // A table for each of the report's parts, in its order.
  Document document{"A: " + file_a + "\nB: " + file_b, {{.title = ""}}};
  std::int64_t equal = 0, different = 0;
  std::map<std::string, size_t> tables;
  auto& all = document.sections.front().tables;
  for (const std::string& path : paths) {
    const auto value_a = in_a.values.find(path), value_b = in_b.values.find(path);
    if (value_a != in_a.values.end() && value_b != in_b.values.end() && value_a->second == value_b->second) {
      ++equal;
      continue;
    }
    ++different;
    const size_t slash = path.find(" / ");
    const std::string part = slash == path.npos ? "summary" : path.substr(0, slash);
    const auto [at, is_new] = tables.emplace(part, all.size());
    if (is_new) all.push_back({part, "", {part, "A", "B", "change"}, {}});
    all[at->second].rows.push_back({cell(slash == path.npos ? path : path.substr(slash + 3)),
                                    entry(in_a, path), entry(in_b, path), change(in_a, in_b, path)});
  }
  document.sections.front().paragraphs.push_back(
      fmt::format("{} entries differ, {} are equal; times, versions and hashes of files are not compared.",
                  count_cell(different).text, count_cell(equal).text));
  return document;
}

}  // namespace gw
