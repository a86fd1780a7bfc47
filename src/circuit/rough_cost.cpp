// A circuit's price, one cell after the other.
//
// To count a circuit as synthesis leaves it, its logic is taken apart into gates and covered with tables.
// That tells designs apart that are alike; to tell those apart that are not, a sum over the cells does, each
// with the look-up tables of its bits. It does not see what is merged with what. Time: linear in the cells.

#include "circuit/rough_cost.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace gw {

namespace {

class Sum {
 public:
  Sum(const Circuit& circuit, const Part& part) : circuit_(circuit), part_(part) {}

  Cost total() {
    for (const Cell& cell : circuit_.cells()) add(cell);
    for (const auto& [address, block] : block_roms_)
      cost_.bram36 += block_memory(block.first, block.second, part_);
    return cost_;
  }

 private:
  const Cell& argument(const Cell& cell, size_t n) const { return circuit_[cell.args[n]]; }

  // Bits of a sum in which both operands stand: below, one of them passes by.
  int chain(const Cell& cell) const {
    return std::max(1, cell.width - std::abs(cell.shifts[0] - cell.shifts[1]));
  }

  // Tables of one bit of a tree that chooses among `options`: a table of 6 inputs chooses one of 4, one of 4
  // inputs one of 2.
  double chooses(double options) const {
    return part_.lut_inputs >= 6 ? std::ceil((options - 1) / 3) : options - 1;
  }

  void add(const Cell& cell) {
    const double width = cell.width;
    switch (cell.kind) {
      case CellKind::Input:
      case CellKind::Constant:
      case CellKind::Slice:
      case CellKind::Not:
        break;
      case CellKind::Add:
      case CellKind::Subtract:
        cost_.lut += chain(cell);
        break;
      case CellKind::Multiply: {
        const int a = argument(cell, 0).width, b = argument(cell, 1).width;
        if (part_.dsp_count > 0 && part_.dsp.multiplies(a, b)) {
          cost_.dsp += 1;
        } else {
          cost_.lut += 1.1 * a * b;
        }
        break;
      }
      case CellKind::Less:
        cost_.lut += std::max(argument(cell, 0).width, argument(cell, 1).width) / 2.0;
        break;
      case CellKind::Equal:
      case CellKind::Any:
        cost_.lut += std::ceil(argument(cell, 0).width / static_cast<double>(part_.lut_inputs));
        break;
      case CellKind::And:
      case CellKind::Or:
        cost_.lut += 1.0 / (part_.lut_inputs - 1);
        break;
      case CellKind::Mux:
        cost_.lut += width * chooses(static_cast<double>(cell.args.size() - 1));
        break;
      case CellKind::Rom:
      case CellKind::TruthTable: {
        const auto words = static_cast<double>(circuit_.roms()[static_cast<size_t>(cell.index)].size());
        cost_.lut += width * std::max(0.5, words / std::exp2(part_.lut_inputs));
        break;
      }
      case CellKind::Register:
        cost_.ff += width;
        break;
      case CellKind::BlockRom: {
        auto& [words, bits] = block_roms_[cell.args[0]];
        words = std::max(words,
                         static_cast<std::int64_t>(circuit_.roms()[static_cast<size_t>(cell.index)].size()));
        bits += cell.width;
        break;
      }
      case CellKind::Accumulate:
        cost_.lut += width;
        cost_.ff += width;
        if (cell.index > 1) cost_.lut += width * cell.index / std::max(1, part_.lut_memory_bits);
        break;
      case CellKind::Capture:
        cost_.ff += width;
        break;
    }
  }

  const Circuit& circuit_;
  const Part& part_;
  std::map<WireId, std::pair<std::int64_t, int>> block_roms_;  ///< by address: words, bits of all tables
  Cost cost_;
};

}  // namespace

Cost rough_cost(const Circuit& circuit, const Part& part) { return Sum(circuit, part).total(); }

}  // namespace gw
