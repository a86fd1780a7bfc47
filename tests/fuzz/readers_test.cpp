// Claim: what is fuzzed reads what fuzzing begins from, in a build without libFuzzer as well.

#include "fuzz/readers.h"

#include <set>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace gw::fuzz
