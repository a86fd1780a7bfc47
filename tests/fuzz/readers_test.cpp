// Claim: what is fuzzed reads what fuzzing begins from, in a build without libFuzzer as well.

#include "fuzz/readers.h"

#include <cstdlib>
#include <set>

#include <gtest/gtest.h>

#include "common/mutations.h"
#include "fuzz/seeds.h"

namespace gw::fuzz {
namespace {

TEST(Fuzz, EveryReaderTakesItsSeeds) {
  std::set<std::string_view> fed;
  const auto all = seeds();
  for (const Seed& seed : all) {
    for (const Reader& reader : readers()) {
      if (reader.name != seed.reader) continue;
      EXPECT_NO_THROW(reader.read(seed.bytes)) << seed.reader << ": " << seed.name;
      fed.insert(reader.name);
    }
  }
  for (const Reader& reader : readers()) EXPECT_TRUE(fed.contains(reader.name)) << reader.name;
}

// What is read by a library that throws; model files are damaged in processes of their own, in tests/formats.
// The environment may ask for more damages of each file.
TEST(Fuzz, NoDamageOfYamlMakesAReaderFail) {
  const char* asked = std::getenv("GATEWRIGHT_DAMAGES");
  const int count = asked ? std::atoi(asked) : 20;
  std::string other;
  for (const Seed& seed : seeds()) {
    if (seed.reader != "config" && seed.reader != "network") continue;
    for (int n = 0; n < count; ++n) {
      Random random(static_cast<std::uint64_t>(n));
      const std::string bytes = testing::mutated(seed.bytes, other, random);
      const auto read = seed.reader == "config" ? config : network;
      EXPECT_NO_THROW(read(bytes)) << seed.name << ", seed " << n;
    }
    other = seed.bytes;
  }
}

}  // namespace
}  // namespace gw::fuzz
