// The loops of kernels.h, compiled once per instruction set by the file that includes this one with GW_LANES
// set to the number of 32-bit integers in a register and GW_KERNELS_NAME, and GW_VNNI where a multiplication
// may add to a sum. (Not a header for anyone else.)
//
// Where a plain loop over outputs or elements is what the compiler vectorises well, it stands here as that
// loop. The pair kernels use the instructions for 16-bit integers by name: a multiplication of 32 such pairs,
// with the sum of neighbours, is one instruction, and the compiler does not find it by itself.
//
// A truncated product (x * w) >> s needs no 32-bit product: split w = high * 2^s + low with low in [-2^(s-1),
// 2^(s-1)), then x * w >> s = x * high + (x * low >> s) exactly, because x * high * 2^s is a multiple of 2^s;
// and with low shifted up by 16 - s the second term is the upper half of a 16-bit multiplication. Most
// weights of a trained network are so small that high is zero for a whole row of outputs, which is then left
// out.
//
// No standard header with inline code is used here: the linker would be free to keep the copy that was
// compiled for the larger instruction set for everyone.

#if GW_LANES > 1
#include <immintrin.h>
#endif

namespace gw {
namespace {

template <class T>
struct UnsignedOf;
template <>
struct UnsignedOf<std::int32_t> {
  using Type = std::uint32_t;
};
template <>
struct UnsignedOf<std::int64_t> {
  using Type = std::uint64_t;
};

// ---- 16-bit pairs ----

#if GW_LANES == 16
struct Vector {
  __m512i v;
  static Vector zero() { return {_mm512_setzero_si512()}; }
  static Vector load(const void* p) { return {_mm512_loadu_si512(p)}; }
  static Vector repeat(std::int32_t pair) { return {_mm512_set1_epi32(pair)}; }
  void store(std::int32_t* p) const { _mm512_storeu_si512(p, v); }
};
inline Vector add32(Vector a, Vector b) { return {_mm512_add_epi32(a.v, b.v)}; }
inline Vector add16(Vector a, Vector b) { return {_mm512_add_epi16(a.v, b.v)}; }
inline Vector multiply_low(Vector a, Vector b) { return {_mm512_mullo_epi16(a.v, b.v)}; }
inline Vector multiply_high(Vector a, Vector b) { return {_mm512_mulhi_epi16(a.v, b.v)}; }
inline Vector multiply_pairs(Vector a, Vector b) { return {_mm512_madd_epi16(a.v, b.v)}; }
inline Vector shift_right(Vector a, int by) { return {_mm512_sra_epi16(a.v, _mm_cvtsi32_si128(by))}; }
constexpr int positions_at_once = 8;
#elif GW_LANES == 8
struct Vector {
  __m256i v;
  static Vector zero() { return {_mm256_setzero_si256()}; }
  static Vector load(const void* p) { return {_mm256_loadu_si256(static_cast<const __m256i*>(p))}; }
  static Vector repeat(std::int32_t pair) { return {_mm256_set1_epi32(pair)}; }
  void store(std::int32_t* p) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
};
inline Vector add32(Vector a, Vector b) { return {_mm256_add_epi32(a.v, b.v)}; }
inline Vector add16(Vector a, Vector b) { return {_mm256_add_epi16(a.v, b.v)}; }
inline Vector multiply_low(Vector a, Vector b) { return {_mm256_mullo_epi16(a.v, b.v)}; }
inline Vector multiply_high(Vector a, Vector b) { return {_mm256_mulhi_epi16(a.v, b.v)}; }
inline Vector multiply_pairs(Vector a, Vector b) { return {_mm256_madd_epi16(a.v, b.v)}; }
inline Vector shift_right(Vector a, int by) { return {_mm256_sra_epi16(a.v, _mm_cvtsi32_si128(by))}; }
constexpr int positions_at_once = 4;
#elif GW_LANES == 4
struct Vector {
  __m128i v;
  static Vector zero() { return {_mm_setzero_si128()}; }
  static Vector load(const void* p) { return {_mm_loadu_si128(static_cast<const __m128i*>(p))}; }
  static Vector repeat(std::int32_t pair) { return {_mm_set1_epi32(pair)}; }
  void store(std::int32_t* p) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v); }
};
inline Vector add32(Vector a, Vector b) { return {_mm_add_epi32(a.v, b.v)}; }
inline Vector add16(Vector a, Vector b) { return {_mm_add_epi16(a.v, b.v)}; }
inline Vector multiply_low(Vector a, Vector b) { return {_mm_mullo_epi16(a.v, b.v)}; }
inline Vector multiply_high(Vector a, Vector b) { return {_mm_mulhi_epi16(a.v, b.v)}; }
inline Vector multiply_pairs(Vector a, Vector b) { return {_mm_madd_epi16(a.v, b.v)}; }
inline Vector shift_right(Vector a, int by) { return {_mm_sra_epi16(a.v, _mm_cvtsi32_si128(by))}; }
constexpr int positions_at_once = 2;
#else
// Plain C++ with the meaning of those instructions, for any processor; registers of 4 lanes.
constexpr int plain_lanes = 4;
struct Vector {
  std::int16_t v[2 * plain_lanes];
  static Vector zero() { return {}; }
  static Vector load(const void* p) {
    Vector r;
    __builtin_memcpy(r.v, p, sizeof r.v);
    return r;
  }
  static Vector repeat(std::int32_t pair) {
    Vector r;
    for (int i = 0; i < plain_lanes; ++i) __builtin_memcpy(r.v + 2 * i, &pair, sizeof pair);
    return r;
  }
  void store(std::int32_t* p) const { __builtin_memcpy(p, v, sizeof v); }
};
inline Vector add32(Vector a, Vector b) {
  std::uint32_t x[plain_lanes], y[plain_lanes];
  __builtin_memcpy(x, a.v, sizeof x);
  __builtin_memcpy(y, b.v, sizeof y);
  for (int i = 0; i < plain_lanes; ++i) x[i] += y[i];
  __builtin_memcpy(a.v, x, sizeof x);
  return a;
}
inline Vector add16(Vector a, Vector b) {
  for (int i = 0; i < 2 * plain_lanes; ++i) a.v[i] = static_cast<std::int16_t>(a.v[i] + b.v[i]);
  return a;
}
inline Vector multiply_low(Vector a, Vector b) {
  for (int i = 0; i < 2 * plain_lanes; ++i) a.v[i] = static_cast<std::int16_t>(a.v[i] * b.v[i]);
  return a;
}
inline Vector multiply_high(Vector a, Vector b) {
  for (int i = 0; i < 2 * plain_lanes; ++i) a.v[i] = static_cast<std::int16_t>((a.v[i] * b.v[i]) >> 16);
  return a;
}
inline Vector multiply_pairs(Vector a, Vector b) {
  std::uint32_t sum[plain_lanes];
  for (int i = 0; i < plain_lanes; ++i) {
    sum[i] = static_cast<std::uint32_t>(a.v[2 * i] * b.v[2 * i]) +
             static_cast<std::uint32_t>(a.v[2 * i + 1] * b.v[2 * i + 1]);
  }
  __builtin_memcpy(a.v, sum, sizeof sum);
  return a;
}
inline Vector shift_right(Vector a, int by) {
  for (int i = 0; i < 2 * plain_lanes; ++i) a.v[i] = static_cast<std::int16_t>(a.v[i] >> by);
  return a;
}
constexpr int positions_at_once = 2;
#endif

