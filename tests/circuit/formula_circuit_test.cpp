// Circuits of random formulas, folded or not, pipelined or not, against the reference interpreter: exact
// equality.

#include "circuit/formula_circuit.h"

#include <gtest/gtest.h>

#include "circuit/folded_matrix.h"
#include "circuit/pipeline.h"
#include "common/random_stage.h"

namespace gw {
namespace {

// The stage on exactly one window, so that circuit and interpreter see the same elements.
Stage single_window(Stage stage) {
  Window& w = stage.windows.front();
  w.height = w.kernel_h;
  w.width = w.kernel_w;
  stage.output.shape = {1, 1, static_cast<int>(stage.formula.outputs().size())};
  return stage;
}

Circuit unfolded(const Stage& stage) {
  Circuit circuit;
  std::vector<WireId> loads;
  const FixedType& x = stage.inputs.front();
  for (int i = 0; i < stage.windows.front().elements(); ++i)
    loads.push_back(circuit.input(i, x.width, x.is_signed));
  const std::vector<FixedType> types(stage.formula.outputs().size(), *stage.output.fixed);
  circuit.set_outputs(FormulaBuilder(circuit).build(stage.formula, loads, types));
  return without_dead_cells(circuit);
}

// Wider than those of parts, so that more matrices can be tried.
constexpr DspBlock wide_block{.wide = 48, .narrow = 20};

void expect_same_bits(const Circuit& circuit, const Stage& stage, Random& random) {
  const Stage one = single_window(stage);
  const Window& w = one.windows.front();
  const int batch = 24;
  const Tensor x = random_tensor(random, {w.height, w.width, w.channels}, one.inputs.front(), batch);
  const Tensor* input = &x;
  const Tensor want = run(one, std::span(&input, 1));
  for (int sample = 0; sample < batch; ++sample) {
    std::vector<std::int64_t> window;
    for (std::int64_t i = 0; i < x.size(); ++i) window.push_back(x.at(sample * x.size() + i));
    const std::vector<std::int64_t> got = evaluate(circuit, window);
    for (size_t o = 0; o < got.size(); ++o) {
      ASSERT_EQ(got[o], want.at(sample * want.size() + static_cast<std::int64_t>(o)))
          << "output " << o << " of sample " << sample;
    }
  }
}

TEST(FormulaCircuit, AgreesWithTheInterpreterOnMatrices) {
  Random random(11);
  for (int round = 0; round < 400; ++round) {
    SCOPED_TRACE(round);
    const FixedType type = random_type(random, 10);
    const Stage stage = random_matrix_stage(random, {3, 2, static_cast<int>(random.between(1, 3))}, type,
                                            random.below(2) == 0);
    const Circuit circuit = unfolded(stage);
    expect_same_bits(circuit, stage, random);
    expect_same_bits(pipelined(circuit, find_part("xcu250-figd2104-2L-e")->delays, 2.0).circuit, stage,
                     random);
  }
}

TEST(FormulaCircuit, AgreesWithTheInterpreterOnOtherLayers) {
  Random random(12);
  for (int round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    const FixedType type = random_type(random, 12);
    const std::vector<Operand> image{{{{4, 4, 2}, type}, nullptr}};
    const std::vector<Operand> vector{{{{5}, type}, nullptr}};
    std::vector<Stage> stages;
    Relu relu;
    if (random.below(2) == 0) relu.out = random_quantizer(random, 10);
    stages.push_back(lower(relu, image, *infer(relu, image)));
    const Quantize quantize_layer{random_quantizer(random, 14)};
    stages.push_back(lower(quantize_layer, image, *infer(quantize_layer, image)));
    MaxPool2D pool;
    if (random.below(2) == 0) pool.out = random_quantizer(random, 10);
    stages.push_back(lower(pool, image, *infer(pool, image)));
    if (type.width > 2) {
      Softmax softmax;
      softmax.table_size = 1 << random.between(2, 7);
      softmax.out = random_quantizer(random, 12);
      stages.push_back(lower(softmax, vector, *infer(softmax, vector)));
    }
    for (const Stage& stage : stages) expect_same_bits(unfolded(stage), stage, random);
  }
}

TEST(FoldedMatrix, AgreesWithTheInterpreterForEveryFold) {
  Random random(13);
  int folds = 0, pairs = 0, not_matrices = 0;
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(round);
    const FixedType type = random_type(random, 8);
    const Stage stage = random_matrix_stage(random, {3, 2, static_cast<int>(random.between(1, 3))}, type,
                                            random.below(2) == 0);
    const int rows = stage.windows.front().elements();
    const auto form = matrix_form(stage.formula, rows, type);
    if (!form) {
      ++not_matrices;
      continue;
    }
    for (const Fold fold : {Fold{1, 2}, Fold{2, 1}, Fold{3, 2}, Fold{rows, 1}, Fold{rows, form->columns},
                            Fold{(rows + 1) / 2, 3}}) {
      if (can_add_products(*form))
        expect_same_bits(folded_matrix(*form, fold, *stage.output.fixed, Products::Adders), stage, random);
      if (can_pair_products(*form, wide_block)) {
        expect_same_bits(folded_matrix(*form, fold, *stage.output.fixed, Products::Pairs), stage, random);
        ++pairs;
      }
      const Circuit circuit = folded_matrix(*form, fold, *stage.output.fixed);
      expect_same_bits(circuit, stage, random);
      expect_same_bits(pipelined(circuit, find_part("xc7z020clg400-1")->delays, 4.0).circuit, stage, random);
      ++folds;
    }
  }
  // Saturating accumulators keep their order and are no matrices; most others are.
  EXPECT_GT(folds, 300);
  EXPECT_GT(pairs, 200);
  EXPECT_GT(not_matrices, 5);
}

TEST(StreamedMatrix, AgreesWithTheInterpreterForEveryFold) {
  Random random(15);
  int folds = 0, pairs = 0;
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(round);
    const FixedType type = random_type(random, 8);
    const int pixels = static_cast<int>(random.between(2, 6)),
              channels = static_cast<int>(random.between(1, 4));
    Stage stage = random_matrix_stage(random, {pixels * channels}, type, random.below(2) == 0);
    const auto form = matrix_form(stage.formula, pixels * channels, type);
    if (!form) continue;
    stage.windows.front() = whole_window({pixels, 1, channels});
    for (const Fold fold : {Fold{1, 1, pixels}, Fold{2, 1, pixels}, Fold{form->columns, channels, pixels},
                            Fold{1, channels, pixels}, Fold{3, 2, pixels}}) {
      if (can_add_products(*form))
        expect_same_bits(streamed_matrix(*form, fold, *stage.output.fixed, Products::Adders), stage, random);
      if (can_pair_products(*form, wide_block)) {
        expect_same_bits(streamed_matrix(*form, fold, *stage.output.fixed, Products::Pairs), stage, random);
        ++pairs;
      }
      const Circuit circuit = streamed_matrix(*form, fold, *stage.output.fixed);
      expect_same_bits(circuit, stage, random);
      const Circuit with_memory = with_block_roms(circuit);
      expect_same_bits(with_memory, stage, random);
      expect_same_bits(pipelined(with_memory, find_part("ice40hx8k-ct256")->delays, 20.0).circuit, stage,
                       random);
      ++folds;
    }
  }
  EXPECT_GT(folds, 300);
  EXPECT_GT(pairs, 200);
}

