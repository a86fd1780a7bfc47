#pragma once

// Fixed-point numbers of any width up to 126 bits, as high-level synthesis defines them: ap_fixed, ap_ufixed.
//
// Every sum, difference and product is exact, in a type that is wide enough for it; information is lost only
// where a value enters a named type, by that type's rounding and overflow mode. A number is kept as the whole
// number raw = value * 2^(W - I), sign extended, in 64 bits where it fits and else in 128. This header holds
// what Gatewright's projects use, so that they build with a plain C++11 compiler; a synthesis tool brings its
// own header of the same name, and the project builds against that without a change.

#include <cmath>
#include <cstdint>
#include <type_traits>

/// What becomes of the bits below the last one that is kept.
enum ap_q_mode {
  AP_RND,          ///< to the nearest, halves up
  AP_RND_ZERO,     ///< to the nearest, halves toward zero
  AP_RND_MIN_INF,  ///< to the nearest, halves down
  AP_RND_INF,      ///< to the nearest, halves away from zero
  AP_RND_CONV,     ///< to the nearest, halves to even
  AP_TRN,          ///< down
  AP_TRN_ZERO      ///< toward zero
};

/// What becomes of a value that the type does not hold.
enum ap_o_mode {
  AP_SAT,       ///< the nearest end of the type
  AP_SAT_ZERO,  ///< zero
  AP_SAT_SYM,   ///< as AP_SAT, and the lowest value is the negative of the highest
  AP_WRAP       ///< its low bits
};

namespace ap_detail {

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

/// Holds every number of BITS bits, signed or unsigned, and one bit more.
template <int BITS>
struct holder {
  static_assert(BITS >= 1 && BITS <= 126, "a number has 1 to 126 bits");
  typedef typename std::conditional<(BITS <= 62), std::int64_t, int128>::type type;
};

template <class Int>
struct unsigned_of {
  typedef typename std::conditional<(sizeof(Int) > 8), uint128, std::uint64_t>::type type;
};

/// raw * 2^-shift rounded to a whole number, shift >= 1. |raw| is below a quarter of what Int can hold, so
/// that beyond its last bit a shift changes nothing.
template <class Int>
Int rounded(Int raw, int shift, ap_q_mode mode) {
  const int digits = static_cast<int>(8 * sizeof(Int)) - 1;
  if (shift > digits) shift = digits;
  const Int floor = raw >> shift;
  const bool negative = raw < 0;
  const bool half = ((raw >> (shift - 1)) & 1) != 0;
  const bool rest = (raw & ((static_cast<Int>(1) << (shift - 1)) - 1)) != 0;
  bool up = false;
  switch (mode) {
    case AP_RND:
      up = half;
      break;
    case AP_RND_ZERO:
      up = half && (negative || rest);
      break;
    case AP_RND_MIN_INF:
      up = half && rest;
      break;
    case AP_RND_INF:
      up = half && (!negative || rest);
      break;
    case AP_RND_CONV:
      up = half && (rest || (floor & 1) != 0);
      break;
    case AP_TRN:
      break;
    case AP_TRN_ZERO:
      up = negative && (half || rest);
      break;
  }
  return up ? floor + 1 : floor;
}

/// The low W bits, read as signed or unsigned.
template <class Int, int W, bool S>
Int wrapped(typename unsigned_of<Int>::type bits) {
  const int unused = static_cast<int>(8 * sizeof(Int)) - W;
  bits <<= unused;
  return S ? static_cast<Int>(bits) >> unused : static_cast<Int>(bits >> unused);
}

/// raw * 2^shift as a whole number of W bits; a negative shift rounds.
template <class Int, int W, bool S, ap_q_mode Q, ap_o_mode O>
Int fitted(Int raw, int shift) {
  typedef typename unsigned_of<Int>::type Bits;
  const int digits = static_cast<int>(8 * sizeof(Int)) - 1;
  if (shift < 0) {
    raw = rounded<Int>(raw, -shift, Q);
    shift = 0;
  }
  if (shift > digits) shift = digits;
  const Int high = static_cast<Int>((static_cast<Bits>(1) << (S ? W - 1 : W)) - 1);
  const Int low = !S ? 0 : O == AP_SAT_SYM ? -high : -high - 1;
  const bool above = raw > (high >> shift), below = raw < -(-low >> shift);
  if (!above && !below) return static_cast<Int>(static_cast<Bits>(raw) << shift);
  switch (O) {
    case AP_SAT:
    case AP_SAT_SYM:
      return above ? high : low;
    case AP_SAT_ZERO:
      return 0;
    case AP_WRAP:
      break;
  }
  return wrapped<Int, W, S>(static_cast<Bits>(raw) << shift);
}

template <int A, int B>
struct larger {
  enum { value = A > B ? A : B };
};

}  // namespace ap_detail

