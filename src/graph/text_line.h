#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gw {

/// A cursor over one line of the text form of graphs (text.h). Spaces before a token never matter; '#'
/// outside quotes ends the line.
class TextLine {
 public:
  explicit TextLine(std::string_view text);

  bool at_end() const { return rest_.empty(); }
  /// True, and behind it, if `token` stands here.
  bool take(std::string_view token);
  /// A name: letters, digits and _ . / -, or anything in quotes, where \ stands before a quote, a \ and, as
  /// \xHH, a byte. Nothing is passed if there is none.
  std::optional<std::string> name();
  /// The letters and digits from here on.
  std::string_view word();
  /// A type: the letters from here on, and what follows them in < >.
  std::string_view type();
  /// All up to the next comma or closing bracket that belongs to what stands around, without the spaces at
  /// its end.
  std::string_view value();
  /// What stands here, short enough for a message.
  std::string shown() const;

 private:
  void pass(std::size_t count);  // and the spaces behind

  std::string_view rest_;
};

}  // namespace gw
