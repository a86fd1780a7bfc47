// Every cast of small numbers against SystemC's sc_fix and sc_ufix, which implement the same modes (IEEE
// 1666, chapter 7) independently of us: all seven roundings, all four overflows, both signs, all small types,
// among them ones whose integer bits are negative or more than their width.

#define SC_INCLUDE_FX
// The packaged library was built for an older C++ standard, on which the fixed-point types do not depend.
#define SC_DISABLE_API_VERSION_CHECK
#include <cmath>
#include <stdexcept>
#include <systemc>

#include <gtest/gtest.h>

#include "modes.h"
#include "num/fixed.h"

// The SystemC library refers to it; no simulation is ever started.
int sc_main(int, char**) { return 0; }

namespace gw {
namespace {

sc_dt::sc_q_mode systemc_mode(Rounding rounding) {
  switch (rounding) {
    case Rounding::Trn:
      return sc_dt::SC_TRN;
    case Rounding::TrnZero:
      return sc_dt::SC_TRN_ZERO;
    case Rounding::Rnd:
      return sc_dt::SC_RND;
    case Rounding::RndZero:
      return sc_dt::SC_RND_ZERO;
    case Rounding::RndInf:
      return sc_dt::SC_RND_INF;
    case Rounding::RndMinInf:
      return sc_dt::SC_RND_MIN_INF;
    case Rounding::RndConv:
      return sc_dt::SC_RND_CONV;
  }
  throw std::logic_error("no such rounding");
}

sc_dt::sc_o_mode systemc_mode(Overflow overflow) {
  switch (overflow) {
    case Overflow::Wrap:
      return sc_dt::SC_WRAP;
    case Overflow::Sat:
      return sc_dt::SC_SAT;
    case Overflow::SatZero:
      return sc_dt::SC_SAT_ZERO;
    case Overflow::SatSym:
      return sc_dt::SC_SAT_SYM;
  }
  throw std::logic_error("no such overflow");
}

/// All casts into q.to from raw * 2^-fraction, raw in [lowest, highest]; returns how many were compared.
template <class Theirs>
int compare(const Quantizer& q, std::int64_t lowest, std::int64_t highest, int fraction) {
  Theirs theirs(q.to.width, q.to.integer, systemc_mode(q.rounding), systemc_mode(q.overflow), 0);
  int compared = 0;
  for (std::int64_t raw = lowest; raw <= highest; ++raw, ++compared) {
    const double value = to_double(raw, fraction);
    theirs = value;
    const double expected = theirs.to_double();
    EXPECT_EQ(to_double(quantize(q, raw, fraction), q.to.fraction()), expected)
        << to_string(q) << " of " << raw << " * 2^" << -fraction;
    EXPECT_EQ(to_double(quantize(q, value), q.to.fraction()), expected) << to_string(q) << " of " << value;
    if (testing::Test::HasFailure()) break;
  }
  return compared;
}

int compare(const Quantizer& q, std::int64_t lowest, std::int64_t highest, int fraction) {
  return q.to.is_signed ? compare<sc_dt::sc_fix>(q, lowest, highest, fraction)
                        : compare<sc_dt::sc_ufix>(q, lowest, highest, fraction);
}

class AgainstSystemC : public testing::TestWithParam<Overflow> {};

TEST_P(AgainstSystemC, EveryCastOfSmallNumbers) {
  int compared = 0;
  for (const Rounding rounding : all_roundings) {
    for (const bool is_signed : {false, true}) {
      for (int width = 1; width <= 5; ++width) {
        for (int integer = -2; integer <= 7; integer += 3) {
          // Shifts from 3 bits to the left to 6 to the right, of signed 7-bit sources.
          for (int shift = -3; shift <= 6; ++shift) {
            const Quantizer q{{width, integer, is_signed}, rounding, GetParam()};
            compared += compare(q, -64, 63, q.to.fraction() + shift);
            if (HasFailure()) return;
          }
        }
      }
    }
  }
  EXPECT_EQ(compared, 7 * 2 * 5 * 4 * 10 * 128);
}

TEST_P(AgainstSystemC, NumbersAroundTheEdgesOfWideTypes) {
  for (const Rounding rounding : all_roundings) {
    for (const bool is_signed : {false, true}) {
      for (const int width : {16, 24, 31, 32, 33, 40}) {
        for (const int shift : {0, 1, 4}) {
          const Quantizer q{{width, 6, is_signed}, rounding, GetParam()};
          const std::int64_t unit = std::int64_t{1} << shift;
          for (const std::int64_t edge :
               {q.to.lowest(), q.to.highest(), 2 * q.to.highest(), std::int64_t{0}}) {
            compare(q, (edge - 2) * unit, (edge + 2) * unit, q.to.fraction() + shift);
            if (HasFailure()) return;
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Overflows, AgainstSystemC, testing::ValuesIn(all_overflows),
                         [](const auto& tested) { return std::string(name(tested.param)); });

}  // namespace
}  // namespace gw
