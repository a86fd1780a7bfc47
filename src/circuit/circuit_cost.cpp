// The price of a circuit: its cells as a netlist of bits, which is then counted.
//
// Three things are not as the circuit has them. Multiplier blocks that have registers and an adder inside
// take in what their pattern fits: up to two registers in front of each operand, one behind the product, one
// addition of it, a register behind that, and an accumulator with its start value; each only if nobody else
// reads what is before it. A table of nine to 32 words is a memory for the flow, which moves the register of
// its address behind it. And where a part has no multipliers, or the product is too narrow for one, it is
// adders.
//
// bench/cost_model.cpp holds all of it against synthesis; docs/cost-model.md has the table.

#include "circuit/circuit_cost.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "circuit/fabric_pieces.h"
#include "circuit/table_pieces.h"
#include "support/check.h"

namespace gw {

namespace {

constexpr int fewest_words = 9;     // of a table that is a memory
constexpr int narrowest_block = 9;  // bits of a product that is worth a block, where those take in registers
// What a block that takes in its neighbours multiplies; wider products have blocks that do not.
constexpr int packed_wide = 25, packed_narrow = 18;

int signed_width(const Cell& cell) { return cell.width + (cell.is_signed ? 0 : 1); }

}  // namespace

class FabricCircuit::Builder {
 public:
  Builder(Fabric& fabric, const Circuit& circuit, Bit valid, Bit ready, Bit reset)
      : fabric_(fabric),
        part_(fabric.part()),
        circuit_(circuit),
        offered_(valid),
        ready_(ready),
        reset_(reset),
        packs_(part_.lut_inputs >= 6),
        readers_(circuit.cells().size(), 0),
        reader_(circuit.cells().size(), -1),
        packed_(circuit.cells().size(), false),
        pieces_(fabric) {
    control();
  }

  Bit answer() const { return answer_; }
  Bit taken() const { return fabric_.land(fabric_.land(advance_, last_), offered_); }

  std::vector<Bits> build(const std::vector<Bits>& inputs) {
    inputs_ = inputs;
    find_readers();
    if (packs_) pack_blocks();
    merge_sums();
    for (size_t id = 0; id < circuit_.cells().size(); ++id) {
      bits_.emplace_back();
      if (!packed_[id] && !merged_[id]) bits_[id] = bits_of(static_cast<WireId>(id));
      if (const auto end = ends_.find(static_cast<WireId>(id)); end != ends_.end())
        bits_[id] = multiplier(end->second, static_cast<WireId>(id));
    }
    block_roms();
    std::vector<Bits> outputs;
    for (const WireId out : circuit_.outputs()) outputs.push_back(bits_[static_cast<size_t>(out)]);
    return outputs;
  }

 private:
  const Cell& cell(WireId id) const { return circuit_[id]; }

  void find_readers() {
    for (size_t id = 0; id < circuit_.cells().size(); ++id) {
      for (const WireId a : circuit_.cells()[id].args) {
        ++readers_[static_cast<size_t>(a)];
        reader_[static_cast<size_t>(a)] = static_cast<WireId>(id);
      }
    }
    for (const WireId out : circuit_.outputs()) readers_[static_cast<size_t>(out)] += 2;
  }

  bool has_block(const Cell& product) const {
    const int a = signed_width(cell(product.args[0])), b = signed_width(cell(product.args[1]));
    return part_.dsp_count > 0 && part_.dsp.multiplies(a, b) && !(packs_ && product.width < narrowest_block);
  }

  static bool is_reset(const Cell& c) { return c.kind == CellKind::Register && c.args.size() > 1; }

