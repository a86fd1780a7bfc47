#pragma once

#include <cstdint>

namespace gw::train {

/// A stack of images in channels-last order and the patches that a max pool looks at. Without a pool the
/// patch is 1x1 and out_* = rows, columns.
struct PoolShape {
  int rows = 1, columns = 1, channels = 1;  ///< of the images before the pool
  int pool_h = 1, pool_w = 1;
  int stride_h = 1, stride_w = 1;
  int out_rows = 1, out_columns = 1;

  std::int64_t pixels() const { return std::int64_t{rows} * columns; }
  std::int64_t out_pixels() const { return std::int64_t{out_rows} * out_columns; }
  bool pools() const { return pool_h > 1 || pool_w > 1 || stride_h > 1 || stride_w > 1; }
};

/// What follows an affine map, element by element. Arrays have one float per channel; only Grid and Sign read
/// them.
struct Activation {
  enum class Kind {
    None,  ///< y = v
    Relu,  ///< y = max(v, 0)
    Grid,  ///< y = step[c] * clip(round half to even(v / step[c]), low[c], high[c])
    Sign,  ///< y = v < 0 ? -step[c] : step[c]
  };
  Kind kind = Kind::None;
  const float *step = nullptr, *steps_per_one = nullptr;  ///< a power of two and its inverse
  const float *low = nullptr, *high = nullptr;            ///< whole numbers of at most 20 bits
  /// Where the gradient passes: above the first and up to the second. (What is clipped gets none.)
  const float *pass_above = nullptr, *pass_upto = nullptr;
};

/// The inner loops around the matrix products, once per instruction set. All arrays are channels last; arrays
/// named after a channel have one float per channel. None of them allocates; each runs on one thread.
struct Kernels {
  const char* name;  ///< the instruction set: "avx512", "avx2", "baseline"

  /// y[i] = table[pixels[i]], with 256 entries.
  void (*look_up)(const std::uint8_t* pixels, std::int64_t count, const float* table, float* y);

  /// sum[c] += sum of x[.,c] and square_sum[c] += sum of x[.,c]^2 over `pixels` pixels.
  void (*channel_sums)(const float* x, std::int64_t pixels, int channels, double* sum, double* square_sum);

  /// p = sign[c] * max over the patch of sign[c] * x: the maximum where sign is 1, the minimum where it is
  /// -1, so that a later factor of that sign finds its maximum.
  void (*pool)(const float* x, int images, const PoolShape& shape, const float* sign, float* p);

  /// y = activation(scale[c] * p + shift[c]).
  void (*affine)(const float* p, std::int64_t pixels, int channels, const float* scale, const float* shift,
                 const Activation& activation, float* y);

  /// The gradient at p's affine image v = scale[c] * p + shift[c], given the one after its activation. If
  /// step_sum is not null, step_sum[c] += g * (y - v) / step where v is on the grid, g * y / step where it is
  /// clipped, y = activation(v): the gradient by the logarithm of the step, but for a factor, if low and high
  /// stay. If top_sum is not null either, top_sum[c] += g * (high + 1) where v is clipped above, g * low
  /// where it is clipped below: that by the logarithm of (high + 1) * step, if the step stays. Then g is set
  /// to 0 where the activation passes none; sum[c] += g and product_sum[c] += g * (p - mean[c]) *
  /// inverse_deviation[c].
  void (*gate)(float* g, const float* p, std::int64_t pixels, int channels, const float* scale,
               const float* shift, const float* mean, const float* inverse_deviation,
               const Activation& activation, double* sum, double* product_sum, double* step_sum,
               double* top_sum);

  /// The gradient before the pool: dx = slope[c] * x + offset[c], plus gain[c] * g at the first place of each
  /// patch where x equals p.
  void (*spread)(const float* x, const float* p, const float* g, int images, const PoolShape& shape,
                 const float* gain, const float* slope, const float* offset, float* dx);
};

/// The fastest set that this processor runs.
const Kernels& kernels();

/// Each instruction set of this build, and null where this processor lacks it; for tests.
const Kernels* baseline_kernels();
const Kernels* avx2_kernels();
const Kernels* avx512_kernels();

}  // namespace gw::train