/// sum + the two products of each pair.
inline Vector add_pairs(Vector sum, Vector a, Vector b) {
#ifdef GW_VNNI
  return {_mm512_dpwssd_epi32(sum.v, a.v, b.v)};
#else
  return add32(sum, multiply_pairs(a, b));
#endif
}

inline std::int32_t load_pair(const std::int16_t* p) {
  std::int32_t pair;
  __builtin_memcpy(&pair, p, sizeof pair);
  return pair;
}

template <bool half, bool deep>
void pair_sums(const PairTile& tile, const std::int16_t* const* x, std::int32_t* sums, std::int64_t stride) {
  constexpr int lanes = sizeof(Vector) / sizeof(std::int32_t);
  constexpr int vectors = tile_outputs / lanes;
  const Vector ones = Vector::repeat(0x00010001);
  for (int first = 0; first < tile_positions; first += positions_at_once) {
    const std::int16_t* from[positions_at_once];
    Vector sum[positions_at_once][vectors];
    for (int p = 0; p < positions_at_once; ++p) {
      from[p] = x[first + p];
      for (int v = 0; v < vectors; ++v) sum[p][v] = Vector::zero();
    }
    const std::int16_t* weights = tile.high;
    for (int pair = 0; pair < tile.high_pairs; ++pair, weights += 2 * tile_outputs) {
      const std::int64_t offset = tile.high_offsets[pair];
      Vector w[vectors];
      for (int v = 0; v < vectors; ++v) w[v] = Vector::load(weights + v * 2 * lanes);
      for (int p = 0; p < positions_at_once; ++p) {
        const Vector value = Vector::repeat(load_pair(from[p] + offset));
        for (int v = 0; v < vectors; ++v) {
          sum[p][v] = half ? add16(sum[p][v], multiply_low(value, w[v])) : add_pairs(sum[p][v], value, w[v]);
        }
      }
    }
    weights = tile.low;
    for (int pair = 0; pair < tile.low_pairs; ++pair, weights += 2 * tile_outputs) {
      const std::int64_t offset = tile.low_offsets[pair];
      Vector w[vectors];
      for (int v = 0; v < vectors; ++v) w[v] = Vector::load(weights + v * 2 * lanes);
      for (int p = 0; p < positions_at_once; ++p) {
        const Vector value = Vector::repeat(load_pair(from[p] + offset));
        for (int v = 0; v < vectors; ++v) {
          Vector product = multiply_high(value, w[v]);
          if (deep) product = shift_right(product, tile.extra);
          sum[p][v] = half ? add16(sum[p][v], product) : add_pairs(sum[p][v], product, ones);
        }
      }
    }
    for (int p = 0; p < positions_at_once; ++p) {
      for (int v = 0; v < vectors; ++v) {
        const Vector total = half ? multiply_pairs(sum[p][v], ones) : sum[p][v];
        add32(total, Vector::load(tile.bias + v * lanes)).store(sums + (first + p) * stride + v * lanes);
      }
    }
  }
}

