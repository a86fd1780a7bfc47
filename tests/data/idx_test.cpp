// Claim: an IDX file is read as its header says, compressed or not, and a file that is cut, foreign or
// inconsistent is refused with a message that says how.

#include "data/idx.h"

#include <gtest/gtest.h>

#include "data/gzip.h"
#include "data/workbench.h"

namespace gw {
namespace {

std::string refusal(const std::string& bytes) { return text_of(parse_idx(bytes, "f")); }

TEST(Idx, ReadsShapeAndValues) {
  const auto array = parse_idx(idx_bytes({2, 1, 3}, {1, 2, 3, 254, 255, 0}), "f");
  ASSERT_TRUE(array) << text_of(array);
  EXPECT_EQ(array->shape, (std::vector<int>{2, 1, 3}));
  EXPECT_EQ(array->values, (std::vector<std::uint8_t>{1, 2, 3, 254, 255, 0}));
  EXPECT_EQ(array->file, "f");
}

TEST(Idx, ReadsAFileWhateverItIsCalled) {
  const TemporaryFolder folder;
  const std::vector<std::uint8_t> values(300, 7);  // a dimension that needs two bytes
  const std::string plain = idx_bytes({300}, values);
  ASSERT_TRUE(write_file(folder.path() / "plain.gz", plain));
  ASSERT_TRUE(write_file(folder.path() / "packed", gzip_bytes(plain)));
  for (const char* name : {"plain.gz", "packed"}) {
    const auto array = read_idx(folder.path() / name);
    ASSERT_TRUE(array) << text_of(array);
    EXPECT_EQ(array->shape, std::vector<int>{300});
    EXPECT_EQ(array->values, values);
  }
  EXPECT_EQ(text_of(read_idx(folder.path() / "none")),
            (folder.path() / "none").string() +
                ": error: cannot be read: No such file or directory "
                "[file-unreadable]\n");
}

TEST(Idx, RefusesABadMagic) {
  const auto expected = [](const std::string& seen) {
    return "f: error: is not an IDX file of unsigned bytes: it opens with " + seen +
           " where 00 00 08 and the number of dimensions (1 to 4) are expected [idx-magic]\n";
  };
  EXPECT_EQ(refusal("<html>"), expected("3c 68 74 6d"));
  std::string good = idx_bytes({1}, {5});
  for (const auto& [at, value, seen] :
       {std::tuple{0, '\x01', "01 00 08 01"}, std::tuple{1, '\x01', "00 01 08 01"},
        std::tuple{2, '\x0d', "00 00 0d 01"}, std::tuple{3, '\0', "00 00 08 00"},
        std::tuple{3, '\x05', "00 00 08 05"}}) {
    std::string bad = good;
    bad[static_cast<std::size_t>(at)] = value;
    EXPECT_EQ(refusal(bad), expected(seen));
  }
}

TEST(Idx, RefusesEveryTruncation) {
  const std::string good = idx_bytes({2, 2}, {1, 2, 3, 4});
  ASSERT_TRUE(parse_idx(good, "f"));
  for (std::size_t size = 0; size < 12; ++size) {
    EXPECT_EQ(refusal(good.substr(0, size)), "f: error: is truncated within its IDX header: it has only " +
                                                 std::to_string(size) + " bytes [idx-header]\n");
  }
  for (std::size_t size = 12; size < good.size(); ++size) {
    EXPECT_EQ(refusal(good.substr(0, size)),
              "f: error: is truncated or has a wrong header: the header says 2 x 2 bytes of data, but " +
                  std::to_string(size - 12) + " follow it [idx-size]\n");
  }
}

TEST(Idx, RefusesWrongSizes) {
  EXPECT_EQ(
      refusal(idx_bytes({2, 2}, {1, 2, 3, 4, 5})),
      "f: error: is truncated or has a wrong header: the header says 2 x 2 bytes of data, but 5 follow it "
      "[idx-size]\n");
  EXPECT_EQ(refusal(idx_bytes({2, 0}, {})), "f: error: holds nothing: its header says 2 x 0 [idx-empty]\n");
  // 2^16 * 2^16 * 2^16 * 2^16 is 0 in 64 bits: a product that overflows must not pass for a fitting size.
  EXPECT_EQ(
      refusal(idx_bytes({65536, 65536, 65536, 65536}, {})),
      "f: error: is truncated or has a wrong header: the header says 65536 x 65536 x 65536 x 65536 bytes of "
      "data, but 0 follow it [idx-size]\n");
  EXPECT_EQ(
      refusal(idx_bytes({0xffffffff, 1}, {1})),
      "f: error: is truncated or has a wrong header: the header says 4294967295 x 1 bytes of data, but 1 "
      "follow it [idx-size]\n");
}

TEST(Idx, RefusesDamagedCompression) {
  const std::string packed = gzip_bytes(idx_bytes({4}, {1, 2, 3, 4}));
  EXPECT_EQ(refusal(packed.substr(0, packed.size() - 1)),
            "f: error: is compressed with gzip, and its end is missing [gzip-damaged]\n");
  EXPECT_EQ(refusal(packed.substr(0, 2)),
            "f: error: is compressed with gzip, and its end is missing [gzip-damaged]\n");
  std::string flipped = packed;
  flipped[flipped.size() - 6] ^= 1;  // within the checksum
  EXPECT_EQ(refusal(flipped),
            "f: error: is compressed with gzip, and its contents are damaged [gzip-damaged]\n");
  EXPECT_EQ(refusal(packed + "x"),
            "f: error: is compressed with gzip, and its end is missing [gzip-damaged]\n");
}

TEST(Gzip, UnpacksMembersInARowAndKeepsTheLimit) {
  const std::string long_text(200000, 'a');  // more than one chunk
  const auto both = gunzip(gzip_bytes(long_text) + gzip_bytes("b"), 200001);
  EXPECT_EQ(both.fault, "");
  EXPECT_EQ(both.bytes, long_text + "b");
  const auto limited = gunzip(gzip_bytes(long_text), 199999);
  EXPECT_EQ(limited.fault, "it holds more bytes than it should");
  EXPECT_EQ(limited.bytes, "");
}

TEST(DatasetFromIdx, JoinsImagesAndLabels) {
  const auto grey = dataset_from_idx("d", 3, {"i", {2, 1, 2}, {1, 2, 3, 4}}, {"l", {2}, {2, 0}});
  ASSERT_TRUE(grey) << text_of(grey);
  EXPECT_EQ(grey->name, "d");
  EXPECT_EQ(std::tuple(grey->height, grey->width, grey->channels, grey->classes), std::tuple(1, 2, 1, 3));
  EXPECT_EQ(grey->count(), 2);
  EXPECT_EQ(std::vector(grey->image(1).begin(), grey->image(1).end()), (std::vector<std::uint8_t>{3, 4}));
  EXPECT_EQ(grey->labels, (std::vector<std::uint8_t>{2, 0}));

  const auto color = dataset_from_idx("d", 1, {"i", {1, 1, 2, 3}, {1, 2, 3, 4, 5, 6}}, {"l", {1}, {0}});
  ASSERT_TRUE(color) << text_of(color);
  EXPECT_EQ(color->channels, 3);
  EXPECT_EQ(color->image_size(), 6u);
}

TEST(DatasetFromIdx, RefusesWhatDoesNotBelongTogether) {
  EXPECT_EQ(text_of(dataset_from_idx("d", 3, {"i", {2, 2}, {1, 2, 3, 4}}, {"l", {1, 1}, {0}})),
            "i: error: wants 3 dimensions (image, row, column) or 4 (and channel), but its header says 2 "
            "dimensions "
            "[idx-rank]\n"
            "l: error: wants 1 dimension (label), but its header says 2 dimensions [idx-rank]\n");
  // Both problems are told in one run, each once, however many labels are wrong.
  EXPECT_EQ(text_of(dataset_from_idx("d", 3, {"i", {2, 1, 1}, {1, 2}}, {"l", {4}, {2, 3, 0, 255}})),
            "l: error: holds 4 labels, but i holds 2 images: the two do not belong together [idx-counts]\n"
            "l: label 1: error: is 3, but the classes are 0 to 2 (2 labels of this file are out of range) "
            "[idx-label]\n");
  EXPECT_TRUE(dataset_from_idx("d", 256, {"i", {1, 1, 1}, {1}}, {"l", {1}, {255}}));
}

}  // namespace
}  // namespace gw
