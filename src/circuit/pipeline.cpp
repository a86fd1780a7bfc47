// Pipelining by levels.
//
// All cells of a stage stop and go together, so a token that enters at clock t is at level k exactly k clocks
// later (not counting clocks in which everything stands). It is then enough to give every cell a level at
// which its result is there and to delay each argument to the level of the cell that uses it. Levels are
// chosen greedily, as soon as possible, by a path length that grows along combinational cells and starts anew
// behind a register: the same rule as in list scheduling with chaining (De Micheli, Synthesis and
// Optimization of Digital Circuits, 1994, section 5.4).

#include "circuit/pipeline.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "circuit/table_pieces.h"

namespace gw {

double delay_ns(const Circuit& circuit, const Cell& cell, const Delays& delays) {
  const double lut = delays.lut + delays.route;
  const double chain = lut + delays.carry_entry + delays.carry_bit * cell.width;
  const auto width = [&](size_t n) { return static_cast<double>(circuit[cell.args[n]].width); };
  switch (cell.kind) {
    case CellKind::Input:
    case CellKind::Constant:
    case CellKind::Slice:
    case CellKind::Register:
    case CellKind::BlockRom:
      return 0;
    case CellKind::Add:
    case CellKind::Subtract:
    case CellKind::Accumulate:
      return chain;
    case CellKind::Less:
      return lut + delays.carry_entry + delays.carry_bit * std::max(width(0), width(1));
    case CellKind::Multiply:
      if (delays.dsp > 0) return delays.dsp + delays.route;
      // Partial products and a tree of adders over them.
      return lut +
             (lut + delays.carry_entry) * std::ceil(std::log2(std::max(2.0, std::min(width(0), width(1))))) +
             delays.carry_bit * (width(0) + width(1));
    case CellKind::Equal:
    case CellKind::Any:
      return lut * std::ceil(std::max(1.0, std::log(width(0)) / std::log(6.0)));
    case CellKind::And:
    case CellKind::Or:
    case CellKind::Not:
    case CellKind::Capture:
      return lut;
    // A six-input LUT picks one of four.
    case CellKind::Mux:
      return lut *
             std::max(1.0, std::ceil(std::log(static_cast<double>(cell.args.size() - 1)) / std::log(4.0)));
    case CellKind::TruthTable: {
      double bits = 0;
      for (size_t n = 0; n < cell.args.size(); ++n) bits += width(n);
      return lut * std::max(1.0, 1 + std::ceil((bits - 6) / 2));
    }
    case CellKind::Rom:
      return lut * std::max(1.0, 1 + std::ceil((width(0) - 6) / 2));
  }
  return 0;
}

namespace {

struct Placed {
  WireId wire = -1;
  int level = 0;
  double arrival_ns = 0;  ///< within its level
  bool is_register = false;
  bool is_constant = false;
};

class Placer {
 public:
  Placer(const Circuit& source, const Delays& delays, double clock_ns)
      : source_(source),
        delays_(delays),
        overhead_ns_(delays.clock_to_q + delays.setup),
        budget_ns_(clock_ns - overhead_ns_),
        chooses_(source.cells().size(), false) {
    result_.circuit.fold = source.fold;
    for (const Cell& cell : source.cells()) {
      if (cell.kind != CellKind::Mux) continue;
      WireId selector = cell.args[0];
      while (source[selector].kind == CellKind::Slice) selector = source[selector].args[0];
      chooses_[static_cast<size_t>(selector)] = true;
    }
  }

  Pipelined run() {
    for (const Cell& cell : source_.cells()) placed_.push_back(place(cell));
    int last = 1;
    for (const WireId out : source_.outputs()) {
      const Placed& p = at(out);
      last = std::max(last, p.level + (p.is_register ? 0 : 1));
    }
    std::vector<WireId> outputs;
    for (const WireId out : source_.outputs()) {
      outputs.push_back(at(out).is_constant ? at(out).wire : delayed(at(out), last));
    }
    result_.circuit.set_outputs(std::move(outputs));
    result_.circuit.latency = last;
    return std::move(result_);
  }

