// Files appear whole or not at all, and failures name the file and the reason.
#include "support/files.h"

#include <algorithm>
#include <stdexcept>

#include <gtest/gtest.h>
#include <unistd.h>

namespace gw {
namespace {

class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    std::string name = (fs::temp_directory_path() / "gatewright-files-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder = name;
  }
  ~FilesTest() override { fs::remove_all(folder); }

  std::vector<std::string> entries() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  fs::path folder;
};

TEST_F(FilesTest, WritesAndReadsBytes) {
  const std::string bytes("a\0b\r\n\xff", 6);
  ASSERT_TRUE(write_file(folder / "deep/er/x.bin", bytes));
  const auto back = read_file(folder / "deep/er/x.bin");
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, bytes);
}

TEST_F(FilesTest, ReplacesAndLeavesNothingBeside) {
  ASSERT_TRUE(write_file(folder / "x", "old and longer"));
  ASSERT_TRUE(write_file(folder / "x", "new"));
  EXPECT_EQ(*read_file(folder / "x"), "new");
  EXPECT_EQ(entries(), std::vector<std::string>{"x"});
}

TEST_F(FilesTest, UnreadableNamesFileAndReason) {
  const std::string path = (folder / "x").string();
  EXPECT_EQ(to_string(read_file(path).errors()[0]),
            path + ": error: cannot be read: No such file or directory [file-unreadable]");
  EXPECT_EQ(to_string(read_file(folder).errors()[0]),
            folder.string() + ": error: cannot be read: it is a folder [file-unreadable]");
}

TEST_F(FilesTest, UnwritableNamesFileAndReasonAndLeavesNothing) {
  ASSERT_TRUE(write_file(folder / "file", ""));
  const std::string below = (folder / "file/x").string();
  EXPECT_EQ(
      to_string(write_file(below, "a").errors()[0]),
      below + ": error: cannot be written: Not a directory; nothing was left half-written [file-unwritable]");
  fs::create_directories(folder / "taken/by");
  const std::string taken = (folder / "taken").string();
  EXPECT_EQ(
      to_string(write_file(taken, "a").errors()[0]),
      taken + ": error: cannot be written: Is a directory; nothing was left half-written [file-unwritable]");
  EXPECT_EQ(entries(), (std::vector<std::string>{"file", "taken"}));
}

TEST_F(FilesTest, EqualFilesAreLeftUntouched) {
  ASSERT_TRUE(write_files(folder, {{"a.v", "1"}, {"sub/b.v", "2"}}));
  const auto past = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(folder / "a.v", past);
  fs::last_write_time(folder / "sub/b.v", past);
  ASSERT_TRUE(write_files(folder, {{"a.v", "1"}, {"sub/b.v", "3"}}));
  EXPECT_EQ(fs::last_write_time(folder / "a.v"), past);
  EXPECT_NE(fs::last_write_time(folder / "sub/b.v"), past);
  EXPECT_EQ(*read_file(folder / "sub/b.v"), "3");
}

// The examples of FIPS 180-2.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace gw
