#pragma once

// What the generated functions share: beats of streams, the small change of fixed-point arithmetic, windows
// that slide over a picture, streams that are handed to several readers. Nothing here rounds.

#include <ap_fixed.h>
#include <hls_stream.h>

#ifdef GW_TRACE
#include <string>
#include <utility>
#include <vector>
#endif

namespace gw {

/// N neighbouring elements that travel together.
template <class T, int N>
struct beat {
  typedef T element;
  enum { size = N };
  T data[N];
};

/// The number whose bits are those of `raw`: raw * 2^(iwidth - width).
template <class T>
T of_raw(long long raw) {
#pragma HLS INLINE
  T value;
  value.range(T::width - 1, 0) = static_cast<unsigned long long>(raw);
  return value;
}

/// The whole number value * 2^(width - iwidth).
template <class T>
long long raw_of(const T& value) {
  T copy = value;
  const unsigned long long bits = copy.range(T::width - 1, 0).to_uint64();
  const unsigned long long sign = 1ull << (T::width - 1);
  return T(value) < 0 ? static_cast<long long>(bits | ~(sign - 1)) : static_cast<long long>(bits);
}

/// The larger or the smaller of two numbers, in a type that holds the answer. The sign of their difference,
/// which is exact, tells which: some headers compare numbers of which only one is signed as C does.
template <class T, class A, class B>
T maximum(const A& a, const B& b) {
#pragma HLS INLINE
  return a - b < 0 ? T(b) : T(a);
}
template <class T, class A, class B>
T minimum(const A& a, const B& b) {
#pragma HLS INLINE
  return a - b < 0 ? T(a) : T(b);
}

/// Where a table is read: value * 2^FRACTION, a whole number of BITS bits.
template <int BITS, int FRACTION, class T>
unsigned address(const T& value) {
#pragma HLS INLINE
  ap_ufixed<BITS, BITS - FRACTION> bits = value;
  return bits.range(BITS - 1, 0).to_uint();
}

// Windows -----------------------------------------------------------------------------------------------
// A WINDOW says `element`, and of the picture its height, width and channels; of itself kernel_h, kernel_w,
// dilation_h, dilation_w, and what these reach over: reach_h, reach_w. (row, column) is where in the picture
// the first pixel of a window lies, perhaps outside: what lies outside is 0.

template <class WINDOW>
bool is_inside(int row, int column, int i, int j) {
#pragma HLS INLINE
  const int y = row + i * WINDOW::dilation_h, x = column + j * WINDOW::dilation_w;
  return y >= 0 && y < WINDOW::height && x >= 0 && x < WINDOW::width;
}

/// Which pixels of a window lie inside the picture.
template <class WINDOW>
void inside(int row, int column, ap_ufixed<1, 1> bits[WINDOW::kernel_h * WINDOW::kernel_w]) {
#pragma HLS INLINE
  for (int i = 0; i < WINDOW::kernel_h; i++) {
#pragma HLS UNROLL
    for (int j = 0; j < WINDOW::kernel_w; j++) {
#pragma HLS UNROLL
      bits[i * WINDOW::kernel_w + j] = is_inside<WINDOW>(row, column, i, j) ? 1 : 0;
    }
  }
}

/// A window of a picture that is there as a whole.
template <class WINDOW>
void gather(const typename WINDOW::element x[WINDOW::height * WINDOW::width * WINDOW::channels], int row,
            int column,
            typename WINDOW::element window[WINDOW::kernel_h * WINDOW::kernel_w * WINDOW::channels]) {
#pragma HLS INLINE
  for (int i = 0; i < WINDOW::kernel_h; i++) {
#pragma HLS UNROLL
    for (int j = 0; j < WINDOW::kernel_w; j++) {
#pragma HLS UNROLL
      const int y = row + i * WINDOW::dilation_h;
      const int pixel = y * WINDOW::width + column + j * WINDOW::dilation_w;
      for (int c = 0; c < WINDOW::channels; c++) {
#pragma HLS UNROLL
        const int to = (i * WINDOW::kernel_w + j) * WINDOW::channels + c;
        if (is_inside<WINDOW>(row, column, i, j)) {
          window[to] = x[pixel * WINDOW::channels + c];
        } else {
          window[to] = 0;
        }
      }
    }
  }
}

/// Shifts one column of pixels into the registers of a window: the newest pixel and those above it, which
/// wait in `lines`. `column` is that of the pixel; outside the picture no line is touched.
template <class WINDOW>
void shift(const typename WINDOW::element pixel[WINDOW::channels], int column,
           typename WINDOW::element lines[WINDOW::lines][WINDOW::width][WINDOW::channels],
           typename WINDOW::element registers[WINDOW::kernel_h][WINDOW::reach_w][WINDOW::channels]) {
#pragma HLS INLINE
  for (int c = 0; c < WINDOW::channels; c++) {
#pragma HLS UNROLL
    typename WINDOW::element rows[WINDOW::reach_h];
#pragma HLS ARRAY_PARTITION variable = rows complete
    const bool is_pixel = column >= 0 && column < WINDOW::width;
    for (int r = 0; r < WINDOW::reach_h; r++) {
#pragma HLS UNROLL
      if (r == WINDOW::reach_h - 1) {
        rows[r] = pixel[c];
      } else {
        rows[r] = lines[r][is_pixel ? column : 0][c];
      }
    }
    for (int r = 1; r < WINDOW::reach_h; r++) {
#pragma HLS UNROLL
      if (is_pixel) lines[r - 1][column][c] = rows[r];
    }
    for (int i = 0; i < WINDOW::kernel_h; i++) {
#pragma HLS UNROLL
      for (int j = 1; j < WINDOW::reach_w; j++) {
#pragma HLS UNROLL
        registers[i][j - 1][c] = registers[i][j][c];
      }
      registers[i][WINDOW::reach_w - 1][c] = rows[i * WINDOW::dilation_h];
    }
  }
}

/// What the registers show.
template <class WINDOW>
void show(const typename WINDOW::element registers[WINDOW::kernel_h][WINDOW::reach_w][WINDOW::channels],
          int row, int column,
          typename WINDOW::element window[WINDOW::kernel_h * WINDOW::kernel_w * WINDOW::channels]) {
#pragma HLS INLINE
  for (int i = 0; i < WINDOW::kernel_h; i++) {
#pragma HLS UNROLL
    for (int j = 0; j < WINDOW::kernel_w; j++) {
#pragma HLS UNROLL
      for (int c = 0; c < WINDOW::channels; c++) {
#pragma HLS UNROLL
        const int to = (i * WINDOW::kernel_w + j) * WINDOW::channels + c;
        if (is_inside<WINDOW>(row, column, i, j)) {
          window[to] = registers[i][j * WINDOW::dilation_w][c];
        } else {
          window[to] = 0;
        }
      }
    }
  }
}

// Streams -----------------------------------------------------------------------------------------------

/// Gives COUNT beats to each of two readers.
template <int COUNT, class BEAT>
void fork(hls::stream<BEAT>& x, hls::stream<BEAT>& a, hls::stream<BEAT>& b) {
  for (int n = 0; n < COUNT; n++) {
#pragma HLS PIPELINE II = 1
    const BEAT value = x.read();
    a.write(value);
    b.write(value);
  }
}

/// Likewise COUNT elements of an array.
template <int COUNT, class T>
void fork(const T x[COUNT], T a[COUNT], T b[COUNT]) {
  for (int n = 0; n < COUNT; n++) {
#pragma HLS UNROLL
    a[n] = x[n];
    b[n] = x[n];
  }
}

/// Cuts COUNT beats of several pixels into pixels, the first one first.
template <int COUNT, class BEAT, class PIXEL>
void split(hls::stream<BEAT>& x, hls::stream<PIXEL>& y) {
  const int pixels = static_cast<int>(BEAT::size) / static_cast<int>(PIXEL::size);
  BEAT value;
  for (int n = 0; n < COUNT; n++) {
    for (int p = 0; p < pixels; p++) {
#pragma HLS PIPELINE II = 1
      if (p == 0) value = x.read();
      PIXEL pixel;
      for (int c = 0; c < PIXEL::size; c++) {
#pragma HLS UNROLL
        pixel.data[c] = value.data[c];
      }
      for (int c = 0; c + PIXEL::size < BEAT::size; c++) {
#pragma HLS UNROLL
        value.data[c] = value.data[c + PIXEL::size];
      }
      y.write(pixel);
    }
  }
}

/// Takes COUNT beats that nobody reads.
template <int COUNT, class BEAT>
void drain(hls::stream<BEAT>& x) {
  for (int n = 0; n < COUNT; n++) {
#pragma HLS PIPELINE II = 1
    x.read();
  }
}

// Traces ------------------------------------------------------------------------------------------------
// In a simulation that is built with GW_TRACE, what every stage gave for the last frame. Elsewhere
// GW_TRACED(stage, values) is nothing.

#ifdef GW_TRACE
typedef std::vector<std::pair<std::string, std::vector<long long>>> traces;
inline traces& traced() {
  static traces all;
  return all;
}
template <class BEAT>
void trace(const char* stage, hls::stream<BEAT>& stream) {
  std::vector<long long> values;
  for (std::size_t left = stream.size(); left > 0; left--) {
    const BEAT value = stream.read();
    for (int c = 0; c < BEAT::size; c++) values.push_back(raw_of(value.data[c]));
    stream.write(value);
  }
  traced().push_back(std::make_pair(std::string(stage), values));
}
template <class T>
void trace(const char* stage, const T* values, int count) {
  std::vector<long long> raw;
  for (int n = 0; n < count; n++) raw.push_back(raw_of(values[n]));
  traced().push_back(std::make_pair(std::string(stage), raw));
}
#define GW_TRACED(...) gw::trace(__VA_ARGS__);
#else
#define GW_TRACED(...)
#endif

}  // namespace gw
