// Netlists of words: making cells, folding constants, sharing equal cells, and saying what they mean.

#include "circuit/circuit.h"

#include <algorithm>
#include <bit>
#include <deque>

#include "support/check.h"

namespace gw {

std::int64_t wrapped(std::int64_t raw, int width, bool is_signed) {
  if (width >= 64) return raw;
  const auto low = static_cast<std::uint64_t>(raw) & ((std::uint64_t{1} << width) - 1);
  if (is_signed && (low >> (width - 1)) != 0)
    return static_cast<std::int64_t>(low | (~std::uint64_t{0} << width));
  return static_cast<std::int64_t>(low);
}

namespace {

std::int64_t left(std::int64_t raw, int by) {
  return by >= 64 ? 0 : static_cast<std::int64_t>(static_cast<std::uint64_t>(raw) << by);
}

std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

// The result of a combinational cell on its arguments' values.
std::int64_t computed(const Circuit& circuit, const Cell& cell, std::span<const std::int64_t> args) {
  const auto keep = [&](std::int64_t raw) { return wrapped(raw, cell.width, cell.is_signed); };
  switch (cell.kind) {
    case CellKind::Constant:
      return cell.value;
    case CellKind::Add:
      return keep(sum(left(args[0], cell.shifts[0]), left(args[1], cell.shifts[1])));
    case CellKind::Subtract:
      return keep(sum(left(args[0], cell.shifts[0]), -left(args[1], cell.shifts[1])));
    case CellKind::Multiply:
      return keep(static_cast<std::int64_t>(static_cast<std::uint64_t>(args[0]) *
                                            static_cast<std::uint64_t>(args[1])));
    case CellKind::Slice:
      return keep(cell.shifts[0] >= 0 ? args[0] >> std::min(cell.shifts[0], 63)
                                      : left(args[0], -cell.shifts[0]));
    case CellKind::Less:
      return args[0] < args[1];
    case CellKind::Equal:
      return args[0] == cell.value;
    case CellKind::And:
      return args[0] & args[1];
    case CellKind::Or:
      return args[0] | args[1];
    case CellKind::Not:
      return keep(~args[0]);
    case CellKind::Any:
      return args[0] != 0;
    case CellKind::Mux:
      return keep(args[static_cast<size_t>(
          1 + std::min<std::int64_t>(args[0], static_cast<std::int64_t>(args.size()) - 2))]);
    case CellKind::Rom:
    case CellKind::BlockRom: {
      const auto& values = circuit.roms()[static_cast<size_t>(cell.index)];
      return keep(values[std::min(static_cast<size_t>(args[0]), values.size() - 1)]);
    }
    case CellKind::TruthTable: {
      size_t address = 0;
      for (size_t n = args.size(); n-- > 0;) {
        const int width = circuit[cell.args[n]].width;
        address = address << width | static_cast<size_t>(wrapped(args[n], width, false));
      }
      return keep(circuit.roms()[static_cast<size_t>(cell.index)][address]);
    }
    case CellKind::Register:
      return args.size() > 1 && args[1] != 0 ? cell.value : args[0];
    case CellKind::Input:
    case CellKind::Accumulate:
    case CellKind::Capture:
      break;
  }
  GW_CHECK(false);
  return 0;
}

}  // namespace

WireId Circuit::intern(Cell cell) {
  // Cells on constants alone are constants.
  const bool foldable =
      cell.kind != CellKind::Input && cell.kind != CellKind::Constant && cell.kind != CellKind::Accumulate &&
      cell.kind != CellKind::Capture && cell.kind != CellKind::Register && cell.kind != CellKind::BlockRom &&
      std::all_of(cell.args.begin(), cell.args.end(), [&](WireId a) { return is_constant(a); });
  if (foldable) {
    std::vector<std::int64_t> values;
    for (const WireId a : cell.args) values.push_back((*this)[a].value);
    return constant(computed(*this, cell, values), cell.width, cell.is_signed);
  }
  std::vector<std::int64_t> key{static_cast<std::int64_t>(cell.kind),
                                cell.width,
                                cell.is_signed,
                                cell.value,
                                cell.index,
                                cell.shifts[0],
                                cell.shifts[1],
                                cell.level};
  key.insert(key.end(), cell.args.begin(), cell.args.end());
  const auto [position, is_new] = known_.try_emplace(std::move(key), static_cast<WireId>(cells_.size()));
  if (is_new) cells_.push_back(std::move(cell));
  return position->second;
}

WireId Circuit::append(Cell cell) {
  cells_.push_back(std::move(cell));
  return static_cast<WireId>(cells_.size()) - 1;
}

WireId Circuit::input(int index, int width, bool is_signed) {
  Cell cell;
  cell.kind = CellKind::Input;
  cell.index = index;
  cell.width = width;
  cell.is_signed = is_signed;
  return intern(std::move(cell));
}

int phase_count(const Fold& fold, Phase which) {
  switch (which) {
    case Phase::Inner:
      return fold.inner;
    case Phase::Outer:
      return fold.outer;
    case Phase::Position:
      return fold.positions;
    case Phase::Whole:
      break;
  }
  return fold.clocks() * fold.positions;
}

WireId Circuit::phase(Phase which) {
  const int count = phase_count(fold, which);
  if (count == 1) return constant(0, 1, false);
  return input(static_cast<int>(which), bits_for(count - 1), false);
}

WireId Circuit::constant(std::int64_t value, int width, bool is_signed) {
  Cell cell;
  cell.value = wrapped(value, width, is_signed);
  cell.width = width;
  cell.is_signed = is_signed;
  return intern(std::move(cell));
}

WireId Circuit::constant(std::int64_t value) {
  const int magnitude =
      static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value < 0 ? ~value : value)));
  return constant(value, std::max(1, magnitude + (value < 0 ? 1 : 0)), value < 0);
}

