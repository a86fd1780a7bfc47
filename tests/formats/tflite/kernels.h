#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace gw::testing {

/// What a whole number q of a tensor stands for: (q - zero) * scale.
struct TfliteLinear {
  float scale;
  std::int64_t zero;
};

/// A tensor of whole numbers with its batch left out: (height, width, channels), or (1, 1, features).
struct TfliteValues {
  int height = 1, width = 1, channels = 1;
  TfliteLinear linear{1, 0};
  std::vector<std::int64_t> q = {};

  std::int64_t at(int row, int column, int channel) const {
    return q[static_cast<size_t>((row * width + column) * channels + channel)];
  }
};

/// The sums of products of a convolution, and the multiplier of each output that brings them to the scale of
/// the answer.
struct TfliteProduct {
  int outputs, kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
  bool is_same = false, is_depthwise = false, is_dense = false;
  std::vector<float> scales = {};  ///< one, or one for each output
  std::vector<double> weights = {},
                      bias = {};  ///< (outputs, rows, columns, inputs); depthwise (rows, columns, outputs)

  int places(int size, int kernel, int stride) const {
    return is_same ? (size + stride - 1) / stride : (size - kernel) / stride + 1;
  }
};

/// (x * m) * 2^(shift - 31) in the two steps of the kernels, which know nothing but 32-bit words
/// (MultiplyByQuantizedMultiplier in tensorflow/lite/kernels/internal/common.h).
inline std::int64_t tflite_scaled(std::int64_t x, double real) {
  int shift = 0;
  auto m = static_cast<std::int64_t>(std::round(std::frexp(real, &shift) * 0x1p31));
  if (m == std::int64_t{1} << 31) m /= 2, ++shift;
  const std::int64_t product = (x << std::max(shift, 0)) * m;
  const std::int64_t nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
  const std::int64_t high = (product + nudge) / (std::int64_t{1} << 31);
  const int right = std::max(-shift, 0);
  const std::int64_t mask = (std::int64_t{1} << right) - 1, rest = high & mask;
  return (high >> right) + (rest > (mask >> 1) + (high < 0 ? 1 : 0) ? 1 : 0);
}

/// With the zero point, within the type and the fused activation (0 none, 1 ReLU, 3 ReLU6).
inline std::int64_t tflite_clamped(std::int64_t q, const TfliteLinear& y, int activation) {
  std::int64_t least = -128, most = 127;
  if (activation == 1 || activation == 3) least = std::max(least, y.zero);
  if (activation == 3) most = std::min<std::int64_t>(most, y.zero + std::llround(6 / y.scale));
  return std::clamp(q + y.zero, least, most);
}

/// CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED before their sums are scaled.
inline std::vector<std::int64_t> tflite_sums(const TfliteValues& x, const TfliteProduct& by) {
  const int rows = by.places(x.height, by.kernel_h, by.stride_h),
            columns = by.places(x.width, by.kernel_w, by.stride_w), each = by.outputs / x.channels;
  const auto before = [&](int size, int kernel, int stride, int places) {
    return by.is_same ? std::max((places - 1) * stride + kernel - size, 0) / 2 : 0;
  };
  const int top = before(x.height, by.kernel_h, by.stride_h, rows),
            left = before(x.width, by.kernel_w, by.stride_w, columns);
  std::vector<std::int64_t> sums;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c)
      for (int o = 0; o < by.outputs; ++o) {
        auto sum = static_cast<std::int64_t>(by.bias[static_cast<size_t>(o)]);
        for (int i = 0; i < by.kernel_h; ++i)
          for (int j = 0; j < by.kernel_w; ++j)
            for (int k = 0; k < (by.is_depthwise ? 1 : x.channels); ++k) {
              const int row = r * by.stride_h + i - top, column = c * by.stride_w + j - left;
              if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
              const int at = by.is_depthwise ? (i * by.kernel_w + j) * by.outputs + o
                                             : ((o * by.kernel_h + i) * by.kernel_w + j) * x.channels + k;
              sum += (x.at(row, column, by.is_depthwise ? o / each : k) - x.linear.zero) *
                     static_cast<std::int64_t>(by.weights[static_cast<size_t>(at)]);
            }
        sums.push_back(sum);
      }
  return sums;
}

