#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "circuit/table_pieces.h"

namespace gw::text {

/// Prints the tables of one module in pieces (circuit/table_pieces.h); equal pieces are one wire.
class TablePrinter {
 public:
  /// Declares the wire `name` of `width` bits: words[address]; anything where the address goes beyond.
  /// `address` is the name of a wire of `address_bits` bits. At least two words.
  std::string print(const std::string& name, const std::string& address, int address_bits,
                    std::span<const std::int64_t> words, int width);

 private:
  // A constant, or a wire, which is declared in `text` if it is new.
  std::string bit_of(const TablePiece& piece, const std::string& name, const std::string& address,
                     std::string& text);

  std::map<std::pair<std::string, TablePiece>, std::string> known_;  ///< wires by address
};

/// Declares the wire `name`: the word of a table that `address` names, one wire a bit of it, the lowest
/// first; those that no word depends on are not read. In ANDs and ORs, one wire for each function of some of
/// the bits (a binary decision diagram; Bryant 1986): choices, with a register behind them, would be taken
/// for its resets. What does not fit into one table of six inputs is cut into such, which are kept.
std::string truth_table(const std::string& name, const std::vector<std::string>& address,
                        std::span<const std::int64_t> words, int width);

}  // namespace gw::text
