// The price of a circuit.
//
// The circuit is taken apart into bits. What goes through carry chains, memories and multiplier blocks is
// counted; everything else becomes a network of gates that is covered with look-up tables, so that logic is
// merged and shared much as synthesis does it. Rules are those of the flow in src/tools/yosys.cpp.
//
// An adder's bits below the lowest at which both operands have something pass by. On parts whose carry cell
// takes a ready-made sum of its operands, every further bit costs the LUT of that XOR, with the logic of the
// second operand inside, and the first operand has to be there besides; equal XORs are one, so sums over the
// same pairs of bits share them. On the others a bit of the chain is a LUT, and both operands have to be
// there. A comparison of long operands goes through a chain as well, in groups of bits. Registers of one
// clock enable in a row are a shift register if nobody reads what is between.
//
// bench/cost_model.cpp holds it against synthesis; docs/cost-model.md has the table.

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "circuit/cost.h"
#include "circuit/logic_network.h"
#include "support/check.h"

namespace gw {

namespace {

using Bits = std::vector<Bit>;

// Chains of registers shorter than this stay registers.
constexpr int shortest_shift = 3;
// A comparison of at most a table's inputs is a table; a longer one goes in groups.
constexpr int pair_bits = 3;  // bits of both operands in one table of six inputs

class Pricer {
 public:
  Pricer(const Circuit& circuit, const Part& part)
      : circuit_(circuit),
        part_(part),
        sums_ready_(part.lut_inputs >= 6),
        advance_(logic_.input()),
        packed_(circuit.cells().size(), false) {}

  Cost run() {
    if (sums_ready_ && part_.dsp_count > 0) pack_blocks();
    for (size_t id = 0; id < circuit_.cells().size(); ++id) {
      const Cell& cell = circuit_.cells()[id];
      bits_.push_back(packed_[id] ? in_block(cell) : bits_of(cell));
    }
    for (const WireId out : circuit_.outputs()) {
      for (const Bit bit : bits_[static_cast<size_t>(out)]) logic_.need(bit);
    }
    for (const auto& [address, rom] : block_roms_) cost_.bram36 += block_memory(rom.first, rom.second, part_);
    control();
    finish();
    return cost_;
  }

 private:
  struct Flop {
    Bit d, q;
    int control = 0;     ///< equal where the clock enable is
    bool plain = false;  ///< enabled by `advance` alone: may be part of a shift register
  };

  // What a multiplier block takes in behind its product: a register, one addition, another register; each
  // only if nobody else reads what is before it.
  void pack_blocks() {
    const auto& cells = circuit_.cells();
    std::vector<int> readers(cells.size(), 0);
    std::vector<WireId> reader(cells.size(), -1);
    for (size_t id = 0; id < cells.size(); ++id) {
      for (const WireId a : cells[id].args) {
        ++readers[static_cast<size_t>(a)];
        reader[static_cast<size_t>(a)] = static_cast<WireId>(id);
      }
    }
    for (const WireId out : circuit_.outputs()) readers[static_cast<size_t>(out)] += 2;
    const auto next = [&](WireId wire, CellKind kind) -> WireId {
      const auto at = static_cast<size_t>(wire);
      if (readers[at] != 1 || circuit_[reader[at]].kind != kind) return -1;
      return packed_[static_cast<size_t>(reader[at])] ? -1 : reader[at];
    };
    for (size_t id = 0; id < cells.size(); ++id) {
      const Cell& cell = cells[id];
      if (cell.kind != CellKind::Multiply ||
          !part_.dsp.multiplies(circuit_[cell.args[0]].width, circuit_[cell.args[1]].width))
        continue;
      auto wire = static_cast<WireId>(id);
      for (const CellKind kind : {CellKind::Register, CellKind::Add, CellKind::Register}) {
        const WireId follower = next(wire, kind);
        if (follower < 0) continue;
        packed_[static_cast<size_t>(follower)] = true;
        wire = follower;
      }
    }
  }

