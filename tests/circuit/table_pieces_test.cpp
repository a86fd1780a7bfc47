// Tables in pieces give the words that they were made of.

#include "circuit/table_pieces.h"

#include <gtest/gtest.h>

#include "support/random.h"

namespace gw {
namespace {

std::int64_t read(const std::vector<TablePiece>& pieces, size_t word) {
  const TablePiece& piece = pieces.at(word / 64);
  const size_t low = word % 64;
  EXPECT_LT(low, size_t{1} << piece.address_bits);
  return static_cast<std::int64_t>((piece.column >> low) & 1);
}

TEST(TablePieces, HoldEveryWord) {
  Random random(1);
  for (size_t count = 2; count <= 300; ++count) {
    std::vector<std::int64_t> words(count);
    for (std::int64_t& word : words) word = static_cast<std::int64_t>(random.bits() % 32) - 16;
    for (int bit = 0; bit < 5; ++bit) {
      const std::vector<TablePiece> pieces = table_pieces(words, bit);
      EXPECT_EQ(pieces.size(), (count + 63) / 64);
      for (size_t w = 0; w < count; ++w)
        EXPECT_EQ(read(pieces, w), (words[w] >> bit) & 1) << count << " " << w;
    }
  }
}

TEST(TablePieces, AreKeptUnlessTheChoiceHasRoomForThem) {
  const auto kept = [](size_t count) {
    std::vector<bool> flags;
    for (const TablePiece& piece : table_pieces(std::vector<std::int64_t>(count, 1), 0))
      flags.push_back(piece.is_kept);
    return flags;
  };
  EXPECT_EQ(kept(64), std::vector<bool>{true});
  EXPECT_EQ(kept(80), (std::vector<bool>{true, false}));
  EXPECT_EQ(kept(81), (std::vector<bool>{true, true}));
  EXPECT_EQ(kept(16), std::vector<bool>{false});
}

// Only what counters read: a function's table may well be simpler than its words.
TEST(TablePieces, AreForTablesThatCountersRead) {
  Circuit circuit;
  circuit.fold = {.inner = 40};
  std::vector<std::int64_t> words(40);
  for (size_t w = 0; w < words.size(); ++w) words[w] = static_cast<std::int64_t>(w * w % 7);
  const auto in_pieces = [&](WireId table) { return is_in_pieces(circuit, circuit[table]); };
  EXPECT_TRUE(in_pieces(circuit.rom(circuit.phase(Phase::Inner), words, 3, false)));
  EXPECT_FALSE(in_pieces(circuit.rom(circuit.input(0, 6, false), words, 3, false)));
  words.resize(32);
  EXPECT_FALSE(in_pieces(circuit.rom(circuit.phase(Phase::Inner), words, 3, false)));
}

}  // namespace
}  // namespace gw