template <bool half>
void pairs(const PairTile& tile, const std::int16_t* const* x, std::int32_t* sums, std::int64_t stride) {
  if (tile.extra > 0) {
    pair_sums<half, true>(tile, x, sums, stride);
  } else {
    pair_sums<half, false>(tile, x, sums, stride);
  }
}

// ---- casts ----

template <class T>
inline T shifted_left(T value, int by) {
  using U = typename UnsignedOf<T>::Type;
  return static_cast<T>(static_cast<U>(value) << by);
}

template <class T>
inline bool truncates(const CastSteps<T>& s) {
  return s.base == 0 && s.negative == 0 && s.odd == 0;
}

template <class T>
inline T rounded(T value, const CastSteps<T>& s) {
  constexpr int sign = 8 * sizeof(T) - 1;
  return (value + s.base + ((value >> sign) & s.negative) + ((value >> s.right) & s.odd)) >> s.right;
}

template <class T>
inline T wrapped(T value, T low, T mask) {
  using U = typename UnsignedOf<T>::Type;
  return static_cast<T>(((static_cast<U>(value) - static_cast<U>(low)) & static_cast<U>(mask)) +
                        static_cast<U>(low));
}

template <Fit fit, class T>
inline T forced(T value, T low, T high) {
  if (fit == Fit::Clamp) {
    const T raised = value < low ? low : value;
    return raised > high ? high : raised;
  }
  return ((value < low) | (value > high)) ? T{0} : value;
}