WireId Circuit::add(WireId a, int shift_a, WireId b, int shift_b, int width, bool is_signed) {
  if (is_constant(a) && (*this)[a].value == 0) return slice(b, -shift_b, width, is_signed);
  if (is_constant(b) && (*this)[b].value == 0) return slice(a, -shift_a, width, is_signed);
  if (std::pair(a, shift_a) > std::pair(b, shift_b)) std::swap(a, b), std::swap(shift_a, shift_b);
  Cell cell;
  cell.kind = CellKind::Add;
  cell.args = {a, b};
  cell.shifts[0] = shift_a;
  cell.shifts[1] = shift_b;
  cell.width = width;
  cell.is_signed = is_signed;
  return intern(std::move(cell));
}

WireId Circuit::subtract(WireId a, int shift_a, WireId b, int shift_b, int width, bool is_signed) {
  if (is_constant(b) && (*this)[b].value == 0) return slice(a, -shift_a, width, is_signed);
  Cell cell;
  cell.kind = CellKind::Subtract;
  cell.args = {a, b};
  cell.shifts[0] = shift_a;
  cell.shifts[1] = shift_b;
  cell.width = width;
  cell.is_signed = is_signed;
  return intern(std::move(cell));
}

WireId Circuit::multiply(WireId a, WireId b, int width, bool is_signed) {
  Cell cell;
  cell.kind = CellKind::Multiply;
  cell.args = {std::min(a, b), std::max(a, b)};
  cell.width = width;
  cell.is_signed = is_signed;
  return intern(std::move(cell));
}

WireId Circuit::slice(WireId a, int shift, int width, bool is_signed) {
  const Cell& source = (*this)[a];
  if (shift == 0 && width == source.width && is_signed == source.is_signed) return a;
  // A slice of a slice that is no wider than what the inner one kept is one slice.
  if (source.kind == CellKind::Slice && shift >= 0 && shift + width <= source.width) {
    const WireId inner = source.args[0];
    return slice(inner, source.shifts[0] + shift, width, is_signed);
  }
  Cell cell;
  cell.kind = CellKind::Slice;
  cell.args = {a};
  cell.shifts[0] = shift;
  cell.width = width;
  cell.is_signed = is_signed;
  return intern(std::move(cell));
}

namespace {

Cell bit(CellKind kind, std::vector<WireId> args) {
  Cell cell;
  cell.kind = kind;
  cell.args = std::move(args);
  cell.width = 1;
  return cell;
}

}  // namespace

WireId Circuit::less(WireId a, WireId b) {
  const Cell& x = (*this)[a];
  if (is_constant(b) && (*this)[b].value == 0) {
    // Less than zero: the sign.
    return x.is_signed ? slice(a, x.width - 1, 1, false) : constant(0, 1, false);
  }
  return intern(bit(CellKind::Less, {a, b}));
}

WireId Circuit::equal(WireId a, std::int64_t value) {
  Cell cell = bit(CellKind::Equal, {a});
  cell.value = value;
  return intern(std::move(cell));
}

