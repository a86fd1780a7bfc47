// Verilog's small change: numbers and counters with every width written out.

#include "backends/verilog/text.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "circuit/circuit.h"

namespace gw::text {

std::string literal(std::int64_t value, int width) {
  const auto bits = static_cast<std::uint64_t>(wrapped(value, width, false));
  return width == 64 ? fmt::format("64'h{:x}", bits) : fmt::format("{}'d{}", width, bits);
}

std::string counter(const std::string& name, std::int64_t count, const std::string& step,
                    const std::string& clock) {
  const int width = bits_for(count - 1);
  return fmt::format(
      "  reg [{0}:0] {1};\n"
      "  wire {1}_last = {1} == {2};\n"
      "  always @(posedge {6}) begin\n"
      "    if (rst) {1} <= {3};\n"
      "    else if ({4}) {1} <= {1}_last ? {3} : {1} + {5};\n"
      "  end\n",
      width - 1, name, literal(count - 1, width), literal(0, width), step, literal(1, width), clock);
}

}  // namespace gw::text