 private:
  const Placed& at(WireId id) const { return placed_[static_cast<size_t>(id)]; }

  Placed place(const Cell& cell) {
    Placed placed;
    Cell copy = cell;
    if (cell.kind == CellKind::Rom || cell.kind == CellKind::TruthTable || cell.kind == CellKind::BlockRom)
      copy.index = result_.circuit.add_rom(source_.roms()[static_cast<size_t>(cell.index)]);
    if (cell.kind == CellKind::Constant) {
      placed.is_constant = true;
      placed.wire = result_.circuit.append(std::move(copy));
      return placed;
    }
    for (const WireId a : cell.args) {
      if (!at(a).is_constant) placed.level = std::max(placed.level, at(a).level);
    }
    const double delay = delay_ns(source_, cell, delays_);
    const auto arrival = [&] {
      double latest = 0;
      for (const WireId a : cell.args) {
        if (!at(a).is_constant && at(a).level == placed.level) latest = std::max(latest, at(a).arrival_ns);
      }
      return latest;
    };
    // A cell that is too slow for its clock stands alone between two registers, and so does a large table,
    // which would lose its shape if it were synthesised together with what makes its address.
    if (arrival() > 0 && (arrival() + delay > budget_ns_ || is_in_pieces(source_, cell))) ++placed.level;
    placed.arrival_ns = arrival() + delay;
    result_.slowest_ns = std::max(result_.slowest_ns, placed.arrival_ns + overhead_ns_);

    for (WireId& a : copy.args) {
      const Placed source = at(a);
      a = source.is_constant ? source.wire : delayed(source, placed.level);
    }
    if (cell.kind == CellKind::Accumulate || cell.kind == CellKind::Capture ||
        cell.kind == CellKind::BlockRom) {
      ++placed.level;
      // A memory gives its word later after the clock than a flip-flop its bit.
      placed.arrival_ns =
          cell.kind == CellKind::BlockRom ? std::max(0.0, delays_.ram - delays_.clock_to_q) : 0;
      placed.is_register = true;
    }
    copy.level = placed.level;
    placed.wire = result_.circuit.append(std::move(copy));
    if (is_in_several_pieces(source_, cell) || (is_in_pieces(source_, cell) && chooses_[placed_.size()])) {
      // What it is made of would lose its shape in what reads it, or the choice by what it says would.
      placed.wire = delayed(placed, placed.level + 1);
      ++placed.level;
      placed.arrival_ns = 0;
      placed.is_register = true;
    }
    return placed;
  }

  WireId delayed(const Placed& placed, int level) {
    WireId wire = placed.wire;
    for (int l = placed.level + 1; l <= level; ++l) {
      const auto [position, is_new] = delays_of_.try_emplace({wire, l}, -1);
      if (is_new) position->second = delayed_once(wire, l);
      wire = position->second;
    }
    return wire;
  }

  // An inverter goes behind the register: in front of it it would be a table of its own, while what reads it
  // mostly has room for it.
  WireId delayed_once(WireId wire, int level) {
    Cell cell = result_.circuit[wire];
    if (cell.kind != CellKind::Not) return result_.circuit.delay(wire, level);
    cell.args[0] = delayed({cell.args[0], cell.level}, level);
    cell.level = level;
    return result_.circuit.append(std::move(cell));
  }

  const Circuit& source_;
  const Delays& delays_;
  double overhead_ns_;
  double budget_ns_;
  std::vector<bool> chooses_;  ///< of each cell: a multiplexer is told by it what to take
  std::vector<Placed> placed_;
  std::map<std::pair<WireId, int>, WireId> delays_of_;
  Pipelined result_;
};

}  // namespace

Pipelined pipelined(const Circuit& circuit, const Delays& delays, double clock_ns) {
  return Placer(circuit, delays, clock_ns).run();
}

}  // namespace gw