  // What alone reads a wire, perhaps its lowest bits or with its sign repeated.
  struct Follower {
    WireId reader = -1;
    WireId operand = -1;  ///< what it reads: the wire, or the last of the slices
    std::vector<WireId> slices;
  };
  Follower only_reader(WireId wire, CellKind kind) const {
    Follower found;
    for (found.operand = wire; readers_[static_cast<size_t>(found.operand)] == 1;) {
      const WireId next = reader_[static_cast<size_t>(found.operand)];
      const Cell& c = cell(next);
      if (c.kind == kind) {
        if (!packed_[static_cast<size_t>(next)] && !is_reset(c)) found.reader = next;
        break;
      }
      if (c.kind != CellKind::Slice || c.shifts[0] != 0) break;
      found.slices.push_back(next);
      found.operand = next;
    }
    return found;
  }

  // Decides what each block takes in behind its product.
  void pack_blocks() {
    for (size_t id = 0; id < circuit_.cells().size(); ++id) {
      const Cell& product = circuit_.cells()[id];
      if (product.kind != CellKind::Multiply || !has_block(product)) continue;
      const int a = signed_width(cell(product.args[0])), b = signed_width(cell(product.args[1]));
      if (std::max(a, b) > packed_wide || std::min(a, b) > packed_narrow) continue;
      auto wire = static_cast<WireId>(id);
      packed_[id] = true;
      const auto take = [&](const Follower& next) {
        for (const WireId slice : next.slices) packed_[static_cast<size_t>(slice)] = true;
        packed_[static_cast<size_t>(next.reader)] = true;
        wire = next.reader;
      };
      Inside inside{static_cast<WireId>(id)};
      if (const Follower next = only_reader(wire, CellKind::Register); next.reader >= 0) take(next);
      const Follower sum = only_reader(wire, CellKind::Add), ring = only_reader(wire, CellKind::Accumulate);
      if (sum.reader >= 0 && cell(sum.reader).args[0] != cell(sum.reader).args[1]) {
        const Cell& added = cell(sum.reader);
        const size_t at = added.args[0] == sum.operand ? 0 : 1;
        if (added.shifts[at] == 0) {
          inside.added = added.args[1 - at];
          inside.shift = added.shifts[1 - at];
          take(sum);
        }
      } else if (ring.reader >= 0 && cell(ring.reader).args[0] == ring.operand &&
                 cell(ring.reader).shifts[0] == 0) {
        inside.ring = ring.reader;
        take(ring);
      }
      if (inside.ring < 0) {
        if (const Follower next = only_reader(wire, CellKind::Register); next.reader >= 0) take(next);
      }
      ends_[wire] = inside;
    }
  }

  // A term of a sum.
  struct Summand {
    Bits bits;
    bool negative = false;
    int pieces = 1;  ///< that its bits are put together of
  };

  // Of how many pieces a wire's bits are put together, shifted and extended to that width: each repetition of
  // its sign is one.
  int pieces_of(WireId wire, int width, int shift) const {
    const Cell& c = cell(wire);
    if (c.kind == CellKind::Constant) return 1;
    const int repeated = c.is_signed ? std::max(0, width - shift - c.width) : 0;
    return 1 + (shift > 0 ? 1 : 0) + repeated + (has_bits_that_pass(c) ? 1 : 0);
  }

  // The lowest bits of a sum are those of one operand where the other one has none.
  static bool has_bits_that_pass(const Cell& c) {
    return (c.kind == CellKind::Add && (c.shifts[0] > 0 || c.shifts[1] > 0)) ||
           (c.kind == CellKind::Subtract && c.shifts[1] > 0);
  }

  // Whether the flow makes b the first operand of a + b (Yosys's pass alumacc): what is narrower goes first,
  // else what is made of fewer pieces.
  static bool goes_first(const Summand& b, const Summand& a) {
    const auto width = [](const Bits& bits) {
      size_t used = bits.size();
      while (used > 0 && bits[used - 1] == Bit::zero()) --used;
      return used;
    };
    const size_t width_a = width(a.bits), width_b = width(b.bits);
    return width_b != width_a ? width_b < width_a : b.pieces < a.pieces;
  }

  static bool is_sum(const Cell& c) { return c.kind == CellKind::Add || c.kind == CellKind::Subtract; }