template <int W, int I, bool S, ap_q_mode Q, ap_o_mode O, int N>
struct af_range_ref;

/// raw * 2^(I - W) with raw a number of W bits, signed if S. I counts the sign; it may be negative or larger
/// than W.
template <int W, int I, bool S = true, ap_q_mode Q = AP_TRN, ap_o_mode O = AP_WRAP, int N = 0>
class ap_fixed_base {
  static_assert(N == 0, "saturation bits are not supported");

 public:
  enum { width = W, iwidth = I, fraction = W - I };
  typedef typename ap_detail::holder<W>::type raw_type;

  ap_fixed_base() : raw_(0) {}
  template <int W2, int I2, bool S2, ap_q_mode Q2, ap_o_mode O2, int N2>
  ap_fixed_base(const ap_fixed_base<W2, I2, S2, Q2, O2, N2>& other) {
    typedef typename ap_detail::holder<ap_detail::larger<W, W2>::value>::type Int;
    raw_ = static_cast<raw_type>(
        ap_detail::fitted<Int, W, S, Q, O>(other.raw(), static_cast<int>(fraction) - (W2 - I2)));
  }
  template <class Whole, class = typename std::enable_if<std::is_integral<Whole>::value>::type>
  ap_fixed_base(Whole value) {
    raw_ = static_cast<raw_type>(
        ap_detail::fitted<ap_detail::int128, W, S, Q, O>(static_cast<ap_detail::int128>(value), fraction));
  }
  /// The exact value of a finite number, rounded.
  ap_fixed_base(double value) {
    int exponent = 0;
    const double mantissa = std::frexp(value, &exponent);
    raw_ = static_cast<raw_type>(ap_detail::fitted<ap_detail::int128, W, S, Q, O>(
        static_cast<std::int64_t>(std::ldexp(mantissa, 53)), static_cast<int>(fraction) + exponent - 53));
  }

  raw_type raw() const { return raw_; }
  static ap_fixed_base of_raw(raw_type raw) {
    ap_fixed_base made;
    made.raw_ = raw;
    return made;
  }

  double to_double() const { return std::ldexp(static_cast<double>(raw_), I - W); }
  float to_float() const { return static_cast<float>(to_double()); }
  int length() const { return W; }

  /// Bits [low, high], which can be read and written.
  af_range_ref<W, I, S, Q, O, N> range(int high, int low) {
    return af_range_ref<W, I, S, Q, O, N>(*this, high, low);
  }
  af_range_ref<W, I, S, Q, O, N> range(int high, int low) const {
    return af_range_ref<W, I, S, Q, O, N>(const_cast<ap_fixed_base&>(*this), high, low);
  }

  template <int W2, int I2, bool S2, ap_q_mode Q2, ap_o_mode O2, int N2>
  ap_fixed_base& operator+=(const ap_fixed_base<W2, I2, S2, Q2, O2, N2>& other) {
    return *this = ap_fixed_base(*this + other);
  }
  template <int W2, int I2, bool S2, ap_q_mode Q2, ap_o_mode O2, int N2>
  ap_fixed_base& operator-=(const ap_fixed_base<W2, I2, S2, Q2, O2, N2>& other) {
    return *this = ap_fixed_base(*this - other);
  }
  ap_fixed_base<W + 1, I + 1, true> operator-() const {
    typedef ap_fixed_base<W + 1, I + 1, true> Result;
    return Result::of_raw(-static_cast<typename Result::raw_type>(raw_));
  }

 private:
  raw_type raw_;
};

namespace ap_detail {

/// The types of a + b, a - b and a * b, and a type that holds both a and b.
template <int W1, int I1, bool S1, int W2, int I2, bool S2>
struct results {
  enum {
    fraction = larger<W1 - I1, W2 - I2>::value,
    integer = larger<I1 + (S2 && !S1 ? 1 : 0), I2 + (S1 && !S2 ? 1 : 0)>::value
  };
  typedef ap_fixed_base<integer + 1 + fraction, integer + 1, S1 || S2> sum;
  typedef ap_fixed_base<integer + 1 + fraction, integer + 1, true> difference;
  typedef ap_fixed_base<W1 + W2, I1 + I2, S1 || S2> product;
};

}  // namespace ap_detail

