// What designs are tried on: the extremes come first, and of answers the first of equal ones counts.

#include "study/frames.h"

#include <gtest/gtest.h>

#include "study/accuracy.h"

namespace gw {
namespace {

Build small_build() {
  GraphBuilder builder("model");
  const NodeId x = builder.input("x", {4});
  builder.output(
      builder.layer("a", Dense{}, {x, builder.constant("w", {{4, 3}, 1, std::vector<float>(12, 1)})}));
  Config config;
  config.precision.model["default"] = Quantizer{{6, 3, true}, Rounding::Trn, Overflow::Wrap};
  return build(builder.build().value(), config, *find_part("xcu250-figd2104-2L-e"), {}, "top").value();
}

TEST(Frames, RandomOnesBeginWithTheExtremes) {
  const Build build = small_build();
  const Frames frames = random_frames(build, 5, 3);
  ASSERT_EQ(frames.count(), 5);
  EXPECT_TRUE(frames.classes.empty());
  const Tensor& x = frames.inputs.front();
  for (std::int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(x.at(i), -32);
    EXPECT_EQ(x.at(4 + i), 31);
  }
  EXPECT_EQ(random_frames(build, 0, 3).count(), 0);
}

TEST(Frames, DataSetsThatAreNotThereAreNamed) {
  const auto frames = dataset_frames(small_build(), "mnist:tests", 1, "/no/such/folder");
  ASSERT_FALSE(frames);
  EXPECT_EQ(to_string(frames.errors().front()),
            "--dataset: error: unknown value 'mnist:tests'; did you mean 'mnist:test'? [unknown-value]");
}

TEST(Accuracy, TakesTheFirstOfEqualAnswers) {
  Tensor answers({3}, FixedType{4, 4, true}, 3);
  for (const auto& [at, value] : {std::pair{0, 5}, {1, 5}, {5, -1}, {3, -2}, {4, -8}, {8, 1}})
    answers.set(at, value);
  const std::vector<std::uint8_t> first{0, 2, 2}, second{1, 2, 2};
  EXPECT_EQ(right_answers(answers, std::span(first)), 3);
  EXPECT_EQ(right_answers(answers, std::span(second)), 2);
  EXPECT_EQ(right_answers(answers, std::span(second).first(1)), 0);
}

}  // namespace
}  // namespace gw
