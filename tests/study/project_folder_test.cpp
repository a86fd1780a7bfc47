// Folders that projects are written to: whose they are, and what stays in them.
#include "study/project_folder.h"

#include <gtest/gtest.h>

#include "graph/temporary_folder.h"
#include "support/messages.h"

namespace gw {
namespace {

TEST(ProjectFolder, LeavesAFolderOfOthersAlone) {
  testing::TemporaryFolder folder;
  const fs::path own = folder.path() / "own";
  ASSERT_TRUE(write_file(own / "thesis.tex", "years of work"));
  const auto refused = write_project(own, {{"a.h", "1"}}, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.errors().front().id, messages::folder_occupied.id);
  EXPECT_EQ(
      to_string(refused.errors().front()),
      own.string() +
          ": error: holds something that Gatewright did not write; name another folder, or write into this "
          "one all the same (--force) [folder-occupied]");
  EXPECT_FALSE(fs::exists(own / "a.h"));
  EXPECT_TRUE(write_project(own, {{"a.h", "1"}}, true));
  EXPECT_EQ(read_file(own / "thesis.tex").value(), "years of work");
  EXPECT_EQ(read_file(own / "a.h").value(), "1");
}

TEST(ProjectFolder, TakesAwayWhatAnEarlierProjectLeft) {
  testing::TemporaryFolder folder;
  const fs::path own = folder.path() / "own";
  ASSERT_TRUE(write_project(own, {{"a.h", "1"}, {"b/c.h", "2"}}, false));
  ASSERT_TRUE(write_file(own / "log", "made there"));
  ASSERT_TRUE(write_project(own, {{"a.h", "3"}, {"d.h", "4"}}, false));
  EXPECT_EQ(read_file(own / "a.h").value(), "3");
  EXPECT_EQ(read_file(own / "d.h").value(), "4");
  EXPECT_FALSE(fs::exists(own / "b/c.h"));
  EXPECT_TRUE(fs::exists(own / "log"));
  EXPECT_EQ(read_file(own / ".gatewright").value(), "a.h\nd.h\n");
}

TEST(ProjectFolder, TakesNothingAwayOutside) {
  testing::TemporaryFolder folder;
  const fs::path own = folder.path() / "own";
  ASSERT_TRUE(write_file(folder.path() / "outside", "stays"));
  ASSERT_TRUE(
      write_file(own / ".gatewright", "../outside\n" + (folder.path() / "outside").string() + "\nold.h\n"));
  ASSERT_TRUE(write_file(own / "old.h", ""));
  ASSERT_TRUE(write_project(own, {{"a.h", "1"}}, false));
  EXPECT_TRUE(fs::exists(folder.path() / "outside"));
  EXPECT_FALSE(fs::exists(own / "old.h"));
}

}  // namespace
}  // namespace gw
