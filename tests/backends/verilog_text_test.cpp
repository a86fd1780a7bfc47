// What the generated text promises, whatever the tools say.

#include <gtest/gtest.h>

#include "backends/verilog.h"
#include "common/chain.h"
#include "common/random_stage.h"
#include "schedule/schedule.h"

namespace gw {
namespace {

TEST(Verilog, IsTheSameForTheSameDesign) {
  const auto text = [] {
    Random random(3);
    const Stage stage = random_matrix_stage(random, {5, 5, 2}, {6, 3, true});
    return verilog(*schedule("top", chain_of(std::span(&stage, 1), {{5, 5, 2}, FixedType{6, 3, true}}),
                             *find_part("xcu250-figd2104-2L-e"), {}));
  };
  EXPECT_EQ(text(), text());
}

}  // namespace
}  // namespace gw