  Bits in_block(const Cell& cell) {
    if (cell.kind == CellKind::Add) {
      for (const WireId a : cell.args) {
        for (const Bit bit : bits_[static_cast<size_t>(a)]) logic_.need(bit);
      }
    }
    return inputs(cell.width);
  }

  const Bits& arg(const Cell& cell, size_t n) const { return bits_[static_cast<size_t>(cell.args[n])]; }

  // Bit i of a wire, beyond its top by its sign.
  Bit at(WireId wire, int i) const {
    const Bits& bits = bits_[static_cast<size_t>(wire)];
    if (i < 0) return Bit::zero();
    if (i < static_cast<int>(bits.size())) return bits[static_cast<size_t>(i)];
    return circuit_[wire].is_signed ? bits.back() : Bit::zero();
  }

  Bits inputs(int width) {
    Bits bits;
    for (int i = 0; i < width; ++i) bits.push_back(logic_.input());
    return bits;
  }

  Bits bits_of(const Cell& cell) {
    Bits bits;
    switch (cell.kind) {
      case CellKind::Input:
        return inputs(cell.width);
      case CellKind::Constant:
        for (int i = 0; i < cell.width; ++i)
          bits.push_back((cell.value >> std::min(i, 63)) & 1 ? Bit::one() : Bit::zero());
        return bits;
      case CellKind::Slice:
        for (int i = 0; i < cell.width; ++i) bits.push_back(at(cell.args[0], i + cell.shifts[0]));
        return bits;
      case CellKind::Add:
      case CellKind::Subtract: {
        Bits a, b;
        for (int i = 0; i < cell.width; ++i) {
          a.push_back(at(cell.args[0], i - cell.shifts[0]));
          b.push_back(at(cell.args[1], i - cell.shifts[1]));
        }
        return sum(a, b, cell.kind == CellKind::Subtract);
      }
      case CellKind::Multiply:
        return product(cell);
      case CellKind::Less:
        return {less(cell)};
      case CellKind::Equal:
        for (size_t i = 0; i < arg(cell, 0).size(); ++i) {
          const Bit bit = arg(cell, 0)[i];
          bits.push_back((cell.value >> i) & 1 ? bit : !bit);
        }
        return {logic_.all(std::move(bits))};
      case CellKind::Any:
        for (const Bit bit : arg(cell, 0)) bits.push_back(!bit);
        return {!logic_.all(std::move(bits))};
      case CellKind::And:
        return {logic_.land(arg(cell, 0)[0], arg(cell, 1)[0])};
      case CellKind::Or:
        return {logic_.lor(arg(cell, 0)[0], arg(cell, 1)[0])};
      case CellKind::Not:
        return {!arg(cell, 0)[0]};
      case CellKind::Mux:
        for (int i = 0; i < cell.width; ++i) {
          Bits options;
          for (size_t n = 1; n < cell.args.size(); ++n) options.push_back(at(cell.args[n], i));
          bits.push_back(choose(arg(cell, 0), options));
        }
        return bits;
      case CellKind::Rom: {
        const auto& words = circuit_.roms()[static_cast<size_t>(cell.index)];
        for (int i = 0; i < cell.width; ++i) {
          Bits column;
          for (const std::int64_t word : words) column.push_back((word >> i) & 1 ? Bit::one() : Bit::zero());
          bits.push_back(choose(arg(cell, 0), column));
        }
        return bits;
      }
      case CellKind::BlockRom: {
        auto& [words, width] = block_roms_[cell.args[0]];
        words = static_cast<std::int64_t>(circuit_.roms()[static_cast<size_t>(cell.index)].size());
        width += cell.width;
        for (const Bit bit : arg(cell, 0)) logic_.need(bit);
        return inputs(cell.width);
      }
      case CellKind::Register:
        return registers(cell);
      case CellKind::Accumulate: {
        // The oldest sum is read before it is written: its bits stand in for the ring's end.
        const Bits oldest = inputs(cell.width);
        Bits a, b;
        for (int i = 0; i < cell.width; ++i) {
          a.push_back(at(cell.args[0], i));
          const Bit before =
              i < cell.shifts[0] ? Bit::zero() : oldest[static_cast<size_t>(i - cell.shifts[0])];
          b.push_back(logic_.mux(arg(cell, 1)[0], before, at(cell.args[2], i)));
        }
        const int control = control_of(logic_.land(advance_, valid(cell.level - 1)));
        bits = sum(a, b, false);
        for (int turn = 0; turn < cell.index; ++turn) {
          for (Bit& bit : bits) bit = flop(bit, control, false);
        }
        return bits;
      }
      case CellKind::Capture: {
        const Bit enable = logic_.land(logic_.land(advance_, valid(cell.level - 1)), arg(cell, 1)[0]);
        const int control = control_of(enable);
        for (const Bit bit : arg(cell, 0)) bits.push_back(flop(bit, control, false));
        return bits;
      }
    }
    GW_CHECK(false);
    return bits;
  }

