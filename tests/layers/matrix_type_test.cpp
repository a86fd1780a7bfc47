// The type of a matrix layer, which infer finds in one pass over the weights, is that of its formula, which
// goes through it expression by expression: every type, every range, every unit.

#include <gtest/gtest.h>

#include "layers/agreement.h"

namespace gw {
namespace {

using testing::LayerCase;

std::optional<Quantizer> result_of(const Layer& layer) {
  return std::visit(
      [](const auto& l) -> std::optional<Quantizer> {
        if constexpr (requires { l.out.has_value(); }) return l.out;
        return std::nullopt;
      },
      layer);
}

std::vector<std::string> ranges_of(const TensorType& type) {
  std::vector<std::string> texts;
  for (const Interval& range : type.ranges) {
    texts.push_back(fmt::format("{}..{}/{}", static_cast<std::int64_t>(range.lo),
                                static_cast<std::int64_t>(range.hi), range.fraction));
  }
  return texts;
}

TEST(MatrixType, IsThatOfTheFormula) {
  Random random(31);
  int compared = 0;
  for (const testing::Row& row : testing::matrix_rows()) {
    for (int n = 0; n < 60 * testing::mode_pairs; ++n) {
      LayerCase c = row.make(random, n);
      if (random.below(2) == 0) c.x = testing::with_ranges(random, c.x);
      // Of an element that is always the same, infer knows more than the formula does.
      std::erase_if(c.x.ranges, [](const Interval& range) { return range.lo == range.hi; });
      if (!c.x.ranges.empty()) c.x.ranges.resize(1);
      const auto type = c.type();
      if (!type) continue;
      const auto wanted = typed_output(type->shape, c.stage(*type).formula, result_of(c.layer));
      ASSERT_TRUE(wanted);
      ASSERT_EQ(to_string(*type), to_string(*wanted)) << row.name << " " << n;
      ASSERT_EQ(ranges_of(*type), ranges_of(*wanted)) << row.name << " " << n;
      ++compared;
    }
  }
  EXPECT_GT(compared, 3000);
}

}  // namespace
}  // namespace gw
