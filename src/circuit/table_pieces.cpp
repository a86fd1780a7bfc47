// Tables in logic.
//
// Problem: a table that is written as a case statement is a function like any other to a synthesis tool,
// which rewrites it, with what is in front of it, before it maps it; for weights, which are as good as
// random, that ends above one six-input table for each 64 bits. Approach: every bit of 64 words is a wire of
// its own that the tool is told to keep, and the high bits of the address choose among these; the address
// leaves a counter or another register (pipeline.h), so that nothing in front can be mixed in. What is left
// at the end is kept, too, unless the choice has room for it: a table of four address bits with the choice
// behind it is one table of six inputs.
//
// A table of nine to 32 words that a counter reads is printed so, too: as a case statement it is a memory to
// Yosys, which moves registers into the middle of it; a perceptron of 41 products of 16 bits had 88 tables
// and 353 flip-flops more.
//
// A layer of 9,216 weights of four bits with 32 accumulators takes 2,173 look-up tables so and 2,954 as case
// statements, a network with a softmax of ten classes, tables of 64 words, 1,019 instead of 1,520 (Yosys
// 0.23, UltraScale+).

#include "circuit/table_pieces.h"

#include <algorithm>

namespace gw {

namespace {

constexpr size_t piece_words = size_t{1} << piece_bits, most_words_of_gates = 8;
constexpr int fewest_kept_bits = 5;  // of an address

bool is_table_of_more(const Circuit& circuit, const Cell& cell, size_t words) {
  return cell.kind == CellKind::Rom && circuit.roms()[static_cast<size_t>(cell.index)].size() > words;
}

}  // namespace

bool is_in_pieces(const Circuit& circuit, const Cell& cell) {
  return is_table_of_more(circuit, cell, is_counted_table(circuit, cell) ? most_words_of_gates : 32);
}

bool is_in_several_pieces(const Circuit& circuit, const Cell& cell) {
  return is_table_of_more(circuit, cell, piece_words);
}

std::vector<TablePiece> table_pieces(std::span<const std::int64_t> words, int bit) {
  std::vector<TablePiece> pieces;
  for (size_t first = 0; first < words.size(); first += piece_words) {
    const size_t count = std::min(piece_words, words.size() - first);
    TablePiece piece{0, bits_for(static_cast<std::int64_t>(count) - 1), false};
    for (size_t w = 0; w < size_t{1} << piece.address_bits; ++w) {
      const std::int64_t word = words[first + std::min(w, count - 1)];
      piece.column |= static_cast<std::uint64_t>((word >> bit) & 1) << w;
    }
    piece.is_kept = piece.address_bits >= fewest_kept_bits;
    pieces.push_back(piece);
  }
  return pieces;
}

}  // namespace gw
