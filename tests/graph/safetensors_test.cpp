// The safetensors container: what is written is read, the bytes are those of the format, and no malformed
// file does anything but give a message.

#include "graph/safetensors.h"

#include <gtest/gtest.h>

#include "graph/expect.h"
#include "graph/temporary_folder.h"
#include "support/random.h"

namespace gw {
namespace {

using testing::errors_of;
using testing::Texts;

/// A file of this header and data.
std::string file_of(const std::string& header, const std::string& data = {}) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
  return bytes + header + data;
}

Texts errors_in(const std::string& bytes) { return errors_of(parse_safetensors(bytes, "f")); }

SafeTensors example() {
  SafeTensors contents;
  contents.metadata = {{"epoch", "3"}, {"text", "with \"quotes\"\n and \xc3\xa4"}};
  contents.set<float>("weights", {2, 3}, {1.5f, -2, 0, 1e30f, -0.0f, 7});
  contents.set<double>("sums", {1}, {1e300});
  contents.set<std::int64_t>("big", {2}, {INT64_MIN, INT64_MAX});
  contents.set<std::int32_t>("steps", {}, {-5});
  contents.set<std::int16_t>("s16", {1, 1}, {-300});
  contents.set<std::int8_t>("s8", {2}, {-1, 1});
  contents.set<std::uint8_t>("bytes", {3}, {0, 128, 255});
  contents.set<float>("nothing", {0, 4}, {});
  return contents;
}

TEST(SafeTensors, WhatIsWrittenIsRead) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "sub" / "x.safetensors";
  ASSERT_TRUE(save_safetensors(path, example()));
  const SafeTensors read = load_safetensors(path).value();
  EXPECT_EQ(read.metadata, example().metadata);
  EXPECT_EQ(read.tensors.size(), 8u);
  EXPECT_EQ(read.tensors.at("weights").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(read.get<float>("weights", "f").value(), (std::vector<float>{1.5f, -2, 0, 1e30f, -0.0f, 7}));
  EXPECT_EQ(read.get<double>("sums", "f").value(), std::vector<double>{1e300});
  EXPECT_EQ(read.get<std::int64_t>("big", "f").value(), (std::vector<std::int64_t>{INT64_MIN, INT64_MAX}));
  EXPECT_EQ(read.get<std::int32_t>("steps", "f").value(), std::vector<std::int32_t>{-5});
  EXPECT_EQ(read.get<std::int16_t>("s16", "f").value(), std::vector<std::int16_t>{-300});
  EXPECT_EQ(read.get<std::int8_t>("s8", "f").value(), (std::vector<std::int8_t>{-1, 1}));
  EXPECT_EQ(read.get<std::uint8_t>("bytes", "f").value(), (std::vector<std::uint8_t>{0, 128, 255}));
  EXPECT_EQ(read.get<float>("nothing", "f").value(), std::vector<float>{});
  EXPECT_EQ(print_safetensors(read), print_safetensors(example()));
}

TEST(SafeTensors, BytesAreThoseOfTheFormat) {
  SafeTensors contents;
  contents.metadata["k"] = "v";
  contents.set<std::uint8_t>("b", {2}, {7, 9});
  contents.set<float>("a", {1}, {1.0f});
  const std::string header =
      R"({"__metadata__":{"k":"v"},"a":{"data_offsets":[0,4],"dtype":"F32","shape":[1]},)"
      R"("b":{"data_offsets":[4,6],"dtype":"U8","shape":[2]}})";
  std::string padded = header;
  while (padded.size() % 8 != 0) padded += ' ';
  EXPECT_EQ(print_safetensors(contents), file_of(padded, std::string("\x00\x00\x80\x3f\x07\x09", 6)));
}

TEST(SafeTensors, ReadsFilesOfOthers) {
  // Keys in another order, blanks, no padding, arrays not sorted by name.
  const std::string header = R"( {"z": {"shape": [1], "dtype": "U8", "data_offsets": [0, 1]},
                                  "a": {"dtype": "I16", "data_offsets": [1, 3], "shape": [1]}})";
  const auto read = parse_safetensors(file_of(header, std::string("\x05\x01\x02", 3)), "f");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->get<std::uint8_t>("z", "f").value(), std::vector<std::uint8_t>{5});
  EXPECT_EQ(read->get<std::int16_t>("a", "f").value(), std::vector<std::int16_t>{513});
}

TEST(SafeTensorsErrors, AskingForWhatIsNotThere) {
  EXPECT_EQ(errors_of(example().get<float>("weight", "f")),
            Texts{"f: tensor 'weight': error: is not in the file; the nearest name there is 'weights' "
                  "[tensor-absent]"});
  EXPECT_EQ(errors_of(example().get<double>("weights", "f")),
            Texts{"f: tensor 'weights': error: must hold F64, but holds F32 [tensor-type]"});
}

TEST(SafeTensorsErrors, Headers) {
  const auto text = [](const std::string& what) {
    return Texts{"f: error: is not a safetensors file: " + what + " [safetensors-header]"};
  };
  EXPECT_EQ(errors_in(""), text("it has only 0 bytes"));
  EXPECT_EQ(errors_in("1234567"), text("it has only 7 bytes"));
  EXPECT_EQ(errors_in(std::string("\x03\0\0\0\0\0\0\0{}", 10)),
            text("its first 8 bytes promise a header of 3 bytes, but 2 follow"));
  EXPECT_EQ(errors_in(std::string(8, '\xff') + "{}"),
            text("its first 8 bytes promise a header of 18446744073709551615 bytes, but 2 follow"));
  EXPECT_EQ(errors_in(file_of("{\"a\":")), text("its header is not JSON"));
  EXPECT_EQ(errors_in(file_of("")), text("its header is not JSON"));
  EXPECT_EQ(errors_in(file_of("[]")), text("its header is not a JSON object"));
  EXPECT_EQ(errors_in(file_of(R"({"a":{},"a":{}})")), text("its header names 'a' twice"));
}

