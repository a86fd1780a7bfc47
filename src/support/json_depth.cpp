// Brackets are counted as they come, outside of texts; whether the JSON is right otherwise is its parser's
// business.
#include "support/json_depth.h"

#include <cstddef>

namespace gw {

bool is_json_too_deep(std::string_view text) {
  constexpr int deepest = 200;
  int depth = 0;
  bool is_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_string && c == '\\') ++at;
    if (c == '"') is_string = !is_string;
    if (is_string) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > deepest) return true;
  }
  return false;
}

}  // namespace gw
