// The loops of kernels.h, compiled once per instruction set by the file that includes this one with GW_LANES
// set to the number of floats in a register. (Not a header for anyone else.)
//
// Everything between two matrix products is limited by memory, so each loop reads and writes once and is
// called on a piece that is still in the cache. Channels are the fastest index: a strip of GW_LANES channels
// is one register, its per-channel constants stay in registers, and the loop runs over pixels. What is left
// of the channels is done in strips of 4 and of 1. Sums are kept in single precision over a short run of
// pixels and in double precision beyond it, in an order that depends on the shape alone: same bits on any
// number of threads.
//
// No standard header with inline code is used here: the linker would be free to keep the copy that was
// compiled for the larger instruction set for everyone.

namespace gw::train {
namespace {

// A strip of N channels; __builtin_memcpy is an unaligned load or store.
template <int N>
struct Lanes {
  typedef float Vector __attribute__((vector_size(N * sizeof(float))));
  typedef int Mask __attribute__((vector_size(N * sizeof(int))));
  Vector v;

  static Lanes load(const float* p) {
    Lanes r;
    __builtin_memcpy(&r.v, p, sizeof r.v);
    return r;
  }
  static Lanes zero() { return {Vector{}}; }
  void store(float* p) const { __builtin_memcpy(p, &v, sizeof v); }
  friend Lanes operator+(Lanes a, Lanes b) { return {a.v + b.v}; }
  friend Lanes operator-(Lanes a, Lanes b) { return {a.v - b.v}; }
  friend Lanes operator*(Lanes a, Lanes b) { return {a.v * b.v}; }
  // b where either is no number: a rectifier max(0, b) must not hide it.
  static Lanes max(Lanes a, Lanes b) { return {a.v > b.v ? a.v : b.v}; }
  static Lanes min(Lanes a, Lanes b) { return {a.v < b.v ? a.v : b.v}; }
  static Lanes all(float value) { return {value - Vector{}}; }
};

// Calls strip(integral constant N, first channel) for every strip of the channels.
template <int N>
struct Width {
  static constexpr int value = N;
};
template <class Strip>
void for_strips(int channels, Strip strip) {
  int c = 0;
  for (; c + GW_LANES <= channels; c += GW_LANES) strip(Width<GW_LANES>{}, c);
#if GW_LANES > 8
  for (; c + 8 <= channels; c += 8) strip(Width<8>{}, c);
#endif
#if GW_LANES > 4
  for (; c + 4 <= channels; c += 4) strip(Width<4>{}, c);
#endif
  for (; c < channels; ++c) strip(Width<1>{}, c);
}

// Pixels whose sums are taken in single precision before they join the double sum.
constexpr std::int64_t run = 64;

template <int N>
void add_to(double* sum, Lanes<N> value) {
  for (int i = 0; i < N; ++i) sum[i] += static_cast<double>(value.v[i]);
}

void look_up(const std::uint8_t* pixels, std::int64_t count, const float* table, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = table[pixels[i]];
}

void channel_sums(const float* x, std::int64_t pixels, int channels, double* sum, double* square_sum) {
  for (std::int64_t begin = 0; begin < pixels; begin += run) {
    const std::int64_t end = begin + run < pixels ? begin + run : pixels;
    for_strips(channels, [&](auto width, int c) {
      using L = Lanes<decltype(width)::value>;
      // Two sums of each kind, for even and odd pixels: an addition need not wait for the one before.
      L s0 = L::zero(), s1 = L::zero(), q0 = L::zero(), q1 = L::zero();
      std::int64_t i = begin;
      for (; i + 1 < end; i += 2) {
        const L a = L::load(x + i * channels + c), b = L::load(x + (i + 1) * channels + c);
        s0 = s0 + a;
        s1 = s1 + b;
        q0 = q0 + a * a;
        q1 = q1 + b * b;
      }
      if (i < end) {
        const L a = L::load(x + i * channels + c);
        s0 = s0 + a;
        q0 = q0 + a * a;
      }
      add_to(sum + c, s0 + s1);
      add_to(square_sum + c, q0 + q1);
    });
  }
}

void pool(const float* x, int images, const PoolShape& shape, const float* sign, float* p) {
  const std::int64_t channels = shape.channels, row = shape.columns * channels;
  for (std::int64_t r = 0; r < std::int64_t{images} * shape.out_rows; ++r) {
    const std::int64_t image = r / shape.out_rows, out_row = r % shape.out_rows;
    const float* top = x + (image * shape.rows + out_row * shape.stride_h) * row;
    float* to = p + r * shape.out_columns * channels;
    for_strips(shape.channels, [&](auto width, int c) {
      using L = Lanes<decltype(width)::value>;
      const L s = L::load(sign + c);
      if (shape.pool_h == 2 && shape.pool_w == 2) {  // the common patch, unrolled
        for (int o = 0; o < shape.out_columns; ++o) {
          const float* at = top + o * shape.stride_w * channels + c;
          const L upper = L::max(s * L::load(at), s * L::load(at + channels));
          const L lower = L::max(s * L::load(at + row), s * L::load(at + row + channels));
          (s * L::max(upper, lower)).store(to + o * channels + c);
        }
        return;
      }
      for (int o = 0; o < shape.out_columns; ++o) {
        const float* at = top + o * shape.stride_w * channels + c;
        L best = s * L::load(at);
        for (int i = 0; i < shape.pool_h; ++i)
          for (int j = 0; j < shape.pool_w; ++j)
            best = L::max(best, s * L::load(at + i * row + j * channels));
        (s * best).store(to + o * channels + c);
      }
    });
  }
}

// The activation of a strip that begins at channel c, with its constants in registers. Rounding to whole
// numbers, half to even, is what single precision does by itself where its last bit is worth 1: between 2^23
// and 2^24.
template <Activation::Kind kind, int N>
struct Activate {
  using L = Lanes<N>;
  L step = L::zero(), steps_per_one = step, low = step, high = step, pass_above = step, pass_upto = step;

