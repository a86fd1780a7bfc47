// What happens between the passes over a batch, channel by channel: batch norm's statistics become an affine
// map, and sums over gradients become gradients and the map by which the gradient goes on. model.cpp has the
// formulas and why they are these.

#include "train/stage.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gw::train {

namespace {

// In units of its deviation, by which the shift of a folded batch norm falls with gamma.
double running_mean_in_deviations(const Block& block, const Parameters& parameters, size_t c) {
  const auto at = static_cast<size_t>(block.moving);
  return static_cast<double>(parameters.statistics[at].values[c]) /
         std::sqrt(static_cast<double>(parameters.statistics[at + 1].values[c]) + block.epsilon);
}

}  // namespace

Stage::Stage(const Block& of, size_t rows, int lanes) : block(of) {
  const auto out = static_cast<size_t>(block.out_size());
  p.resize(rows * out);
  g.resize(rows * out);
  if (keeps_x()) x.resize(rows * static_cast<size_t>(block.x_size()));
  for (Floats* of_channel :
       {&sign, &scale, &shift, &mean, &inverse_deviation, &gain, &slope, &offset, &gamma_gain})
    of_channel->resize(channels());
  if (block.linear) {
    linear.emplace(*block.linear, lanes);
    partial.resize(rows / static_cast<size_t>(block.chunk) * static_cast<size_t>(linear->gradient_size()));
    gradient.resize(static_cast<size_t>(linear->gradient_size()));
    if (block.kernel_quantizer) quantised.emplace(block);
  }
  if (block.function) {
    ones.assign(channels(), 1.0f);
    zeros.assign(channels(), 0.0f);
  }
  sums.resize(rows * 4 * channels());
  totals.resize(4 * channels());
}

void Stage::answer(const Kernels& loops, int first, int count, float* to) const {
  const std::int64_t pixels = count * block.shape.out_pixels();
  const float* from = p.data() + first * block.out_size();
  if (!block.function) {
    loops.affine(from, pixels, block.shape.channels, scale.data(), shift.data(), activation.view(), to);
    return;
  }
  loops.affine(from, pixels, block.shape.channels, scale.data(), shift.data(), {}, to);
  std::transform(to, to + pixels * block.shape.channels, to, *block.function);
  if (block.quantizer)
    loops.affine(to, pixels, block.shape.channels, ones.data(), zeros.data(), activation.view(), to);
}

void Stage::gate(const Kernels& loops, size_t chunk, int first, int count, Floats& scratch) {
  double* to = sums.data() + chunk * totals.size();
  std::fill(to, to + totals.size(), 0.0);
  const std::int64_t pixels = count * block.shape.out_pixels(), at = first * block.out_size();
  if (block.function) return gate_function(loops, at, pixels, to, scratch);
  loops.gate(g.data() + at, p.data() + at, pixels, block.shape.channels, scale.data(), shift.data(),
             mean.data(), inverse_deviation.data(), activation.view(), to, to + channels(),
             block.step < 0 ? nullptr : to + 2 * channels(), block.top < 0 ? nullptr : to + 3 * channels());
}

// Back through the quantizer, whose input are the function's values, then through the function. The sums of
// the first are none that anyone wants, but for that of a learned step.
void Stage::gate_function(const Kernels& loops, std::int64_t at, std::int64_t pixels, double* to,
                          Floats& scratch) {
  const int count = block.shape.channels;
  const auto size = static_cast<size_t>(pixels * count);
  scratch.resize(2 * size);
  float *v = scratch.data(), *values = v + size, *slopes = g.data() + at;
  loops.affine(p.data() + at, pixels, count, scale.data(), shift.data(), {}, v);
  if (block.quantizer) {
    std::transform(v, v + size, values, *block.function);
    loops.gate(slopes, values, pixels, count, ones.data(), zeros.data(), zeros.data(), zeros.data(),
               activation.view(), to, to + channels(), block.step < 0 ? nullptr : to + 2 * channels(),
               nullptr);
    std::fill(to, to + 2 * channels(), 0.0);
  }
  for (size_t i = 0; i < size; ++i) slopes[i] *= block.function->slope(v[i]);
  loops.gate(slopes, p.data() + at, pixels, count, scale.data(), shift.data(), mean.data(),
             inverse_deviation.data(), {}, to, to + channels(), nullptr, nullptr);
}

// The chunks' sums added in order, for the chunk size that they were taken with.
void Stage::add_up(int images, int chunk) {
  std::fill(totals.begin(), totals.end(), 0.0);
  const auto chunks = static_cast<size_t>((images + chunk - 1) / chunk);
  const size_t size = totals.size();
  for (size_t i = 0; i < chunks; ++i)
    for (size_t k = 0; k < size; ++k) totals[k] += sums[i * size + k];
}

