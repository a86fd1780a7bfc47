#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "num/fixed.h"

namespace gw {

/// A value on wires: an index into Circuit::cells.
using WireId = std::int32_t;

/// What a cell computes. All but Register, BlockRom, Accumulate and Capture are combinational. Values are
/// integers (fractions were settled when the circuit was built); a cell of width w holds its value modulo
/// 2^w.
enum class CellKind {
  Input,     ///< element `index` of the stage's window, or one of the fold's counters (index < 0, see Phase)
  Constant,  ///< value
  Add,       ///< (args[0] << shifts[0]) + (args[1] << shifts[1])
  Subtract,  ///< (args[0] << shifts[0]) - (args[1] << shifts[1])
  Multiply,  ///< args[0] * args[1]
  Slice,     ///< args[0] >> shifts[0] (a negative shift appends zeros), then its low `width` bits
  Less,      ///< args[0] < args[1], one bit
  Equal,     ///< args[0] == value, one bit
  And,       ///< of one-bit wires
  Or,        ///< of one-bit wires
  Not,       ///< each bit of args[0] inverted
  Any,       ///< args[0] != 0, one bit
  /// args[1 + args[0]]; the last one where the selector is beyond them. index 1: a constant option is to be
  /// made by gates, so that no register behind takes it for a reset
  Mux,
  Rom,         ///< roms[index][args[0]]; unspecified beyond its end
  TruthTable,  ///< roms[index][address] in gates; the address is the args side by side, the first one lowest
  /// args[0], one clock ago, or value if args[1], where there is one, was set then: placed by pipelining only
  Register,
  BlockRom,  ///< register: a Rom's word, in block memory, which gives it a clock after the address
  /// register: on a valid clock becomes args[0] + (args[1] ? args[2] : s << shifts[0]), where s is what it
  /// was `index` valid clocks ago. index: how many sums it holds that are worked on in turn
  Accumulate,
  Capture,  ///< register: on a valid clock where args[1] is set becomes args[0]
};

/// The counters of a folded circuit. A window stays in front of it for inner * outer clocks; `Inner` runs
/// through its range once for every step of `Outer`, which runs through its range once for every `Position`.
/// `Whole` counts the clocks of one output: all of them.
enum class Phase { Inner = -1, Outer = -2, Whole = -3, Position = -4 };

/// How many clocks a circuit takes over a window, as two nested loops, and how many windows one output is
/// made of.
struct Fold {
  int inner = 1;
  int outer = 1;
  int positions = 1;  ///< windows that come one after the other before an output is complete
  /// Clocks a window.
  int clocks() const { return inner * outer; }
  bool operator==(const Fold&) const = default;
};

struct Cell {
  CellKind kind = CellKind::Constant;
  std::vector<WireId> args;
  int width = 0;           ///< bits, at least 1
  bool is_signed = false;  ///< how the bits are to be read
  std::int64_t value = 0;  ///< Constant, Equal, Register
  int index = 0;           ///< Input, Mux, Rom, TruthTable, BlockRom, Accumulate
  int shifts[2] = {0, 0};  ///< Add, Subtract, Slice, Accumulate
  int level = 0;           ///< the clock, counted from the window's arrival, in which its result is there
};

/// The arithmetic of one stage as a netlist of words. Cells stand in an order in which arguments come first.
/// The functions simplify (constants fold, equal cells are one cell), so that what stands here is what will
/// be built.
class Circuit {
 public:
  WireId input(int index, int width, bool is_signed);
  /// A counter of the fold, just as wide as it needs to be; a constant 0 where it does not count.
  WireId phase(Phase which);
  WireId constant(std::int64_t value);
  WireId constant(std::int64_t value, int width, bool is_signed);
  WireId add(WireId a, int shift_a, WireId b, int shift_b, int width, bool is_signed);
  WireId subtract(WireId a, int shift_a, WireId b, int shift_b, int width, bool is_signed);
  WireId multiply(WireId a, WireId b, int width, bool is_signed);
  WireId slice(WireId a, int shift, int width, bool is_signed);
  WireId less(WireId a, WireId b);
  WireId equal(WireId a, std::int64_t value);
  WireId logic_and(WireId a, WireId b);
  WireId logic_or(WireId a, WireId b);
  WireId logic_not(WireId a);  ///< of a one-bit wire
  WireId inverted(WireId a);   ///< each bit: -1 - a for what is signed
  WireId any(WireId a);
  WireId mux(WireId selector, std::vector<WireId> options);
  WireId rom(WireId address, std::vector<std::int64_t> values, int width, bool is_signed);
  /// A word for every address.
  WireId truth_table(std::vector<WireId> address, std::vector<std::int64_t> words, int width, bool is_signed);
  WireId accumulate(WireId addend, WireId first, WireId start, int width, bool is_signed, int sums = 1,
                    int shift = 0);
  WireId capture(WireId value, WireId enable);
  /// Only for pipelining: a register, and any cell as it stands.
  WireId delay(WireId a, int level);
  WireId append(Cell cell);

  /// Adds a ROM's contents, or finds equal ones.
  int add_rom(std::vector<std::int64_t> values);

  void set_outputs(std::vector<WireId> outputs) { outputs_ = std::move(outputs); }
  const std::vector<Cell>& cells() const { return cells_; }
  const Cell& operator[](WireId id) const { return cells_[static_cast<size_t>(id)]; }
  const std::vector<WireId>& outputs() const { return outputs_; }
  const std::vector<std::vector<std::int64_t>>& roms() const { return roms_; }

  Fold fold;
  bool is_constant(WireId id) const { return (*this)[id].kind == CellKind::Constant; }
  /// Clocks from the window (for a fold: its last phase, of its last window) to the outputs' registers.
  int latency = 0;

 private:
  WireId intern(Cell cell);
  std::vector<Cell> cells_;
  std::vector<WireId> outputs_;
  std::vector<std::vector<std::int64_t>> roms_;
  std::map<std::vector<std::int64_t>, WireId> known_;
  std::map<std::vector<std::int64_t>, int> known_roms_;
};

/// Bits of a counter that goes up to `highest`, at least 1.
constexpr int bits_for(std::int64_t highest) {
  return std::max(1, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(highest))));
}

/// raw modulo 2^width, read as signed or unsigned. width in 1..64.
std::int64_t wrapped(std::int64_t raw, int width, bool is_signed);

/// All counters of a fold count to these: clocks of one step.
int phase_count(const Fold& fold, Phase which);

/// A table that is addressed by a counter of the fold alone, such as weights are.
bool is_counted_table(const Circuit& circuit, const Cell& cell);
bool has_counted_tables(const Circuit& circuit);  ///< whether there are such tables

/// The circuit with each cell changed, in its place.
Circuit with_cells_changed(const Circuit& circuit, const std::function<void(Cell&)>& change);

/// Those tables in block memory instead of look-up tables.
Circuit with_block_roms(const Circuit& circuit);

/// Drops every cell that no output needs.
Circuit without_dead_cells(const Circuit& circuit);

/// The value of every output after each of fold.positions windows, which stand one behind the other in
/// `window`, has been in front of the circuit for fold.clocks() clocks, with the pipelining registers taken
/// away: what the circuit means, for tests.
std::vector<std::int64_t> evaluate(const Circuit& circuit, std::span<const std::int64_t> window);

}  // namespace gw
