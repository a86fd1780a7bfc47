// Claim: archives of arrays are read, stored or deflated, written by NumPy or by us, and a damaged one is
// refused with the name of the array.

#include "data/npz.h"

#include <gtest/gtest.h>

#include "data/workbench.h"

namespace gw {
namespace {

const NpzArrays arrays{{"a", {npy_f4, {2, 2}, {1, -2, 0.5, 0}}},
                       {"layer.weight", {npy_i8, {300}, std::vector<double>(300, 7)}},
                       {"scalar", {npy_f8, {}, {0.1}}}};

void expect_same(const NpzArrays& read) {
  ASSERT_EQ(read.size(), arrays.size());
  for (const auto& [name, array] : arrays) {
    ASSERT_TRUE(read.contains(name));
    EXPECT_EQ(read.at(name).type, array.type);
    EXPECT_EQ(read.at(name).shape, array.shape);
    EXPECT_EQ(read.at(name).values, array.values);
  }
}

TEST(Npz, WhatIsWrittenIsRead) {
  const TemporaryFolder folder;
  const fs::path stored = folder.path() / "stored", deflated = folder.path() / "deflated";
  for (const auto& [path, packing] :
       {std::pair{stored, NpzPacking::Store}, std::pair{deflated, NpzPacking::Deflate}}) {
    ASSERT_TRUE(save_npz(path, arrays, packing));
    const auto read = load_npz(path);
    ASSERT_TRUE(read) << text_of(read);
    expect_same(*read);
    const std::string bytes = *read_file(path);
    ASSERT_TRUE(save_npz(path, arrays, packing));
    EXPECT_EQ(*read_file(path), bytes);
  }
  EXPECT_LT(fs::file_size(deflated), fs::file_size(stored) / 2);
}

// As zipfile of Python writes a member whose size it does not know beforehand: sizes of zero in front, the
// true ones in a data descriptor behind, and a zip64 record.
TEST(Npz, ReadsAnArchiveWithDataDescriptors) {
  const std::string member = print_npy({*parse_npy_type("|u1"), {2}, {3, 4}});
  std::string archive;
  const auto number = [&](std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) archive += static_cast<char>(value >> (8 * i));
  };
  const auto sum = crc32(0, reinterpret_cast<const Bytef*>(member.data()), static_cast<uInt>(member.size()));
  number(0x04034b50, 4), number(45, 2), number(8, 2), number(0, 2), number(0x210000, 4), number(0, 4);
  number(0xffffffff, 4), number(0xffffffff, 4), number(5, 2), number(20, 2), archive += "x.npy";
  number(1, 2), number(16, 2), number(0, 8), number(0, 8), archive += member;
  number(0x08074b50, 4), number(sum, 4), number(member.size(), 8), number(member.size(), 8);
  const size_t directory = archive.size();
  number(0x02014b50, 4), number(45, 2), number(45, 2), number(8, 2), number(0, 2), number(0x210000, 4);
  number(sum, 4), number(member.size(), 4), number(member.size(), 4), number(5, 2), number(0, 2),
      number(0, 2);
  number(0, 2), number(0, 2), number(0, 4), number(0, 4), archive += "x.npy";
  const size_t size = archive.size() - directory;
  number(0x06054b50, 4), number(0, 4), number(1, 2), number(1, 2), number(size, 4), number(directory, 4);
  number(0, 2);

  const TemporaryFolder folder;
  ASSERT_TRUE(write_file(folder.path() / "x", archive));
  const auto read = load_npz(folder.path() / "x");
  ASSERT_TRUE(read) << text_of(read);
  EXPECT_EQ(read->at("x").values, (std::vector<double>{3, 4}));
}

TEST(Npz, RefusesWhatIsDamaged) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "w.npz";
  ASSERT_TRUE(save_npz(path, arrays, NpzPacking::Store));
  const std::string good = *read_file(path);

  ASSERT_TRUE(write_file(path, "no archive"));
  EXPECT_EQ(text_of(load_npz(path)),
            path.string() + ": error: cannot be read as a .npz file: Not a zip archive [npz-damaged]\n");

  ASSERT_TRUE(write_file(path, ""));
  EXPECT_EQ(text_of(load_npz(path)),
            path.string() + ": error: cannot be read as a .npz file: it has no bytes [npz-damaged]\n");

  std::string bad = good;  // two mistakes, both told
  bad[bad.find("NUMPY") + 4] = 'X';
  bad[bad.find("\x07", bad.find("layer.weight"))] ^= 1;
  ASSERT_TRUE(write_file(path, bad));
  EXPECT_EQ(text_of(load_npz(path)),
            path.string() + "/a.npy: error: cannot be read as a .npz file: CRC error [npz-damaged]\n" +
                path.string() +
                "/layer.weight.npy: error: cannot be read as a .npz file: CRC error [npz-damaged]\n");

  ASSERT_TRUE(save_npz(path, {{"a", arrays.at("a")}, {"b", arrays.at("a")}}, NpzPacking::Store));
  std::string twins = *read_file(path);
  for (size_t at = 0; (at = twins.find("b.npy", at)) != twins.npos;) twins[at] = 'a';
  ASSERT_TRUE(write_file(path, twins));
  EXPECT_EQ(
      text_of(load_npz(path)),
      path.string() +
          "/a.npy: error: cannot be read as a .npz file: another array has the same name [npz-damaged]\n");

  EXPECT_EQ(text_of(load_npz(folder.path() / "none")),
            (folder.path() / "none").string() +
                ": error: cannot be read: No such file or directory [file-unreadable]\n");
}

TEST(Npz, NoTruncationIsBelieved) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "w.npz";
  ASSERT_TRUE(save_npz(path, {{"a", arrays.at("a")}}, NpzPacking::Deflate));
  const std::string good = *read_file(path);
  for (size_t size = 0; size < good.size(); ++size) {
    ASSERT_TRUE(write_file(path, good.substr(0, size)));
    EXPECT_FALSE(load_npz(path)) << size;
  }
}

}  // namespace
}  // namespace gw
