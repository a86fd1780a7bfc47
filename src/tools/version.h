#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace gw {

/// What each of the programs says of its version in its first line, by the program's name; one that is not
/// there or says nothing is left out.
std::map<std::string, std::string> versions_of(std::span<const std::string_view> programs);

}  // namespace gw
