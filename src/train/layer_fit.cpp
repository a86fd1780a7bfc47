// Rounding by least squares.
//
// With x the inputs as they are in the quantised network, y = W x' + b what the layer answers in
// floating point, and both centred, the weights q of an output should minimise
//   sum (q x - y)^2 = q A q - 2 q b + constant,   A = sum x x^T,   b = sum x y.
// That is a sum over layers' outputs as in AdaRound (Nagel et al., "Up or Down? Adaptive Rounding for
// Post-Training Quantization", ICML 2020); here it is descended in whole steps, one weight at a time,
// beginning with the nearest ones, until no step of any weight makes it smaller. A little of the weights' own
// error is added, so that what the images do not tell is left to rounding.
//
// Bias correction. The bias that the centred problem leaves is mean(y) - q mean(x), which takes out the mean
// error of the output (Nagel et al. 2019) without another pass.
//
// Cost: inputs are windows, some thousand of them; for n weights an output A takes n^2 times as many
// additions, a second for n = 500.

#include "train/layer_fit.h"

#include <algorithm>
#include <cmath>

#include "support/random.h"

namespace gw::train {

namespace {

constexpr size_t most_windows = 6000;

std::vector<double> means_of(const Windows& windows) {
  std::vector<double> means(windows.width, 0.0);
  for (size_t i = 0; i < windows.values.size(); ++i)
    means[i % windows.width] += static_cast<double>(windows.values[i]);
  for (double& mean : means) mean /= static_cast<double>(windows.count());
  return means;
}

}  // namespace

Windows windows_of(const LayerSpec& layer, const std::vector<float>& inputs, int group) {
  const Shape in = as_image(layer.in), out = as_image(layer.out);
  const int rows = in[0], columns = in[1], channels = in[2];
  const int out_rows = out[0], out_columns = out[1];
  const size_t image_size =
      static_cast<size_t>(rows) * static_cast<size_t>(columns) * static_cast<size_t>(channels);
  const size_t images = inputs.size() / image_size, places = static_cast<size_t>(out_rows * out_columns);
  const int own = channels / layer.groups;
  Windows windows{static_cast<size_t>(layer.kernel_h * layer.kernel_w * own), {}};
  Random random(1);
  const size_t all = images * places, wanted = std::min(all, most_windows);
  for (size_t n = 0; n < wanted; ++n) {
    const size_t at = wanted == all ? n : static_cast<size_t>(random.below(all));
    const size_t image = at / places, place = at % places;
    const int top = static_cast<int>(place) / out_columns * layer.stride_h - layer.pad_top;
    const int left = static_cast<int>(place) % out_columns * layer.stride_w - layer.pad_left;
    for (int i = 0; i < layer.kernel_h; ++i) {
      for (int j = 0; j < layer.kernel_w; ++j) {
        const int row = top + i * layer.dilation_h, column = left + j * layer.dilation_w;
        const bool is_inside = row >= 0 && row < rows && column >= 0 && column < columns;
        const size_t from = image * image_size + static_cast<size_t>(std::max(
                                                     0, (row * columns + column) * channels + group * own));
        for (int k = 0; k < own; ++k)
          windows.values.push_back(is_inside ? inputs[from + static_cast<size_t>(k)] : 0.0f);
      }
    }
  }
  return windows;
}

LayerFit::LayerFit(const Windows& plain, const Windows& quantised)
    : plain_(plain), quantised_(quantised), plain_means_(means_of(plain)), means_(means_of(quantised)) {}

void LayerFit::fit(size_t first, size_t count, std::vector<float>& weights, std::vector<float>& biases,
                   std::span<const float> steps, RawRange range, bool rounds) {
  const size_t outputs = biases.size(), rows = quantised_.width;
  if (rounds) make_squares();
  for (size_t o = first; o < first + count; ++o) {
    std::vector<double> w(rows), q(rows);
    const int exponent = static_cast<int>(steps[o]);
    for (size_t i = 0; i < rows; ++i) {
      w[i] = static_cast<double>(weights[i * outputs + o]);
      const double raw = std::nearbyint(std::ldexp(w[i], -exponent));
      q[i] = std::clamp(raw, static_cast<double>(range.low), static_cast<double>(range.high));
    }
    if (rounds) descend(w, q, std::ldexp(1.0, exponent), range);
    double bias = static_cast<double>(biases[o]);
    for (size_t i = 0; i < rows; ++i) {
      const double value = std::ldexp(q[i], exponent);
      bias += w[i] * plain_means_[i] - value * means_[i];
      weights[i * outputs + o] = static_cast<float>(value);
    }
    biases[o] = static_cast<float>(bias);
  }
}

void LayerFit::make_squares() {
  const size_t rows = quantised_.width;
  squares_.assign(rows * rows, 0.0);
  std::vector<float> x(rows);
  for (size_t n = 0; n < quantised_.count(); ++n) {
    for (size_t i = 0; i < rows; ++i) x[i] = quantised_.values[n * rows + i] - static_cast<float>(means_[i]);
    for (size_t i = 0; i < rows; ++i) {
      if (x[i] == 0) continue;
      const auto factor = static_cast<double>(x[i]);
      double* row = squares_.data() + i * rows;
      for (size_t k = 0; k < rows; ++k) row[k] += factor * static_cast<double>(x[k]);
    }
  }
  double trace = 0;
  for (size_t i = 0; i < rows; ++i) trace += squares_[i * rows + i];
  ridge_ = 1e-3 * trace / static_cast<double>(rows) + 1e-12;
  for (size_t i = 0; i < rows; ++i) squares_[i * rows + i] += ridge_;
}

// q in steps.
void LayerFit::descend(const std::vector<double>& w, std::vector<double>& q, double step,
                       RawRange range) const {
  const size_t rows = w.size();
  std::vector<double> slope(rows, 0.0);  // A q - b
  for (size_t n = 0; n < quantised_.count(); ++n) {
    const float *x = quantised_.values.data() + n * rows, *original = plain_.values.data() + n * rows;
    double y = 0;
    for (size_t i = 0; i < rows; ++i) y += w[i] * (static_cast<double>(original[i]) - plain_means_[i]);
    for (size_t i = 0; i < rows; ++i) slope[i] -= y * (static_cast<double>(x[i]) - means_[i]);
  }
  for (size_t i = 0; i < rows; ++i) {
    slope[i] -= ridge_ * w[i];
    for (size_t k = 0; k < rows; ++k) slope[k] += q[i] * step * squares_[i * rows + k];
  }
  for (int sweep = 0; sweep < 50; ++sweep) {
    bool moved = false;
    for (size_t i = 0; i < rows; ++i) {
      if (w[i] == 0) continue;  // pruned weights stay so
      const double square = squares_[i * rows + i];
      const double by = slope[i] > 0 ? -1 : 1;  // downhill
      const double gain = 2 * by * step * slope[i] + step * step * square;
      const double to = q[i] + by;
      if (!(gain < -1e-12 * square * step * step) || to < static_cast<double>(range.low) ||
          to > static_cast<double>(range.high))
        continue;
      q[i] = to;
      for (size_t k = 0; k < rows; ++k) slope[k] += by * step * squares_[i * rows + k];
      moved = true;
    }
    if (!moved) break;
  }
}

}  // namespace gw::train
