// Prices before synthesis of what stands around the circuits: windows, FIFOs, memory blocks. Circuits
// themselves are priced in circuit_cost.cpp.

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

namespace {

// A memory that is written at one address and read at another, without a clock between address and word.
double memory_luts(int depth, int bits) {
  // A simple dual-port memory of 32 words takes 8 LUTs for 14 bits; deeper ones take 8 for 7 bits in 64
  // words.
  if (depth <= 32) return std::ceil(bits / 14.0) * 8;
  return std::ceil(bits / 7.0) * 8 * std::ceil(depth / 64.0) +
         (depth > 64 ? bits * std::ceil(depth / 64.0) / 4 : 0);
}

// The same of flip-flops, with a decoder of their enables and a multiplexer of four-input tables behind them.
Cost register_memory(int depth, int bits) {
  Cost total;
  total.ff = total.loose_ff = static_cast<double>(depth) * bits;
  total.lut = bits * (2 * depth - 1) / 3.0 + depth;
  return total;
}

double counter_luts(std::int64_t count) {
  return 2 * std::ceil(std::log2(static_cast<double>(std::max<std::int64_t>(2, count))));
}

}  // namespace

Cost window_cost(const Window& window, int pixel_bits, const Part& part, LineMemory memory) {
  Cost total;
  const int reach_h = (window.kernel_h - 1) * window.dilation_h + 1;
  const int reach_w = (window.kernel_w - 1) * window.dilation_w + 1;
  const bool goes_again = window.repeat_h > 1 && window.output_width() > window.repeat_w;
  const int lines = goes_again ? reach_h : reach_h - 1;
  total.ff = total.loose_ff = static_cast<double>(window.kernel_h) * reach_w * pixel_bits;
  switch (memory) {
    case LineMemory::Distributed:
      total.lut += lines * memory_luts(window.width, pixel_bits);
      break;
    case LineMemory::Registers:
      total += lines * register_memory(window.width, pixel_bits);
      break;
    case LineMemory::Block:
      total.bram36 += lines * block_memory(window.width, pixel_bits, part);
      break;
  }
  const double counters = 2 * (counter_luts(window.height) + counter_luts(window.width));
  total.lut += counters;
  total.ff += counters / 2;
  return total;
}

Cost split_cost(int bits) {
  Cost total;
  total.lut = total.ff = bits;
  return total;
}

Cost fifo_cost(int depth, int pixel_bits, const Part& part) {
  Cost total;
  if (part.lut_memory_bits > 0) {
    total.lut = memory_luts(depth, pixel_bits);
  } else {
    total = register_memory(depth, pixel_bits);
  }
  total.lut += 3 * counter_luts(depth);
  total.ff += counter_luts(depth) + 2;
  return total;
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
