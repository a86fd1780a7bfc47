// What libFuzzer calls; compiled once for each reader, which GATEWRIGHT_FUZZED names.

#include <cstddef>
#include <cstdint>

#include "fuzz/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gw::fuzz::GATEWRIGHT_FUZZED(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
