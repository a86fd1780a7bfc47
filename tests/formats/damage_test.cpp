// Claim: whatever happens to the bytes of a model file, reading it ends soon, within bounds of memory, with a
// graph or with messages. Files of every kind, made here or of others, are damaged at random by a seed and
// read in processes of their own.

#include <cstdlib>

#include <gtest/gtest.h>

#include "common/mutations.h"
#include "common/shared.h"
#include "formats/file_model.h"
#include "formats/inspect.h"
#include "formats/sample_files.h"
#include "support/files.h"
#include "support/isolated.h"

namespace gw {
namespace {

using testing::SampleFile;

/// The environment may ask for more: damages of each file, and the first seed.
int asked(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::atoi(text) : otherwise;
}

/// Why reading the damages with these seeds does not end well, or "".
std::string trouble(const SampleFile& file, const std::string& other, int first, int count) {
  constexpr int milliseconds = 10'000;
  constexpr std::size_t memory = std::size_t{1} << 30;
  const auto read = [&]() -> std::string {
    try {
      for (int seed = first; seed < first + count; ++seed) {
        Random random(static_cast<std::uint64_t>(seed));
        (void)read_file_model(testing::mutated(file.bytes, other, random), "m");
      }
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  };
  const IsolatedAnswer answer = run_isolated(read, milliseconds, memory);
  return answer.why.empty() ? answer.bytes : answer.why;
}

void expect_no_trouble(const std::vector<SampleFile>& files) {
  const int count = asked("GATEWRIGHT_DAMAGES", 20), first = asked("GATEWRIGHT_DAMAGES_FIRST", 0);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const SampleFile &file = files[i], &other = files[(i + 1) % files.size()];
    constexpr int together = 20;
    for (int seed = first; seed < first + count; seed += together) {
      if (trouble(file, other.bytes, seed, together).empty()) continue;
      for (int one = seed; one < seed + together; ++one)
        EXPECT_EQ(trouble(file, other.bytes, one, 1), "") << file.name << ", seed " << one;
    }
  }
}

TEST(Damage, FilesMadeHere) {
  const auto files = testing::sample_files();
  for (const SampleFile& file : files) {
    if (file.name == "json") continue;  // half a model
    const auto read = read_file_model(file.bytes, "m");
    EXPECT_TRUE(read) << file.name << ": " << to_string(read.errors()[0]);
  }
  expect_no_trouble(files);
}

TEST(Damage, FilesOfOthers) {
  const auto folder = testing::shared("models");
  if (folder.empty()) return;
  std::vector<SampleFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto end = entry.path().extension();
    if (end == ".onnx" || end == ".h5" || end == ".keras")
      files.push_back({entry.path().string(), *read_file(entry.path())});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  expect_no_trouble(files);
}

}  // namespace
}  // namespace gw