void Stage::set_affine(int images, Parameters* moving, const Parameters& parameters) {
  if (!block.norm) {
    for (size_t c = 0; c < channels(); ++c) {
      scale[c] = 1;
      shift[c] = block.bias < 0 ? 0.0f
                 : quantised    ? quantised->biases()[c]
                                : parameters.values(block.bias)[c];
    }
    return;
  }
  if (moving != nullptr) add_up(images, block.chunk);
  const double pixels = static_cast<double>(images) * static_cast<double>(block.shape.pixels());
  const double kept = block.kept(parameters.steps);
  const auto at = static_cast<size_t>(block.moving);
  for (size_t c = 0; c < channels(); ++c) {
    const auto gamma = static_cast<double>(parameters.values(block.gamma)[c]);
    const auto beta = static_cast<double>(parameters.values(block.beta)[c]);
    // Folded, x has been multiplied by factor * shrink already.
    const double factor = folds() ? static_cast<double>(quantised->factor(c)) : 1;
    const double shrink = folds() ? quantised->shrinkage(c) : 1;
    const double unit = factor * shrink * factor * shrink;
    const double height = folds() ? shrink * std::abs(gamma) : gamma;
    double average = static_cast<double>(parameters.statistics[at].values[c]);
    double variance = static_cast<double>(parameters.statistics[at + 1].values[c]);
    if (moving != nullptr) {
      average = totals[c] / pixels;
      variance = std::max(0.0, totals[channels() + c] / pixels - average * average);
      const auto follow = [&](float& statistic, double value) {
        statistic = static_cast<float>(kept * static_cast<double>(statistic) + (1 - kept) * value);
      };
      // A channel without a weight tells nothing of its input.
      if (unit > 0) {
        follow(moving->statistics[at].values[c], average / factor);
        follow(moving->statistics[at + 1].values[c], variance / unit);
      }
    } else if (folds()) {
      mean[c] = static_cast<float>(factor * average);
      inverse_deviation[c] = 0;
      gamma_gain[c] = 0;
      scale[c] = 1;
      shift[c] = quantised->biases()[c];
      continue;
    }
    const double square = variance + block.epsilon * unit;
    const double inverse = square > 0 ? 1 / std::sqrt(square) : 0;
    const double rise = height * inverse;
    mean[c] = static_cast<float>(average);
    inverse_deviation[c] = static_cast<float>(inverse);
    gamma_gain[c] = static_cast<float>(folds() ? (gamma < 0 ? -shrink : shrink) : 1);
    scale[c] = static_cast<float>(rise);
    shift[c] = static_cast<float>(beta - rise * average);
    if (quantised) shift[c] = quantised->quantise_bias(shift[c]);
  }
}

void Stage::adopt_statistics(int images, Parameters& parameters) {
  if (!block.norm) return;
  add_up(images, block.chunk);
  const double pixels = static_cast<double>(images) * static_cast<double>(block.shape.pixels());
  const auto at = static_cast<size_t>(block.moving);
  std::vector<float>& gamma = parameters.trained[static_cast<size_t>(block.gamma)].values;
  std::vector<float>& beta = parameters.trained[static_cast<size_t>(block.beta)].values;
  for (size_t c = 0; c < channels(); ++c) {
    const double average = totals[c] / pixels;
    const double variance = std::max(0.0, totals[channels() + c] / pixels - average * average);
    const auto rise = static_cast<double>(gamma[c]);
    gamma[c] = static_cast<float>(rise * std::sqrt(variance + block.epsilon));
    beta[c] = static_cast<float>(static_cast<double>(beta[c]) + rise * average);
    parameters.statistics[at].values[c] = static_cast<float>(average);
    parameters.statistics[at + 1].values[c] = static_cast<float>(variance);
  }
}

void Stage::set_backward(int images, int sum_chunk, bool frozen, Parameters& parameters) {
  add_up(images, sum_chunk);
  const double pixels = static_cast<double>(images) * static_cast<double>(block.shape.pixels());
  for (size_t c = 0; c < channels(); ++c) {
    const double sum = totals[c], product_sum = totals[channels() + c];
    if (block.bias >= 0) parameters.gradient(block.bias)[c] = static_cast<float>(sum);
    const double rise = static_cast<double>(scale[c]);
    double by_x = 0, constant = 0;
    if (block.norm) {
      parameters.gradient(block.beta)[c] = static_cast<float>(sum);
      double by_gamma = static_cast<double>(gamma_gain[c]) * product_sum;
      if (frozen && folds()) by_gamma = -sum * running_mean_in_deviations(block, parameters, c);
      parameters.gradient(block.gamma)[c] = static_cast<float>(by_gamma);
    }
    if (block.norm && !frozen) {
      by_x = -rise * static_cast<double>(inverse_deviation[c]) * product_sum / pixels;
      constant = -rise * sum / pixels - by_x * static_cast<double>(mean[c]);
    }
    gain[c] = static_cast<float>(rise);
    slope[c] = static_cast<float>(by_x);
    offset[c] = static_cast<float>(constant);
  }
  if (block.step >= 0) set_steps_backward(parameters);
}

// The gradients by the logarithms of steps and tops. A step alone is scaled as that of a weight's step is.
void Stage::set_steps_backward(Parameters& parameters) {
  std::vector<float>& by_step = parameters.gradient(block.step);
  const size_t count = by_step.size();
  std::vector<double> steps(count, 0.0), tops(count, 0.0);
  for (size_t c = 0; c < channels(); ++c) {
    const double unit = static_cast<double>(activation.step[c]) * std::numbers::ln2;
    const double by_top = block.top < 0 ? 0 : totals[3 * channels() + c];
    // What a clipped value owes to the step alone, the top being fixed, is the rest.
    steps[c % count] += unit * (totals[2 * channels() + c] - by_top);
    tops[c % count] += unit * by_top;
  }
  const double divisor =
      block.top >= 0
          ? 1
          : std::sqrt(static_cast<double>(block.out_size()) * static_cast<double>(activation.high[0]));
  for (size_t i = 0; i < count; ++i) by_step[i] = static_cast<float>(steps[i] / divisor);
  if (block.top < 0) return;
  std::vector<float>& gradient_of_tops = parameters.gradient(block.top);
  for (size_t i = 0; i < count; ++i) gradient_of_tops[i] = static_cast<float>(tops[i]);
}

}  // namespace gw::train
