// Every kind of layer as a netlist, before any Verilog: many more cases than a simulation could take, types
// of up to 60 bits among them, at one position of the window.

#include <gtest/gtest.h>

#include "layers/agreement.h"
#include "schedule/stage_circuit.h"

namespace gw {
namespace {

using testing::Fill;
using testing::LayerCase;
using testing::Row;

// The stage where each window shows its whole input, at one position.
Stage at_one_position(Stage stage) {
  for (Window& window : stage.windows) {
    Window whole;
    whole.height = whole.kernel_h = window.kernel_h;
    whole.width = whole.kernel_w = window.kernel_w;
    whole.channels = window.channels;
    window = whole;
  }
  stage.output.shape = {static_cast<int>(stage.formula.outputs().size())};
  return stage;
}

// How many outputs differ from the interpreter's, and of how many; what was seen first.
struct Judged {
  int differing = 0, of = 0;
  std::string first;
};

Judged judge(const Stage& stage, const Circuit& circuit, Random& random) {
  Judged judged;
  for (const Fill fill : testing::all_fills) {
    for (int n = fill == Fill::Random ? 8 : 1; n > 0; --n) {
      std::vector<Tensor> inputs;
      std::vector<std::int64_t> window;
      int inside = 0;
      for (size_t k = 0; k < stage.windows.size(); ++k) {
        const Window& w = stage.windows[k];
        inputs.push_back(
            testing::random_tensor(random, {w.height, w.width, w.channels}, stage.inputs[k], 1, fill));
        for (std::int64_t e = 0; e < inputs.back().size(); ++e) window.push_back(inputs.back().at(e));
        inside += w.kernel_h * w.kernel_w;
      }
      window.resize(window.size() + static_cast<size_t>(inside), 1);
      std::vector<const Tensor*> from;
      for (const Tensor& input : inputs) from.push_back(&input);
      const Tensor wanted = run(stage, from);
      const auto seen = evaluate(circuit, window);
      for (std::int64_t o = 0; o < wanted.size(); ++o) {
        ++judged.of;
        const std::int64_t answer = seen[static_cast<size_t>(o)];
        if (answer == wanted.at(o) || judged.differing++ > 0) continue;
        judged.first = fmt::format("output {} is {}, but must be {}", o, answer, wanted.at(o));
      }
    }
  }
  return judged;
}

class AnyCircuit : public ::testing::TestWithParam<Row> {};

TEST_P(AnyCircuit, ComputesTheFormula) {
  const Row& row = GetParam();
  int judged = 0;
  for (int n = 0; n < std::min(row.cases, 60); ++n) {
    Random random(static_cast<std::uint64_t>(n) + 1);
    const LayerCase c = row.make(random, n);
    const auto out = c.type();
    if (!out) continue;
    const Stage stage = at_one_position(c.stage(*out));
    if (stage.formula.exprs().size() > 1000) continue;
    const Circuit circuit = unfolded_circuit(stage, {.extra_depth = 1, .effort = 0.1});
    const Judged result = judge(stage, circuit, random);
    EXPECT_EQ(result.differing, 0) << row.name << " " << n << ", of " << result.of << ": " << result.first;
    const auto tables = truth_tables(stage, 8, *find_part("xcu250-figd2104-2L-e"));
    const Judged looked_up =
        judge(stage, unfolded_circuit(stage, {.extra_depth = 1, .effort = 0}, tables), random);
    EXPECT_EQ(looked_up.differing, 0) << row.name << " " << n << " in " << tables.size() << " tables, of "
                                      << looked_up.of << ": " << looked_up.first;
    ++judged;
  }
  EXPECT_GE(judged, 10);
}

INSTANTIATE_TEST_SUITE_P(Layers, AnyCircuit, ::testing::ValuesIn(testing::all_rows()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace gw
