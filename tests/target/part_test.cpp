#include "target/part.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace gw {
namespace {

TEST(Part, TheU250HasWhatItsDataSheetSays) {
  const auto part = find_part("xcu250-figd2104-2L-e");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->family, "xcup");
  EXPECT_EQ(part->lut, 1728000);
  EXPECT_EQ(part->ff, 3456000);
  EXPECT_EQ(part->dsp_count, 12288);
  EXPECT_EQ(part->bram36(), 2688.0);
  EXPECT_EQ(part->uram.count, 1280);
}

TEST(Part, IsFoundWhateverTheCase) {
  const auto part = find_part("XC7Z020CLG400-1");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->name, "xc7z020clg400-1");
}

TEST(Part, UnknownNameIsAnsweredWithTheNearest) {
  const auto part = find_part("xcu25O-figd2104-2L-e");
  ASSERT_FALSE(part);
  ASSERT_EQ(part.errors().size(), 1u);
  EXPECT_EQ(
      to_string(part.errors()[0]),
      "error: no part is called 'xcu25O-figd2104-2L-e'; the nearest known ones are xcu250-figd2104-2L-e, "
      "xcu200-fsgd2104-2-e, xcu50-fsvh2104-2-e [unknown-part]");
}

TEST(Part, ThePartsThatBeginWithWhatWasTypedComeFirst) {
  const auto part = find_part("XC7A");
  ASSERT_FALSE(part);
  EXPECT_NE(part.errors()[0].text.find("ones are xc7a100tcsg324-1, "), std::string::npos)
      << part.errors()[0].text;
}

TEST(Part, EmptyNameIsUnknown) { EXPECT_FALSE(find_part("")); }

TEST(Part, DspTakesOperandsInEitherOrderAndNoWider) {
  const DspBlock dsp{.wide = 27, .narrow = 18};
  EXPECT_TRUE(dsp.multiplies(27, 18));
  EXPECT_TRUE(dsp.multiplies(18, 27));
  EXPECT_FALSE(dsp.multiplies(19, 19));
  EXPECT_FALSE(dsp.multiplies(28, 1));
  EXPECT_FALSE(DspBlock{}.multiplies(1, 1));
}

// What the rest of the compiler divides by or relies on.
TEST(Part, EveryRowIsComplete) {
  std::set<std::string_view> names;
  for (const Part& part : all_parts()) {
    SCOPED_TRACE(part.name);
    EXPECT_TRUE(names.insert(part.name).second);
    EXPECT_FALSE(part.source.empty());
    EXPECT_FALSE(part.series.empty());
    EXPECT_GT(part.lut, 0);
    EXPECT_GE(part.ff, part.lut);
    EXPECT_GE(part.lut_inputs, 4);
    EXPECT_GE(part.carry_bits, 1);
    EXPECT_GT(part.bram.count * part.bram.kilobits * part.bram.max_width, 0);
    EXPECT_EQ(part.dsp_count > 0, part.dsp.wide > 0);
    EXPECT_LE(part.dsp.narrow, part.dsp.wide);
    EXPECT_EQ(part.dsp_count > 0, part.delays.dsp > 0 && part.delays.dsp_registered > 0);
    EXPECT_LE(part.delays.dsp_registered, part.delays.dsp);
    EXPECT_EQ(part.uram.count > 0, part.uram.kilobits > 0);
    for (const double delay :
         {part.delays.lut, part.delays.carry_bit, part.delays.carry_entry, part.delays.route, part.delays.ram,
          part.delays.clock_to_q, part.delays.setup}) {
      EXPECT_GT(delay, 0.0);
    }
    EXPECT_LT(part.delays.carry_bit, part.delays.lut);
    EXPECT_EQ(find_part(part.name)->name, part.name);
  }
}

}  // namespace
}  // namespace gw
