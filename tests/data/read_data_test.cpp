// Claim: one notation names every kind of labelled samples; what is read is what stands in the files; parts
// are drawn by the seed, are disjoint and leave nothing out; and what is wrong is named before anything is
// done.

#include "data/read_data.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "data/csv.h"
#include "data/mnist.h"
#include "data/npz.h"
#include "data/workbench.h"

namespace gw {
namespace {

NpyType bytes_type() { return {NpyType::Kind::Unsigned, 1}; }

class ReadData : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  void save(const std::string& name, NpyType type, std::vector<std::int64_t> shape,
            std::vector<double> values) const {
    ASSERT_TRUE(save_npy(path(name), {type, std::move(shape), std::move(values)}));
  }
  // Twenty vectors of two numbers, the first of which counts them, in two classes.
  void save_pair() const {
    std::vector<double> x, y;
    for (int n = 0; n < 20; ++n) {
      x.insert(x.end(), {static_cast<double>(n), 0.5});
      y.push_back(n % 2);
    }
    save("x.npy", npy_f4, {20, 2}, x);
    save("y.npy", npy_i8, {20}, y);
  }
  Result<Split> load(const std::string& text) const {
    const auto spec = parse_data(text);
    if (!spec) return spec.errors();
    return load_data(*spec, folder_.path());
  }
  Result<Dataset> part(const std::string& text) const {
    const auto spec = parse_data(text);
    if (!spec) return spec.errors();
    return load_part(*spec, folder_.path());
  }
  Result<Split> load_numbers(const std::string& text) const {
    const auto spec = parse_data(text);
    if (!spec) return spec.errors();
    return load_data(*spec, folder_.path(), AnswerKind::Numbers);
  }
  std::string told(const std::string& text) const { return text_of(load(text)); }