TEST(SafeTensorsErrors, Entries) {
  const auto entry = [](const std::string& json) {
    return errors_in(file_of("{\"a\":" + json + "}", "12345678"));
  };
  const auto text = [](const std::string& what) {
    return Texts{"f: tensor 'a': error: is described wrongly in the header: " + what +
                 " [safetensors-entry]"};
  };
  EXPECT_EQ(entry("3"), text("it is not a JSON object"));
  EXPECT_EQ(entry(R"({"dtype":"U8","shape":[8],"data_offsets":[0,8],"more":1})"),
            text("it has a key 'more'"));
  for (const char* dtype : {"\"F16\"", "4", "null", "[]"}) {
    EXPECT_EQ(entry(fmt::format(R"({{"dtype":{},"shape":[8],"data_offsets":[0,8]}})", dtype)),
              text("its dtype is none of F64, F32, I64, I32, I16, I8, U8"));
  }
  for (const char* shape : {"8", "[-8]", "[8.0]", "[\"8\"]", "[18446744073709551615]", "null", "[[8]]"}) {
    EXPECT_EQ(entry(fmt::format(R"({{"dtype":"U8","shape":{},"data_offsets":[0,8]}})", shape)),
              text("its shape is not a list of whole numbers"));
  }
  for (const char* offsets : {"8", "[0]", "[0,8,8]", "[8,0]", "[-1,8]", "[0,1e1]", "null"}) {
    EXPECT_EQ(entry(fmt::format(R"({{"dtype":"U8","shape":[8],"data_offsets":{}}})", offsets)),
              text("its data_offsets are not two ascending whole numbers"));
  }
  EXPECT_EQ(entry(R"({"dtype":"U8"})"), text("its shape is not a list of whole numbers"));
  EXPECT_EQ(entry(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,8]})"),
            text("its shape has more elements than any file"));
  EXPECT_EQ(
      entry(R"({"dtype":"F32","shape":[1,3],"data_offsets":[0,8]})"),
      Texts{"f: tensor 'a': error: takes 8 bytes, but shape [1, 3] of F32 needs 12 [safetensors-size]"});
  EXPECT_EQ(entry(R"({"dtype":"F32","shape":[3],"data_offsets":[0,12]})"),
            Texts{"f: tensor 'a': error: lies at bytes 0 to 12 of the data, but there are only 8; is the "
                  "file truncated? "
                  "[safetensors-outside]"});
  const Texts metadata{
      "f: __metadata__: error: is described wrongly in the header: it is not a JSON object "
      "[safetensors-entry]"};
  EXPECT_EQ(errors_in(file_of(R"({"__metadata__":[]})")), metadata);
  EXPECT_EQ(
      errors_in(file_of(R"({"__metadata__":{"epoch":3}})")),
      Texts{"f: __metadata__: error: is described wrongly in the header: the value of 'epoch' is not a text "
            "[safetensors-entry]"});
}

TEST(SafeTensorsErrors, TensorsTileTheData) {
  const auto two = [](int begin, int end, const std::string& data) {
    return errors_in(file_of(fmt::format(R"({{"a":{{"dtype":"U8","shape":[4],"data_offsets":[0,4]}},)"
                                         R"("b":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}}}})",
                                         end - begin, begin, end),
                             data));
  };
  EXPECT_EQ(two(4, 8, "12345678"), Texts{});
  EXPECT_EQ(two(3, 8, "12345678"),
            Texts{"f: tensor 'b': error: begins at byte 3 of the data, but the tensors before it end at 4 "
                  "[safetensors-place]"});
  EXPECT_EQ(two(5, 8, "12345678"),
            Texts{"f: tensor 'b': error: begins at byte 5 of the data, but the tensors before it end at 4 "
                  "[safetensors-place]"});
  EXPECT_EQ(two(4, 7, "12345678"),
            Texts{"f: error: has 8 bytes of data, but its tensors end at 7 [safetensors-rest]"});
}

TEST(SafeTensorsErrors, DamagedFilesGiveMessagesAndNothingElse) {
  const std::string good = print_safetensors(example());
  Random random(31);
  int refused = 0;
  for (int n = 0; n < 3000; ++n) {
    std::string bad = good;
    if (n % 2 == 0) bad.resize(random.below(bad.size()));
    for (int hits = 0; hits < 3 && !bad.empty(); ++hits) {
      bad[random.below(std::min<size_t>(bad.size(), 700))] = static_cast<char>(random.bits());
    }
    const auto read = parse_safetensors(bad, "f");
    if (read) continue;  // a value, not the structure, was hit
    ++refused;
    for (const Diagnostic& error : read.errors()) EXPECT_EQ(error.place.file, "f");
  }
  EXPECT_GE(refused, 1500);
  // A tower of brackets must not exhaust the stack.
  EXPECT_EQ(errors_in(file_of(std::string(1'000'000, '['))).size(), 1u);
  EXPECT_EQ(errors_in(file_of(std::string(500'000, '[') + std::string(500'000, ']'))).size(), 1u);
}

}  // namespace
}  // namespace gw
