#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "support/random.h"

namespace gw::testing {

/// Overwrites bytes somewhere with a number that a length, a shape or an offset should not be.
inline void set_extreme(std::string& bytes, Random& random) {
  static constexpr std::array<std::uint64_t, 14> numbers = {
      0,          1,          0x7f,       0x80,       0xff,       0x7fff,      0xffff,
      0x7fffffff, 0x80000000, 0xffffffff, 0x10000000, 1ULL << 60, 1ULL << 63U, ~std::uint64_t{0}};
  const std::uint64_t value = random.below(4) == 0 ? bytes.size() : numbers[random.below(numbers.size())];
  const std::size_t width = std::min<std::size_t>(std::size_t{1} << random.below(4), bytes.size());
  std::memcpy(bytes.data() + random.below(bytes.size() - width + 1), &value, width);
}

/// Puts another number, as text, in the place of one.
inline void set_extreme_text(std::string& bytes, Random& random) {
  static constexpr std::array<const char*, 9> numbers = {
      "0",   "-1",   "1e999", "99999999999999999999", "2147483648", "-9223372036854775808",
      "0.1", "null", "[[[["};
  const std::size_t from = bytes.find_first_of("0123456789", random.below(bytes.size()));
  if (from == std::string::npos) return;
  const std::size_t end = std::min(bytes.find_first_not_of("0123456789", from), bytes.size());
  bytes.replace(from, end - from, numbers[random.below(numbers.size())]);
}

/// The bytes with one to three damages of the kinds that files suffer and that attackers think of: changed
/// and extreme bytes, runs that are gone, repeated or from another file, an early end.
inline std::string mutated(std::string bytes, const std::string& other, Random& random) {
  for (std::uint64_t damages = 1 + random.below(3); damages > 0 && !bytes.empty(); --damages) {
    const std::size_t at = random.below(bytes.size());
    const std::size_t run = 1 + random.below(std::min<std::size_t>(64, bytes.size() - at));
    switch (random.below(9)) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 2:
        bytes[at] = static_cast<char>(random.below(256));
        break;
      case 3:
        set_extreme(bytes, random);
        break;
      case 4:
        set_extreme_text(bytes, random);
        break;
      case 5:
        bytes.erase(at, run);
        break;
      case 6:
        bytes.insert(random.below(bytes.size()), bytes.substr(at, run));
        break;
      case 7:
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), run,
                    random.below(2) == 0 ? '\0' : '\xff');
        break;
      default:
        bytes = bytes.substr(0, at) + other.substr(std::min(other.size(), at));
    }
  }
  return bytes;
}

}  // namespace gw::testing
