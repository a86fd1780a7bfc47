#pragma once

#include <cstdint>

namespace gw {

/// The integer type of a tensor's elements.
enum class Lane { Int16, Int32, Int64 };

/// What the end of a cast has to do to a rounded value: nothing (it is proven to fit), keep the low bits,
/// move it to the nearer end of the type, or make it zero.
enum class Fit { Always, Wrap, Clamp, Zero };

/// A cast of values in lanes of T, without a branch. A value v becomes v << left, or
///   (v + base + (v < 0 ? negative : 0) + (bit `right` of v ? odd : 0)) >> right,
/// which is each of the seven roundings for its own base, negative and odd; then `fit` acts on what is
/// outside [low, high]. Made by cast_steps, which proves that nothing overflows T on the way.
template <class T>
struct CastSteps {
  int left = 0, right = 0;
  T base = 0, negative = 0, odd = 0;
  Fit fit = Fit::Always;
  T low = 0, high = 0;
  T mask = 0;  ///< 2^width - 1, for Wrap
};

/// Outputs that matrix kernels compute together; weights are padded with zeros to a multiple of it.
inline constexpr int tile_outputs = 16;
/// Positions that one call of a pair kernel computes. Fewer: repeat a pointer and ignore the answer.
inline constexpr int tile_positions = 8;

/// Up to 16 columns of a matrix step in 16-bit integers, rows in pairs: a pair is two elements of x side by
/// side. Each product is x * high + (x * low >> 16 >> extra).
struct PairTile {
  int high_pairs = 0, low_pairs = 0;
  const std::int32_t* high_offsets = nullptr;  ///< of each pair in x, from the first element of the window
  const std::int16_t* high = nullptr;          ///< per pair: 16 outputs times 2 rows
  const std::int32_t* low_offsets = nullptr;
  const std::int16_t* low = nullptr;
  int extra = 0;
  const std::int32_t* bias = nullptr;  ///< 16 values
};

/// Up to 16 columns of a matrix step in lanes of T, one row after the other, each product rounded as
/// `product` says. With Fit::Clamp or Zero the product and each partial sum are then forced into [low, high];
/// otherwise the sum is plain.
template <class T>
struct ChainTile {
  int rows = 0;
  const std::int32_t* offsets = nullptr;
  const T* weights = nullptr;  ///< per row 16 outputs
  const T* bias = nullptr;     ///< 16 values
  CastSteps<T> product;
};

/// Runs of n values in lanes of T.
template <class T>
struct LaneKernels {
  void (*load)(Lane lane, const void* from, T* to, std::int64_t n);
  /// In place. Returns how many values were outside [low, high] before `fit`, or 0 unless `count`.
  std::int64_t (*cast)(const CastSteps<T>& steps, T* values, std::int64_t n, bool count);
  void (*store)(const T* from, Lane lane, void* to, std::int64_t n);  ///< keeps the low bits
  void (*rectify)(T* values, std::int64_t n);
  /// values[p][c] = values[p][c] * scale[c] + bias[c], which fits T.
  void (*affine)(T* values, const T* scale, const T* bias, std::int64_t pixels, std::int64_t channels);
  /// sums[p * stride + o] for each x[p], the first elements of windows. Returns how many sums had to be
  /// forced into the type on the way, or 0 unless `count`.
  std::int64_t (*chain)(const ChainTile<T>& tile, const T* const* x, int positions, T* sums,
                        std::int64_t stride, bool count);
};

/// One patch row of max pooling: y[column][c] = the maximum over kernel_h x kernel_w pixels from x + column *
/// step.
struct PoolRow {
  Lane lane;
  std::int64_t channels, line;  ///< elements of a pixel and of an input row
  int kernel_h, kernel_w;
  std::int64_t columns, step;  ///< output pixels, and elements from one patch to the next
};

/// The loops of eval for one instruction set. Every set gives the same bits.
struct Kernels {
  const char* name;
  LaneKernels<std::int32_t> narrow;
  LaneKernels<std::int64_t> wide;
  /// sums[p * stride + o] for 8 positions and 16 outputs, modulo 2^32; pairs16: only the low 16 bits count.
  void (*pairs32)(const PairTile& tile, const std::int16_t* const* x, std::int32_t* sums,
                  std::int64_t stride);
  void (*pairs16)(const PairTile& tile, const std::int16_t* const* x, std::int32_t* sums,
                  std::int64_t stride);
  void (*rectify)(Lane lane, const void* from, void* to, std::int64_t n);  ///< max(x, 0)
  void (*max_pool)(const PoolRow& row, const void* x, void* y);
  /// The end of a matrix step in one go: the first `columns` of each row of `stride` sums are cast and stored
  /// side by side.
  void (*finish)(const CastSteps<std::int32_t>& steps, const std::int32_t* sums, std::int64_t rows,
                 std::int64_t stride, std::int64_t columns, Lane lane, void* to);
};

/// The best set for this processor.
const Kernels& kernels();
/// One particular set, or null where the processor (or the build) does not have it.
const Kernels* plain_kernels();
const Kernels* sse2_kernels();
const Kernels* avx2_kernels();
const Kernels* avx512_kernels();
const Kernels* vnni_kernels();  ///< AVX-512 with its multiply-add into a sum

}  // namespace gw