template <class T>
std::int64_t cast(const CastSteps<T>& steps, T* values, std::int64_t n, bool count) {
  const CastSteps<T> s = steps;  // a copy that no store can change
  if (s.left > 0) {
    for (std::int64_t i = 0; i < n; ++i) values[i] = shifted_left(values[i], s.left);
  } else if (!truncates(s)) {
    for (std::int64_t i = 0; i < n; ++i) values[i] = rounded(values[i], s);
  } else if (s.right > 0) {
    for (std::int64_t i = 0; i < n; ++i) values[i] = values[i] >> s.right;
  }
  if (s.fit == Fit::Always) return 0;
  std::int64_t outside = 0;
  if (count) {
    for (std::int64_t i = 0; i < n; ++i) outside += (values[i] < s.low) | (values[i] > s.high);
  }
  switch (s.fit) {
    case Fit::Always:
      break;
    case Fit::Wrap:
      for (std::int64_t i = 0; i < n; ++i) values[i] = wrapped(values[i], s.low, s.mask);
      break;
    case Fit::Clamp:
      for (std::int64_t i = 0; i < n; ++i) values[i] = forced<Fit::Clamp>(values[i], s.low, s.high);
      break;
    case Fit::Zero:
      for (std::int64_t i = 0; i < n; ++i) values[i] = forced<Fit::Zero>(values[i], s.low, s.high);
      break;
  }
  return outside;
}

// One pass from sums to results: what is not asked for costs an instruction that changes nothing, which is
// less than another pass.
template <class To, bool rounds, Fit fit>
void finish_rows(const CastSteps<std::int32_t>& steps, const std::int32_t* sums, std::int64_t rows,
                 std::int64_t stride, std::int64_t columns, To* to) {
  const CastSteps<std::int32_t> s = steps;
  if (stride == columns) columns *= rows, rows = 1;
  for (std::int64_t row = 0; row < rows; ++row, sums += stride, to += columns) {
    for (std::int64_t i = 0; i < columns; ++i) {
      std::int32_t value = sums[i];
      value = rounds ? rounded(value, s) : shifted_left(value, s.left) >> s.right;
      if (fit == Fit::Wrap) value = wrapped(value, s.low, s.mask);
      if (fit == Fit::Clamp || fit == Fit::Zero) value = forced<fit>(value, s.low, s.high);
      to[i] = static_cast<To>(value);
    }
  }
}

template <class To, bool rounds>
void finish_fit(const CastSteps<std::int32_t>& steps, const std::int32_t* sums, std::int64_t rows,
                std::int64_t stride, std::int64_t columns, To* to) {
  switch (steps.fit) {
    case Fit::Always:
      return finish_rows<To, rounds, Fit::Always>(steps, sums, rows, stride, columns, to);
    case Fit::Wrap:
      return finish_rows<To, rounds, Fit::Wrap>(steps, sums, rows, stride, columns, to);
    case Fit::Clamp:
      return finish_rows<To, rounds, Fit::Clamp>(steps, sums, rows, stride, columns, to);
    case Fit::Zero:
      return finish_rows<To, rounds, Fit::Zero>(steps, sums, rows, stride, columns, to);
  }
}

template <class To>
void finish_lane(const CastSteps<std::int32_t>& steps, const std::int32_t* sums, std::int64_t rows,
                 std::int64_t stride, std::int64_t columns, void* to) {
  To* results = static_cast<To*>(to);
  if (truncates(steps)) {
    finish_fit<To, false>(steps, sums, rows, stride, columns, results);
  } else {
    finish_fit<To, true>(steps, sums, rows, stride, columns, results);
  }
}

