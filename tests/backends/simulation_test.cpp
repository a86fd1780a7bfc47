// Generated Verilog in Verilator against the reference interpreter: random chains of stages, random
// schedules, random pauses on both sides. Bits, latency and interval must be exactly what was computed.

#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "backends/beats.h"
#include "backends/verilator_bench.h"
#include "backends/verilog/verilog.h"
#include "common/chain.h"
#include "common/random_stage.h"
#include "schedule/schedule.h"
#include "tools/verilator.h"

namespace gw {
namespace {

class Simulation : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("gatewright_simulation_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Builds the design, runs it without pauses and with two kinds of them, and compares everything.
  void check(const std::vector<Stage>& chain, const TensorType& input, std::int64_t interval, Random& random,
             const char* part = "xcu250-figd2104-2L-e", const char* last_style = nullptr) {
    const auto design = schedule("top", chain_of(chain, input), *find_part(part), {4.0, interval});
    ASSERT_TRUE(design) << to_string(design.errors().front());
    if (last_style) {
      EXPECT_EQ(design->stages.back().style, last_style);
    }
    const Files files = verilog(*design);
    const auto clean = lint(files, "top", folder_);
    ASSERT_TRUE(clean) << to_string(clean.errors().front());
    const auto bench = build_bench({"top", files, verilator_bench(*design)}, folder_);
    ASSERT_TRUE(bench) << to_string(bench.errors().front());

    const int frames = 12;
    const Tensor x = random_tensor(random, input.shape, *input.fixed, frames);
    Tensor want = x;
    for (const Stage& stage : chain) {
      const Tensor* stream = &want;
      want = run(stage, std::span(&stream, 1));
    }
    const BenchRun plain{.inputs = folder_ / "in", .outputs = folder_ / "out", .report = folder_ / "report"};
    ASSERT_TRUE(write_file(plain.inputs, pack_beats(x, design->inputs.front().channels)));
    std::int64_t unpaused_clocks = 0;
    for (const double pause : {0.0, 0.2, 0.7}) {
      BenchRun options = plain;
      if (pause > 0) {
        options.stall_in = pause;
        options.stall_out = 0.9 - pause;
        options.seed = random.bits() % 1000;
      }
      const auto ran = run_bench(*bench, options);
      ASSERT_TRUE(ran);
      ASSERT_EQ(ran->exit_code, 0) << ran->output;
      const StreamPort& port = design->outputs.front();
      EXPECT_EQ(unpack_beats(*read_file(plain.outputs), port.type, port.channels, frames), want);
      const auto report = nlohmann::json::parse(*read_file(plain.report));
      EXPECT_EQ(report["frames"], frames);
      const std::int64_t clocks = report["clocks"];
      if (pause == 0.0) unpaused_clocks = clocks;
      // The pauses did happen: input or output held the design up.
      if (pause == 0.7) {
        EXPECT_GT(clocks, unpaused_clocks);
      }
      if (pause == 0.0) {
        EXPECT_EQ(report["latency_clocks"], design->latency);
        EXPECT_LE(report["interval_clocks"], design->interval);
      }
    }
  }

  fs::path folder_;
};

Stage named(Stage stage, const char* name) {
  stage.name = name;
  return stage;
}

TEST_F(Simulation, ConvolutionAndPoolAtOnePixelAClock) {
  Random random(21);
  const TensorType input{{7, 8, 2}, FixedType{6, 3, true}};
  const Stage conv = named(random_matrix_stage(random, input.shape, *input.fixed), "conv1");
  const std::vector<Operand> operands{{conv.output, nullptr}};
  std::vector<Stage> chain{conv};
  if (conv.output.shape.size() == 3 && conv.output.shape[0] > 1 && conv.output.shape[1] > 1) {
    chain.push_back(named(lower(MaxPool2D{}, operands, *infer(MaxPool2D{}, operands)), "pool1"));
  }
  check(chain, input, 0, random);
}

TEST_F(Simulation, FoldedStagesKeepTheirBits) {
  for (const auto& [seed, interval] : {std::pair{31, 150}, {32, 600}, {33, 5000}}) {
    SCOPED_TRACE(seed);
    Random random(static_cast<std::uint64_t>(seed));
    const TensorType input{{6, 5, 3}, FixedType{7, 3, true}};
    const Stage first = named(random_matrix_stage(random, input.shape, *input.fixed), "first");
    const Stage second =
        named(random_matrix_stage(random, first.output.shape, *first.output.fixed), "second");
    check({first, second}, input, interval, random);
  }
}

// A matrix over a whole frame, worked off as the pixels come, with several outputs on a multiplier.
TEST_F(Simulation, StreamedMatrices) {
  for (const auto& [channels, interval] : {std::pair{1, 81}, {1, 400}, {3, 600}}) {
    SCOPED_TRACE(interval);
    Random random(50 + interval);
    const FixedType type{6, 2, false};
    const Tensor weight = random_tensor(random, {81 * channels, 5}, {5, 1, true});
    const std::vector<Operand> operands{{{{81 * channels}, type}, nullptr},
                                        {{weight.shape(), weight.type()}, &weight}};
    const Dense layer{Quantizer{{9, 5, true}, Rounding::Rnd, Overflow::Sat}, {}};
    Stage stage = named(lower(layer, operands, *infer(layer, operands)), "dense1");
    const TensorType input{{9, 9, channels}, type};
    stage.windows.front() = whole_window(input.shape);
    check({stage}, input, interval, random, "ice40hx8k-ct256", "streamed");
  }
}

TEST_F(Simulation, SoftmaxOfOneBeat) {
  Random random(41);
  const TensorType input{{6}, FixedType{10, 5, true}};
  const std::vector<Operand> operands{{input, nullptr}};
  Softmax softmax;
  softmax.table_size = 64;
  softmax.out = Quantizer{{12, 2, true}, Rounding::Trn, Overflow::Wrap};
  check({named(lower(softmax, operands, *infer(softmax, operands)), "softmax")}, input, 4, random);
}

}  // namespace
}  // namespace gw