  // A sum that only another sum reads, as it is, becomes a part of that one: the flow takes both apart and
  // adds their terms two by two, in the width of the last. One that is narrower has to be unsigned, and wide
  // enough for the largest values that its terms' widths allow.
  void merge_sums() {
    merged_.assign(circuit_.cells().size(), false);
    for (size_t id = 0; id < circuit_.cells().size(); ++id) {
      const Cell& inner = circuit_.cells()[id];
      if (!is_sum(inner) || packed_[id] || readers_[id] != 1) continue;
      const Cell& outer = cell(reader_[id]);
      const bool accumulates = outer.kind == CellKind::Accumulate && outer.args[0] == static_cast<WireId>(id);
      if ((!is_sum(outer) && !accumulates) || packed_[static_cast<size_t>(reader_[id])]) continue;
      if (is_sum(outer) && outer.shifts[outer.args[0] == static_cast<WireId>(id) ? 0 : 1] != 0) continue;
      if (inner.width > outer.width || (inner.width < outer.width && may_overflow(inner))) continue;
      merged_[id] = true;
    }
  }

  bool may_overflow(const Cell& sum) const {
    if (sum.is_signed || sum.kind == CellKind::Subtract) return true;
    double most = 0;
    for (size_t n = 0; n < 2; ++n) {
      const Cell& term = cell(sum.args[n]);
      if (merged_[static_cast<size_t>(sum.args[n])]) return true;
      const int width = term.is_signed ? sum.width : std::min(sum.width, term.width + sum.shifts[n]);
      most += std::ldexp(1, width) - 1;
    }
    return most >= std::ldexp(1, sum.width);
  }

  // The terms of a sum, merged ones taken apart: the first of those stands in their place, the others behind.
  std::vector<Summand> summands(const Cell& sum, int width) const {
    std::vector<Summand> terms, behind;
    for (size_t n = 0; n < 2; ++n) {
      const bool negative = sum.kind == CellKind::Subtract && n == 1;
      if (!merged_[static_cast<size_t>(sum.args[n])]) {
        terms.push_back({word(sum.args[n], width, sum.shifts[n]), negative,
                         pieces_of(sum.args[n], width, sum.shifts[n])});
        continue;
      }
      std::vector<Summand> inner = summands(cell(sum.args[n]), width);
      for (Summand& term : inner) term.negative = term.negative != negative;
      terms.push_back(std::move(inner.front()));
      behind.insert(behind.end(), inner.begin() + 1, inner.end());
    }
    terms.insert(terms.end(), behind.begin(), behind.end());
    return terms;
  }

  Bits total(std::vector<Summand> terms) {
    if (terms.size() == 2 && !terms[0].negative && !terms[1].negative && goes_first(terms[1], terms[0]))
      std::swap(terms[0], terms[1]);
    while (terms.size() > 1) {
      std::vector<Summand> next;
      for (size_t i = 0; i < terms.size(); i += 2) {
        if (i + 1 == terms.size()) {
          next.push_back(std::move(terms[i]));
          continue;
        }
        const Summand &a = terms[i], &b = terms[i + 1];
        if (a.negative == b.negative) {
          next.push_back({fabric_.sum(a.bits, b.bits, false), a.negative});
        } else {
          next.push_back(
              {a.negative ? fabric_.sum(b.bits, a.bits, true) : fabric_.sum(a.bits, b.bits, true)});
        }
      }
      terms = std::move(next);
    }
    if (!terms.front().negative) return terms.front().bits;
    return fabric_.sum(Bits(terms.front().bits.size(), Bit::zero()), terms.front().bits, true);
  }

  // A multiplier block with everything that it took in.
  struct Inside {
    WireId product = -1;
    WireId added = -1;  ///< what is added to the product
    int shift = 0;      ///< of that
    WireId ring = -1;   ///< the accumulator
  };

