// Which tables of functions are worth a block of memory.
//
// Synthesis tools decide that by rules of their own, and only where a register happens to stand beside the
// table. Here it is decided by shares of the part, like everything else, and said: a table in a block is a
// BlockRom, one in logic is written in pieces that no tool takes for a memory (table_pieces.h).

#include "circuit/block_tables.h"

#include <cmath>

#include "circuit/cost.h"
#include "circuit/table_pieces.h"

namespace gw {

namespace {

// A look-up table holds 2^inputs words of a bit; those are chosen from four at a time, by one table of six
// inputs or two of four.
double luts_of(double words, int width, const Part& part) {
  const double pieces = std::ceil(words / std::exp2(part.lut_inputs));
  return width * (pieces + (pieces - 1) * (part.lut_inputs >= 6 ? 1 : 2) / 3);
}

}  // namespace

Circuit with_block_tables(const Circuit& circuit, const Part& part) {
  return with_cells_changed(circuit, [&](Cell& cell) {
    if (!is_in_pieces(circuit, cell) || is_counted_table(circuit, cell) || part.bram.count == 0) return;
    const size_t words = circuit.roms()[static_cast<size_t>(cell.index)].size();
    Cost logic, block;
    logic.lut = luts_of(static_cast<double>(words), cell.width, part);
    block.bram36 = block_memory(static_cast<std::int64_t>(words), cell.width, part);
    if (share(block, part) < share(logic, part)) cell.kind = CellKind::BlockRom;
  });
}

}  // namespace gw
