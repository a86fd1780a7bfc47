// Choices from many, as folded stages have them in front of shared multipliers.
//
// Problem: of a case statement a synthesis tool first makes decoders, ANDs and ORs, and does not always find
// back from there: a choice from 23 words took one look-up table a bit more than it has to. Approach: a
// choice from four is one six-input table a bit, so it is written as a tree of those, each a wire that the
// tool is told to keep. What is left over is not kept: a choice from two has room in the one behind it. A
// stage of 23 words of 16 bits in front of a multiplier takes 240 tables so and 285 as a case statement
// (Yosys 0.23, UltraScale+).

#include "backends/verilog/choice.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace gw::text {

namespace {

// One of up to four, by the low bits of what is left of the selector.
std::string one_of(std::span<const std::string> options, const std::string& selector, size_t bit) {
  const std::string low = fmt::format("{}[{}]", selector, bit),
                    high = fmt::format("{}[{}]", selector, bit + 1);
  switch (options.size()) {
    case 2:
      return fmt::format("{} ? {} : {}", low, options[1], options[0]);
    case 3:
      return fmt::format("{} ? {} : {} ? {} : {}", high, options[2], low, options[1], options[0]);
    default:
      return fmt::format("{} ? ({} ? {} : {}) : ({} ? {} : {})", high, low, options[3], options[2], low,
                         options[1], options[0]);
  }
}

}  // namespace

std::string choice(const std::string& name, const std::string& selector, std::span<const std::string> options,
                   int width) {
  std::string text;
  std::vector<std::string> left(options.begin(), options.end());
  for (size_t bit = 0; left.size() > 1; bit += 2) {
    const bool is_last = left.size() <= 4;
    std::vector<std::string> next;
    for (size_t first = 0; first < left.size(); first += 4) {
      const auto some = std::span(left).subspan(first, std::min<size_t>(4, left.size() - first));
      if (some.size() == 1) {
        next.push_back(some.front());
        continue;
      }
      next.push_back(is_last ? name : fmt::format("{}_{}_{}", name, bit, first / 4));
      const bool is_kept = !is_last && some.size() == 4;
      text += fmt::format("  {}wire [{}:0] {} = {};\n", is_kept ? "(* keep *) " : "", width - 1, next.back(),
                          one_of(some, selector, bit));
    }
    left = std::move(next);
  }
  return text;
}

}  // namespace gw::text
