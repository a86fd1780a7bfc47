// Registers that a ReLU or a saturation resets.
//
// Problem: max(x, 0) in front of a register is a table for each bit of x, which does nothing but let it pass.
// Synthesis knows that a register has a reset, but what it makes of a reset that waits for the enable is a
// table for each bit again, in front of the reset now. Approach: where x is what an adder or a register
// gives, whose bits have no table with room left, the register is reset by the sign, and one bit says when.
// Likewise min(x, limit). Where x is a choice itself its tables have room for one input more: that is
// marked to be printed as gates, since of a choice of a constant Yosys makes a set or reset, again with a
// table for each bit, besides the one that is there. A network with 160 bits that saturate had 145 tables
// more so.

#include "circuit/reset_registers.h"

#include <optional>

namespace gw {

namespace {

constexpr int narrowest = 3;  // bits: narrower sums are tables that have room

class Resetter {
 public:
  explicit Resetter(const Circuit& circuit) : circuit_(circuit), readers_(circuit.cells().size(), 0) {
    for (const Cell& cell : circuit.cells()) {
      for (const WireId a : cell.args) ++readers_[static_cast<size_t>(a)];
    }
    for (const WireId out : circuit.outputs()) readers_[static_cast<size_t>(out)] += 2;
  }

  Circuit run() {
    result_.fold = circuit_.fold;
    result_.latency = circuit_.latency;
    for (const auto& words : circuit_.roms()) result_.add_rom(words);
    for (const Cell& cell : circuit_.cells()) {
      Cell copy = cell;
      for (WireId& a : copy.args) a = moved(a);
      if (const auto choice = choice_before(cell)) {
        copy.args = {value_of(*choice), condition_of(*choice)};
        copy.value = constant_of(*choice);
      }
      if (cell.kind == CellKind::Mux && cell.args.size() == 3 &&
          circuit_.is_constant(cell.args[1]) != circuit_.is_constant(cell.args[2]))
        copy.index = 1;
      moved_.push_back(result_.append(std::move(copy)));
    }
    std::vector<WireId> outputs;
    for (const WireId out : circuit_.outputs()) outputs.push_back(moved(out));
    result_.set_outputs(std::move(outputs));
    return without_dead_cells(result_);
  }

 private:
  // A multiplexer of a value and a constant, and what is cut out of it in front of a register, the last cut
  // first.
  struct Choice {
    std::vector<WireId> cuts;
    WireId mux = -1, value = -1, constant = -1;
    bool selector_resets = false;  ///< otherwise what resets is the selector's inverse
  };

  WireId moved(WireId id) const { return moved_[static_cast<size_t>(id)]; }

  std::optional<Choice> choice_before(const Cell& cell) const {
    if (cell.kind != CellKind::Register || cell.args.size() > 1) return std::nullopt;
    Choice choice;
    WireId at = cell.args[0];
    while (circuit_[at].kind == CellKind::Slice && readers_[static_cast<size_t>(at)] == 1) {
      choice.cuts.push_back(at);
      at = circuit_[at].args[0];
    }
    const Cell& mux = circuit_[at];
    if (mux.kind != CellKind::Mux || mux.args.size() != 3 || readers_[static_cast<size_t>(at)] != 1)
      return std::nullopt;
    choice.mux = at;
    choice.selector_resets = circuit_.is_constant(mux.args[2]);
    choice.value = mux.args[choice.selector_resets ? 1 : 2];
    choice.constant = mux.args[choice.selector_resets ? 2 : 1];
    if (!circuit_.is_constant(choice.constant) || !has_no_table_behind(choice.value)) return std::nullopt;
    return choice;
  }

  bool has_no_table_behind(WireId id) const {
    while (circuit_[id].kind == CellKind::Slice) id = circuit_[id].args[0];
    const Cell& cell = circuit_[id];
    return cell.width >= narrowest && (cell.kind == CellKind::Add || cell.kind == CellKind::Subtract ||
                                       cell.kind == CellKind::Register || cell.kind == CellKind::Accumulate ||
                                       cell.kind == CellKind::Capture);
  }

  // The value, widened as the multiplexer does it, and cut.
  WireId value_of(const Choice& choice) {
    const Cell& mux = circuit_[choice.mux];
    Cell whole;
    whole.kind = CellKind::Slice;
    whole.args = {moved(choice.value)};
    whole.width = mux.width;
    whole.is_signed = mux.is_signed;
    whole.level = mux.level;
    WireId value = result_.append(std::move(whole));
    for (size_t n = choice.cuts.size(); n-- > 0;) {
      Cell cut = circuit_[choice.cuts[n]];
      cut.args = {value};
      value = result_.append(std::move(cut));
    }
    return value;
  }

  // The constant, cut likewise.
  std::int64_t constant_of(const Choice& choice) const {
    const Cell& mux = circuit_[choice.mux];
    std::int64_t value = wrapped(circuit_[choice.constant].value, mux.width, mux.is_signed);
    for (size_t n = choice.cuts.size(); n-- > 0;) {
      const Cell& cut = circuit_[choice.cuts[n]];
      const int shift = cut.shifts[0];
      value = shift >= 0 ? value >> shift
                         : static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << -shift);
      value = wrapped(value, cut.width, cut.is_signed);
    }
    return value;
  }

  WireId condition_of(const Choice& choice) {
    const Cell& mux = circuit_[choice.mux];
    const WireId selector = moved(mux.args[0]);
    if (choice.selector_resets) return selector;
    Cell inverse;
    inverse.kind = CellKind::Not;
    inverse.args = {selector};
    inverse.width = 1;
    inverse.level = mux.level;
    return result_.append(std::move(inverse));
  }

  const Circuit& circuit_;
  std::vector<int> readers_;  ///< of each cell
  std::vector<WireId> moved_;
  Circuit result_;
};

}  // namespace

Circuit with_reset_registers(const Circuit& circuit) { return Resetter(circuit).run(); }

}  // namespace gw
