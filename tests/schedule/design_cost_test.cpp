// What is known of a design as a whole and of no stage alone.

#include "schedule/design_cost.h"

#include <gtest/gtest.h>

#include "common/chain.h"
#include "schedule/schedule.h"
#include "schedule/stage_cost.h"

namespace gw {
namespace {

// y[i] = 4 x[i] in 8 bits, of which two are always 0, and the next stage adds all y.
Design multiples_and_their_sum(Ports ports) {
  const FixedType narrow{6, 6, false}, wide{8, 8, false}, sum{11, 11, false};
  Stage first, second;
  first.name = "times4";
  second.name = "sum";
  for (Stage* stage : {&first, &second}) {
    Window window;
    window.channels = 8;
    stage->windows = {window};
  }
  first.inputs = {narrow};
  second.inputs = {wide};
  std::vector<ExprId> outputs;
  ExprId total = -1;
  for (int i = 0; i < 8; ++i) {
    outputs.push_back(first.formula.multiply(first.formula.load(0, i, narrow), first.formula.constant(4, 0)));
    const ExprId y = second.formula.load(0, i, wide);
    total = i == 0 ? y : second.formula.add(total, y);
  }
  first.formula.set_outputs(outputs);
  second.formula.set_outputs({total});
  first.output = {{8}, wide};
  second.output = {{1}, sum};
  ScheduleOptions options;
  options.ports = ports;
  const std::vector<Stage> stages{first, second};
  auto design = schedule("top", chain_of(stages, {{8}, narrow}), *find_part("xcu250-figd2104-2L-e"), options);
  EXPECT_TRUE(design);
  return design ? std::move(*design) : Design{};
}

Part part() { return *find_part("xcu250-figd2104-2L-e"); }

TEST(DesignCost, KnowsBitsThatAreConstantInTheStageBefore) {
  Design design = multiples_and_their_sum(Ports::Stream);
  ASSERT_EQ(design.stages.size(), 2U);
  design.stages[1].streams[0].fifo_depth = 1;  // a register; a memory keeps what is constant
  const DesignCost counted = cost(design, part());
  // Two bits of each of eight values need neither a register in front of the sum nor adders in it.
  const Cost alone = cost(design.stages[1], part());
  EXPECT_LE(counted.stages[1].ff, alone.ff - 16);
  EXPECT_LT(counted.stages[1].lut, alone.lut - 10);
}

TEST(DesignCost, IsTheSumOfItsParts) {
  for (const Ports ports : {Ports::Stream, Ports::Plain}) {
    const Design design = multiples_and_their_sum(ports);
    const DesignCost counted = cost(design, part());
    Cost sum = counted.around;
    for (const Cost& stage : counted.stages) sum += stage;
    EXPECT_EQ(sum, counted.total());
    EXPECT_EQ(design.cost, counted.total());
    for (size_t s = 0; s < design.stages.size(); ++s) EXPECT_EQ(design.stages[s].cost, counted.stages[s]);
    EXPECT_GT(counted.stages[1].lut, 30);
  }
}

}  // namespace
}  // namespace gw
