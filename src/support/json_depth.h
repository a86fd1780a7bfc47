#pragma once

#include <string_view>

namespace gw {

/// True if lists and objects of a JSON text lie in each other deeper than any of our files and those of
/// others need. Parsing survives that, but whoever copies or prints what was parsed does so by recursion: a
/// text from outside is asked first.
bool is_json_too_deep(std::string_view text);

}  // namespace gw