  // The bits of a wire before the registers that a block takes in front of it.
  Bits before_registers(WireId wire, int most) const {
    Bits bits = bits_[static_cast<size_t>(wire)];
    // A memory has taken those already.
    if (cell(wire).kind == CellKind::Rom) return bits;
    if (cell(wire).kind == CellKind::Register && follows_table(wire)) return bits;
    for (; most > 0; --most) {
      const auto before = fabric_.before(bits);
      if (!before) break;
      bits = *before;
    }
    return bits;
  }

  Bits multiplier(const Inside& inside, WireId end) {
    const Cell& product = cell(inside.product);
    Bits read = before_registers(product.args[0], 2);
    const Bits other = before_registers(product.args[1], 2);
    read.insert(read.end(), other.begin(), other.end());
    const auto price = [](int) {
      Cost cost;
      cost.dsp = 1;
      return cost;
    };
    const int width = cell(end).width;
    if (inside.added >= 0) {
      const Bits added =
          inside.shift == 0 ? before_registers(inside.added, 1) : bits_[static_cast<size_t>(inside.added)];
      read.insert(read.end(), added.begin(), added.end());
    }
    if (inside.ring < 0) return fabric_.block(std::move(read), width, price);
    const Cell& ring = cell(inside.ring);
    const Bit first = bits_[static_cast<size_t>(ring.args[1])][0];
    const Fabric::Control control{fabric_.land(advance_, valid(ring.level - 1)), Bit::zero()};
    Bits start;
    for (int i = 0; i < width; ++i) start.push_back(at(ring.args[2], i));
    if (ring.index == 1) {
      read.insert(read.end(), start.begin(), start.end());
      read.push_back(first);
      read.push_back(control.enable);
      return fabric_.block(std::move(read), width, price);
    }
    // The newest sum is in the block, the others are registers in front of its adder.
    const Bits oldest = fabric_.states(width);
    const Bits added = fabric_.mux(first, oldest, start);
    read.insert(read.end(), added.begin(), added.end());
    read.push_back(control.enable);
    const Bits sum = fabric_.block(std::move(read), width, price);
    close_ring(oldest, sum, ring.index, control);
    return sum;
  }

  // Sums that take turns move from the newest, which is held already, to the oldest.
  void close_ring(const Bits& oldest, const Bits& newest, int turns, const Fabric::Control& control) {
    Bits last = newest;
    for (int turn = 2; turn < turns; ++turn) {
      for (Bit& bit : last) bit = fabric_.flop(bit, control, true);
    }
    fabric_.set_states(oldest, last, control, true);
  }

  // Bit i of a wire, beyond its top by its sign.
  Bit at(WireId wire, int i) const {
    const Bits& bits = bits_[static_cast<size_t>(wire)];
    if (i < 0) return Bit::zero();
    if (i < static_cast<int>(bits.size())) return bits[static_cast<size_t>(i)];
    return cell(wire).is_signed ? bits.back() : Bit::zero();
  }

  Bits word(WireId wire, int width, int shift = 0) const {
    Bits bits;
    for (int i = 0; i < width; ++i) bits.push_back(at(wire, i - shift));
    return bits;
  }

