// Tables in pieces as Verilog: each is a constant vector that the low bits of the address index, and the
// high bits index a vector of the pieces' bits.

#include "backends/verilog/table.h"

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

namespace {

// Functions of the low bits of an address, each one a wire.
class Diagram {
 public:
  Diagram(const std::string& name, const std::vector<std::string>& address)
      : name_(name), address_(address) {}

  /// The wire of the function with these values, one at each address of `bits` bits.
  std::string wire(const std::vector<bool>& values, size_t bits) {
    if (std::find(values.begin(), values.end(), !values[0]) == values.end())
      return values[0] ? "1'b1" : "1'b0";
    const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    const std::vector<bool> low(values.begin(), half), high(half, values.end());
    if (low == high) return wire(low, bits - 1);
    const auto known = wires_.find(values);
    if (known != wires_.end()) return known->second;
    const std::string text = choice(address_[bits - 1], wire(low, bits - 1), wire(high, bits - 1));
    std::string made = fmt::format("{}_{}", name_, wires_.size());
    const bool is_kept = address_.size() > piece_bits && bits == piece_bits;
    text_ += fmt::format("  {}wire {} = {};\n", is_kept ? "(* keep *) " : "", made, text);
    wires_.emplace(values, made);
    return made;
  }

  const std::string& text() const { return text_; }

 private:
  static std::string choice(const std::string& bit, const std::string& low, const std::string& high) {
    if (low == "1'b0") return high == "1'b1" ? bit : fmt::format("{} & {}", bit, high);
    if (high == "1'b0") return low == "1'b1" ? "~" + bit : fmt::format("~{} & {}", bit, low);
    if (low == "1'b1") return fmt::format("~{} | {}", bit, high);
    if (high == "1'b1") return fmt::format("{} | {}", bit, low);
    return fmt::format("({0} & {2}) | (~{0} & {1})", bit, low, high);
  }

  const std::string& name_;
  const std::vector<std::string>& address_;
  std::map<std::vector<bool>, std::string> wires_;
  std::string text_;
};

}  // namespace

std::string truth_table(const std::string& name, const std::vector<std::string>& address,
                        std::span<const std::int64_t> words, int width) {
  Diagram diagram(name, address);
  std::string list;
  for (int bit = width; bit-- > 0;) {
    std::vector<bool> values;
    for (const std::int64_t word : words) values.push_back((word >> bit) & 1);
    list += (list.empty() ? "" : ", ") + diagram.wire(values, address.size());
  }
  return diagram.text() + fmt::format("  wire [{}:0] {} = {{{}}};\n", width - 1, name, list);
}

}  // namespace gw::text
