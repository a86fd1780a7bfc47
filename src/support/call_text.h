#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw {

/// A Python call as text: a name, and arguments as they stand there, with the quotes of texts.
struct CallText {
  struct Argument {
    std::string key;  ///< "": by position
    std::string value;
  };
  std::string name;
  std::vector<Argument> arguments;
};

/// Reads "name(1, 'a', key=True)", or "name" alone. Nothing if it is not written so.
std::optional<CallText> parse_call(std::string_view text);

}  // namespace gw
