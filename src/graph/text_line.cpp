// Tokens of the text form of graphs, cut from one line. It never looks back, and it never fails: what is not
// there is told as empty or nothing.

#include "graph/text_line.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

namespace gw {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The size of the text from an opening quote to behind the closing one, or npos.
std::size_t quoted_size(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.npos;
}

/// The line up to a comment.
std::string_view without_comment(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#') return text.substr(0, i);
    if (text[i] != '"') continue;
    const std::size_t size = quoted_size(text.substr(i));
    if (size == text.npos) return text;
    i += size - 1;
  }
  return text;
}

std::optional<std::string> unquoted(std::string_view inside) {
  std::string name;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] != '\\') {
      name += inside[i];
      continue;
    }
    ++i;
    if (inside[i] != 'x') {
      name += inside[i];
      continue;
    }
    const std::string_view digits = inside.substr(i + 1, 2);
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (error != std::errc() || end != digits.data() + 2) return std::nullopt;
    name += static_cast<char>(byte);
    i += 2;
  }
  return name;
}

}  // namespace

TextLine::TextLine(std::string_view text) : rest_(without_comment(text)) {
  while (!rest_.empty() && is_space(rest_.back())) rest_.remove_suffix(1);
  pass(0);
}

void TextLine::pass(std::size_t count) {
  rest_.remove_prefix(count);
  while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
}

bool TextLine::take(std::string_view token) {
  if (!rest_.starts_with(token)) return false;
  pass(token.size());
  return true;
}

std::optional<std::string> TextLine::name() {
  if (rest_.starts_with('"')) {
    const std::size_t size = quoted_size(rest_);
    if (size == rest_.npos) return std::nullopt;
    auto name = unquoted(rest_.substr(1, size - 2));
    if (!name || name->empty()) return std::nullopt;
    pass(size);
    return name;
  }
  const auto end = std::find_if_not(rest_.begin(), rest_.end(),
                                    [](char c) { return is_letter(c) || c == '.' || c == '/' || c == '-'; });
  if (end == rest_.begin()) return std::nullopt;
  std::string name(rest_.begin(), end);
  pass(name.size());
  return name;
}

std::string_view TextLine::word() {
  const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_letter);
  const std::string_view word = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
  pass(word.size());
  return word;
}

std::string_view TextLine::type() {
  const std::string_view before = rest_, letters = word();
  if (!rest_.starts_with('<')) return letters;
  const auto end = before.find('>');
  const std::string_view type = before.substr(0, end == before.npos ? end : end + 1);
  rest_ = before;
  pass(type.size());
  return type;
}

std::string_view TextLine::value() {
  int depth = 0;
  std::size_t size = 0;
  for (; size < rest_.size(); ++size) {
    const char c = rest_[size];
    if (depth == 0 && (c == ',' || c == ']' || c == '}')) break;
    if (c == '<' || c == '[') ++depth;
    if ((c == '>' || c == ']') && depth > 0) --depth;
  }
  std::string_view value = rest_.substr(0, size);
  pass(size);
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  return value;
}

std::string TextLine::shown() const {
  constexpr std::size_t longest = 20;
  if (rest_.empty()) return "nothing";
  return rest_.size() <= longest ? fmt::format("'{}'", rest_)
                                 : fmt::format("'{}...'", rest_.substr(0, longest));
}

}  // namespace gw
