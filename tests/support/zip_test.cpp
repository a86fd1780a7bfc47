// Claim: what is written is read, stored or packed; what is not wanted is not unpacked, what is too large is
// not believed, and faults are told as the caller wants.

#include "support/zip.h"

#include <gtest/gtest.h>

#include "support/messages.h"

namespace gw {
namespace {

ZipReading reading() {
  ZipReading how;
  how.largest_member = 1000;
  how.fault = [](const std::string& member, std::string why) {
    return diagnose(messages::file_unreadable, {"a.zip", 0, member}, std::move(why));
  };
  return how;
}

TEST(Zip, WhatIsWrittenIsRead) {
  const std::vector<ZipMember> members{{"b", "some text"}, {"folder/a", std::string(900, 'x')}};
  for (const ZipPacking packing : {ZipPacking::Store, ZipPacking::Deflate}) {
    const std::string bytes = write_zip(members, packing);
    EXPECT_EQ(bytes, write_zip(members, packing));
    const auto read = read_zip(bytes, reading());
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 2U);
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ((*read)[i].name, members[i].name);
      EXPECT_EQ((*read)[i].bytes, members[i].bytes);
    }
  }
}

TEST(Zip, WhatIsNotWantedIsLeft) {
  ZipReading how = reading();
  how.wanted = [](const std::string& name) { return name == "small"; };
  const auto read =
      read_zip(write_zip({{"large", std::string(5000, 'x')}, {"small", "y"}}, ZipPacking::Deflate), how);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ((*read)[0].bytes, "y");
}

TEST(Zip, FaultsAreTold) {
  const auto refusal = [](const std::string& bytes) {
    const auto read = read_zip(bytes, reading());
    return read ? "success" : to_string(read.errors()[0]);
  };
  EXPECT_EQ(refusal(""), "a.zip: error: cannot be read: it has no bytes [file-unreadable]");
  EXPECT_EQ(refusal("nothing"), "a.zip: error: cannot be read: Not a zip archive [file-unreadable]");
  EXPECT_EQ(refusal(write_zip({{"m", std::string(5000, 'x')}}, ZipPacking::Deflate)),
            "a.zip: m: error: cannot be read: it is too large [file-unreadable]");
  std::string damaged = write_zip({{"m", "some text"}}, ZipPacking::Store);
  damaged[damaged.find("some")] = 'x';
  EXPECT_EQ(refusal(damaged), "a.zip: m: error: cannot be read: CRC error [file-unreadable]");
}

}  // namespace
}  // namespace gw