WireId Circuit::logic_and(WireId a, WireId b) {
  if (is_constant(a)) std::swap(a, b);
  if (is_constant(b)) return (*this)[b].value != 0 ? a : b;
  return a == b ? a : intern(bit(CellKind::And, {std::min(a, b), std::max(a, b)}));
}

WireId Circuit::logic_or(WireId a, WireId b) {
  if (is_constant(a)) std::swap(a, b);
  if (is_constant(b)) return (*this)[b].value != 0 ? b : a;
  return a == b ? a : intern(bit(CellKind::Or, {std::min(a, b), std::max(a, b)}));
}

WireId Circuit::logic_not(WireId a) { return intern(bit(CellKind::Not, {a})); }

WireId Circuit::inverted(WireId a) {
  Cell cell;
  cell.kind = CellKind::Not;
  cell.args = {a};
  cell.width = (*this)[a].width;
  cell.is_signed = (*this)[a].is_signed;
  return intern(std::move(cell));
}

WireId Circuit::any(WireId a) {
  return (*this)[a].width == 1 ? slice(a, 0, 1, false) : intern(bit(CellKind::Any, {a}));
}

WireId Circuit::mux(WireId selector, std::vector<WireId> options) {
  GW_CHECK(!options.empty());
  if (std::all_of(options.begin(), options.end(), [&](WireId o) { return o == options[0]; }))
    return options[0];
  if (is_constant(selector)) {
    const auto chosen = std::min(static_cast<size_t>((*this)[selector].value), options.size() - 1);
    return options[chosen];
  }
  Cell cell;
  cell.kind = CellKind::Mux;
  for (const WireId o : options) cell.is_signed |= (*this)[o].is_signed;
  for (const WireId o : options) {
    const Cell& option = (*this)[o];
    cell.width = std::max(cell.width, option.width + (cell.is_signed && !option.is_signed ? 1 : 0));
  }
  cell.args = {selector};
  cell.args.insert(cell.args.end(), options.begin(), options.end());
  return intern(std::move(cell));
}

int Circuit::add_rom(std::vector<std::int64_t> values) {
  const auto [position, is_new] = known_roms_.try_emplace(values, static_cast<int>(roms_.size()));
  if (is_new) roms_.push_back(std::move(values));
  return position->second;
}

WireId Circuit::rom(WireId address, std::vector<std::int64_t> values, int width, bool is_signed) {
  if (std::all_of(values.begin(), values.end(), [&](std::int64_t v) { return v == values[0]; })) {
    return constant(values[0], width, is_signed);
  }
  Cell cell;
  cell.kind = CellKind::Rom;
  cell.args = {address};
  cell.index = add_rom(std::move(values));
  cell.width = width;
  cell.is_signed = is_signed;
  return intern(std::move(cell));
}

WireId Circuit::truth_table(std::vector<WireId> address, std::vector<std::int64_t> words, int width,
                            bool is_signed) {
  int bits = 0;
  for (const WireId part : address) bits += (*this)[part].width;
  GW_CHECK(words.size() == size_t{1} << bits);
  Cell cell;
  cell.kind = CellKind::TruthTable;
  cell.args = std::move(address);
  cell.index = add_rom(std::move(words));
  cell.width = width;
  cell.is_signed = is_signed;
  return intern(std::move(cell));
}

WireId Circuit::accumulate(WireId addend, WireId first, WireId start, int width, bool is_signed, int sums,
                           int shift) {
  Cell cell;
  cell.index = sums;
  cell.shifts[0] = shift;
  cell.kind = CellKind::Accumulate;
  cell.args = {addend, first, start};
  cell.width = width;
  cell.is_signed = is_signed;
  return intern(std::move(cell));
}

WireId Circuit::capture(WireId value, WireId enable) {
  Cell cell;
  cell.kind = CellKind::Capture;
  cell.args = {value, enable};
  cell.width = (*this)[value].width;
  cell.is_signed = (*this)[value].is_signed;
  return intern(std::move(cell));
}

WireId Circuit::delay(WireId a, int level) {
  Cell cell;
  cell.kind = CellKind::Register;
  cell.args = {a};
  cell.width = (*this)[a].width;
  cell.is_signed = (*this)[a].is_signed;
  cell.level = level;
  return intern(std::move(cell));
}

bool is_counted_table(const Circuit& circuit, const Cell& cell) {
  if (cell.kind != CellKind::Rom) return false;
  WireId address = cell.args[0];
  while (circuit[address].kind == CellKind::Register) address = circuit[address].args[0];
  return circuit[address].kind == CellKind::Input && circuit[address].index < 0;
}

