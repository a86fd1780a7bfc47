// Where pipelining puts registers, and what becomes of a choice in front of one.

#include "circuit/pipeline.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "circuit/reset_registers.h"
#include "target/part.h"

namespace gw {
namespace {

Delays delays() { return find_part("xcu250-figd2104-2L-e")->delays; }

int count_of(const Circuit& circuit, CellKind kind) {
  return static_cast<int>(std::count_if(circuit.cells().begin(), circuit.cells().end(),
                                        [&](const Cell& cell) { return cell.kind == kind; }));
}

// An inverter in front of a register is a table for each bit; behind it it goes into what reads it.
TEST(Pipelined, PutsInvertersBehindRegisters) {
  Circuit circuit;
  const WireId a = circuit.input(0, 6, true), b = circuit.input(1, 6, true);
  const WireId late = circuit.multiply(b, b, 12, true);
  circuit.set_outputs(
      {circuit.add(circuit.inverted(a), 0, circuit.multiply(late, late, 24, true), 0, 25, true)});
  const Pipelined made = pipelined(circuit, delays(), 2);
  ASSERT_GT(made.circuit.latency, 1);
  for (const Cell& cell : made.circuit.cells()) {
    if (cell.kind != CellKind::Register) continue;
    EXPECT_NE(made.circuit[cell.args[0]].kind, CellKind::Not);
  }
  EXPECT_EQ(evaluate(made.circuit, std::vector<std::int64_t>{-5, 3}), (std::vector<std::int64_t>{4 + 81}));
}

TEST(Pipelined, LetsATableOfSeveralPiecesAnswerFromARegister) {
  const auto behind = [](size_t count) {
    Circuit circuit;
    std::vector<std::int64_t> words(count);
    for (size_t w = 0; w < count; ++w) words[w] = static_cast<std::int64_t>(w * w % 13);
    const WireId table = circuit.rom(circuit.input(0, 7, false), words, 4, false);
    circuit.set_outputs({circuit.equal(table, 3)});
    const Pipelined made = pipelined(circuit, delays(), 100);
    for (const Cell& cell : made.circuit.cells()) {
      if (cell.kind == CellKind::Equal) return made.circuit[cell.args[0]].kind;
    }
    return CellKind::Constant;
  };
  EXPECT_EQ(behind(65), CellKind::Register);
  EXPECT_EQ(behind(64), CellKind::Rom);
}

class ResetRegisters : public ::testing::Test {
 protected:
  // max(x, 0) of x = a + b, its low `kept` bits.
  WireId relu(int kept) {
    const WireId x = circuit.add(circuit.input(0, 6, true), 0, circuit.input(1, 6, true), 0, 7, true);
    const WireId negative = circuit.slice(x, 6, 1, false);
    return circuit.slice(circuit.mux(negative, {x, circuit.constant(0)}), 0, kept, false);
  }

  Circuit reset(WireId output) {
    circuit.set_outputs({output});
    return with_reset_registers(pipelined(circuit, delays(), 5).circuit);
  }

  Circuit circuit;
};

TEST_F(ResetRegisters, TakeTheSignOfASum) {
  const Circuit made = reset(relu(6));
  EXPECT_EQ(count_of(made, CellKind::Mux), 0);
  const Cell& out = made[made.outputs()[0]];
  ASSERT_EQ(out.kind, CellKind::Register);
  ASSERT_EQ(out.args.size(), 2U);
  EXPECT_EQ(out.width, 6);
  EXPECT_EQ(made.latency, 1);
  for (int a = -32; a < 32; ++a) {
    for (int b = -32; b < 32; ++b)
      EXPECT_EQ(evaluate(made, std::vector<std::int64_t>{a, b})[0], std::max(a + b, 0)) << a << " " << b;
  }
}

TEST_F(ResetRegisters, TakeTheInverseWhereTheSelectorLetsPass) {
  const WireId x = circuit.add(circuit.input(0, 6, true), 0, circuit.input(1, 6, true), 0, 7, true);
  const Circuit made = reset(circuit.mux(circuit.input(2, 1, false), {circuit.constant(0, 7, true), x}));
  EXPECT_EQ(count_of(made, CellKind::Mux), 0);
  EXPECT_EQ(evaluate(made, std::vector<std::int64_t>{9, -30, 1})[0], -21);
  EXPECT_EQ(evaluate(made, std::vector<std::int64_t>{9, -30, 0})[0], 0);
}

TEST_F(ResetRegisters, TakeTheLimitOfASum) {
  const WireId x = circuit.add(circuit.input(0, 6, false), 0, circuit.input(1, 6, false), 0, 7, false);
  const WireId limited = circuit.mux(circuit.slice(x, 6, 1, false), {x, circuit.constant(63, 7, false)});
  // Its upper bits, in one more.
  const Circuit made = reset(circuit.slice(circuit.slice(limited, 2, 4, false), 0, 5, false));
  EXPECT_EQ(count_of(made, CellKind::Mux), 0);
  for (int a = 0; a < 64; ++a) {
    for (int b = 0; b < 64; ++b)
      EXPECT_EQ(evaluate(made, std::vector<std::int64_t>{a, b})[0], std::min(a + b, 63) >> 2);
  }
}

TEST_F(ResetRegisters, AreNoneWhereATableStandsThereAnyway) {
  const WireId x = relu(6);
  // A saturation behind the ReLU.
  const Circuit saturated =
      reset(circuit.mux(circuit.slice(x, 5, 1, false), {x, circuit.constant(31, 6, false)}));
  EXPECT_EQ(count_of(saturated, CellKind::Mux), 2);
  // They stay gates.
  for (const Cell& cell : saturated.cells()) {
    EXPECT_EQ(cell.index == 1,
              cell.kind == CellKind::Mux || (cell.kind == CellKind::Input && cell.index == 1));
  }
}

TEST_F(ResetRegisters, AreNoneWhereOthersReadTheChoice) {
  const WireId x = relu(7);
  circuit.set_outputs({x, circuit.any(x)});
  const Circuit made = with_reset_registers(pipelined(circuit, delays(), 5).circuit);
  EXPECT_EQ(count_of(made, CellKind::Mux), 1);
}

}  // namespace
}  // namespace gw