  Bits bits_of(WireId id) {
    const Cell& c = cell(id);
    const auto bit = [&](size_t n) { return bits_[static_cast<size_t>(c.args[n])][0]; };
    Bits bits;
    switch (c.kind) {
      case CellKind::Input: {
        if (c.index < 0) return counters_.at(c.index);
        const auto index = static_cast<size_t>(c.index);
        if (index >= inputs_.size()) return fabric_.inputs(c.width);
        bits = inputs_[index];
        bits.resize(static_cast<size_t>(c.width), Bit::zero());
        return bits;
      }
      case CellKind::Constant:
        for (int i = 0; i < c.width; ++i)
          bits.push_back((c.value >> std::min(i, 63)) & 1 ? Bit::one() : Bit::zero());
        return bits;
      case CellKind::Slice:
        return word(c.args[0], c.width, -c.shifts[0]);
      case CellKind::Add:
      case CellKind::Subtract:
        return total(summands(c, c.width));
      case CellKind::Multiply:
        return product(c);
      case CellKind::Less: {
        const bool is_signed = cell(c.args[0]).is_signed || cell(c.args[1]).is_signed;
        const auto width_of = [&](size_t n) {
          return is_signed ? signed_width(cell(c.args[n])) : cell(c.args[n]).width;
        };
        const int width = std::max(width_of(0), width_of(1));
        return {fabric_.less(word(c.args[0], width), word(c.args[1], width), is_signed)};
      }
      case CellKind::Equal:
        return {fabric_.equal(bits_[static_cast<size_t>(c.args[0])], c.value)};
      case CellKind::Any:
        return {!fabric_.equal(bits_[static_cast<size_t>(c.args[0])], 0)};
      case CellKind::And:
        return {fabric_.land(bit(0), bit(1))};
      case CellKind::Or:
        return {fabric_.lor(bit(0), bit(1))};
      case CellKind::Not:
        for (const Bit b : bits_[static_cast<size_t>(c.args[0])]) bits.push_back(!b);
        return bits;
      case CellKind::Mux:
        for (int i = 0; i < c.width; ++i) {
          Bits options;
          for (size_t n = 1; n < c.args.size(); ++n) options.push_back(at(c.args[n], i));
          bits.push_back(fabric_.choose(bits_[static_cast<size_t>(c.args[0])], std::move(options)));
        }
        return bits;
      case CellKind::Rom:
        return table(id);
      case CellKind::TruthTable: {
        Bits address;
        for (const WireId part : c.args)
          std::ranges::copy(bits_[static_cast<size_t>(part)], std::back_inserter(address));
        return pieces_.function(circuit_.roms()[static_cast<size_t>(c.index)], address, c.width);
      }
      case CellKind::BlockRom: {
        auto& [words, width] = block_roms_[c.args[0]];
        words = static_cast<std::int64_t>(circuit_.roms()[static_cast<size_t>(c.index)].size());
        width += c.width;
        return fabric_.block(bits_[static_cast<size_t>(c.args[0])], c.width, [](int) { return Cost{}; });
      }
      case CellKind::Register: {
        const Bit reset = is_reset(c) ? fabric_.land(advance_, bit(1)) : Bit::zero();
        for (const Bit d : bits_[static_cast<size_t>(c.args[0])]) {
          const bool to_one = is_reset(c) && (c.value >> std::min<size_t>(bits.size(), 63)) & 1;
          bits.push_back(fabric_.flop(d, {advance_, reset, false, to_one}, !is_reset(c)));
        }
        return bits;
      }
      case CellKind::Accumulate: {
        const Bits oldest = fabric_.states(c.width);
        const Bits start = word(c.args[2], c.width);
        Bits moved(static_cast<size_t>(c.shifts[0]), Bit::zero());
        moved.insert(moved.end(), oldest.begin(), oldest.end());
        moved.resize(static_cast<size_t>(c.width), Bit::zero());
        const Bits before = fabric_.mux(bit(1), moved, start);
        Bits sum;
        if (merged_[static_cast<size_t>(c.args[0])]) {
          std::vector<Summand> terms = summands(cell(c.args[0]), c.width);
          terms.insert(terms.begin() + 1, Summand{before});
          sum = total(std::move(terms));
        } else {
          // Printed so that the choice is the second operand.
          sum = fabric_.sum(word(c.args[0], c.width), before, false);
        }
        const Fabric::Control control{fabric_.land(advance_, valid(c.level - 1)), Bit::zero()};
        if (c.index == 1) {
          fabric_.set_states(oldest, sum, control);
          return oldest;
        }
        Bits newest;
        for (const Bit d : sum) newest.push_back(fabric_.flop(d, control, false));
        close_ring(oldest, newest, c.index, control);
        return newest;
      }
      case CellKind::Capture: {
        const Bit enable = fabric_.land(fabric_.land(advance_, valid(c.level - 1)), bit(1));
        for (const Bit d : bits_[static_cast<size_t>(c.args[0])])
          bits.push_back(fabric_.flop(d, {enable, Bit::zero()}, false));
        return bits;
      }
    }
    GW_CHECK(false);
    return bits;
  }

