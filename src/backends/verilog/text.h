#pragma once

#include <cstdint>
#include <string>

/// Pieces of Verilog text that several generated modules need.
namespace gw::text {

/// "5'd17": the value modulo 2^width, width in 1..64.
std::string literal(std::int64_t value, int width);

/// A register `name` that counts through `count` values, one at each clock where `step` holds, and a wire
/// `name_last`.
std::string counter(const std::string& name, std::int64_t count, const std::string& step,
                    const std::string& clock = "clk");

}  // namespace gw::text
