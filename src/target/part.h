#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "support/result.h"

namespace gw {

/// What a multiplier block of the part does. A part without one has `wide` = 0.
struct DspBlock {
  int wide = 0;         ///< bits of the wider signed operand (27 of the DSP48E2's 27x18)
  int narrow = 0;       ///< bits of the narrower signed operand
  int accumulator = 0;  ///< bits of the accumulator behind the product; 0: none
  bool pre_adder = false;

  /// True if one block multiplies signed operands of these widths, in either order.
  bool multiplies(int a_width, int b_width) const;
};

/// One kind of memory block.
struct MemoryBlock {
  int count = 0;      ///< blocks in the part
  int kilobits = 0;   ///< of one block, parity bits included
  int max_width = 0;  ///< bits of its widest port; the simple dual-port one where that is wider
};

/// Nanoseconds for placing registers, not for signing off: what each step adds to a path from register to
/// register. `route` comes once per cell that a path enters by the general fabric.
struct Delays {
  double lut = 0;
  double carry_bit = 0;       ///< one more bit along a carry chain
  double carry_entry = 0;     ///< into the chain and out of it again, once per adder
  double route = 0;           ///< a typical net with a fan-out of a few
  double dsp = 0;             ///< a product through a block with no register inside
  double dsp_registered = 0;  ///< the least period of a block with all its registers used
  double ram = 0;             ///< clock to data of a memory block, no output register
  double clock_to_q = 0;
  double setup = 0;
};

/// One FPGA. Users of it ask for what it can do ("carry_bits", "dsp.multiplies(16, 16)") and never for its
/// name.
struct Part {
  std::string_view name = {};    ///< as the vendor's tools spell it, with package and speed grade
  std::string_view series = {};  ///< for people: "Virtex UltraScale+"
  std::string_view family = {};  ///< as the synthesis tool names it: "xcup", "xc7", "ice40", "ecp5"
  std::string_view source = {};  ///< data sheet of the counts
  /// As nextpnr names them; empty: it does not place designs on this part.
  std::string_view device = {}, package = {};

  std::int64_t lut = 0;
  std::int64_t ff = 0;
  std::int64_t dsp_count = 0;
  DspBlock dsp = {};
  MemoryBlock bram = {};  ///< the small block memory that every part has
  MemoryBlock uram = {};  ///< the large one (UltraRAM, SPRAM), without initial contents; count 0: none

  int lut_inputs = 0;
  bool ff_behind_lut =
      false;                ///< a flip-flop is fed by the look-up table of its own cell and by nothing else
  int carry_bits = 0;       ///< bits of one carry block
  int lut_memory_bits = 0;  ///< RAM bits in one look-up table; 0: none of them can be written
  int lut_shift_bits = 0;   ///< longest shift register in one look-up table; 0: none
  Delays delays = {};

  /// Whole 36-kilobit blocks, as vendors and papers count block memory; a smaller block counts by its share.
  double bram36() const { return static_cast<double>(bram.count) * bram.kilobits / 36.0; }
};

/// The part with its multiplier blocks left alone: products are made of look-up tables.
Part without_multipliers(Part part);

/// The part with its memory blocks left alone: memories are made of look-up tables or registers.
Part without_block_memory(Part part);

/// All parts, in the order of the table.
std::span<const Part> all_parts();

/// The part of that name; case does not matter. Otherwise an `unknown-part` error with the nearest names.
Result<Part> find_part(std::string_view name);

}  // namespace gw