  Bits product(const Cell& c) {
    Bits a = word(c.args[0], signed_width(cell(c.args[0])));
    const Bits b = word(c.args[1], signed_width(cell(c.args[1])));
    if (!has_block(c)) return fabric_.product(a, b, c.width);
    a.insert(a.end(), b.begin(), b.end());
    return fabric_.block(std::move(a), c.width, [](int) {
      Cost cost;
      cost.dsp = 1;
      return cost;
    });
  }

  bool is_memory(const Cell& c) const {
    return c.kind == CellKind::Rom && !is_in_pieces(circuit_, c) &&
           circuit_.roms()[static_cast<size_t>(c.index)].size() >= fewest_words;
  }
  /// A register that the flow takes for the output of a memory.
  bool follows_table(WireId id) const {
    return is_memory(cell(cell(id).args[0])) && readers_[static_cast<size_t>(cell(id).args[0])] == 1;
  }

  Bits table(WireId id) {
    const Cell& c = cell(id);
    const auto& words = circuit_.roms()[static_cast<size_t>(c.index)];
    const Bits& address = bits_[static_cast<size_t>(c.args[0])];
    if (is_in_pieces(circuit_, c)) return pieces_.build(words, address, c.width);
    const bool registered = readers_[static_cast<size_t>(id)] == 1 &&
                            cell(reader_[static_cast<size_t>(id)]).kind == CellKind::Register;
    // Behind the memory: the register of its address.
    const auto next = is_memory(c) && !registered ? fabric_.next_of(address) : std::nullopt;
    Bits bits = pieces_.columns(words, next.value_or(address), c.width);
    for (Bit& bit : bits) bit = next ? fabric_.flop(bit, {}, false) : bit;
    return bits;
  }

  // Tables of one address stand side by side in one memory.
  void block_roms() {
    for (const auto& [address, rom] : block_roms_) {
      const Bits there = fabric_.block({}, 1, [&part = part_, words = rom.first, width = rom.second](int) {
        Cost cost;
        cost.bram36 = block_memory(words, width, part);
        return cost;
      });
      fabric_.output(there[0]);
    }
  }

  Bit valid(int level) const { return level <= 0 ? offered_ : valid_[static_cast<size_t>(level - 1)]; }

  // The bits that travel with the tokens, and the counters of a fold.
  void control() {
    const Fold& fold = circuit_.fold;
    // Nothing is held up, or nothing travels.
    if ((fabric_.is_constant(offered_) && fabric_.is_constant(ready_)) || circuit_.latency == 0) {
      advance_ = last_ = answer_ = Bit::one();
      return;
    }
    const bool folded = phase_count(fold, Phase::Whole) > 1;
    valid_ = fabric_.states(circuit_.latency);
    const Bits finishing = fabric_.states(folded ? circuit_.latency : 0);
    answer_ = folded ? fabric_.land(valid_.back(), finishing.back()) : valid_.back();
    advance_ = fabric_.lor(!answer_, ready_);
    const Fabric::Control moving{advance_, reset_};
    for (int level = 1; level <= circuit_.latency; ++level)
      fabric_.set_state(valid_[static_cast<size_t>(level - 1)], valid(level - 1), moving);
    counters(fabric_.land(offered_, advance_));
    for (size_t level = 0; level < finishing.size(); ++level)
      fabric_.set_state(finishing[level], level == 0 ? whole_last_ : finishing[level - 1], moving);
  }

