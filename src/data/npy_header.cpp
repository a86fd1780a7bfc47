// The header of a .npy file is the text of a Python dictionary with three keys,
//   {'descr': '<f4', 'fortran_order': False, 'shape': (64, 5), }
// padded with spaces and ended by a newline. It is read by a parser of exactly that and nothing else of
// Python.

#include "data/npy_header.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "data/npy.h"
#include "support/messages.h"

namespace gw {

namespace {

constexpr std::string_view magic = "\x93NUMPY";

/// Reads the dictionary from its front. Each function takes what it names or leaves everything as it is.
class Dictionary {
 public:
  explicit Dictionary(std::string_view text) : rest_(text) {}

  bool take(std::string_view word) {
    skip_spaces();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  std::optional<std::string> text() {
    skip_spaces();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return std::nullopt;
    const size_t end = rest_.find(rest_[0], 1);
    if (end == rest_.npos) return std::nullopt;
    std::string found(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return found;
  }
  std::optional<std::vector<std::int64_t>> tuple() {
    if (!take("(")) return std::nullopt;
    std::vector<std::int64_t> found;
    while (!take(")")) {
      const auto number = whole_number();
      if (!number) return std::nullopt;
      found.push_back(*number);
      if (take(",")) continue;
      if (!take(")")) return std::nullopt;
      break;
    }
    return found;
  }
  /// A value that is no text, up to the bracket that closes it: the type of a record is a list.
  std::string anything() {
    skip_spaces();
    int depth = 0;
    size_t end = 0;
    for (; end < rest_.size(); ++end) {
      if (std::string_view("([{").find(rest_[end]) != std::string_view::npos) ++depth;
      if (std::string_view(")]}").find(rest_[end]) != std::string_view::npos && --depth <= 0) break;
      if (depth == 0 && rest_[end] == ',') break;
    }
    if (depth == 0 && end < rest_.size() && rest_[end] == ']') ++end;
    std::string found(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return found;
  }
  bool is_done() {
    skip_spaces();
    return rest_.empty();
  }

 private:
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
  /// Digits; Python 2 wrote long numbers with an L behind them.
  std::optional<std::int64_t> whole_number() {
    skip_spaces();
    std::int64_t number = 0;
    size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
      if (number > (std::numeric_limits<std::int64_t>::max() - 9) / 10) return std::nullopt;
      number = number * 10 + (rest_[digits] - '0');
    }
    if (digits == 0) return std::nullopt;
    rest_.remove_prefix(digits);
    take("L");
    return number;
  }

  std::string_view rest_;
};

}  // namespace

Result<NpyHeader> parse_npy_header(std::string_view bytes, const std::string& file) {
  const auto refuse = [&](std::string why) { return diagnose(messages::npy_header, {file}, std::move(why)); };
  if (!bytes.starts_with(magic)) return refuse("it does not open with \\x93NUMPY");
  const auto byte = [&](size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  if (bytes.size() < 10) return refuse("it ends within its header");
  const int version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0) {
    return refuse(fmt::format("its version is {}.{}, and 1.0, 2.0 and 3.0 are known", version, byte(7)));
  }
  const size_t start = version == 1 ? 10 : 12;
  if (bytes.size() < start) return refuse("it ends within its header");
  std::uint32_t length = byte(8) | static_cast<std::uint32_t>(byte(9)) << 8;
  if (version > 1) length |= std::uint32_t{byte(10)} << 16 | std::uint32_t{byte(11)} << 24;
  if (length > max_npy_header) return refuse(fmt::format("its header has {} bytes", length));
  if (bytes.size() < start + length) return refuse("it ends within its header");

  NpyHeader header;
  header.size = static_cast<std::int64_t>(start + length);
  Dictionary dictionary(bytes.substr(start, length));
  const auto malformed = [&] {
    return refuse("its header is no dictionary of descr, fortran_order and shape");
  };
  std::optional<std::string> descr;
  std::optional<std::vector<std::int64_t>> shape;
  bool has_order = false;
  if (!dictionary.take("{")) return malformed();
  while (!dictionary.take("}")) {
    const auto key = dictionary.text();
    if (!key || !dictionary.take(":")) return malformed();
    if (*key == "descr" && !descr) {
      const auto text = dictionary.text();
      descr = text ? *text : dictionary.anything();
    } else if (*key == "fortran_order" && !has_order) {
      header.column_major = dictionary.take("True");
      has_order = header.column_major || dictionary.take("False");
      if (!has_order) return malformed();
    } else if (*key == "shape" && !shape) {
      shape = dictionary.tuple();
      if (!shape) return malformed();
    } else {
      return malformed();
    }
    if (dictionary.take(",")) continue;
    if (!dictionary.take("}")) return malformed();
    break;
  }
  if (!dictionary.is_done() || !descr || !has_order || !shape) return malformed();
  const auto type = parse_npy_type(*descr);
  if (!type) return diagnose(messages::npy_type, {file}, *descr);
  header.type = *type;
  header.shape = std::move(*shape);
  return header;
}

std::string print_npy_header(NpyType type, std::span<const std::int64_t> shape) {
  constexpr size_t prefix = 10, alignment = 64, most_digits = 20;
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", to_string(type),
                                 shape_text(shape));
  const size_t first_digits = shape.empty() ? 0 : std::to_string(shape[0]).size();
  const size_t longest = prefix + text.size() - first_digits + most_digits + 1;
  text.resize((longest + alignment - 1) / alignment * alignment - prefix - 1, ' ');
  text += '\n';
  std::string header(magic);
  header += {'\x01', '\x00', static_cast<char>(text.size() & 255), static_cast<char>(text.size() >> 8)};
  return header + text;
}

}  // namespace gw