void finish(const CastSteps<std::int32_t>& steps, const std::int32_t* sums, std::int64_t rows,
            std::int64_t stride, std::int64_t columns, Lane lane, void* to) {
  switch (lane) {
    case Lane::Int16:
      return finish_lane<std::int16_t>(steps, sums, rows, stride, columns, to);
    case Lane::Int32:
      return finish_lane<std::int32_t>(steps, sums, rows, stride, columns, to);
    case Lane::Int64:
      return finish_lane<std::int64_t>(steps, sums, rows, stride, columns, to);
  }
}

template <class To, class From>
void convert(const From* from, To* to, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<To>(from[i]);
}

template <class T>
void load(Lane lane, const void* from, T* to, std::int64_t n) {
  switch (lane) {
    case Lane::Int16:
      return convert(static_cast<const std::int16_t*>(from), to, n);
    case Lane::Int32:
      return convert(static_cast<const std::int32_t*>(from), to, n);
    case Lane::Int64:
      return convert(static_cast<const std::int64_t*>(from), to, n);
  }
}

template <class T>
void store(const T* from, Lane lane, void* to, std::int64_t n) {
  switch (lane) {
    case Lane::Int16:
      return convert(from, static_cast<std::int16_t*>(to), n);
    case Lane::Int32:
      return convert(from, static_cast<std::int32_t*>(to), n);
    case Lane::Int64:
      return convert(from, static_cast<std::int64_t*>(to), n);
  }
}

// ---- element by element ----

template <class T>
void rectify_run(const T* from, T* to, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i] = from[i] > 0 ? from[i] : T{0};
}

template <class T>
void rectify_in_place(T* values, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) values[i] = values[i] > 0 ? values[i] : T{0};
}

void rectify(Lane lane, const void* from, void* to, std::int64_t n) {
  switch (lane) {
    case Lane::Int16:
      return rectify_run(static_cast<const std::int16_t*>(from), static_cast<std::int16_t*>(to), n);
    case Lane::Int32:
      return rectify_run(static_cast<const std::int32_t*>(from), static_cast<std::int32_t*>(to), n);
    case Lane::Int64:
      return rectify_run(static_cast<const std::int64_t*>(from), static_cast<std::int64_t*>(to), n);
  }
}

// Modulo 2^bits: only the sum is promised to fit T, the product may not.
template <class T>
void affine(T* values, const T* scale, const T* bias, std::int64_t pixels, std::int64_t channels) {
  using U = typename UnsignedOf<T>::Type;
  for (std::int64_t p = 0; p < pixels; ++p, values += channels) {
    for (std::int64_t c = 0; c < channels; ++c) {
      values[c] =
          static_cast<T>(static_cast<U>(values[c]) * static_cast<U>(scale[c]) + static_cast<U>(bias[c]));
    }
  }
}

// 32 bytes of channels are one register; what is left of the channels goes one by one.
template <class T>
void pool_row(const PoolRow& row, const T* x, T* y) {
  typedef T Strip __attribute__((vector_size(32)));
  constexpr std::int64_t length = sizeof(Strip) / sizeof(T);
  for (std::int64_t column = 0; column < row.columns; ++column, x += row.step, y += row.channels) {
    std::int64_t c = 0;
    for (; c + length <= row.channels; c += length) {
      Strip best, value;
      __builtin_memcpy(&best, x + c, sizeof best);
      for (int i = 0; i < row.kernel_h; ++i) {
        for (int j = 0; j < row.kernel_w; ++j) {
          __builtin_memcpy(&value, x + i * row.line + j * row.channels + c, sizeof value);
          best = value > best ? value : best;
        }
      }
      __builtin_memcpy(y + c, &best, sizeof best);
    }
    for (; c < row.channels; ++c) {
      T best = x[c];
      for (int i = 0; i < row.kernel_h; ++i) {
        for (int j = 0; j < row.kernel_w; ++j) {
          const T value = x[i * row.line + j * row.channels + c];
          best = value > best ? value : best;
        }
      }
      y[c] = best;
    }
  }
}

