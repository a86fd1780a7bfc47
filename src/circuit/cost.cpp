// Sums and shares of prices, and how memories are cut into blocks. What has a price is counted elsewhere:
// circuits in circuit_cost.cpp, what stands around them in src/schedule/stage_cost.cpp.

#include "circuit/cost.h"

#include <algorithm>
#include <cmath>

namespace gw {

Cost& Cost::operator+=(const Cost& other) {
  lut += other.lut;
  ff += other.ff;
  dsp += other.dsp;
  bram36 += other.bram36;
  srl += other.srl;
  carry += other.carry;
  loose_ff += other.loose_ff;
  return *this;
}

Cost operator+(Cost a, const Cost& b) { return a += b; }

Cost operator*(double times, Cost cost) {
  for (double* figure :
       {&cost.lut, &cost.ff, &cost.dsp, &cost.bram36, &cost.srl, &cost.carry, &cost.loose_ff})
    *figure *= times;
  return cost;
}

double block_memory(std::int64_t words, int width, const Part& part) {
  // Blocks of 36 kilobits are pairs of halves that can be used apart.
  const bool pairs = part.bram.kilobits == 36;
  const int kilobits = pairs ? 18 : part.bram.kilobits;
  double best = 0;
  for (int port = pairs ? part.bram.max_width / 2 : part.bram.max_width; port >= 2; port /= 2) {
    // Parity bits are there in ports of 9 bits and up, in blocks that have any.
    const int depth = kilobits * 1024 / (kilobits % 9 == 0 && port < 9 ? port * 9 / 8 : port);
    const double blocks =
        std::ceil(static_cast<double>(width) / port) * std::ceil(static_cast<double>(words) / depth);
    if (best == 0 || blocks < best) best = blocks;
  }
  return best * kilobits / 36;
}

Shares shares(const Cost& cost, const Part& part) {
  const auto of = [](double used, double available) {
    return used == 0 ? 0 : available > 0 ? used / available : used;
  };
  // Where a flip-flop stands behind a table, one that the table does not feed takes the cell from another.
  const double cells = cost.lut + (part.ff_behind_lut ? cost.loose_ff : 0);
  return {of(cells, static_cast<double>(part.lut)), of(cost.ff, static_cast<double>(part.ff)),
          of(cost.dsp, static_cast<double>(part.dsp_count)), of(cost.bram36, part.bram36())};
}

double share(const Cost& cost, const Part& part) {
  const Shares of = shares(cost, part);
  return of.lut + of.ff + of.dsp + of.bram;
}

}  // namespace gw
