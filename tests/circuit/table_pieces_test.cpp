// Tables in pieces give the words that they were made of.

#include "circuit/table_pieces.h"

#include <gtest/gtest.h>

#include "circuit/block_tables.h"
#include "circuit/pipeline.h"
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

TEST(TablePieces, AreForTablesOfMoreThan32WordsOr8ThatACounterReads) {
  Circuit circuit;
  circuit.fold = {.inner = 40};
  std::vector<std::int64_t> words(40);
  for (size_t w = 0; w < words.size(); ++w) words[w] = static_cast<std::int64_t>(w * w % 7);
  const auto in_pieces = [&](WireId table) { return is_in_pieces(circuit, circuit[table]); };
  EXPECT_TRUE(in_pieces(circuit.rom(circuit.phase(Phase::Inner), words, 3, false)));
  EXPECT_TRUE(in_pieces(circuit.rom(circuit.input(0, 6, false), words, 3, false)));
  words.resize(32);
  EXPECT_FALSE(in_pieces(circuit.rom(circuit.input(0, 6, false), words, 3, false)));
  EXPECT_TRUE(in_pieces(circuit.rom(circuit.phase(Phase::Inner), words, 3, false)));
  EXPECT_TRUE(in_pieces(circuit.rom(circuit.delay(circuit.phase(Phase::Inner), 1), words, 3, false)));
  words.resize(8);
  EXPECT_FALSE(in_pieces(circuit.rom(circuit.phase(Phase::Inner), words, 3, false)));
}

// What makes an address must not be synthesised together with the table.
TEST(TablePieces, AreReadAtAnAddressThatLeavesARegister) {
  Circuit circuit;
  const WireId sum = circuit.add(circuit.input(0, 5, false), 0, circuit.input(1, 5, false), 0, 6, false);
  std::vector<std::int64_t> words(64);
  for (size_t w = 0; w < words.size(); ++w) words[w] = static_cast<std::int64_t>(w * w % 13);
  circuit.set_outputs({circuit.rom(sum, words, 4, false)});
  const Pipelined made = pipelined(circuit, find_part("xcu250-figd2104-2L-e")->delays, 100);
  EXPECT_EQ(made.circuit.latency, 2);
  for (const Cell& cell : made.circuit.cells()) {
    if (cell.kind != CellKind::Rom) continue;
    EXPECT_EQ(made.circuit[cell.args[0]].kind, CellKind::Register);
  }
}

TEST(BlockTables, AreThoseThatTakeLessOfThePart) {
  const auto is_block = [](size_t count, const char* part) {
    Circuit circuit;
    std::vector<std::int64_t> words(count);
    for (size_t w = 0; w < words.size(); ++w) words[w] = static_cast<std::int64_t>(w * w % 251);
    const WireId table = circuit.rom(circuit.input(0, bits_for(static_cast<std::int64_t>(count) - 1), false),
                                     words, 18, false);
    circuit.set_outputs({table});
    return with_block_tables(circuit, *find_part(part))[table].kind == CellKind::BlockRom;
  };
  EXPECT_TRUE(is_block(1024, "xcu250-figd2104-2L-e"));  // 378 of 1,728,000 tables or half of 2,688 blocks
  EXPECT_FALSE(is_block(512, "xcu250-figd2104-2L-e"));
  EXPECT_FALSE(is_block(64, "xcu250-figd2104-2L-e"));
  EXPECT_TRUE(is_block(1024, "ice40hx8k-ct256"));
  EXPECT_FALSE(is_block(32, "ice40hx8k-ct256"));  // not a large table
}

}  // namespace
}  // namespace gw
