#include "tools/workshop.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "tools/tool_fixture.h"

namespace gw {
namespace {

TEST_F(ToolTest, KeyDependsOnNamesContentsAndTheirBorders) {
  const Files files{{"a.v", "bc"}};
  const std::string key = content_key({"yosys", "1"}, files);
  EXPECT_EQ(key.size(), 64u);
  EXPECT_EQ(key, content_key({"yosys", "1"}, files));
  EXPECT_NE(key, content_key({"yosys1", ""}, files));
  EXPECT_NE(key, content_key({"yosys", "1"}, {{"a.vb", "c"}}));
  EXPECT_NE(key, content_key({"yosys", "1"}, {{"a.v", "bd"}}));
  EXPECT_NE(key, content_key({"yosys", "2"}, files));
}

TEST_F(ToolTest, WhatAKilledRunLeftIsClearedAway) {
  ASSERT_TRUE(write_file(cache() / "jobs" / "job" / "half", "written"));
  {
    auto workshop = Workshop::enter(cache(), "job", [] { return false; });
    ASSERT_TRUE(workshop);
    EXPECT_TRUE(workshop->needed());
    EXPECT_TRUE(fs::is_empty(workshop->folder()));
    workshop->remove();
  }
  EXPECT_EQ(left_in_work(), 0);
}

TEST_F(ToolTest, TwoOnTheSameJobDoItOnce) {
  std::atomic<int> inside = 0, worked = 0;
  const auto work = [&] {
    auto workshop = Workshop::enter(cache(), "job", [&] { return worked > 0; });
    ASSERT_TRUE(workshop);
    EXPECT_EQ(++inside, 1);
    if (workshop->needed()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      ++worked;
      workshop->remove();
    }
    --inside;
  };
  { std::jthread a(work), b(work), c(work); }
  EXPECT_EQ(worked, 1);
  EXPECT_EQ(left_in_work(), 0);
}

TEST_F(ToolTest, CacheFolderThatIsAFileIsAnError) {
  ASSERT_TRUE(write_file(cache(), "a file"));
  const auto workshop = Workshop::enter(cache(), "job", [] { return false; });
  ASSERT_FALSE(workshop);
  EXPECT_EQ(to_string(workshop.errors()[0]),
            (cache() / "jobs").string() + ": error: cannot be made: Not a directory [tool-folder]");
}

TEST_F(ToolTest, LastLines) {
  EXPECT_EQ(last_lines("a\nb\nc\n", 2), "b\nc");
  EXPECT_EQ(last_lines("a\nb", 5), "a\nb");
  EXPECT_EQ(last_lines("a", 1), "a");
  EXPECT_EQ(last_lines("\n\n", 1), "");
}

}  // namespace
}  // namespace gw