// Two outputs of one multiplier, at the ends of what their sums can be, and one output that is left over.
TEST(FoldedMatrix, PairsOutputsWhereABlockIsWideEnough) {
  Random random(16);
  const FixedType type{6, 3, true};
  for (const int outputs : {2, 5}) {
    Stage stage;
    stage.name = "dense";
    Window window;
    window.channels = 8;
    stage.windows = {window};
    stage.inputs = {type};
    std::vector<ExprId> sums;
    for (int o = 0; o < outputs; ++o) {
      std::vector<ExprId> terms{stage.formula.constant(random.between(-5, 5), 4)};
      for (int i = 0; i < 8; ++i) {
        // All of one sign, then random ones.
        const std::int64_t weight = o < 2 ? (o == 0 ? -32 : 31) : random.between(-32, 31);
        terms.push_back(
            stage.formula.multiply(stage.formula.load(0, i, type), stage.formula.constant(weight, 5)));
      }
      sums.push_back(stage.formula.sum(std::move(terms)));
    }
    stage.formula.set_outputs(sums);
    stage.output = {{outputs}, FixedType{20, 11, true}};
    const auto form = matrix_form(stage.formula, 8, type);
    ASSERT_TRUE(form);
    const DspBlock dsp48e2 = find_part("xcu250-figd2104-2L-e")->dsp;
    ASSERT_TRUE(can_pair_products(*form, dsp48e2));
    EXPECT_FALSE(can_pair_products(*form, find_part("ice40up5k-sg48")->dsp));
    for (const Fold fold : {Fold{8, 1}, Fold{4, 2}, Fold{2, 1}, Fold{8, 3}}) {
      const Circuit circuit = folded_matrix(*form, fold, *stage.output.fixed, Products::Pairs);
      expect_same_bits(circuit, stage, random);
      const auto products = std::ranges::count(circuit.cells(), CellKind::Multiply, &Cell::kind);
      EXPECT_EQ(products, at_once(8, fold.inner) * at_once(at_once(outputs, fold.outer), 2));
    }
  }
}