inline TfliteValues tflite_product(const TfliteValues& x, const TfliteProduct& by, const TfliteLinear& y,
                                   int activation) {
  TfliteValues made{by.places(x.height, by.kernel_h, by.stride_h),
                    by.places(x.width, by.kernel_w, by.stride_w), by.outputs, y};
  const auto sums = tflite_sums(x, by);
  for (size_t i = 0; i < sums.size(); ++i) {
    const float s = by.scales[by.scales.size() == 1 ? 0 : i % by.scales.size()];
    // A matrix with one scale has the product of both scales in single precision.
    const double product = by.is_dense && by.scales.size() == 1
                               ? static_cast<double>(x.linear.scale * s)
                               : static_cast<double>(x.linear.scale) * static_cast<double>(s);
    made.q.push_back(
        tflite_clamped(tflite_scaled(sums[i], product / static_cast<double>(y.scale)), y, activation));
  }
  return made;
}

/// ADD of two tensors of one shape, which are brought to units of 2^-20 of twice the larger scale.
inline TfliteValues tflite_sum(const TfliteValues& a, const TfliteValues& b, const TfliteLinear& y,
                               int activation) {
  TfliteValues made{a.height, a.width, a.channels, y};
  const double twice = 2 * std::max(static_cast<double>(a.linear.scale), static_cast<double>(b.linear.scale));
  const auto part = [&](const TfliteValues& x, size_t i) {
    return tflite_scaled((x.q[i] - x.linear.zero) << 20, static_cast<double>(x.linear.scale) / twice);
  };
  for (size_t i = 0; i < a.q.size(); ++i)
    made.q.push_back(tflite_clamped(
        tflite_scaled(part(a, i) + part(b, i), twice / (0x1p20 * static_cast<double>(y.scale))), y,
        activation));
  return made;
}

/// AVERAGE_POOL_2D (or MAX_POOL_2D) without padding.
inline TfliteValues tflite_pool(const TfliteValues& x, int kernel_h, int kernel_w, int stride, bool is_mean,
                                int activation) {
  TfliteValues made{(x.height - kernel_h) / stride + 1, (x.width - kernel_w) / stride + 1, x.channels,
                    x.linear};
  for (int r = 0; r < made.height; ++r)
    for (int c = 0; c < made.width; ++c)
      for (int k = 0; k < x.channels; ++k) {
        std::int64_t total = 0, most = -128;
        for (int i = 0; i < kernel_h; ++i)
          for (int j = 0; j < kernel_w; ++j) {
            const std::int64_t q = x.at(r * stride + i, c * stride + j, k);
            total += q;
            most = std::max(most, q);
          }
        const std::int64_t n = kernel_h * kernel_w;
        const std::int64_t mean = (total > 0 ? total + n / 2 : total - n / 2) / n;
        made.q.push_back(tflite_clamped((is_mean ? mean : most) - x.linear.zero, x.linear, activation));
      }
  return made;
}

/// LOGISTIC, TANH and ELU: the function in single precision, rounded half away from zero.
inline TfliteValues tflite_function(const TfliteValues& x, const TfliteLinear& y, float (*function)(float)) {
  TfliteValues made{x.height, x.width, x.channels, y};
  for (const std::int64_t q : x.q) {
    const float real = function(x.linear.scale * static_cast<float>(q - x.linear.zero));
    const auto whole = static_cast<std::int64_t>(std::round(real * (1 / y.scale)));
    made.q.push_back(std::clamp<std::int64_t>(whole + y.zero, -128, 127));
  }
  return made;
}

/// SOFTMAX as the optimised kernel computes it, in single precision.
inline TfliteValues tflite_softmax(const TfliteValues& x) {
  TfliteValues made{x.height, x.width, x.channels, {1.0F / 256, -128}};
  const auto exponential = [&](std::int64_t below) {
    return std::exp(-x.linear.scale * static_cast<float>(below));
  };
  const auto channels = static_cast<size_t>(x.channels);
  for (size_t first = 0; first < x.q.size(); first += channels) {
    const auto begin = x.q.begin() + static_cast<std::ptrdiff_t>(first);
    const std::int64_t most = *std::max_element(begin, begin + x.channels);
    float sum = 0;
    for (size_t k = 0; k < channels; ++k) sum += exponential(most - x.q[first + k]);
    const float factor = 1 / (sum * made.linear.scale);
    for (size_t k = 0; k < channels; ++k)
      made.q.push_back(
          std::clamp(std::lround(exponential(most - x.q[first + k]) * factor) - 128, -128L, 127L));
  }
  return made;
}

}  // namespace gw::testing
