// Cell types of a netlist, sorted into the resources of the vendor's reports.
//
// The open tools name primitives; vendors count LUTs (as logic, as memory, as shift registers), flip-flops,
// DSP blocks and block memories. One table says which primitive takes how many of what. A type that is not in
// it is not guessed.

#include "tools/utilisation.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "support/messages.h"

namespace gw {
namespace {

enum class Resource {
  Logic,
  LutMemory,
  Shift,
  Ff,
  Latch,
  Dsp,
  Bram18,
  Bram36,
  Uram,
  Carry4,
  Carry8,
  Carry1,
  Carry2,
  Ebr4,
  WideMux,
  Free
};

struct Cell {
  std::string_view type;
  Resource resource;
  int count = 1;  // how many of the resource one cell takes
};

// LUTs per distributed memory as in the vendor's user guides (UG474 for the 7 series, UG574 for UltraScale):
// a LUT holds 64 bits with one address, so a memory with r read ports of its own takes r copies.
constexpr std::array cells{
    Cell{"LUT1", Resource::Logic},
    Cell{"LUT2", Resource::Logic},
    Cell{"LUT3", Resource::Logic},
    Cell{"LUT4", Resource::Logic},
    Cell{"LUT5", Resource::Logic},
    Cell{"LUT6", Resource::Logic},
    Cell{"LUT6_2", Resource::Logic},
    Cell{"$lut_1", Resource::Free},
    Cell{"$lut_2", Resource::Logic},
    Cell{"$lut_3", Resource::Logic},
    Cell{"$lut_4", Resource::Logic},
    Cell{"$lut_5", Resource::Logic},
    Cell{"$lut_6", Resource::Logic},
    Cell{"INV", Resource::Free},
    Cell{"VCC", Resource::Free},
    Cell{"GND", Resource::Free},
    Cell{"BUFG", Resource::Free},
    Cell{"FDRE", Resource::Ff},
    Cell{"FDSE", Resource::Ff},
    Cell{"FDCE", Resource::Ff},
    Cell{"FDPE", Resource::Ff},
    Cell{"FDRE_1", Resource::Ff},
    Cell{"FDSE_1", Resource::Ff},
    Cell{"FDCE_1", Resource::Ff},
    Cell{"FDPE_1", Resource::Ff},
    Cell{"LDCE", Resource::Latch},
    Cell{"LDPE", Resource::Latch},
    Cell{"SRL16E", Resource::Shift},
    Cell{"SRLC16E", Resource::Shift},
    Cell{"SRLC32E", Resource::Shift},
    Cell{"CFGLUT5", Resource::Shift},
    Cell{"CARRY4", Resource::Carry4},
    Cell{"CARRY8", Resource::Carry8},
    Cell{"MUXF7", Resource::WideMux},
    Cell{"MUXF8", Resource::WideMux},
    Cell{"MUXF9", Resource::WideMux},
    Cell{"RAM32X1S", Resource::LutMemory, 1},
    Cell{"RAM64X1S", Resource::LutMemory, 1},
    Cell{"RAM128X1S", Resource::LutMemory, 2},
    Cell{"RAM256X1S", Resource::LutMemory, 4},
    Cell{"RAM512X1S", Resource::LutMemory, 8},
    Cell{"RAM32X1D", Resource::LutMemory, 2},
    Cell{"RAM64X1D", Resource::LutMemory, 2},
    Cell{"RAM128X1D", Resource::LutMemory, 4},
    Cell{"RAM256X1D", Resource::LutMemory, 8},
    Cell{"RAM32M", Resource::LutMemory, 4},
    Cell{"RAM64M", Resource::LutMemory, 4},
    Cell{"RAM32M16", Resource::LutMemory, 8},
    Cell{"RAM64M8", Resource::LutMemory, 8},
    Cell{"RAM64X8SW", Resource::LutMemory, 8},
    Cell{"RAM32X16DR8", Resource::LutMemory, 8},
    Cell{"DSP48E1", Resource::Dsp},
    Cell{"DSP48E2", Resource::Dsp},
    Cell{"RAMB18E1", Resource::Bram18},
    Cell{"RAMB18E2", Resource::Bram18},
    Cell{"RAMB36E1", Resource::Bram36},
    Cell{"RAMB36E2", Resource::Bram36},
    Cell{"URAM288", Resource::Uram},
    // iCE40.
    Cell{"SB_LUT4", Resource::Logic},
    Cell{"SB_CARRY", Resource::Carry1},
    Cell{"SB_DFF", Resource::Ff},
    Cell{"SB_DFFE", Resource::Ff},
    Cell{"SB_DFFSR", Resource::Ff},
    Cell{"SB_DFFSS", Resource::Ff},
    Cell{"SB_DFFESR", Resource::Ff},
    Cell{"SB_DFFESS", Resource::Ff},
    Cell{"SB_RAM40_4K", Resource::Ebr4},
    Cell{"SB_MAC16", Resource::Dsp},
    // ECP5: two bits of a chain are two tables.
    Cell{"CCU2C", Resource::Carry2},
    Cell{"TRELLIS_FF", Resource::Ff},
    Cell{"TRELLIS_DPR16X4", Resource::LutMemory, 4},
    Cell{"DP16KD", Resource::Bram18},
    Cell{"MULT18X18D", Resource::Dsp},
};

}  // namespace

Utilisation& Utilisation::operator+=(const Utilisation& other) {
  lut += other.lut;
  logic_lut += other.logic_lut;
  lut_memory += other.lut_memory;
  shift_lut += other.shift_lut;
  ff += other.ff;
  dsp += other.dsp;
  bram18 += other.bram18;
  bram36 += other.bram36;
  uram += other.uram;
  carry8 += other.carry8;
  carry_bits += other.carry_bits;
  ebr4 += other.ebr4;
  wide_mux += other.wide_mux;
  for (const auto& [type, count] : other.cells) cells[type] += count;
  seconds += other.seconds;
  cached = cached && other.cached;
  return *this;
}

Result<Utilisation> count_cells(const std::string& top, const std::map<std::string, std::int64_t>& counts) {
  Utilisation used;
  used.cells = counts;
  Diagnostics errors;
  std::int64_t carry4 = 0;
  for (const auto& [type, count] : counts) {
    const auto* const cell = std::find_if(cells.begin(), cells.end(),
                                          [&type = type](const Cell& known) { return known.type == type; });
    if (cell == cells.end()) {
      errors.push_back(diagnose(messages::unmapped_cell, {{}, 0, "module '" + top + "'"}, type, count));
      continue;
    }
    const std::int64_t taken = count * cell->count;
    switch (cell->resource) {
      case Resource::Logic:
        used.logic_lut += taken;
        break;
      case Resource::LutMemory:
        used.lut_memory += taken;
        break;
      case Resource::Shift:
        used.shift_lut += taken;
        break;
      case Resource::Ff:
        used.ff += taken;
        break;
      case Resource::Dsp:
        used.dsp += taken;
        break;
      case Resource::Bram18:
        used.bram18 += taken;
        break;
      case Resource::Bram36:
        used.bram36 += taken;
        break;
      case Resource::Uram:
        used.uram += taken;
        break;
      case Resource::Carry4:
        carry4 += taken;
        break;
      case Resource::Carry8:
        used.carry8 += taken;
        break;
      case Resource::Carry1:
        used.carry_bits += taken;
        break;
      case Resource::Carry2:
        used.carry_bits += 2 * taken;
        used.logic_lut += 2 * taken;
        break;
      case Resource::Ebr4:
        used.ebr4 += taken;
        break;
      case Resource::WideMux:
        used.wide_mux += taken;
        break;
      case Resource::Free:
        break;
      case Resource::Latch:
        errors.push_back(diagnose(messages::latch_in_netlist, {{}, 0, "module '" + top + "'"}, type, count));
        break;
    }
  }
  if (!errors.empty()) return errors;
  used.carry8 += (carry4 + 1) / 2;
  used.lut = used.logic_lut + used.lut_memory + used.shift_lut;
  return used;
}

}  // namespace gw