bool has_counted_tables(const Circuit& circuit) {
  return std::any_of(circuit.cells().begin(), circuit.cells().end(),
                     [&](const Cell& cell) { return is_counted_table(circuit, cell); });
}

Circuit with_cells_changed(const Circuit& circuit, const std::function<void(Cell&)>& change) {
  Circuit result;
  result.fold = circuit.fold;
  result.latency = circuit.latency;
  for (const auto& values : circuit.roms()) result.add_rom(values);
  for (Cell cell : circuit.cells()) {
    change(cell);
    result.append(std::move(cell));
  }
  result.set_outputs(circuit.outputs());
  return result;
}

Circuit with_block_roms(const Circuit& circuit) {
  return with_cells_changed(circuit, [&](Cell& cell) {
    if (is_counted_table(circuit, cell)) cell.kind = CellKind::BlockRom;
  });
}

Circuit without_dead_cells(const Circuit& circuit) {
  std::vector<bool> live(circuit.cells().size(), false);
  for (const WireId out : circuit.outputs()) live[static_cast<size_t>(out)] = true;
  for (size_t id = live.size(); id-- > 0;) {
    if (!live[id]) continue;
    for (const WireId a : circuit.cells()[id].args) live[static_cast<size_t>(a)] = true;
  }
  Circuit kept;
  kept.fold = circuit.fold;
  std::vector<WireId> moved(live.size(), -1);
  for (size_t id = 0; id < live.size(); ++id) {
    if (!live[id]) continue;
    Cell cell = circuit.cells()[id];
    for (WireId& a : cell.args) a = moved[static_cast<size_t>(a)];
    if (cell.kind == CellKind::Rom || cell.kind == CellKind::TruthTable || cell.kind == CellKind::BlockRom)
      cell.index = kept.add_rom(circuit.roms()[static_cast<size_t>(cell.index)]);
    moved[id] = kept.append(std::move(cell));
  }
  std::vector<WireId> outputs;
  for (const WireId out : circuit.outputs()) outputs.push_back(moved[static_cast<size_t>(out)]);
  kept.set_outputs(std::move(outputs));
  kept.latency = circuit.latency;
  return kept;
}

std::vector<std::int64_t> evaluate(const Circuit& circuit, std::span<const std::int64_t> window) {
  const auto& cells = circuit.cells();
  const Fold& fold = circuit.fold;
  const size_t elements = window.size() / static_cast<size_t>(fold.positions);
  std::vector<std::int64_t> values(cells.size(), 0), args;
  std::vector<std::deque<std::int64_t>> sums(cells.size());
  for (int phase = 0; phase < phase_count(fold, Phase::Whole); ++phase) {
    const int position = phase / fold.clocks();
    for (size_t id = 0; id < cells.size(); ++id) {
      const Cell& cell = cells[id];
      args.clear();
      for (const WireId a : cell.args) args.push_back(values[static_cast<size_t>(a)]);
      if (cell.kind == CellKind::Input) {
        switch (cell.index) {
          case static_cast<int>(Phase::Inner):
            values[id] = phase % fold.inner;
            break;
          case static_cast<int>(Phase::Outer):
            values[id] = phase / fold.inner % fold.outer;
            break;
          case static_cast<int>(Phase::Position):
            values[id] = position;
            break;
          case static_cast<int>(Phase::Whole):
            values[id] = phase;
            break;
          default:
            values[id] = window[static_cast<size_t>(position) * elements + static_cast<size_t>(cell.index)];
        }
        GW_CHECK(values[id] == wrapped(values[id], cell.width, cell.is_signed));
      } else if (cell.kind == CellKind::Accumulate) {
        std::deque<std::int64_t>& held = sums[id];
        held.resize(static_cast<size_t>(cell.index), 0);
        const auto before =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(held.back()) << cell.shifts[0]);
        values[id] = wrapped(sum(args[0], args[1] != 0 ? args[2] : before), cell.width, cell.is_signed);
        held.pop_back();
        held.push_front(values[id]);
      } else if (cell.kind == CellKind::Capture) {
        if (args[1] != 0) values[id] = args[0];
      } else {
        values[id] = computed(circuit, cell, args);
      }
    }
  }
  std::vector<std::int64_t> outputs;
  for (const WireId out : circuit.outputs()) outputs.push_back(values[static_cast<size_t>(out)]);
  return outputs;
}

}  // namespace gw