  // A tree of multiplexers, the lowest bit of the selector at its leaves.
  Bit choose(const Bits& selector, Bits options) {
    for (const Bit select : selector) {
      if (options.size() == 1) break;
      Bits next;
      for (size_t n = 0; n < options.size(); n += 2)
        next.push_back(n + 1 < options.size() ? logic_.mux(select, options[n], options[n + 1]) : options[n]);
      options = std::move(next);
    }
    return options[0];
  }

  Bits sum(const Bits& a, const Bits& b, bool subtract) {
    Bits result;
    size_t low = 0;
    for (; low < a.size(); ++low) {
      if (b[low] == Bit::zero()) {
        result.push_back(a[low]);
      } else if (!subtract && a[low] == Bit::zero()) {
        result.push_back(b[low]);
      } else {
        break;
      }
    }
    for (size_t i = low; i < a.size(); ++i) {
      cost_.carry += 1;
      if (sums_ready_) {
        logic_.need(logic_.lxor(a[i], subtract ? !b[i] : b[i]));
        logic_.need(a[i]);
      } else {
        cost_.lut += 1;
        logic_.need(a[i]);
        logic_.need(b[i]);
      }
      result.push_back(logic_.input());
    }
    return result;
  }

  Bits product(const Cell& cell) {
    const int a = circuit_[cell.args[0]].width, b = circuit_[cell.args[1]].width;
    for (size_t n = 0; n < 2; ++n) {
      for (const Bit bit : arg(cell, n)) logic_.need(bit);
    }
    if (part_.dsp_count > 0 && part_.dsp.multiplies(a, b)) {
      cost_.dsp += 1;
    } else {
      cost_.lut += lut_product * a * b;
      cost_.carry += static_cast<double>(a) * b;
    }
    return inputs(cell.width);
  }

  Bit less(const Cell& cell) {
    const bool is_constant = circuit_.is_constant(cell.args[0]) || circuit_.is_constant(cell.args[1]);
    const int width = std::max(circuit_[cell.args[0]].width, circuit_[cell.args[1]].width);
    Bits bits;
    for (const WireId wire : cell.args) {
      if (circuit_.is_constant(wire)) continue;
      for (const Bit bit : bits_[static_cast<size_t>(wire)]) bits.push_back(bit);
    }
    if (is_constant && width <= part_.lut_inputs) return logic_.all(std::move(bits));
    for (const Bit bit : bits) logic_.need(bit);
    if (sums_ready_) {
      const int groups = (width + (is_constant ? part_.lut_inputs : pair_bits) - 1) /
                         (is_constant ? part_.lut_inputs : pair_bits);
      cost_.lut += 2 * groups;
      cost_.carry += groups;
    } else {
      cost_.lut += width + 1;
      cost_.carry += width + 1;
    }
    return logic_.input();
  }

  Bits registers(const Cell& cell) {
    Bits result;
    for (const Bit d : arg(cell, 0)) result.push_back(flop(d, control_of(advance_), true));
    return result;
  }

  // A number for a clock enable, whose logic is needed.
  int control_of(Bit enable) {
    const auto [position, is_new] = controls_.try_emplace(enable, static_cast<int>(controls_.size()));
    if (is_new) logic_.need(enable);
    return position->second;
  }

