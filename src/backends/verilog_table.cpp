// Tables in pieces as Verilog: each is a constant vector that the low bits of the address index, and the
// high bits index a vector of the pieces' bits.

#include "backends/verilog_table.h"

#include <algorithm>

#include <fmt/format.h>

namespace gw::text {

std::string TablePrinter::bit_of(const TablePiece& piece, const std::string& name, const std::string& address,
                                 std::string& text) {
  const int words = 1 << piece.address_bits;
  if (piece.column == 0) return "1'b0";
  if (piece.column == (~std::uint64_t{0} >> (64 - words))) return "1'b1";
  const auto [known, is_new] = known_.try_emplace({address, piece}, name);
  if (is_new) {
    text += fmt::format("  wire [{}:0] {}_words = {}'h{:x};\n", words - 1, name, words, piece.column);
    text += fmt::format("  {}wire {} = {}_words[{}[{}:0]];\n", piece.is_kept ? "(* keep *) " : "", name, name,
                        address, piece.address_bits - 1);
  }
  return known->second;
}

std::string TablePrinter::print(const std::string& name, const std::string& address, int address_bits,
                                std::span<const std::int64_t> words, int width) {
  std::string text, list;
  for (int bit = width; bit-- > 0;) {
    const std::vector<TablePiece> pieces = table_pieces(words, bit);
    std::string options;
    // As many as the high bits of the address can name.
    for (size_t p = pieces.size() == 1 ? 1 : size_t{1} << (address_bits - pieces.front().address_bits);
         p-- > 0;) {
      const size_t at = std::min(p, pieces.size() - 1);
      options += (options.empty() ? "" : ", ") +
                 bit_of(pieces[at], fmt::format("{}_{}_{}", name, bit, at), address, text);
    }
    if (pieces.size() > 1) {
      text += fmt::format("  wire [{}:0] {}_{} = {{{}}};\n",
                          (1 << (address_bits - pieces.front().address_bits)) - 1, name, bit, options);
      options =
          fmt::format("{}_{}[{}[{}:{}]]", name, bit, address, address_bits - 1, pieces.front().address_bits);
    }
    list += (list.empty() ? "" : ", ") + options;
  }
  return text + fmt::format("  wire [{}:0] {} = {{{}}};\n", width - 1, name, list);
}

}  // namespace gw::text
