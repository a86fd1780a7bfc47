// Prices before synthesis.
//
// Each kind of cell has a formula in LUTs and flip-flops, from how Yosys maps it to the part's look-up tables
// and carry chains. Logic around a cell that the mapper merges into its LUTs (inverters, single gates) is
// taken as free or half, so a price is an estimate; the test of the cost model holds it to what synthesis
// counts.

#include "circuit/cost.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace gw {

Cost& Cost::operator+=(const Cost& other) {
  lut += other.lut;
  ff += other.ff;
  dsp += other.dsp;
  bram36 += other.bram36;
  return *this;
}

Cost operator+(Cost a, const Cost& b) { return a += b; }

namespace {

// LUTs of one output bit that is an arbitrary function of n bits: a tree of multiplexers over LUTs of the
// part's size.
double function_luts(int n, int lut_inputs) {
  if (n <= lut_inputs) return n <= 1 ? 0 : 1;
  return std::pow(2.0, n - lut_inputs) * 1.33;
}

double memory_luts(int depth, int bits, const Part& part) {
  if (part.lut_memory_bits == 0) return static_cast<double>(depth) * bits / 2;
  // A simple dual-port memory of 32 words takes 8 LUTs for 14 bits; deeper ones take 8 for 7 bits in 64
  // words.
  if (depth <= 32) return std::ceil(bits / 14.0) * 8;
  return std::ceil(bits / 7.0) * 8 * std::ceil(depth / 64.0) +
         (depth > 64 ? bits * std::ceil(depth / 64.0) / 4 : 0);
}

// Deeper tables than this go into block memory, as Yosys maps them.
constexpr size_t rom_words_in_luts = 256;

double counter_luts(std::int64_t count) {
  return 2 * std::ceil(std::log2(static_cast<double>(std::max<std::int64_t>(2, count))));
}

}  // namespace

Cost cost(const Circuit& circuit, const Part& part) {
  Cost total;
  // Columns of equal contents on the same address are one function whatever ROM they stand in.
  std::map<WireId, std::pair<int, std::set<std::vector<bool>>>> columns;
  for (const Cell& cell : circuit.cells()) {
    const auto width = [&](size_t n) { return circuit[cell.args[n]].width; };
    switch (cell.kind) {
      case CellKind::Input:
      case CellKind::Constant:
      case CellKind::Slice:
      case CellKind::Not:
        break;
      case CellKind::Register:
        total.ff += cell.width;
        break;
      case CellKind::Add:
      case CellKind::Subtract: {
        // Bits below the shifted operand pass by, but only if nothing is subtracted from them.
        const bool passes =
            cell.kind == CellKind::Add ? cell.shifts[0] != cell.shifts[1] : cell.shifts[1] > 0;
        const int shift = passes ? std::max(cell.shifts[0], cell.shifts[1]) : 0;
        total.lut += std::max(1, cell.width - 1 - shift);
        break;
      }
      case CellKind::Accumulate:
        total.lut += cell.width;
        total.ff += cell.width;
        break;
      case CellKind::Capture:
        total.ff += cell.width;
        break;
      case CellKind::Less:
        total.lut += std::max(width(0), width(1));
        break;
      case CellKind::Equal:
      case CellKind::Any:
        total.lut += std::ceil(width(0) / 6.0);
        break;
      case CellKind::And:
      case CellKind::Or:
        total.lut += 0.5;
        break;
      case CellKind::Multiply:
        if (part.dsp_count > 0 && part.dsp.multiplies(width(0), width(1))) {
          total.dsp += 1;
        } else {
          total.lut += 1.1 * width(0) * width(1);
        }
        break;
      case CellKind::Mux: {
        const double options = static_cast<double>(cell.args.size() - 1);
        // A zero as one of two options is a reset or an AND that other logic takes in.
        const bool gate =
            options == 2 && (circuit.is_constant(cell.args[1]) || circuit.is_constant(cell.args[2]));
        total.lut += gate ? 0 : cell.width * (options == 2 ? 0.85 : std::ceil((options - 1) / 3));
        break;
      }
      case CellKind::Rom: {
        const auto& words = circuit.roms()[static_cast<size_t>(cell.index)];
        if (words.size() > rom_words_in_luts && part.bram.count > 0) {
          total.bram36 += std::ceil(static_cast<double>(words.size()) * cell.width / 18432) / 2;
          break;
        }
        auto& [address_bits, seen] = columns[cell.args[0]];
        address_bits = width(0);
        for (int bit = 0; bit < cell.width; ++bit) {
          std::vector<bool> column;
          for (const std::int64_t word : words) column.push_back((word >> bit) & 1);
          if (std::all_of(column.begin(), column.end(), [&](bool b) { return b == column[0]; })) continue;
          if (seen.insert(std::move(column)).second)
            total.lut += function_luts(address_bits, part.lut_inputs);
        }
        break;
      }
    }
  }
  return total;
}

Cost window_cost(const Window& window, int pixel_bits, const Part& part, LineMemory memory) {
  Cost total;
  const int reach_h = (window.kernel_h - 1) * window.dilation_h + 1;
  const int reach_w = (window.kernel_w - 1) * window.dilation_w + 1;
  const bool goes_again = window.repeat_h > 1 && window.output_width() > window.repeat_w;
  const int lines = goes_again ? reach_h : reach_h - 1;
  total.ff = static_cast<double>(window.kernel_h) * reach_w * pixel_bits;
  switch (memory) {
    case LineMemory::Distributed:
      total.lut += lines * memory_luts(window.width, pixel_bits, part);
      break;
    case LineMemory::Registers:
      total.ff += static_cast<double>(lines) * window.width * pixel_bits;
      total.lut += static_cast<double>(lines) * window.width * pixel_bits / 2;
      break;
    case LineMemory::Block: {
      const double ports = std::ceil(static_cast<double>(pixel_bits) / part.bram.max_width);
      const double deep =
          std::ceil(static_cast<double>(window.width) * part.bram.max_width / (1024.0 * part.bram.kilobits));
      total.bram36 += lines * ports * deep * part.bram.kilobits / 36.0;
      break;
    }
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
  total.lut = memory_luts(depth, pixel_bits, part) + 3 * counter_luts(depth);
  total.ff = counter_luts(depth) + 2;
  return total;
}

double share(const Cost& cost, const Part& part) {
  const auto of = [](double used, double available) {
    return used == 0 ? 0 : available > 0 ? used / available : used;
  };
  return of(cost.lut, static_cast<double>(part.lut)) + of(cost.ff, static_cast<double>(part.ff)) +
         of(cost.dsp, static_cast<double>(part.dsp_count)) + of(cost.bram36, part.bram36());
}

}  // namespace gw
