// A network as the bits of a part: the netlist that was placed gives the emulation's bits, and parts that the
// open tools do not serve are refused with the reason.
#include "study/bitstream.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "graph/evaluate.h"
#include "graph/temporary_folder.h"
#include "study/simulate.h"
#include "support/process.h"
#include "support/random.h"

namespace gw {
namespace {

// 36 pixels of 6 bits, 7 hidden neurons, 3 answers: a streamed matrix and a folded one.
Build perceptron(const char* part, std::int64_t interval) {
  Random random(3);
  const auto weights = [&](int n, int m) {
    FloatTensor w{{n, m}, 1, {}};
    for (int i = 0; i < n * m; ++i) w.values.push_back(static_cast<float>(random.between(-16, 15)) / 16);
    return w;
  };
  GraphBuilder builder("model");
  const NodeId x = builder.input("x", {6, 6, 1});
  const NodeId flat = builder.layer("flatten", Reshape{{36}}, {x});
  const NodeId a = builder.layer("a", Dense{}, {flat, builder.constant("a.weight", weights(36, 7))});
  const NodeId b = builder.layer("b", Dense{}, {a, builder.constant("b.weight", weights(7, 3))});
  builder.output(b);
  Config config;
  config.precision.model["default"] = Quantizer{{6, 2, true}, Rounding::Rnd, Overflow::Sat};
  config.precision.model["accum"] = Quantizer{{24, 12, true}, Rounding::Trn, Overflow::Wrap};
  ScheduleOptions options{.clock_ns = 30, .interval = interval};
  auto made = build(builder.build().value(), config, *find_part(part), options, "perceptron");
  GW_CHECK(made);
  return std::move(*made);
}

Tensor frames_of(const Build& made, int count) {
  Random random(4);
  const TensorType& input = made.design.inputs.front().type;
  const FixedType type = *input.fixed;
  Tensor frames(input.shape, type, count);
  for (std::int64_t i = 0; i < count * frames.size(); ++i) {
    const auto frame = i / frames.size();
    frames.set(i, frame == 0   ? type.lowest()
                  : frame == 1 ? type.highest()
                               : random.between(type.lowest(), type.highest()));
  }
  return frames;
}

TEST(Bitstream, OfAPerceptronHasTheBitsOfTheEmulation) {
  if (find_program("nextpnr-ice40").empty() || find_program("icepack").empty())
    GTEST_SKIP() << "nextpnr-ice40 and icepack are not installed: scripts/setup bitstream";
  const gw::testing::TemporaryFolder folder;
  SilentProgress progress;
  // The second has multiplier blocks, one of which does it all.
  for (const auto& [part, interval] : {std::pair{"ice40hx1k-tq144", 144}, {"ice40up5k-sg48", 252}}) {
    SCOPED_TRACE(part);
    const Build made = perceptron(part, interval);
    EXPECT_EQ(made.design.stages.front().style, "streamed");
    const auto stream = make_bitstream(made, folder.path(), progress);
    ASSERT_TRUE(stream) << to_string(stream.errors().front());
    EXPECT_GT(stream->bits.size(), 30000u);
    EXPECT_GT(stream->placement.fmax_mhz, 10);
    EXPECT_DOUBLE_EQ(stream->frames_a_second(100), stream->placement.fmax_mhz * 1e4);

    const std::vector<Tensor> frames{frames_of(made, 40)};
    const std::vector<Tensor> emulated = evaluate(made.graph, frames);
    const auto simulated = simulate_netlist(made, stream->netlist, frames, emulated,
                                            {.cache_folder = folder.path(), .stalled = 20}, progress);
    ASSERT_TRUE(simulated) << to_string(simulated.errors().front());
    EXPECT_EQ(simulated->differing_values, 0);
    EXPECT_EQ(simulated->stalled_images, 20);
  }
}

TEST(Bitstream, SaysWhyThereIsNone) {
  const auto xilinx = check_bitstream(*find_part("xc7z020clg400-1"));
  ASSERT_FALSE(xilinx);
  EXPECT_EQ(
      to_string(xilinx.errors().front()),
      "error: no bitstream can be made for part xc7z020clg400-1: there are no open tools for Zynq-7000; without --bitstream the design "
      "is written as Verilog, which the vendor's tools take [bitstream-unserved]");
  const auto ecp5 = check_bitstream(*find_part("lfe5u-25f-6bg381c"));
  ASSERT_FALSE(ecp5);
  EXPECT_EQ(
      to_string(ecp5.errors().front()),
      "error: no bitstream can be made for part lfe5u-25f-6bg381c: it takes nextpnr-ecp5 and Project Trellis, which "
      "Debian 12 does not have; without --bitstream the design is written as Verilog, which the vendor's tools take [bitstream-unserved]");
  EXPECT_TRUE(check_bitstream(*find_part("ice40lp4k-cm81")));
}

}  // namespace
}  // namespace gw