  Bit flop(Bit d, int control, bool plain) {
    if (logic_.is_constant(d) && plain) return d;
    const auto [position, is_new] = known_.try_emplace({d.code, control}, flops_.size());
    if (is_new) {
      flops_.push_back({d, logic_.input(), control, plain});
      logic_.need(d);
    }
    return flops_[position->second].q;
  }

  Bit valid(int level) {
    const auto [position, is_new] = valid_.try_emplace(level);
    if (is_new) position->second = logic_.input();
    return position->second;
  }

  // The bits that travel with the tokens, and the counters of a fold.
  void control() {
    const Fold& fold = circuit_.fold;
    const bool folded = phase_count(fold, Phase::Whole) > 1;
    cost_.ff += circuit_.latency * (folded ? 2 : 1);
    cost_.lut += folded ? 4 : 2;
    std::map<int, bool> counted;
    if (folded) counted[static_cast<int>(Phase::Whole)] = true;
    for (const Cell& cell : circuit_.cells()) {
      if (cell.kind == CellKind::Input && cell.index < 0) counted[cell.index] = true;
    }
    for (const auto& [which, yes] : counted) {
      const int count = phase_count(fold, static_cast<Phase>(which));
      const double width = std::bit_width(static_cast<unsigned>(count - 1));
      cost_.ff += width;
      cost_.carry += width;
      cost_.lut += sums_ready_ ? 2 + width / 3 : 1.5 * width;
    }
  }

  void finish() {
    const std::vector<int> reads = logic_.reads();
    std::map<Bit, size_t> follower;  // of a flop's output that is read once: the flop that reads it
    for (size_t f = 0; f < flops_.size(); ++f) {
      if (flops_[f].plain && reads[flops_[f].d.node()] == 1) follower[flops_[f].d] = f;
    }
    std::vector<bool> follows(flops_.size(), false);
    for (size_t f = 0; f < flops_.size(); ++f) {
      const auto next = follower.find(flops_[f].q);
      if (next != follower.end() && flops_[f].plain && flops_[f].control == flops_[next->second].control)
        follows[next->second] = true;
    }
    double registers = 0;
    for (size_t f = 0; f < flops_.size(); ++f) {
      if (follows[f]) continue;
      // The chain from its first register on.
      int length = 1;
      for (size_t last = f;;) {
        const auto next = follower.find(flops_[last].q);
        if (next == follower.end() || !follows[next->second] || !flops_[last].plain) break;
        last = next->second;
        ++length;
      }
      if (part_.lut_shift_bits > 0 && length >= shortest_shift) {
        cost_.srl += std::ceil(static_cast<double>(length) / part_.lut_shift_bits);
      } else {
        registers += length;
      }
    }
    std::vector<bool> tables;
    cost_.lut += static_cast<double>(logic_.cover(part_.lut_inputs, &tables)) + cost_.srl;
    cost_.ff += registers;
    for (const Flop& flop : flops_) {
      const bool own = tables[flop.d.node()] && reads[flop.d.node()] == 1;
      if (!own) cost_.loose_ff += 1;
    }
  }

  static constexpr double lut_product = 1.5;

  const Circuit& circuit_;
  const Part& part_;
  LogicNetwork logic_;
  bool sums_ready_;  ///< the carry cell takes the XOR of its operands from a LUT, and does not hold one
  Bit advance_;
  std::vector<bool> packed_;  ///< of each cell: it is inside a multiplier block
  Cost cost_;
  std::vector<Bits> bits_;
  std::vector<Flop> flops_;
  std::map<std::pair<std::uint32_t, int>, size_t> known_;
  std::map<Bit, int> controls_;
  std::map<int, Bit> valid_;
  std::map<WireId, std::pair<std::int64_t, int>> block_roms_;  ///< by address: words, bits of all tables
};

}  // namespace

Cost cost(const Circuit& circuit, const Part& part) { return Pricer(circuit, part).run(); }

}  // namespace gw
