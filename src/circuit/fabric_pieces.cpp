// Tables in pieces as gates: a piece that is kept is one table of the part, if that has so many inputs,
// whatever is around it; everything else is gates like any others.

#include "circuit/fabric_pieces.h"

namespace gw {

Bit FabricPieces::bit_of(const TablePiece& piece, const Bits& address) {
  const Bits low(address.begin(), address.begin() + piece.address_bits);
  const auto [known, is_new] = known_.try_emplace({low, piece});
  Bit& bit = known->second;
  if (!is_new) return bit;
  Bits column;
  for (int w = 0; w < 1 << piece.address_bits; ++w)
    column.push_back((piece.column >> w) & 1 ? Bit::one() : Bit::zero());
  bit = fabric_.choose(low, std::move(column));
  if (piece.is_kept && fabric_.part().lut_inputs >= piece.address_bits && !fabric_.is_constant(bit)) {
    bit = fabric_.block(low, 1, [](int) {
      Cost cost;
      cost.lut = 1;
      return cost;
    })[0];
  }
  return bit;
}

Bits FabricPieces::build(std::span<const std::int64_t> words, const Bits& address, int width) {
  Bits bits;
  for (int i = 0; i < width; ++i) {
    const std::vector<TablePiece> pieces = table_pieces(words, i);
    Bits options;
    for (const TablePiece& piece : pieces) options.push_back(bit_of(piece, address));
    bits.push_back(
        fabric_.choose({address.begin() + pieces.front().address_bits, address.end()}, std::move(options)));
  }
  return bits;
}

Bits FabricPieces::columns(std::span<const std::int64_t> words, const Bits& address, int width) {
  Bits bits;
  for (int i = 0; i < width; ++i) {
    Bits column;
    for (const std::int64_t word : words) column.push_back((word >> i) & 1 ? Bit::one() : Bit::zero());
    bits.push_back(fabric_.choose(address, std::move(column)));
  }
  return bits;
}

Bits FabricPieces::function(std::span<const std::int64_t> words, const Bits& address, int width) {
  return address.size() > piece_bits ? build(words, address, width) : columns(words, address, width);
}

}  // namespace gw
