// Several pixels at once: the grouped stage gives the bits of the stage, for every group that divides.

#include "schedule/grouped.h"

#include <gtest/gtest.h>

#include "common/random_stage.h"
#include "common/random_window.h"

namespace gw {
namespace {

TEST(Groups, DivideRowsThenImages) {
  const std::vector<Group> groups = groups_of(4, 6);
  const std::vector<Group> wanted{{1, 1}, {1, 2}, {1, 3}, {1, 6}, {2, 6}, {4, 6}};
  EXPECT_EQ(groups, wanted);
}

TEST(Groups, GiveTheSameBits) {
  Random random(11);
  int judged = 0;
  for (int round = 0; round < 400; ++round) {
    Stage stage;
    stage.name = "stage";
    Window window = random_window(random);
    window.channels = static_cast<int>(random.between(1, 2));
    const FixedType type{4, 3, true}, out{16, 12, true};
    stage.windows = {window};
    stage.inputs = {type};
    std::vector<ExprId> outputs;
    for (int o = 0; o < 2; ++o) {
      std::vector<ExprId> terms;
      for (int e = 0; e < window.elements(); ++e) {
        const ExprId scale = stage.formula.constant(random.between(-3, 3), 0);
        terms.push_back(stage.formula.multiply(
            o == 0 ? stage.formula.load(0, e, type) : stage.formula.inside(0, e), scale));
      }
      outputs.push_back(stage.formula.cast({out, Rounding::Trn, Overflow::Wrap}, stage.formula.sum(terms)));
    }
    stage.formula.set_outputs(outputs);
    stage.output = {{window.output_height(), window.output_width(), 2}, out};
    const Tensor x = random_tensor(random, {window.height, window.width, window.channels}, type, 3);
    const Tensor* from = &x;
    const Tensor wanted = run(stage, std::span(&from, 1));
    for (const Group& read : groups_of(window.height, window.width)) {
      for (const Group& made : groups_of(window.output_height(), window.output_width())) {
        const auto window_of_groups = grouped(window, read, made);
        // The whole tensor at once is always possible.
        ASSERT_TRUE(window_of_groups || !(made == Group{window.output_height(), window.output_width()}));
        if (!window_of_groups) continue;
        const Stage many = grouped(stage, {read}, made);
        EXPECT_EQ(run(many, std::span(&from, 1)), wanted);
        ++judged;
      }
    }
  }
  EXPECT_GT(judged, 2000);
}

}  // namespace
}  // namespace gw