  TemporaryFolder folder_;
};

std::set<float> firsts(const Dataset& set) {
  std::set<float> found;
  for (int n = 0; n < set.count(); ++n) found.insert(set.reals[static_cast<size_t>(2 * n)]);
  return found;
}

TEST_F(ReadData, PairsOfArraysAreDividedBySeed) {
  save_pair();
  const std::string pair = path("x.npy") + "," + path("y.npy");
  const auto split = load(pair);
  ASSERT_TRUE(split) << to_string(split.errors().front());
  EXPECT_EQ(split->test.count(), 4);        // 0.2 of 20
  EXPECT_EQ(split->validation.count(), 1);  // 0.1 of 16
  EXPECT_EQ(split->train.count(), 15);
  EXPECT_EQ(split->train.channels, 2);
  EXPECT_EQ(split->train.classes, 2);
  EXPECT_TRUE(split->train.is_real());
  std::set<float> all;
  for (const Dataset* set : {&split->train, &split->validation, &split->test}) {
    for (const float first : firsts(*set)) EXPECT_TRUE(all.insert(first).second) << first;
    for (int n = 0; n < set->count(); ++n)
      EXPECT_EQ(set->labels[static_cast<size_t>(n)],
                static_cast<int>(set->reals[static_cast<size_t>(2 * n)]) % 2);
  }
  EXPECT_EQ(all.size(), 20u);

  EXPECT_EQ(load(pair)->train.reals, split->train.reals);
  EXPECT_NE(load(pair + ",seed=2")->train.reals, split->train.reals);
  EXPECT_EQ(load(pair + ",test=0.5,validation=0")->validation.count(), 0);
  EXPECT_EQ(part(pair + ":test")->reals, split->test.reals);
  EXPECT_EQ(part(pair)->count(), 20);
}

TEST_F(ReadData, NumbersToBeAnsweredStandWhereLabelsDo) {
  save_pair();
  std::vector<double> y;
  for (int n = 0; n < 20; ++n) y.insert(y.end(), {n * 0.5, -1.0 * n});
  save("t.npy", npy_f4, {20, 2}, y);
  save("u.npy", npy_f4, {20}, {y.begin(), y.begin() + 20});
  const auto split = load_numbers(path("x.npy") + "," + path("t.npy"));
  ASSERT_TRUE(split) << to_string(split.errors().front());
  EXPECT_EQ(split->train.count(), 15);
  EXPECT_EQ(split->test.count(), 4);
  EXPECT_EQ(split->train.outputs, 2);
  EXPECT_TRUE(split->train.labels.empty());
  for (const Dataset* set : {&split->train, &split->validation, &split->test})
    for (size_t n = 0; n < static_cast<size_t>(set->count()); ++n) {
      EXPECT_EQ(set->targets[2 * n], set->reals[2 * n] / 2);
      EXPECT_EQ(set->targets[2 * n + 1], -set->reals[2 * n]);
    }
  const auto single = load_numbers(path("x.npy") + "," + path("u.npy") + ",validation=0");
  ASSERT_TRUE(single) << to_string(single.errors().front());
  EXPECT_EQ(single->train.outputs, 1);
  EXPECT_EQ(single->train.count(), 16);

  const auto table = parse_csv("a,price,b\n1,0.25,2\n3,-7,4\n", "t.csv", "price", AnswerKind::Numbers);
  ASSERT_TRUE(table) << to_string(table.errors().front());
  EXPECT_EQ(table->targets, (std::vector<float>{0.25f, -7}));
  EXPECT_EQ(table->reals, (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(table->count(), 2);
  EXPECT_EQ(text_of(parse_csv("a,b\n1,x\n", "t.csv", "", AnswerKind::Numbers)),
            text_of(parse_csv("b,a,c\nx,1,0\n", "t.csv", "")));

  save("cube.npy", npy_f4, {20, 1, 1}, std::vector<double>(20));
  EXPECT_EQ(text_of(load_numbers(path("x.npy") + "," + path("cube.npy"))),
            path("cube.npy") +
                ": error: has the shape (20, 1, 1), but wanted numbers are one or a row for each of the 20 "
                "samples [targets-shape]\n");
  y[3] = NAN;
  save("nan.npy", npy_f4, {20, 2}, y);
  EXPECT_EQ(
      text_of(load_numbers(path("x.npy") + "," + path("nan.npy"))),
      path("nan.npy") +
          ": index (1, 1): error: is nan, which is no finite number in single precision (1 of the samples' "
          "values from here on are not) [npy-not-finite]\n");
}

TEST_F(ReadData, BytesArePixelsAndOneHotRowsAreLabels) {
  save("p.npy", bytes_type(), {2, 2, 3}, {0, 1, 2, 3, 4, 255, 9, 9, 9, 9, 9, 9});
  save("l.npy", npy_f4, {2, 3}, {0, 0, 1, 1, 0, 0});
  const auto set = part(path("p.npy") + "," + path("l.npy"));
  ASSERT_TRUE(set) << to_string(set.errors().front());
  EXPECT_FALSE(set->is_real());
  EXPECT_EQ(set->height, 2);
  EXPECT_EQ(set->width, 3);
  EXPECT_EQ(set->pixels[5], 255);
  EXPECT_EQ(set->labels, (std::vector<std::uint8_t>{2, 0}));
  EXPECT_EQ(set->classes, 3);
}

TEST_F(ReadData, ArchivesMayBringTheirTestSamples) {
  const NpyArray x{npy_f4, {4, 1}, {1, 2, 3, 4}}, y{npy_i8, {4}, {0, 1, 0, 1}};
  ASSERT_TRUE(save_npz(
      path("a.npz"),
      {{"x_train", x}, {"y_train", y}, {"x_test", {npy_f4, {1, 1}, {9}}}, {"y_test", {npy_i8, {1}, {1}}}},
      NpzPacking::Store));
  const auto split = load(path("a.npz") + ",validation=0.25");
  ASSERT_TRUE(split) << to_string(split.errors().front());
  EXPECT_EQ(split->test.reals, std::vector<float>{9});
  EXPECT_EQ(split->train.count(), 3);
  EXPECT_EQ(text_of(part(path("a.npz"))), "--data: error: unknown value '" + path("a.npz") +
                                              "'; did you mean '" + path("a.npz") +
                                              ":test'? [unknown-value]\n");
  ASSERT_TRUE(save_npz(path("b.npz"), {{"x", x}, {"z", y}}, NpzPacking::Store));
  EXPECT_EQ(
      told(path("b.npz")),
      path("b.npz") +
          ": error: holds the arrays x, z; wanted are x and y, or x_train and y_train, and x_test and y_test if "
          "there are test samples [npz-arrays]\n");
}

TEST_F(ReadData, TablesHaveNamesAndTextLabels) {
  const auto named = parse_csv("length,\"kind, of\",width\r\n1.5,rose,2\n\n-1,\"lily\",3e1\n0,rose,4\n",
                               "t.csv", "kind, of");
  ASSERT_TRUE(named) << to_string(named.errors().front());
  EXPECT_EQ(named->reals, (std::vector<float>{1.5f, 2, -1, 30, 0, 4}));
  EXPECT_EQ(named->labels, (std::vector<std::uint8_t>{1, 0, 1}));  // lily, rose
  EXPECT_EQ(named->classes, 2);
  const auto bare = parse_csv("1,2,3\n4,5,0\n", "t.csv", "");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->labels, (std::vector<std::uint8_t>{3, 0}));
  const auto first = parse_csv("label,0,1\n7,1,2\n", "t.csv", "");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->labels, std::vector<std::uint8_t>{7});
}

TEST_F(ReadData, TablesThatAreNoneAreNamedByLineAndColumn) {
  const auto told_of = [](const char* text, const std::string& label = "") {
    return text_of(parse_csv(text, "t.csv", label));
  };
  EXPECT_EQ(told_of(""), "t.csv: error: has no line of samples [csv-empty]\n");
  EXPECT_EQ(told_of("a,b\n"), "t.csv: error: has no line of samples [csv-empty]\n");
  EXPECT_EQ(told_of("a,b\n1,2\n1\n"),
            "t.csv:3: error: has 1 cells, but the first line has 2 [csv-columns]\n");
  EXPECT_EQ(told_of("a,b\nnan,2\nx,1\n"),
            "t.csv:2: error: is 'nan' in column 'a', which is no finite number [csv-cell]\n"
            "t.csv:3: error: is 'x' in column 'a', which is no finite number [csv-cell]\n");
  EXPECT_EQ(told_of("a,b\n1,2\n", "c"), "t.csv: error: has no column 'c'; it has a, b [csv-column]\n");
  EXPECT_EQ(told_of("a,b\n1,300\n"),
            "t.csv:2: error: is 300, but a label is a whole number from 0 to 255 [label-value]\n");
}

TEST_F(ReadData, FoldersOfIdxFilesAreReadByTheirNames) {
  const auto images = [](std::uint32_t n) { return idx_bytes({n, 1, 1}, std::vector<std::uint8_t>(n, 7)); };
  ASSERT_TRUE(write_file(path("d/train-images-idx3-ubyte"), images(10)));
  ASSERT_TRUE(write_file(path("d/train-labels.idx1-ubyte.gz"),
                         gzip_bytes(idx_bytes({10}, {0, 1, 2, 3, 4, 0, 1, 2, 3, 4}))));
  ASSERT_TRUE(write_file(path("d/t10k-images-idx3-ubyte"), images(2)));
  EXPECT_EQ(
      told(path("d")),
      path("d") +
          ": t10k-labels-idx1-ubyte: error: is not there, under none of the names t10k-labels-idx1-ubyte, "
          "t10k-labels-idx1-ubyte.gz, t10k-labels.idx1-ubyte, t10k-labels.idx1-ubyte.gz [data-not-in-folder]\n");
  ASSERT_TRUE(write_file(path("d/t10k-labels-idx1-ubyte"), idx_bytes({2}, {1, 0})));
  const auto split = load(path("d"));
  ASSERT_TRUE(split) << to_string(split.errors().front());
  EXPECT_EQ(split->train.count(), 9);
  EXPECT_EQ(split->validation.labels, std::vector<std::uint8_t>{4});  // the last one
  EXPECT_EQ(split->test.classes, 5);
}

TEST_F(ReadData, WhatIsWrongIsNamed) {
  save_pair();
  const std::string x = path("x.npy"), y = path("y.npy");
  EXPECT_EQ(
      told("emnist"),
      "--data emnist: error: is neither a data set (mnist, fashion_mnist) nor a file or a folder that is there; "
      "docs/data.md lists what there is [data-unknown]\n");
  EXPECT_EQ(told(x), x + ": error: holds samples without labels; name their file behind a comma: " + x +
                         ",LABELS.npy [data-unlabelled]\n");
  EXPECT_EQ(told(x + "," + y + "," + y),
            y + ": error: is one source too many: the one before it has its labels [data-source-too-many]\n");
  EXPECT_EQ(told(x + "," + y + ",test=2"),
            "--data: test: error: is 2, but must be a share from 0 to below 1 [value-range]\n");
  EXPECT_EQ(told(x + "," + y + ",seeds=2"),
            "--data: error: unknown value 'seeds'; did you mean 'seed'? [unknown-value]\n");
  EXPECT_EQ(text_of(part("mnist:tests")),
            "--data: error: unknown value 'mnist:tests'; did you mean 'mnist:test'? [unknown-value]\n");
  EXPECT_EQ(text_of(part("mnist")),
            "--data: error: unknown value 'mnist'; did you mean 'mnist:test'? [unknown-value]\n");
  EXPECT_EQ(told(x + "," + y + ",test=0.01"),
            x + "," + y +
                ",test=0.01: error: 20 samples cannot be divided so that test gets any; ask for other shares "
                "(validation=SHARE, test=SHARE) [data-too-few]\n");

  save("flat.npy", npy_f4, {3}, {1, 2, 3});
  EXPECT_EQ(
      told(path("flat.npy") + "," + y),
      path("flat.npy") +
          ": error: has the shape (3,), but samples are (n, features), (n, height, width) or (n, height, width, "
          "channels) [samples-shape]\n");
  save("nan.npy", npy_f4, {2, 2}, {1, 2, NAN, 3});
  EXPECT_EQ(
      told(path("nan.npy") + "," + y),
      path("nan.npy") +
          ": index (1, 0): error: is nan, which is no finite number in single precision (1 of the samples' values "
          "from here on are not) [npy-not-finite]\n");
  save("two.npy", npy_i8, {2}, {0, 1});
  EXPECT_EQ(told(x + "," + path("two.npy")),
            path("two.npy") + ": error: holds 2 samples, but " + x + " holds 20 [sample-counts]\n");
  save("half.npy", npy_f4, {1}, {0.5});
  save("one.npy", npy_f4, {1, 1}, {3});
  EXPECT_EQ(told(path("one.npy") + "," + path("half.npy")),
            path("half.npy") +
                ": index (0,): error: is 0.5, but a label is a whole number from 0 to 255 [label-value]\n");
  save("hot.npy", npy_f4, {1, 2}, {1, 1});
  EXPECT_EQ(
      told(path("one.npy") + "," + path("hot.npy")),
      path("hot.npy") +
          ": row 0: error: is no one-hot row: of its 2 values one is 1 and the others are 0 [one-hot-row]\n");
  save("wide.npy", npy_f4, {1, 300}, std::vector<double>(300, 0));
  EXPECT_EQ(told(path("one.npy") + "," + path("wide.npy")),
            path("wide.npy") + ": error: has 300 classes; up to 256 are told apart [too-many-classes]\n");
}

// A packed file is kept as it is, and its hash is that of the gzip file.
TEST_F(ReadData, PackedPinsAreOfTheCompressedFile) {
  const std::string packed = gzip_bytes(idx_bytes({1}, {3}));
  const FileSet set{"packed", {{"labels-idx1-ubyte.gz", packed.size(), sha256(packed), true}}, {}, "", ""};
  ASSERT_TRUE(write_file(path("from/labels-idx1-ubyte.gz"), packed));
  SilentProgress progress;
  const auto fetched = fetch_files(set, folder_.path(), folder_.path() / "from", progress);
  ASSERT_TRUE(fetched) << to_string(fetched.errors().front());
  const auto kept = load_pinned(set, set.files[0], folder_.path());
  ASSERT_TRUE(kept);
  EXPECT_EQ(*kept, packed);
  EXPECT_TRUE(fashion_mnist_files().files[0].is_packed);
}

}  // namespace
}  // namespace gw