// Four values of a lane, whatever the scale of each output: no product needs an adder.
TEST(FoldedMatrix, ChoosesAmongFewMultiples) {
  Random random(14);
  const FixedType type{4, 2, false};
  Stage stage;
  stage.name = "dense";
  Window window;
  window.channels = 12;
  stage.windows = {window};
  stage.inputs = {type};
  std::vector<ExprId> outputs;
  for (int o = 0; o < 6; ++o) {
    std::vector<ExprId> terms;
    for (int i = 0; i < 12; ++i) {
      const std::int64_t weight = (random.between(0, 3) - 2) * (o % 2 == 0 ? 1 : 3);
      terms.push_back(
          stage.formula.multiply(stage.formula.load(0, i, type), stage.formula.constant(weight, 0)));
    }
    outputs.push_back(stage.formula.sum(std::move(terms)));
  }
  stage.formula.set_outputs(outputs);
  stage.output = {{6}, FixedType{12, 10, true}};
  const auto form = matrix_form(stage.formula, 12, type);
  ASSERT_TRUE(form);
  for (const Fold fold : {Fold{6, 3}, Fold{12, 1}, Fold{4, 2}}) {
    const Circuit circuit = folded_matrix(*form, fold, *stage.output.fixed, Products::Adders);
    expect_same_bits(circuit, stage, random);
    if (fold.outer != 3) continue;
    int choices = 0, adders = 0;
    for (const Cell& cell : circuit.cells()) {
      const bool by_table = cell.kind == CellKind::Mux && circuit[cell.args[0]].kind == CellKind::Rom;
      choices += by_table;
      EXPECT_TRUE(!by_table || circuit[cell.args[0]].width <= 2);
      adders += cell.kind == CellKind::Add;
    }
    // Two elements at once times two outputs: four choices, a sum of each output's, and 3x of each element.
    EXPECT_EQ(choices, 4);
    EXPECT_EQ(adders, 2 + 2);
  }
}

TEST(SerialMatrix, AgreesWithTheInterpreterForEveryDigit) {
  Random random(16);
  int made = 0, of_signed = 0, several_bits = 0;
  for (int round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    const FixedType type = random_type(random, 8);
    const int rows = static_cast<int>(random.between(1, 9));
    const Stage stage = single_window(random_matrix_stage(random, {rows}, type, random.below(2) == 0));
    const auto form = matrix_form(stage.formula, rows, type);
    if (!form) continue;
    for (int digit = 1; digit < type.width; ++digit) {
      if (!can_be_serial(*form, digit)) continue;
      const Circuit circuit = serial_matrix(*form, digit, {.effort = 0.1}, *stage.output.fixed);
      EXPECT_EQ(circuit.fold.clocks(), (type.width + digit - 1) / digit);
      expect_same_bits(circuit, stage, random);
      expect_same_bits(pipelined(circuit, find_part("xc7z020clg400-1")->delays, 4.0).circuit, stage, random);
      ++made;
      of_signed += type.is_signed;
      several_bits += digit > 1;
    }
  }
  EXPECT_GT(made, 100);
  EXPECT_GT(of_signed, 30);
  EXPECT_GT(several_bits, 30);
}