  bool uses(Phase which) const {
    return std::any_of(circuit_.cells().begin(), circuit_.cells().end(), [&](const Cell& c) {
      return c.kind == CellKind::Input && c.index == static_cast<int>(which);
    });
  }

  // As backends/verilog/verilog.cpp prints them.
  void counters(Bit step) {
    const Fold& fold = circuit_.fold;
    const bool nested = fold.positions > 1 && fold.clocks() > 1;
    const bool outer = fold.outer > 1 && (nested || uses(Phase::Outer));
    const bool inner = fold.inner > 1 && (nested || outer || uses(Phase::Inner));
    const auto count = [&](Phase which, Bit when) {
      const FabricCounter counter = build_counter(fabric_, phase_count(fold, which), when, reset_);
      counters_[static_cast<int>(which)] = counter.value;
      return counter.last;
    };
    if (phase_count(fold, Phase::Whole) > 1) whole_last_ = count(Phase::Whole, step);
    Bit inner_last = Bit::one(), outer_last = Bit::one();
    if (inner) inner_last = count(Phase::Inner, step);
    if (outer) outer_last = count(Phase::Outer, fabric_.land(step, inner_last));
    last_ = nested                                     ? fabric_.land(inner_last, outer_last)
            : fold.positions == 1 && fold.clocks() > 1 ? whole_last_
                                                       : Bit::one();
    if (uses(Phase::Position)) count(Phase::Position, fabric_.land(step, last_));
  }

  Fabric& fabric_;
  const Part& part_;
  const Circuit& circuit_;
  Bit offered_, ready_, reset_;
  bool packs_;  ///< multiplier blocks take in what is around them
  std::vector<int> readers_;
  std::vector<WireId> reader_;     ///< of each cell: the last one that reads it
  std::vector<bool> packed_;       ///< of each cell: it is inside a multiplier block
  std::vector<bool> merged_;       ///< of each cell: a sum that is part of the one that reads it
  std::map<WireId, Inside> ends_;  ///< blocks, by the cell whose result they give
  std::vector<Bits> inputs_, bits_;
  std::map<int, Bits> counters_;
  Bits valid_;
  Bit advance_, last_ = Bit::one(), answer_ = Bit::one(), whole_last_ = Bit::one();
  FabricPieces pieces_;
  std::map<WireId, std::pair<std::int64_t, int>> block_roms_;  ///< by address: words, bits of all tables
};

FabricCircuit::FabricCircuit(Fabric& fabric, const Circuit& circuit, Bit valid, Bit ready, Bit reset)
    : builder_(std::make_unique<Builder>(fabric, circuit, valid, ready, reset)) {}
FabricCircuit::~FabricCircuit() = default;
Bit FabricCircuit::valid() const { return builder_->answer(); }
Bit FabricCircuit::taken() const { return builder_->taken(); }
std::vector<Bits> FabricCircuit::build(const std::vector<Bits>& inputs) { return builder_->build(inputs); }

FabricCounter build_counter(Fabric& fabric, std::int64_t count, Bit step, Bit reset) {
  if (count <= 1) return {{Bit::zero()}, Bit::one()};
  FabricCounter counter;
  counter.value = fabric.states(bits_for(count - 1));
  counter.last = fabric.equal(counter.value, count - 1);
  const Bits next = fabric.plus_one(counter.value);
  // A power of two comes round by itself, but the flow does not see that.
  fabric.set_states(counter.value, fabric.mux(counter.last, next, Bits(counter.value.size(), Bit::zero())),
                    {step, reset});
  return counter;
}

Cost cost(const Circuit& circuit, const Part& part) {
  Fabric fabric(part);
  const Bits outside = fabric.inputs(3);
  FabricCircuit built(fabric, circuit, outside[0], outside[1], outside[2]);
  for (const Bits& bits : built.build({})) fabric.output(bits);
  fabric.output(built.valid());
  fabric.output(built.taken());
  return fabric.count();
}

}  // namespace gw
