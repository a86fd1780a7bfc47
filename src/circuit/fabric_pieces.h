#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>

#include "circuit/fabric.h"
#include "circuit/table_pieces.h"

namespace gw {

/// Tables in pieces (table_pieces.h) as gates; equal pieces that are read at the same address are one.
class FabricPieces {
 public:
  explicit FabricPieces(Fabric& fabric) : fabric_(fabric) {}

  /// `width` bits of words[address], in pieces.
  Bits build(std::span<const std::int64_t> words, const Bits& address, int width);
  /// The same as gates that are mapped freely.
  Bits columns(std::span<const std::int64_t> words, const Bits& address, int width);
  /// The same for a truth table: pieces only where a table of the part does not hold a bit of it.
  Bits function(std::span<const std::int64_t> words, const Bits& address, int width);

 private:
  Bit bit_of(const TablePiece& piece, const Bits& address);

  Fabric& fabric_;
  std::map<std::pair<Bits, TablePiece>, Bit> known_;
};

}  // namespace gw