#define AP_OPERANDS                                                                               \
  template <int W1, int I1, bool S1, ap_q_mode Q1, ap_o_mode O1, int N1, int W2, int I2, bool S2, \
            ap_q_mode Q2, ap_o_mode O2, int N2>
#define AP_FIRST const ap_fixed_base<W1, I1, S1, Q1, O1, N1>& a
#define AP_SECOND const ap_fixed_base<W2, I2, S2, Q2, O2, N2>& b
#define AP_RESULT(which) typename ap_detail::results<W1, I1, S1, W2, I2, S2>::which

AP_OPERANDS AP_RESULT(sum) operator+(AP_FIRST, AP_SECOND) {
  typedef AP_RESULT(sum) Result;
  return Result::of_raw(Result(a).raw() + Result(b).raw());
}

AP_OPERANDS AP_RESULT(difference) operator-(AP_FIRST, AP_SECOND) {
  typedef AP_RESULT(difference) Result;
  return Result::of_raw(Result(a).raw() - Result(b).raw());
}

AP_OPERANDS AP_RESULT(product) operator*(AP_FIRST, AP_SECOND) {
  typedef AP_RESULT(product) Result;
  return Result::of_raw(static_cast<typename Result::raw_type>(a.raw()) *
                        static_cast<typename Result::raw_type>(b.raw()));
}

#define AP_COMPARISON(op)                                                \
  AP_OPERANDS bool operator op(AP_FIRST, AP_SECOND) {                    \
    typedef AP_RESULT(difference) Common;                                \
    return Common(a).raw() op Common(b).raw();                           \
  }                                                                      \
  template <int W1, int I1, bool S1, ap_q_mode Q1, ap_o_mode O1, int N1> \
  bool operator op(AP_FIRST, int b) {                                    \
    return a op ap_fixed_base<32, 32, true>(b);                          \
  }
AP_COMPARISON(==)
AP_COMPARISON(!=)
AP_COMPARISON(<)
AP_COMPARISON(<=)
AP_COMPARISON(>)
AP_COMPARISON(>=)

#undef AP_COMPARISON
#undef AP_RESULT
#undef AP_SECOND
#undef AP_FIRST
#undef AP_OPERANDS

/// Some bits of a number, at most 64 of them.
template <int W, int I, bool S, ap_q_mode Q, ap_o_mode O, int N>
struct af_range_ref {
  af_range_ref(ap_fixed_base<W, I, S, Q, O, N>& number, int high, int low)
      : number_(number), high_(high), low_(low) {}

  unsigned to_uint() const { return static_cast<unsigned>(bits()); }
  std::uint64_t to_uint64() const { return bits(); }
  operator unsigned long long() const { return bits(); }
  af_range_ref& operator=(unsigned long long bits) {
    typedef typename ap_fixed_base<W, I, S, Q, O, N>::raw_type Int;
    typedef typename ap_detail::unsigned_of<Int>::type Bits;
    const Bits kept = static_cast<Bits>(number_.raw()) & ~(static_cast<Bits>(mask()) << low_);
    number_ = ap_fixed_base<W, I, S, Q, O, N>::of_raw(
        ap_detail::wrapped<Int, W, S>(kept | (static_cast<Bits>(bits & mask()) << low_)));
    return *this;
  }

 private:
  std::uint64_t mask() const { return ~std::uint64_t(0) >> (63 - (high_ - low_)); }
  std::uint64_t bits() const { return static_cast<std::uint64_t>(number_.raw() >> low_) & mask(); }

  ap_fixed_base<W, I, S, Q, O, N>& number_;
  int high_, low_;
};

/// Signed.
template <int W, int I, ap_q_mode Q = AP_TRN, ap_o_mode O = AP_WRAP, int N = 0>
struct ap_fixed : ap_fixed_base<W, I, true, Q, O, N> {
  typedef ap_fixed_base<W, I, true, Q, O, N> Base;
  ap_fixed() {}
  template <class From>
  ap_fixed(const From& from) : Base(from) {}
};

/// Unsigned.
template <int W, int I, ap_q_mode Q = AP_TRN, ap_o_mode O = AP_WRAP, int N = 0>
struct ap_ufixed : ap_fixed_base<W, I, false, Q, O, N> {
  typedef ap_fixed_base<W, I, false, Q, O, N> Base;
  ap_ufixed() {}
  template <class From>
  ap_ufixed(const From& from) : Base(from) {}
};
