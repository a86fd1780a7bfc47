// C++'s small change: types, exact numbers, names.
//
// Constants are written as decimals, since people read them. The shortest decimal that reads back as the same
// double stands for exactly that double, and a double for every number of up to 53 significant bits; what is
// longer is written as the whole number behind it.

#include "backends/hls/text.h"

#include <algorithm>
#include <cmath>

#include "support/check.h"

namespace gw::hls {

namespace {

// Keywords, and what the generated files and the headers that they include use.
constexpr std::string_view reserved[] = {
    "alignas",     "alignof",     "and",        "and_eq",    "asm",       "auto",         "bitand",
    "bitor",       "bool",        "break",      "case",      "catch",     "char",         "char16_t",
    "char32_t",    "char8_t",     "class",      "co_await",  "co_return", "co_yield",     "compl",
    "concept",     "const",       "const_cast", "consteval", "constexpr", "constinit",    "continue",
    "decltype",    "default",     "delete",     "do",        "double",    "dynamic_cast", "else",
    "enum",        "explicit",    "export",     "extern",    "false",     "float",        "for",
    "friend",      "goto",        "if",         "inline",    "int",       "long",         "mutable",
    "namespace",   "new",         "noexcept",   "not",       "not_eq",    "nullptr",      "operator",
    "or",          "or_eq",       "private",    "protected", "public",    "register",     "reinterpret_cast",
    "requires",    "return",      "short",      "signed",    "sizeof",    "static",       "static_assert",
    "static_cast", "struct",      "switch",     "template",  "this",      "thread_local", "throw",
    "true",        "try",         "typedef",    "typeid",    "typename",  "union",        "unsigned",
    "using",       "virtual",     "void",       "volatile",  "wchar_t",   "while",        "xor",
    "xor_eq",      "main",        "std",        "hls",       "gw",        "row",          "column",
    "next_row",    "next_column", "lines",      "registers", "half",      "linux",        "unix",
    "run",         "test",        "take",       "give",      "read_line", "in",           "out",
    "at",          "beat",        "value",      "n",         "Real",      "Judge",        "Values"};

std::string plain(std::string_view wanted) {
  std::string name;
  for (const char c : wanted) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), is_digit = c >= '0' && c <= '9';
    if (is_letter || is_digit) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (name.empty()) name = "n";
  // A digit in front, and the capitals that the vendor's headers keep for macros.
  if (name[0] >= '0' && name[0] <= '9') name = "n" + name;
  if (name.starts_with("AP_") || name.starts_with("ap_")) name = "n_" + name;
  return name;
}

// "window3" as "window#"; a name that does not end in a digit stands for itself, with the mark of no number.
std::string numbered(std::string name) {
  while (!name.empty() && name.back() >= '0' && name.back() <= '9') name.pop_back();
  return name + '#';
}

bool fits_double(std::int64_t raw) {
  if (raw == 0) return true;
  while (raw % 2 == 0) raw /= 2;
  return std::abs(raw) < std::int64_t{1} << 53;
}

}  // namespace

FixedType declarable(const FixedType& type) {
  return type.width > 0 ? type : FixedType{1, 1 - type.fraction(), false};
}

FixedType exact_type(const Interval& range) { return declarable(type_of(range)); }

std::string cpp(const FixedType& type) { return to_string(declarable(type)); }

std::string cpp(const Quantizer& q) { return to_string(Quantizer{declarable(q.to), q.rounding, q.overflow}); }

std::string number(std::int64_t raw, int fraction, const FixedType& type) {
  if (fits_double(raw)) return fmt::format("{}", to_double(raw, fraction));
  const int gap = type.fraction() - fraction;
  GW_CHECK(gap >= 0 && type.width <= max_width);
  return fmt::format("gw::of_raw<{}>({}LL)", cpp(type), raw * (std::int64_t{1} << gap));
}

std::string constant(std::int64_t raw, int fraction, const FixedType& type) {
  const std::string value = number(raw, fraction, type);
  return value.starts_with("gw::") ? value : fmt::format("{}({})", cpp(type), value);
}

Names::Names() { taken_.insert(std::begin(reserved), std::end(reserved)); }

bool Names::is_free(const std::string& name) const {
  if (name.ends_with('#')) return !taken_.contains("any " + name) && !taken_.contains(name);
  return !taken_.contains(name) && !taken_.contains(numbered(name));
}

std::string Names::take(std::string_view wanted, std::span<const std::string_view> endings) {
  const std::string start = plain(wanted);
  std::string name = start;
  const auto ended = [&](std::string_view ending) { return fmt::format("{}{}", name, ending); };
  const auto all_free = [&] {
    return is_free(name) && std::all_of(endings.begin(), endings.end(),
                                        [&](std::string_view ending) { return is_free(ended(ending)); });
  };
  for (int n = 2; !all_free(); ++n) name = fmt::format("{}_{}", start, n);
  const auto insert = [&](const std::string& taken) {
    taken_.insert(taken);
    if (!taken.ends_with('#')) taken_.insert("any " + numbered(taken));
  };
  insert(name);
  for (const std::string_view ending : endings) insert(ended(ending));
  return name;
}

}  // namespace gw::hls
