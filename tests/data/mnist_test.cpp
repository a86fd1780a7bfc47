// Claim: the table of MNIST is consistent with itself, what is not MNIST is refused by name, and the real
// data (where a fetch has put it in this user's cache) reads as the known 54,000 / 6,000 / 10,000 digits.

#include "data/mnist.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include <gtest/gtest.h>

#include "data/workbench.h"

namespace gw {
namespace {

TEST(Mnist, PinsFourFiles) {
  const FileSet& set = mnist_files();
  ASSERT_EQ(set.files.size(), 4u);
  for (const auto& file : set.files) {
    EXPECT_EQ(file.sha256.size(), 64u);
    EXPECT_EQ(file.sha256.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
  EXPECT_EQ(set.files[0].bytes, 16u + 60000 * 28 * 28);
  EXPECT_EQ(set.files[1].bytes, 8u + 60000);
  EXPECT_EQ(set.files[2].bytes, 16u + 10000 * 28 * 28);
  EXPECT_EQ(set.files[3].bytes, 8u + 10000);
}

TEST(Mnist, EveryFileThatIsNotItIsNamed) {
  const TemporaryFolder cache;
  const std::string folder = (cache.path() / "mnist").string() + "/";
  ASSERT_TRUE(write_file(folder + "train-images-idx3-ubyte", "short"));
  ASSERT_TRUE(write_file(folder + "train-labels-idx1-ubyte", std::string(60008, '\0')));
  ASSERT_TRUE(write_file(folder + "t10k-labels-idx1-ubyte", std::string(10009, '\0')));
  EXPECT_EQ(
      text_of(load_mnist(cache.path())),
      folder +
          "train-images-idx3-ubyte: error: is truncated: 5 bytes where 47040016 are expected; it is not "
          "used: 'gatewright data fetch mnist' replaces it [data-damaged]\n" +
          folder + "train-labels-idx1-ubyte: error: is damaged or another file: its SHA-256 is " +
          sha256(std::string(60008, '\0')) +
          " where 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5 is expected; it is not "
          "used: 'gatewright data fetch mnist' replaces it [data-damaged]\n" +
          folder +
          "t10k-images-idx3-ubyte: error: is not there; 'gatewright data fetch mnist' gets it "
          "[data-absent]\n" +
          folder +
          "t10k-labels-idx1-ubyte: error: is too long: 10009 bytes where 10008 are expected; it is "
          "not used: 'gatewright data fetch mnist' replaces it [data-damaged]\n");
}

TEST(Mnist, APartReadsItsOwnFilesAlone) {
  const TemporaryFolder cache;
  const std::string folder = (cache.path() / "mnist").string() + "/";
  const auto absent = [&](const char* name) {
    return folder + name + ": error: is not there; 'gatewright data fetch mnist' gets it [data-absent]\n";
  };
  EXPECT_EQ(text_of(load_mnist(cache.path(), SplitPart::Test)),
            absent("t10k-images-idx3-ubyte") + absent("t10k-labels-idx1-ubyte"));
  for (const SplitPart part : {SplitPart::Train, SplitPart::Validation}) {
    EXPECT_EQ(text_of(load_mnist(cache.path(), part)),
              absent("train-images-idx3-ubyte") + absent("train-labels-idx1-ubyte"));
  }
}

fs::path user_cache() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache == '/')
    return fs::path(cache) / "gatewright";
  const char* home = std::getenv("HOME");
  return fs::path(home ? home : "") / ".cache" / "gatewright";
}

TEST(Mnist, TheRealDigits) {
  if (!fs::exists(user_cache() / "mnist" / mnist_files().files[0].name)) {
    GTEST_SKIP() << "MNIST is not in " << user_cache() << "; 'gatewright data fetch mnist' gets it";
  }
  const auto split = load_mnist(user_cache());
  ASSERT_TRUE(split) << text_of(split);
  EXPECT_EQ(split->train.count(), 54000);
  EXPECT_EQ(split->validation.count(), 6000);
  EXPECT_EQ(split->test.count(), 10000);
  for (const Dataset* set : {&split->train, &split->validation, &split->test}) {
    EXPECT_EQ(std::tuple(set->name, set->height, set->width, set->channels, set->classes),
              std::tuple("mnist", 28, 28, 1, 10));
    EXPECT_EQ(set->pixels.size(), static_cast<std::size_t>(set->count()) * 784);
  }
  EXPECT_EQ(load_mnist(user_cache(), SplitPart::Train)->pixels, split->train.pixels);
  EXPECT_EQ(load_mnist(user_cache(), SplitPart::Validation)->labels, split->validation.labels);
  EXPECT_EQ(load_mnist(user_cache(), SplitPart::Test)->pixels, split->test.pixels);
  const std::vector<std::uint8_t> first(split->train.labels.begin(), split->train.labels.begin() + 10);
  EXPECT_EQ(first, (std::vector<std::uint8_t>{5, 0, 4, 1, 9, 2, 1, 3, 1, 4}));
  const std::vector<std::uint8_t> test(split->test.labels.begin(), split->test.labels.begin() + 10);
  EXPECT_EQ(test, (std::vector<std::uint8_t>{7, 2, 1, 0, 4, 1, 4, 9, 5, 9}));
  // The digit frequencies of the 10,000 test images, as published.
  std::vector<int> counts(10);
  for (const auto label : split->test.labels) ++counts[label];
  EXPECT_EQ(counts, (std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
  // The mean grey of all 60,000 training images, as published: 0.1307 of full scale.
  const auto sum = [](const Dataset& set) {
    return std::accumulate(set.pixels.begin(), set.pixels.end(), 0LL);
  };
  EXPECT_EQ((sum(split->train) + sum(split->validation)) * 10000 / (255LL * 60000 * 784), 1306);
}

}  // namespace
}  // namespace gw