void max_pool(const PoolRow& row, const void* x, void* y) {
  switch (row.lane) {
    case Lane::Int16:
      return pool_row(row, static_cast<const std::int16_t*>(x), static_cast<std::int16_t*>(y));
    case Lane::Int32:
      return pool_row(row, static_cast<const std::int32_t*>(x), static_cast<std::int32_t*>(y));
    case Lane::Int64:
      return pool_row(row, static_cast<const std::int64_t*>(x), static_cast<std::int64_t*>(y));
  }
}

// ---- chains of any rounding and overflow ----

template <class T, bool rounds, Fit fit, bool count>
std::int64_t chain_sums(const ChainTile<T>& tile, const T* const* x, int positions, T* sums,
                        std::int64_t stride) {
  const CastSteps<T> s = tile.product;
  std::int64_t forced_sums = 0;
  for (int p = 0; p < positions; ++p) {
    T sum[tile_outputs], changed[tile_outputs];
    for (int o = 0; o < tile_outputs; ++o) sum[o] = tile.bias[o], changed[o] = 0;
    const T* weights = tile.weights;
    for (int row = 0; row < tile.rows; ++row, weights += tile_outputs) {
      const T value = x[p][tile.offsets[row]];
      for (int o = 0; o < tile_outputs; ++o) {
        T product = value * weights[o];
        product = rounds ? rounded(product, s) : shifted_left(product, s.left) >> s.right;
        if (fit == Fit::Always) {
          sum[o] += product;
        } else {
          const T term = forced<fit>(product, s.low, s.high);
          const T next = sum[o] + term;
          sum[o] = forced<fit>(next, s.low, s.high);
          if (count) changed[o] |= (term ^ product) | (next ^ sum[o]);
        }
      }
    }
    for (int o = 0; o < tile_outputs; ++o) {
      sums[p * stride + o] = sum[o];
      forced_sums += changed[o] != 0;
    }
  }
  return forced_sums;
}

template <class T, bool rounds>
std::int64_t chain_of_fit(const ChainTile<T>& tile, const T* const* x, int n, T* sums, std::int64_t stride,
                          bool count) {
  switch (tile.product.fit) {
    case Fit::Always:
    case Fit::Wrap:
      break;
    case Fit::Clamp:
      return count ? chain_sums<T, rounds, Fit::Clamp, true>(tile, x, n, sums, stride)
                   : chain_sums<T, rounds, Fit::Clamp, false>(tile, x, n, sums, stride);
    case Fit::Zero:
      return count ? chain_sums<T, rounds, Fit::Zero, true>(tile, x, n, sums, stride)
                   : chain_sums<T, rounds, Fit::Zero, false>(tile, x, n, sums, stride);
  }
  return chain_sums<T, rounds, Fit::Always, false>(tile, x, n, sums, stride);
}

template <class T>
std::int64_t chain(const ChainTile<T>& tile, const T* const* x, int positions, T* sums, std::int64_t stride,
                   bool count) {
  return truncates(tile.product) ? chain_of_fit<T, false>(tile, x, positions, sums, stride, count)
                                 : chain_of_fit<T, true>(tile, x, positions, sums, stride, count);
}

template <class T>
constexpr LaneKernels<T> lane_table{load<T>, cast<T>, store<T>, rectify_in_place<T>, affine<T>, chain<T>};

constexpr Kernels table{GW_KERNELS_NAME,
                        lane_table<std::int32_t>,
                        lane_table<std::int64_t>,
                        pairs<false>,
                        pairs<true>,
                        rectify,
                        max_pool,
                        finish};

}  // namespace
}  // namespace gw