  Activate(const Activation& a, int c) {
    if constexpr (kind == Activation::Kind::Grid || kind == Activation::Kind::Sign) {
      step = L::load(a.step + c);
      steps_per_one = L::load(a.steps_per_one + c);
      low = L::load(a.low + c);
      high = L::load(a.high + c);
      pass_above = L::load(a.pass_above + c);
      pass_upto = L::load(a.pass_upto + c);
    }
  }
  L raw(L v) const {
    const L whole = L::all(12582912.0f);  // 1.5 * 2^23
    return L::min(high, L::max(low, v * steps_per_one)) + whole - whole;
  }
  L operator()(L v) const {
    if constexpr (kind == Activation::Kind::Relu) return L::max(L::zero(), v);
    if constexpr (kind == Activation::Kind::Grid) return raw(v) * step;
    if constexpr (kind == Activation::Kind::Sign) {
      const L negative = L::zero() - step;
      return {v.v < L::zero().v ? negative.v : step.v};
    }
    return v;
  }
  L gated(L v, L gradient) const {
    if constexpr (kind == Activation::Kind::None) return gradient;
    if constexpr (kind == Activation::Kind::Relu) return {v.v > L::zero().v ? gradient.v : L::zero().v};
    return {((v.v > pass_above.v) & (v.v <= pass_upto.v)) ? gradient.v : L::zero().v};
  }
  // (y - v) / step on the grid, y / step where clipped.
  L by_step(L v) const {
    const L steps = v * steps_per_one, whole = raw(v), left = whole - steps;
    return {((steps.v < low.v) | (steps.v > high.v)) ? whole.v : left.v};
  }
  // high + 1 where clipped above, low where clipped below.
  L by_top(L v) const {
    const L steps = v * steps_per_one, above = high + L::all(1.0f);
    const L below = {steps.v < low.v ? low.v : L::zero().v};
    return {steps.v > high.v ? above.v : below.v};
  }
};

template <Activation::Kind kind>
void affine_of(const float* p, std::int64_t pixels, int channels, const float* scale, const float* shift,
               const Activation& activation, float* y) {
  for_strips(channels, [&](auto width, int c) {
    using L = Lanes<decltype(width)::value>;
    const Activate<kind, decltype(width)::value> activate(activation, c);
    const L a = L::load(scale + c), b = L::load(shift + c);
    for (std::int64_t i = 0; i < pixels; ++i)
      activate(a * L::load(p + i * channels + c) + b).store(y + i * channels + c);
  });
}

void affine(const float* p, std::int64_t pixels, int channels, const float* scale, const float* shift,
            const Activation& activation, float* y) {
  using enum Activation::Kind;
  switch (activation.kind) {
    case None:
      return affine_of<None>(p, pixels, channels, scale, shift, activation, y);
    case Relu:
      return affine_of<Relu>(p, pixels, channels, scale, shift, activation, y);
    case Grid:
      return affine_of<Grid>(p, pixels, channels, scale, shift, activation, y);
    case Sign:
      return affine_of<Sign>(p, pixels, channels, scale, shift, activation, y);
  }
}

// What is learned along.
enum class Learns { Nothing, Step, StepAndTop };

template <Activation::Kind kind, Learns learns>
void gate_of(float* g, const float* p, std::int64_t pixels, int channels, const float* scale,
             const float* shift, const float* mean, const float* inverse_deviation,
             const Activation& activation, double* sum, double* product_sum, double* step_sum,
             double* top_sum) {
  for (std::int64_t begin = 0; begin < pixels; begin += run) {
    const std::int64_t end = begin + run < pixels ? begin + run : pixels;
    for_strips(channels, [&](auto width, int c) {
      using L = Lanes<decltype(width)::value>;
      const Activate<kind, decltype(width)::value> activate(activation, c);
      const L a = L::load(scale + c), b = L::load(shift + c), m = L::load(mean + c),
              d = L::load(inverse_deviation + c);
      L s = L::zero(), q = L::zero(), t = L::zero(), u = L::zero();
      for (std::int64_t i = begin; i < end; ++i) {
        const L value = L::load(p + i * channels + c);
        L gradient = L::load(g + i * channels + c);
        const L v = a * value + b;
        if constexpr (learns != Learns::Nothing) t = t + gradient * activate.by_step(v);
        if constexpr (learns == Learns::StepAndTop) u = u + gradient * activate.by_top(v);
        if constexpr (kind != Activation::Kind::None) {
          gradient = activate.gated(v, gradient);
          gradient.store(g + i * channels + c);
        }
        s = s + gradient;
        q = q + gradient * ((value - m) * d);
      }
      add_to(sum + c, s);
      add_to(product_sum + c, q);
      if constexpr (learns != Learns::Nothing) add_to(step_sum + c, t);
      if constexpr (learns == Learns::StepAndTop) add_to(top_sum + c, u);
    });
  }
}

void gate(float* g, const float* p, std::int64_t pixels, int channels, const float* scale, const float* shift,
          const float* mean, const float* inverse_deviation, const Activation& activation, double* sum,
          double* product_sum, double* step_sum, double* top_sum) {
  using enum Activation::Kind;
  using enum Learns;
  const auto call = [&](auto loop) {
    loop(g, p, pixels, channels, scale, shift, mean, inverse_deviation, activation, sum, product_sum,
         step_sum, top_sum);
  };
  switch (activation.kind) {
    case None:
      return call(gate_of<None, Nothing>);
    case Relu:
      return call(gate_of<Relu, Nothing>);
    case Grid:
      return step_sum == nullptr  ? call(gate_of<Grid, Nothing>)
             : top_sum == nullptr ? call(gate_of<Grid, Step>)
                                  : call(gate_of<Grid, StepAndTop>);
    case Sign:
      return call(gate_of<Sign, Nothing>);
  }
}

// One row of 2x2 patches that do not overlap: both rows of dx are written whole, in one pass.
template <int N>
void spread_row_2x2(const float* x, const float* p, const float* g, float* dx, const PoolShape& shape, int c,
                    const float* gain, const float* slope, const float* offset) {
  using L = Lanes<N>;
  using Mask = typename L::Mask;
  const std::int64_t channels = shape.channels, row = shape.columns * channels;
  const L a = L::load(gain + c), d = L::load(slope + c), b = L::load(offset + c);
  for (int o = 0; o < shape.out_columns; ++o) {
    const L top = L::load(p + o * channels + c), step = a * L::load(g + o * channels + c);
    const std::int64_t at = 2 * o * channels + c;
    const L x0 = L::load(x + at), x1 = L::load(x + at + channels);
    const L x2 = L::load(x + at + row), x3 = L::load(x + at + row + channels);
    const Mask h0 = x0.v == top.v, h1 = x1.v == top.v, h2 = x2.v == top.v, h3 = x3.v == top.v;
    const L none = L::zero();
    const Mask before2 = h0 | h1, before3 = before2 | h2;
    (d * x0 + b + L{h0 ? step.v : none.v}).store(dx + at);
    (d * x1 + b + L{(h1 & ~h0) ? step.v : none.v}).store(dx + at + channels);
    (d * x2 + b + L{(h2 & ~before2) ? step.v : none.v}).store(dx + at + row);
    (d * x3 + b + L{(h3 & ~before3) ? step.v : none.v}).store(dx + at + row + channels);
  }
}

void spread_2x2(const float* x, const float* p, const float* g, int images, const PoolShape& shape,
                const float* gain, const float* slope, const float* offset, float* dx) {
  const std::int64_t channels = shape.channels, row = shape.columns * channels;
  const int used_rows = 2 * shape.out_rows, used_columns = 2 * shape.out_columns;
  for (std::int64_t image = 0; image < images; ++image) {
    const std::int64_t base = image * shape.rows * row;
    for (std::int64_t o = 0; o < shape.out_rows; ++o) {
      const std::int64_t at = base + 2 * o * row,
                         out = (image * shape.out_rows + o) * shape.out_columns * channels;
      for_strips(shape.channels, [&](auto width, int c) {
        spread_row_2x2<decltype(width)::value>(x + at, p + out, g + out, dx + at, shape, c, gain, slope,
                                               offset);
      });
      // The column that no patch reaches.
      for (int r = 0; r < 2 && used_columns < shape.columns; ++r) {
        const std::int64_t rest = at + r * row + used_columns * channels;
        affine(x + rest, shape.columns - used_columns, shape.channels, slope, offset, {}, dx + rest);
      }
    }
    const std::int64_t rest = base + used_rows * row;
    affine(x + rest, std::int64_t{shape.rows - used_rows} * shape.columns, shape.channels, slope, offset, {},
           dx + rest);
  }
}

void spread(const float* x, const float* p, const float* g, int images, const PoolShape& shape,
            const float* gain, const float* slope, const float* offset, float* dx) {
  if (shape.pool_h == 2 && shape.pool_w == 2 && shape.stride_h == 2 && shape.stride_w == 2) {
    spread_2x2(x, p, g, images, shape, gain, slope, offset, dx);
    return;
  }
  // Any patches, also overlapping ones: first the part that every place has, then each patch adds at its
  // first hit.
  const std::int64_t channels = shape.channels, row = shape.columns * channels;
  affine(x, images * shape.pixels(), shape.channels, slope, offset, {}, dx);
  for (std::int64_t o = 0; o < images * shape.out_pixels(); ++o) {
    const std::int64_t image = o / shape.out_pixels(), out = o % shape.out_pixels();
    const std::int64_t top = out / shape.out_columns * shape.stride_h,
                       left = out % shape.out_columns * shape.stride_w;
    const std::int64_t at = (image * shape.rows + top) * row + left * channels;
    for_strips(shape.channels, [&](auto width, int c) {
      using L = Lanes<decltype(width)::value>;
      const L best = L::load(p + o * channels + c), none = L::zero();
      L step = L::load(gain + c) * L::load(g + o * channels + c);
      for (int i = 0; i < shape.pool_h; ++i) {
        for (int j = 0; j < shape.pool_w; ++j) {
          const std::int64_t place = at + i * row + j * channels + c;
          const auto hit = L::load(x + place).v == best.v;
          (L::load(dx + place) + L{hit ? step.v : none.v}).store(dx + place);
          step.v = hit ? none.v : step.v;
        }
      }
    });
  }
}

constexpr Kernels table{GW_KERNELS_NAME, look_up, channel_sums, pool, affine, gate, spread};

}  // namespace
}  // namespace gw::train
