// Claim: whatever happens to the bytes of a model file, reading it ends soon, within bounds of memory, with a
// graph or with messages. Files of every kind, made here or of others, are damaged at random by a seed and
// read in processes of their own. So are configurations.

#include <cstdlib>

#include <gtest/gtest.h>

#include "common/mutations.h"
#include "common/shared.h"
#include "formats/config/config_file.h"
#include "formats/file_model.h"
#include "formats/inspect.h"
#include "formats/sample_files.h"
#include "graph/text.h"
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

using Reader = void (*)(const std::string& bytes);

/// Why reading the damages with these seeds does not end well, or "".
std::string trouble(const SampleFile& file, const std::string& other, Reader reader, int first, int count) {
  constexpr int milliseconds = 10'000;
  constexpr std::size_t memory = std::size_t{1} << 30;
  const auto read = [&]() -> std::string {
    try {
      for (int seed = first; seed < first + count; ++seed) {
        Random random(static_cast<std::uint64_t>(seed));
        reader(testing::mutated(file.bytes, other, random));
      }
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  };
  const IsolatedAnswer answer = run_isolated(read, milliseconds, memory);
  return answer.why.empty() ? answer.bytes : answer.why;
}

void expect_no_trouble(const std::vector<SampleFile>& files, Reader reader) {
  const int count = asked("GATEWRIGHT_DAMAGES", 20), first = asked("GATEWRIGHT_DAMAGES_FIRST", 0);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const SampleFile &file = files[i], &other = files[(i + 1) % files.size()];
    constexpr int together = 20;
    for (int seed = first; seed < first + count; seed += together) {
      if (trouble(file, other.bytes, reader, seed, together).empty()) continue;
      for (int one = seed; one < seed + together; ++one)
        EXPECT_EQ(trouble(file, other.bytes, reader, one, 1), "") << file.name << ", seed " << one;
    }
  }
}

void read_any(const std::string& bytes) { (void)read_file_model(bytes, "m"); }

TEST(Damage, FilesMadeHere) {
  const auto files = testing::sample_files();
  for (const SampleFile& file : files) {
    if (file.name == "json") continue;  // half a model
    const auto read = read_file_model(file.bytes, "m");
    EXPECT_TRUE(read) << file.name << ": " << to_string(read.errors()[0]);
  }
  expect_no_trouble(files, read_any);
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
  expect_no_trouble(files, read_any);
}

TEST(Damage, Configurations) {
  std::vector<SampleFile> files{
      {"every kind of key",
       "HLSConfig:\n  Model: {Precision: {default: 'ap_fixed<16,6>', maximum: 'ap_fixed<32,16>'}}\n"
       "  LayerName:\n    fc1:\n      Precision: auto\n      ReuseFactor: 4\n"
       "      Strategy: Resource\n    ? act\n    : {exp_table_t: 'ap_fixed<17,8>', Trace: true}\n"
       "Part: [xcku115-flvb2104-2-i]\nClockPeriod: 5\nClockUncertainty: 27%\n"}};
  for (const auto& entry : fs::directory_iterator(GATEWRIGHT_CONFIGS))
    files.push_back({entry.path().filename().string(), *read_file(entry.path())});
  expect_no_trouble(files, [](const std::string& bytes) {
    static const Graph graph = parse_graph(
                                   "x: input 4 float\n"
                                   "w: constant 4x2 float [1, -2, 3, 0, 1, 1, 0.5, 2]\n"
                                   "fc1: dense(x, w)\n"
                                   "act: softmax(fc1)\n"
                                   "output act\n",
                                   "m")
                                   .value();
    (void)parse_config(bytes, "m", graph);
  });
}

}  // namespace
}  // namespace gw
