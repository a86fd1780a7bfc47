#pragma once

#include <span>
#include <string>

namespace gw::text {

/// Verilog that declares `name`, of `width` bits, as the option that a selector names: a tree of choices from
/// four. The selector is a wire and never names an option beyond the last.
std::string choice(const std::string& name, const std::string& selector, std::span<const std::string> options,
                   int width);

}  // namespace gw::text
