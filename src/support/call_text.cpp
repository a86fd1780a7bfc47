// The notation in which QKeras prints and reads its quantizers: a Python call whose arguments are numbers,
// texts and names of constants.

#include "support/call_text.h"

#include <algorithm>
#include <cctype>

namespace gw {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<CallText> read() {
    CallText call{word(), {}};
    if (call.name.empty()) return std::nullopt;
    skip();
    if (at_ == text_.size()) return call;
    if (!take('(')) return std::nullopt;
    while (!take(')')) {
      CallText::Argument argument;
      const size_t start = at_;
      argument.key = word();
      if (argument.key.empty() || !take('=')) {
        argument.key.clear();
        at_ = start;
      }
      argument.value = value();
      if (argument.value.empty()) return std::nullopt;
      call.arguments.push_back(std::move(argument));
      if (!take(',') && (at_ >= text_.size() || text_[at_] != ')')) return std::nullopt;
    }
    skip();
    return at_ == text_.size() ? std::optional(std::move(call)) : std::nullopt;
  }

 private:
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string word() {
    skip();
    const size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      ++at_;
    return std::string(text_.substr(start, at_ - start));
  }
  std::string value() {
    skip();
    if (at_ >= text_.size()) return "";
    const size_t start = at_;
    if (const char quote = text_[at_]; quote == '\'' || quote == '"') {
      const size_t end = text_.find(quote, at_ + 1);
      if (end == text_.npos) return "";
      at_ = end + 1;
    } else {
      at_ = std::min(text_.find_first_of(",) \t\r\n", at_), text_.size());
    }
    return std::string(text_.substr(start, at_ - start));
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::optional<CallText> parse_call(std::string_view text) { return Reader(text).read(); }

}  // namespace gw
