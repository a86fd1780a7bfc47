// Claim: arrays of NumPy's file format are read in every element type, byte order and memory order, whole or
// by ranges of samples, and written so that NumPy's own layout comes out; a file that is none is refused in
// words.

#include "data/npy.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "data/workbench.h"

namespace gw {
namespace {

/// A file as NumPy would write it: dictionary and elements are given byte by byte.
std::string npy_bytes(std::string dictionary, const std::string& elements, int version = 1) {
  dictionary += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += {static_cast<char>(version), '\0', static_cast<char>(dictionary.size()), '\0'};
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + dictionary + elements;
}

std::string dictionary(const std::string& type, const std::string& shape,
                       const std::string& order = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

std::string raw(std::initializer_list<int> bytes) {
  std::string out;
  for (const int byte : bytes) out += static_cast<char>(byte);
  return out;
}

std::vector<double> values_of(const std::string& type, const std::string& shape,
                              const std::string& elements) {
  const auto array = parse_npy(npy_bytes(dictionary(type, shape), elements), "f");
  EXPECT_TRUE(array) << text_of(array);
  return array ? array->values : std::vector<double>{};
}

std::string refusal(const std::string& bytes) { return text_of(parse_npy(bytes, "f")); }

TEST(Npy, ReadsEveryElementType) {
  const std::vector<double> one_and_minus_two{1, -2};
  EXPECT_EQ(values_of("|i1", "(2,)", raw({1, 0xfe})), one_and_minus_two);
  EXPECT_EQ(values_of("<i2", "(2,)", raw({1, 0, 0xfe, 0xff})), one_and_minus_two);
  EXPECT_EQ(values_of(">i2", "(2,)", raw({0, 1, 0xff, 0xfe})), one_and_minus_two);
  EXPECT_EQ(values_of("<i4", "(2,)", raw({1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff})), one_and_minus_two);
  EXPECT_EQ(values_of(">i8", "(1,)", raw({0, 0, 1, 0, 0, 0, 0, 3})), std::vector<double>{0x1p40 + 3});
  EXPECT_EQ(values_of("|u1", "(2,)", raw({0, 255})), (std::vector<double>{0, 255}));
  EXPECT_EQ(values_of(">u2", "(1,)", raw({0xff, 0xfe})), std::vector<double>{65534});
  EXPECT_EQ(values_of("=u4", "(1,)", raw({0, 0, 0, 0x80})), std::vector<double>{0x1p31});
  EXPECT_EQ(values_of("<u8", "(1,)", raw({0, 0, 0, 0, 0, 0, 0, 0x80})), std::vector<double>{0x1p63});
  EXPECT_EQ(values_of("|b1", "(3,)", raw({0, 1, 2})), (std::vector<double>{0, 1, 1}));
  EXPECT_EQ(values_of("<f4", "(2,)", raw({0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0})), one_and_minus_two);
  EXPECT_EQ(values_of(">f8", "(1,)", raw({0xbf, 0xe0, 0, 0, 0, 0, 0, 1})),
            std::vector<double>{-std::nextafter(0.5, 1)});
  // 1, -2, the largest, the smallest normal, the smallest of all, -0
  const auto halves = values_of("<f2", "(6,)", raw({0, 0x3c, 0, 0xc0, 0xff, 0x7b, 0, 4, 1, 0, 0, 0x80}));
  EXPECT_EQ(halves, (std::vector<double>{1, -2, 65504, 0x1p-14, 0x1p-24, 0}));
  EXPECT_TRUE(std::signbit(halves[5]));
  const auto extremes = values_of(">f2", "(2,)", raw({0xfc, 0, 0x7e, 0}));
  EXPECT_EQ(extremes[0], -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(extremes[1]));
}

TEST(Npy, ReadsEveryVersionShapeAndOrder) {
  const std::string elements = raw({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  const auto read = [&](const std::string& said, int version = 1) {
    const auto array = parse_npy(npy_bytes(said, elements, version), "f");
    EXPECT_TRUE(array) << text_of(array);
    return *array;
  };
  for (const int version : {1, 2, 3}) {
    const auto plain = read(dictionary("|u1", "(2, 3, 2)"), version);
    EXPECT_EQ(plain.shape, (std::vector<std::int64_t>{2, 3, 2}));
    EXPECT_EQ(plain.values, (std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  }
  EXPECT_EQ(read(dictionary("|u1", "(2, 3, 2)", "True")).values,
            (std::vector<double>{0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11}));
  // Any order of keys, any spaces, the long numbers of Python 2.
  EXPECT_EQ(read("{ \"shape\" :(12L,),'descr':'u1', 'fortran_order':True}   ").values.size(), 12u);
  EXPECT_EQ(values_of("|u1", "()", raw({7})), std::vector<double>{7});
  EXPECT_EQ(values_of("|u1", "(3, 0)", ""), std::vector<double>{});
}

TEST(Npy, RefusesWhatIsNoArray) {
  const auto expected = [](const std::string& why) {
    return "f: error: is not a .npy file: " + why + " [npy-header]\n";
  };
  EXPECT_EQ(refusal(""), expected("it does not open with \\x93NUMPY"));
  EXPECT_EQ(refusal("PK\3\4 and so on"), expected("it does not open with \\x93NUMPY"));
  EXPECT_EQ(refusal(npy_bytes(dictionary("|u1", "(1,)"), "x", 4)),
            expected("its version is 4.0, and 1.0, 2.0 and 3.0 are known"));
  std::string long_header = npy_bytes(dictionary("|u1", "(1,)"), "x", 2);
  long_header[10] = 1;
  long_header[8] = 1;
  EXPECT_EQ(refusal(long_header), expected("its header has 65537 bytes"));
  for (const char* said :
       {"", "[]", "{'descr': '|u1'}", "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '|u1', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': 1}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1,) 'a': 1}",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'more': 1}", "{'descr': '|u1"}) {
    EXPECT_EQ(refusal(npy_bytes(said, "x")),
              expected("its header is no dictionary of descr, fortran_order and shape"))
        << said;
  }
}

TEST(Npy, RefusesEveryTruncation) {
  const std::string good = npy_bytes(dictionary("<f4", "(2, 2)"), std::string(16, '\0'));
  ASSERT_TRUE(parse_npy(good, "f"));
  for (size_t size = 0; size < good.size() - 16; ++size) {
    EXPECT_EQ(refusal(good.substr(0, size)),
              size < 6 ? "f: error: is not a .npy file: it does not open with \\x93NUMPY [npy-header]\n"
                       : "f: error: is not a .npy file: it ends within its header [npy-header]\n");
  }
  for (size_t size = 0; size <= 17; ++size) {
    if (size == 16) continue;
    EXPECT_EQ(refusal(good.substr(0, good.size() - 16) + std::string(size, 'x')),
              "f: error: is truncated or has a wrong header: the header says (2, 2) elements of <f4, but " +
                  std::to_string(size) + " bytes follow it [npy-size]\n");
  }
  EXPECT_EQ(
      refusal(npy_bytes(dictionary("|u1", "(4294967296, 4294967296)"), "")),
      "f: error: is truncated or has a wrong header: the header says (4294967296, 4294967296) elements of "
      "|u1, but 0 bytes follow it [npy-size]\n");
}

TEST(Npy, RefusesOtherElements) {
  const auto expected = [](const std::string& type) {
    return "f: error: holds elements of type '" + type +
           "', and only numbers are read: f2, f4, f8, i1 to i8, u1 to u8 and b1; convert it with NumPy's astype "
           "[npy-type]\n";
  };
  for (const char* type : {"|O", "<U5", "|S3", "<c8", "<M8[s]", "|V4", "<f3", "|f1", "<i3", "|b2", ""}) {
    EXPECT_EQ(refusal(npy_bytes(dictionary(type, "(1,)"), "12345678")), expected(type));
  }
  EXPECT_EQ(
      refusal(npy_bytes("{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,), }",
                        "12345678")),
      expected("[('a', '<f4'), ('b', '<i4')]"));
}

TEST(NpyReader, ReadsAnyRangeInEitherOrder) {
  const TemporaryFolder folder;
  std::string rows, columns;  // element (i, j, k) of a 5 x 3 x 2 array is 6 i + 2 j + k
  for (int n = 0; n < 30; ++n) rows += static_cast<char>(n);
  for (int k = 0; k < 2; ++k) {
    for (int j = 0; j < 3; ++j) {
      for (int i = 0; i < 5; ++i) columns += static_cast<char>(6 * i + 2 * j + k);
    }
  }
  for (const auto& [order, elements] : {std::pair{"False", rows}, std::pair{"True", columns}}) {
    const fs::path path = folder.path() / order;
    ASSERT_TRUE(write_file(path, npy_bytes(dictionary("|i1", "(5, 3, 2)", order), elements)));
    const auto reader = NpyReader::open(path);
    ASSERT_TRUE(reader) << text_of(reader);
    EXPECT_EQ(reader->count(), 5);
    EXPECT_EQ(reader->sample_size(), 6);
    EXPECT_EQ(to_string(reader->type()), "|i1");
    EXPECT_EQ(std::vector(reader->sample_shape().begin(), reader->sample_shape().end()),
              (std::vector<std::int64_t>{3, 2}));
    for (int first = 0; first <= 5; ++first) {
      for (int count = 0; first + count <= 5; ++count) {
        std::vector<float> singles(static_cast<size_t>(6 * count));
        std::vector<double> doubles(singles.size());
        ASSERT_TRUE(reader->read(first, count, std::span(singles)));
        ASSERT_TRUE(reader->read(first, count, std::span(doubles)));
        for (size_t n = 0; n < singles.size(); ++n) {
          EXPECT_EQ(singles[n], static_cast<float>(6 * first) + static_cast<float>(n));
          EXPECT_EQ(doubles[n], singles[n]);
        }
      }
    }
  }
}

TEST(NpyReader, RefusesWhatHoldsNoSamples) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.npy";
  for (const char* shape : {"()", "(0, 3)", "(3, 0)"}) {
    ASSERT_TRUE(write_file(path, npy_bytes(dictionary("|u1", shape), shape[1] == ')' ? "x" : "")));
    EXPECT_EQ(
        text_of(NpyReader::open(path)),
        path.string() + ": error: has the shape " + shape +
            "; the first extent counts samples, and every extent must be at least 1 [npy-no-samples]\n");
  }
  EXPECT_EQ(text_of(NpyReader::open(folder.path() / "none")),
            (folder.path() / "none").string() +
                ": error: cannot be read: No such file or directory [file-unreadable]\n");
  EXPECT_EQ(text_of(NpyReader::open(folder.path())),
            folder.path().string() + ": error: cannot be read: it is a folder [file-unreadable]\n");
}

TEST(NpyReader, NamesWhatIsNotFinite) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.npy";
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::nan("");
  ASSERT_TRUE(save_npy(path, {npy_f8, {3, 1, 2}, {0, 1, -1e300, 3, -infinity, nan}}));
  const auto reader = NpyReader::open(path);
  ASSERT_TRUE(reader);
  std::vector<float> singles(6);
  std::vector<double> doubles(6);
  const auto expected = [&](const std::string& index, const std::string& seen, const std::string& precision,
                            int n) {
    return path.string() + ": index " + index + ": error: is " + seen + ", which is no finite number in " +
           precision + " precision (" + std::to_string(n) +
           " of the samples' values from here on are not) [npy-not-finite]\n";
  };
  EXPECT_EQ(text_of(reader->read(0, 3, std::span(singles))), expected("(1, 0, 0)", "-1e+300", "single", 3));
  EXPECT_EQ(text_of(reader->read(0, 3, std::span(doubles))), expected("(2, 0, 0)", "-inf", "double", 2));
  EXPECT_EQ(text_of(reader->read(2, 1, std::span(singles).first(2))),
            expected("(2, 0, 0)", "-inf", "single", 2));
  EXPECT_TRUE(reader->read(0, 1, std::span(singles).first(2)));
  EXPECT_TRUE(reader->read(0, 2, std::span(doubles).first(4)));
}

TEST(NpyReader, TellsOfAFileThatShrinks) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.npy";
  ASSERT_TRUE(save_npy(path, {npy_f8, {2, 1}, {1, 2}}));
  const auto reader = NpyReader::open(path);
  ASSERT_TRUE(reader);
  fs::resize_file(path, fs::file_size(path) - 1);
  std::vector<double> values(2);
  EXPECT_EQ(text_of(reader->read(0, 2, std::span(values))),
            path.string() + ": error: cannot be read: No data available [file-unreadable]\n");
}

TEST(Npy, PrintsWhatNumPyWould) {
  const std::string bytes = print_npy({npy_f4, {1, 2}, {1, -2}});
  EXPECT_EQ(bytes.size() % 64, 8u);  // the elements begin at a multiple of 64
  EXPECT_EQ(bytes.substr(0, 10), std::string("\x93NUMPY\1\0\x76\0", 10));
  EXPECT_EQ(bytes.substr(10, 60), "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), } ");
  EXPECT_EQ(bytes.substr(127), "\n" + raw({0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}));
}

TEST(Npy, WhatIsWrittenIsRead) {
  for (const char* type : {"<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "|i1", "<i2", ">i2", "<i4", ">i4",
                           "<i8", ">i8", "|u1", "<u2", ">u2", "<u4", ">u4", "<u8", ">u8", "|b1"}) {
    NpyArray array{*parse_npy_type(type), {2, 3}, {0, 1, 100, 3, 127, 64}};
    if (array.type.kind == NpyType::Kind::Bool) array.values = {0, 1, 1, 0, 0, 1};
    if (array.type.kind == NpyType::Kind::Signed || array.type.kind == NpyType::Kind::Float)
      array.values[5] = -128;
    const auto again = parse_npy(print_npy(array), "f");
    ASSERT_TRUE(again) << text_of(again);
    EXPECT_EQ(to_string(again->type), type);
    EXPECT_EQ(again->shape, array.shape);
    EXPECT_EQ(again->values, array.values);
  }
  const auto scalar = parse_npy(print_npy({npy_i8, {}, {-0x1p62}}), "f");
  ASSERT_TRUE(scalar);
  EXPECT_EQ(scalar->values, std::vector<double>{-0x1p62});
}

// Every half-precision number, both ways, and ties between neighbours, which go to the even one.
TEST(Npy, HalvesRoundToNearest) {
  const NpyType half{NpyType::Kind::Float, 2};
  const auto rounded = [&](double value) {
    std::string bytes;
    encode(half, std::span<const double>(&value, 1), bytes);
    return static_cast<std::uint8_t>(bytes[0]) | static_cast<std::uint8_t>(bytes[1]) << 8;
  };
  const auto value_of = [&](int bits) {
    const std::string bytes = raw({bits & 255, bits >> 8});
    double value = 0;
    decode(half, bytes.data(), std::span<double>(&value, 1));
    return value;
  };
  for (int bits = 0; bits < 0x7c00; ++bits) {
    EXPECT_EQ(rounded(value_of(bits)), bits);
    EXPECT_EQ(rounded(-value_of(bits)), bits | 0x8000);
    if (bits == 0x7bff) continue;
    const double middle = (value_of(bits) + value_of(bits + 1)) / 2;
    EXPECT_EQ(rounded(middle), bits + bits % 2);
    EXPECT_EQ(rounded(std::nextafter(middle, 0)), bits);
    EXPECT_EQ(rounded(std::nextafter(middle, 1e5)), bits + 1);
  }
  EXPECT_EQ(rounded(std::nextafter(65520, 0)), 0x7bff);
  EXPECT_EQ(rounded(65520), 0x7c00);
  EXPECT_EQ(rounded(-std::numeric_limits<double>::infinity()), 0xfc00);
  EXPECT_EQ(rounded(std::nan("")) & 0x7fff, 0x7e00);
}

TEST(NpyWriter, WritesSamplesAsTheyCome) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "made" / "y.npy";
  auto writer = NpyWriter::create(path, npy_f4, {2, 1});
  ASSERT_TRUE(writer) << text_of(writer);
  std::vector<double> expected;
  for (int batch = 0; batch < 40; ++batch) {
    std::vector<float> samples;
    for (int i = 0; i < 2 * (batch % 7); ++i)
      samples.push_back(static_cast<float>(batch) + 0.5F * static_cast<float>(i));
    ASSERT_TRUE(writer->append(samples));
    expected.insert(expected.end(), samples.begin(), samples.end());
  }
  EXPECT_FALSE(fs::exists(path));  // not before it is whole
  ASSERT_TRUE(writer->close());
  const auto array = load_npy(path);
  ASSERT_TRUE(array) << text_of(array);
  EXPECT_EQ(array->shape, (std::vector<std::int64_t>{static_cast<std::int64_t>(expected.size()) / 2, 2, 1}));
  EXPECT_EQ(array->values, expected);
  EXPECT_EQ(std::distance(fs::directory_iterator(path.parent_path()), {}), 1);
}

TEST(NpyWriter, LeavesNothingBehindIfGivenUp) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "y.npy";
  ASSERT_TRUE(write_file(path, "old"));
  {
    auto writer = NpyWriter::create(path, npy_f8, {1});
    ASSERT_TRUE(writer);
    auto moved = *std::move(writer);
    ASSERT_TRUE(moved.append(std::vector<double>{1, 2}));
  }
  EXPECT_EQ(*read_file(path), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
  EXPECT_EQ(
      text_of(NpyWriter::create(path / "below" / "y.npy", npy_f8, {1})),
      (path / "below" / "y.npy").string() +
          ": error: cannot be written: Not a directory; nothing was left half-written [file-unwritable]\n");
}

}  // namespace
}  // namespace gw
