#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "circuit/circuit.h"

namespace gw {

/// Address bits of a piece.
constexpr int piece_bits = 6;

/// A bit of up to 64 words of a table that stand one behind the other.
struct TablePiece {
  std::uint64_t column = 0;  ///< bit i: that of word i; repeated to the end of what the address reaches
  int address_bits = 1;      ///< low bits of the address that choose a word in it
  bool is_kept = false;      ///< it is a function of its own, which synthesis must not rewrite

  friend auto operator<=>(const TablePiece&, const TablePiece&) = default;
};

/// Whether a table is one in logic that is made of pieces: from 33 words, from 9 where a counter reads it.
bool is_in_pieces(const Circuit& circuit, const Cell& cell);

/// Whether there is more than one of them: from 65 words.
bool is_in_several_pieces(const Circuit& circuit, const Cell& cell);

/// Bit `bit` of a table of at least two words: word w stands in piece w / 64.
std::vector<TablePiece> table_pieces(std::span<const std::int64_t> words, int bit);

}  // namespace gw