TEST(MatrixForm, RefusesWhatIsNoMatrix) {
  Formula formula;
  const FixedType type{8, 4, true};
  const ExprId a = formula.load(0, 0, type), b = formula.load(0, 1, type);
  formula.set_outputs({formula.multiply(a, b)});
  EXPECT_FALSE(matrix_form(formula, 2, type));
  formula.set_outputs({formula.sum({a, b}), formula.maximum(a, b)});
  EXPECT_FALSE(matrix_form(formula, 2, type));
  // Outputs that treat their sums differently.
  const ExprId sum = formula.sum({a, b});
  formula.set_outputs({formula.maximum(sum, formula.constant(0, 0)), sum});
  EXPECT_FALSE(matrix_form(formula, 2, type));
}

TEST(NeededBits, StopAtAWrappingCast) {
  Formula formula;
  const FixedType wide{16, 6, true}, narrow{4, 2, true};
  const ExprId product = formula.multiply(formula.load(0, 0, wide), formula.load(0, 1, wide));
  formula.set_outputs({formula.cast({narrow, Rounding::Trn, Overflow::Wrap}, product)});
  // 4 bits kept above 20 - 2 dropped ones.
  EXPECT_EQ(needed_bits(formula)[static_cast<size_t>(product)], 4 + 18);
  formula.set_outputs({formula.cast({narrow, Rounding::Trn, Overflow::Sat}, product)});
  EXPECT_EQ(needed_bits(formula)[static_cast<size_t>(product)], 32);
}

// The partial sum fits into fewer bits than what it is made of, and is written out inside the whole one.
TEST(FormulaCircuit, LooksAtAllBitsOfWhatAPartialSumIsMadeOf) {
  Formula formula;
  const ExprId a = formula.maximum(formula.load(0, 0, Interval{-13, 0, 3}), formula.constant(-13, 3));
  const ExprId b = formula.load(0, 1, Interval{0, 13, 3});
  const Quantizer same{{5, 2, true}, Rounding::Trn, Overflow::SatSym};
  const ExprId leaf = formula.cast(same, a);
  const ExprId partial = formula.add(formula.constant(5, 3), leaf);
  formula.set_outputs({formula.add(partial, b)});
  EXPECT_EQ(needed_bits(formula)[static_cast<size_t>(partial)], 4);
  Circuit circuit;
  const std::vector<WireId> loads{circuit.input(0, 6, true), circuit.input(1, 6, true)};
  const std::vector<FixedType> types{{7, 4, true}};
  circuit.set_outputs(FormulaBuilder(circuit).build(formula, loads, types));
  for (std::int64_t x = -13; x <= 0; ++x) {
    for (std::int64_t y = 0; y <= 13; ++y) EXPECT_EQ(evaluate(circuit, std::vector{x, y}).front(), x + 5 + y);
  }
}

TEST(Pipelined, LetsNoPathExceedTheClockThatOneCellDoesNot) {
  Random random(14);
  const Tensor weight = random_tensor(random, {40, 3}, {8, 2, true});
  const std::vector<Operand> operands{{{{40}, FixedType{8, 4, true}}, nullptr},
                                      {{{40, 3}, weight.type()}, &weight}};
  const Stage stage = lower(Dense{}, operands, *infer(Dense{}, operands));
  const Circuit circuit = unfolded(stage);
  const Delays& delays = find_part("xcu250-figd2104-2L-e")->delays;
  int last_latency = 0;
  for (const double clock : {20.0, 5.0, 2.5}) {
    const Pipelined result = pipelined(circuit, delays, clock);
    EXPECT_LE(result.slowest_ns, clock);
    EXPECT_GE(result.circuit.latency, last_latency);
    last_latency = result.circuit.latency;
    // Every argument is there exactly when it is used.
    for (const Cell& cell : result.circuit.cells()) {
      if (cell.kind == CellKind::Constant || cell.kind == CellKind::Input) continue;
      const bool is_register = cell.kind == CellKind::Register || cell.kind == CellKind::Accumulate ||
                               cell.kind == CellKind::Capture;
      for (const WireId a : cell.args) {
        if (result.circuit.is_constant(a)) continue;
        EXPECT_EQ(result.circuit[a].level, cell.level - (is_register ? 1 : 0));
      }
    }
  }
  EXPECT_GT(last_latency, 1);
}

}  // namespace
}  // namespace gw
