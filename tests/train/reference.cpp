#include "train/reference.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "support/random.h"

namespace gw::train {

Reference::Reference(const Network& network, const Parameters& parameters) : network_(network) {
  for (const Parameter& p : parameters.trained) numbers_[p.name] = {p.values.begin(), p.values.end()};
  for (const Statistic& s : parameters.statistics) numbers_[s.name] = {s.values.begin(), s.values.end()};
}

double Reference::loss(const Samples& samples, const std::vector<std::int32_t>& order, bool training) {
  const std::int64_t size = element_count(network_.input);
  values_.clear();
  at_ = 0;
  if (network_.input_quantizer) fraction_ = fraction_of(*network_.input_quantizer, "", 1);
  if (!held_) tape_.clear();
  for (const std::int32_t image : order) {
    std::vector<double> input;
    for (std::int64_t i = 0; i < size; ++i)
      input.push_back(samples.pixels[static_cast<size_t>(image * size + i)] / network_.divide_by);
    if (network_.input_quantizer) {
      for (double& x : input) x = quantised(*network_.input_quantizer, x, 0, false);
    }
    values_.push_back(input);
  }
  std::vector<Answer> answers{{values_, fraction_}};
  for (size_t i = 0; i < network_.layers.size(); ++i) {
    const LayerSpec& layer = network_.layers[i];
    if (!is_max_pool(layer.kind) || !layer.from.empty() || i == 0 || network_.readers(i - 1).size() > 1)
      unquantised_.clear();
    join(i, answers);
    switch (layer.kind) {
      case LayerKind::Conv2D:
      case LayerKind::Conv1D:
        conv(layer);
        break;
      case LayerKind::Dense:
        dense(layer);
        break;
      case LayerKind::BatchNorm:
        network_.is_quantised() ? folded_norm(layer, training) : batch_norm(layer, training);
        break;
      case LayerKind::Activation:
        unquantised_ = values_;
        fraction_ = fraction_of(*layer.quantizer, layer.name + ".step", 1);
        for (auto& image : values_)
          for (size_t e = 0; e < image.size(); ++e)
            image[e] = quantised(*layer.quantizer, image[e], step_of(layer.name + ".step", e), false,
                                 step_of(layer.name + ".top", e));
        break;
      case LayerKind::MaxPool2D:
      case LayerKind::MaxPool1D:
        pool(layer);
        break;
      case LayerKind::AveragePool2D:
      case LayerKind::AveragePool1D:
      case LayerKind::GlobalAveragePool:
        average(layer);
        break;
      case LayerKind::Relu:
        for (auto& image : values_)
          for (double& value : image) {
            // At 0, where sums of whole numbers often lie, the slope is 0.
            const bool passes =
                network_.is_quantised() ? kept([&] { return value > 0 ? 1 : 0; }) != 0 : value > 0;
            value = passes ? value : 0;
          }
        break;
      case LayerKind::Dropout:
        ADD_FAILURE() << "the reference drops nothing";
        break;
      case LayerKind::Add:
      case LayerKind::Concatenate:
      case LayerKind::Flatten:
      case LayerKind::Softmax:
        break;
      default:
        function(layer);
    }
    answers.push_back({values_, fraction_});
  }
  double total = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    double sum = 0;
    for (const double value : values_[i]) sum += std::exp(value);
    total += std::log(sum) - values_[i][samples.labels[static_cast<size_t>(order[i])]];
  }
  return total / static_cast<double>(order.size());
}

void Reference::join(size_t i, const std::vector<Answer>& answers) {
  const LayerSpec& layer = network_.layers[i];
  const std::vector<int> sources = network_.sources(i);
  const auto of = [&](size_t k) -> const Answer& { return answers[static_cast<size_t>(sources[k] + 1)]; };
  values_ = of(0).values;
  fraction_ = of(0).fraction;
  if (sources.size() == 1) return;
  for (size_t image = 0; image < values_.size(); ++image) {
    std::vector<double> all;
    if (layer.kind == LayerKind::Add) {
      all.assign(values_[image].size(), 0);
      for (size_t k = 0; k < sources.size(); ++k)
        for (size_t e = 0; e < all.size(); ++e) all[e] += of(k).values[image][e];
    } else {
      const auto pixels = static_cast<size_t>(element_count(layer.out) / layer.out.back());
      for (size_t pixel = 0; pixel < pixels; ++pixel) {
        for (size_t k = 0; k < sources.size(); ++k) {
          const std::vector<double>& from = of(k).values[image];
          const size_t channels = from.size() / pixels;
          for (size_t c = 0; c < channels; ++c) all.push_back(from[pixel * channels + c]);
        }
      }
    }
    values_[image] = all;
  }
  for (size_t k = 1; k < sources.size(); ++k) fraction_ = std::max(fraction_, of(k).fraction);
}

namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// As Keras has them; a quantised network casts their numbers.
double function_of(const LayerSpec& l, bool is_quantised, double x) {
  const auto cast = [&](double number, double steps) {
    return is_quantised ? std::floor(number * steps) / steps : number;
  };
  switch (l.kind) {
    case LayerKind::Tanh:
      return std::tanh(x);
    case LayerKind::Sigmoid:
      return sigmoid(x);
    case LayerKind::Softplus:
      return std::log(1 + std::exp(x));
    case LayerKind::Softsign:
      return x / (1 + std::abs(x));
    case LayerKind::Elu:
      return x > 0 ? x : l.alpha * (std::exp(x) - 1);
    case LayerKind::Selu:
      return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (std::exp(x) - 1));
    case LayerKind::Silu:
      return x * sigmoid(x);
    case LayerKind::Gelu:
      return x * (1 + std::erf(x / std::sqrt(2.0))) / 2;
    case LayerKind::LeakyRelu:
      return x > 0 ? x : cast(l.alpha, 1024) * x;
    case LayerKind::ThresholdedRelu:
      return x > cast(l.alpha, 1024) ? x : 0;
    case LayerKind::ClippedRelu:
      return std::min(std::max(x, 0.0), l.alpha);
    case LayerKind::HardSigmoid:
      return std::min(std::max(cast(l.alpha, 65536) * x + 0.5, 0.0), 1.0);
    case LayerKind::HardTanh:
      return 2 * std::min(std::max(cast(l.alpha, 65536) * x + 0.5, 0.0), 1.0) - 1;
    default:
      ADD_FAILURE() << "no function";
      return 0;
  }
}

}  // namespace

// Quantised, values often lie where a function bends, and its slope there is the one from the left.
void Reference::function(const LayerSpec& layer) {
  const bool pools_first = layer.kind != LayerKind::Silu && layer.kind != LayerKind::Gelu;
  if (pools_first) unquantised_ = values_;
  for (auto& image : values_) {
    for (size_t i = 0; i < image.size(); ++i) {
      double y = function_of(layer, network_.is_quantised(), image[i]);
      if (layer.quantizer) {
        const double x = image[i], x0 = kept([&] { return x; }), y0 = kept([&] { return y; });
        const double slope = kept([&] {
          const double h = 1e-6;
          return (y - function_of(layer, true, x - h)) / h;
        });
        y = quantised(*layer.quantizer, y0 + slope * (x - x0), step_of(layer.name + ".step", i), false);
      }
      image[i] = y;
    }
  }
  if (layer.quantizer) fraction_ = fraction_of(*layer.quantizer, layer.name + ".step", 1);
}

template <class Make>
double Reference::kept(const Make& make) {
  if (!held_) tape_.push_back(make());
  return tape_[at_++];
}

double Reference::step_of(const std::string& name, size_t element) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? 0 : found->second[element % found->second.size()];
}

// Weights pass gradients everywhere, unless the step is learned; activations where they are not clipped.
double Reference::quantised(const QuantizerSpec& spec, double x, double log_step, bool is_weight,
                            double log_top) {
  const double x0 = kept([&] { return x; }), log0 = kept([&] { return log_step; });
  const double top0 = kept([&] { return log_top; });
  const bool learns = spec.scale == ScaleRule::Learned, grid = spec.is_grid();
  // Weights that learn their widths are never clipped.
  const int magnitude = !spec.learns_bits() ? spec.magnitude_bits()
                        : is_weight
                            ? 40
                            : std::max(0, static_cast<int>(std::nearbyint(top0) - std::nearbyint(log0)));
  const double step = std::exp2(learns ? std::nearbyint(log0) : spec.integer - magnitude);
  const bool is_signed = spec.kind == QuantizerKind::Bits && spec.keep_negative;
  const double low = is_signed ? -std::exp2(magnitude) + spec.symmetric : 0, high = std::exp2(magnitude) - 1;
  double y = x0 < 0 ? -1 : 1;
  if (grid) y = step * std::clamp(std::nearbyint(x0 / step), low, high);
  if (spec.kind == QuantizerKind::Ternary) y = std::abs(x0) < spec.threshold ? 0 : y;
  if (spec.kind == QuantizerKind::Po2)
    y *= std::exp2(std::clamp(std::nearbyint(std::log2(std::abs(x0))),
                              static_cast<double>(spec.least_exponent()),
                              static_cast<double>(spec.greatest_exponent())));
  const bool clipped = grid ? x0 / step < low || x0 / step > high : !is_weight && std::abs(x0) > 1;
  const bool passes =
      is_weight && !learns ? true : !clipped && !(spec.kind == QuantizerKind::Relu && x0 == 0);
  double by_log = learns ? std::log(2.0) * (clipped ? y : y - x0) : 0, by_top = 0;
  if (spec.learns_bits() && clipped) {
    // With a step and a top that move apart, the largest value is 2^top - 2^step, the least -2^top or 0.
    by_top = std::log(2.0) * (y > 0 || low == 0 ? (x0 < 0 ? 0 : y + step) : y);
    by_log = x0 < 0 ? 0 : -std::log(2.0) * step;
  }
  return y + (passes ? x - x0 : 0) + by_log * (log_step - log0) + by_top * (log_top - top0);
}

// Without a quantizer of its own a bias is rounded to the bits of the products.
double Reference::quantised_bias(const std::optional<QuantizerSpec>& spec, double bias) {
  if (spec) return quantised(*spec, bias, 0, true);
  const double held = kept([&] { return bias; }), unit = std::exp2(-fraction_);
  return std::nearbyint(held / unit) * unit + (bias - held);
}

int Reference::fraction_of(const QuantizerSpec& spec, const std::string& step, size_t channels) const {
  if (spec.kind == QuantizerKind::Po2) return -spec.least_exponent();
  if (!spec.is_grid()) return 0;
  if (spec.scale == ScaleRule::Fixed) return spec.magnitude_bits() - spec.integer;
  double least = 100;
  for (size_t c = 0; c < channels; ++c) least = std::min(least, std::nearbyint(step_of(step, c)));
  if (spec.learns_bits()) {
    // Of the channels that have any bits.
    const size_t count = numbers_.at(step).size();
    const std::string top = step.substr(0, step.rfind('.')) + ".top";
    least = 100;
    for (size_t c = 0; c < count; ++c)
      if (std::nearbyint(step_of(top, c)) > std::nearbyint(step_of(step, c)))
        least = std::min(least, std::nearbyint(step_of(step, c)));
  }
  return -static_cast<int>(least);
}

// The fewest that hold all of these.
static double bits_behind_the_point(const std::vector<double>& values) {
  double most = -100;
  for (double value : values) {
    if (value == 0) continue;
    int bits = -40;
    while (std::ldexp(value, bits) != std::trunc(std::ldexp(value, bits))) ++bits;
    most = std::max(most, static_cast<double>(bits));
  }
  return most;
}

// Folds the batch norm behind a layer into its weights and quantises them.
const std::vector<double>& Reference::weights(const LayerSpec& l) {
  const std::vector<double>& kernel = numbers_.at(l.name + ".weight");
  if (!l.kernel_quantizer) return kernel;
  const auto channels = static_cast<size_t>(l.filters);
  factors_.assign(channels, 1);
  if (const LayerSpec* norm = network_.norm_behind(static_cast<size_t>(&l - network_.layers.data()))) {
    for (size_t c = 0; c < channels; ++c)
      factors_[c] = numbers_.at(norm->name + ".gamma")[c] /
                    std::sqrt(numbers_.at(norm->name + ".moving_variance")[c] + norm->epsilon);
  }
  std::vector<double> both(channels), own(channels);
  quantised_weights_.clear();
  for (size_t i = 0; i < kernel.size(); ++i) {
    const size_t c = i % channels;
    const double w = factors_[c] * kernel[i];
    quantised_weights_.push_back(
        quantised(*l.kernel_quantizer, w, step_of(l.name + ".weight_step", i), true));
    both[c] += w * quantised_weights_.back();
    own[c] += w * w;
  }
  if (l.kernel_quantizer->learns_bits()) {
    fraction_ += static_cast<int>(kept([&] { return bits_behind_the_point(quantised_weights_); }));
  } else {
    fraction_ += fraction_of(*l.kernel_quantizer, l.name + ".weight_step", channels);
  }
  shrinkages_.clear();
  for (size_t c = 0; c < channels; ++c) shrinkages_.push_back(kept([&] { return both[c] / own[c]; }));
  return quantised_weights_;
}

void Reference::add_quantised_bias(const LayerSpec& l) {
  if (!l.bias) return;
  for (size_t c = 0; c < static_cast<size_t>(l.filters); ++c) {
    const double bias = numbers_.at(l.name + ".bias")[c];
    const double y = quantised_bias(l.bias_quantizer, bias);
    for (auto& x : values_)
      for (size_t i = c; i < x.size(); i += static_cast<size_t>(l.filters)) x[i] += y;
  }
}

// As model.cpp states it.
void Reference::folded_norm(const LayerSpec& l, bool training) {
  const auto channels = static_cast<size_t>(l.in.back());
  const auto own = static_cast<size_t>(&l - network_.layers.data());
  const std::optional<QuantizerSpec>* bias =
      &network_.layers[static_cast<size_t>(network_.sources(own)[0])].bias_quantizer;
  for (size_t c = 0; c < channels; ++c) {
    const double gamma = numbers_.at(l.name + ".gamma")[c], beta = numbers_.at(l.name + ".beta")[c];
    double scale = 1, shift = beta - factors_[c] * numbers_.at(l.name + ".moving_mean")[c];
    if (training) {
      double count = 0, sum = 0, squares = 0;
      for (const auto& x : values_)
        for (size_t i = c; i < x.size(); i += channels, ++count) sum += x[i];
      const double mean = sum / count;
      for (const auto& x : values_)
        for (size_t i = c; i < x.size(); i += channels) squares += (x[i] - mean) * (x[i] - mean);
      const double unit = kept([&] { return std::pow(factors_[c] * shrinkages_[c], 2); });
      scale = shrinkages_[c] * std::abs(gamma) / std::sqrt(squares / count + l.epsilon * unit);
      shift = beta - scale * mean;
      batch_[l.name + ".moving_mean"].resize(channels);
      batch_[l.name + ".moving_variance"].resize(channels);
      batch_[l.name + ".moving_mean"][c] = mean / factors_[c];
      batch_[l.name + ".moving_variance"][c] = squares / count / unit;
    }
    shift = quantised_bias(*bias, shift);
    for (auto& x : values_)
      for (size_t i = c; i < x.size(); i += channels) x[i] = scale * x[i] + shift;
  }
}

void Reference::conv(const LayerSpec& l) {
  const std::vector<double>& weight = weights(l);
  const Shape from = as_image(l.in), to = as_image(l.out);
  const int rows = from[0], columns = from[1], out_rows = to[0], out_columns = to[1], out = to[2];
  const int all = from[2], in = all / l.groups;  // channels of a group
  for (auto& x : values_) {
    std::vector<double> y;
    for (int r = 0; r < out_rows; ++r)
      for (int c = 0; c < out_columns; ++c)
        for (int o = 0; o < out; ++o) {
          double sum =
              l.bias && !l.kernel_quantizer ? numbers_.at(l.name + ".bias")[static_cast<size_t>(o)] : 0;
          for (int i = 0; i < l.kernel_h; ++i)
            for (int j = 0; j < l.kernel_w; ++j)
              for (int k = 0; k < in; ++k) {
                const int row = r * l.stride_h + i * l.dilation_h - l.pad_top;
                const int column = c * l.stride_w + j * l.dilation_w - l.pad_left;
                if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
                sum += weight[static_cast<size_t>(((i * l.kernel_w + j) * in + k) * out + o)] *
                       x[static_cast<size_t>((row * columns + column) * all + o / (out / l.groups) * in + k)];
              }
          y.push_back(sum);
        }
    x = y;
  }
  if (l.kernel_quantizer) add_quantised_bias(l);
}

void Reference::dense(const LayerSpec& l) {
  const std::vector<double>& weight = weights(l);
  for (auto& x : values_) {
    std::vector<double> y(static_cast<size_t>(l.filters));
    for (size_t o = 0; o < y.size(); ++o) {
      if (l.bias && !l.kernel_quantizer) y[o] = numbers_.at(l.name + ".bias")[o];
      for (size_t i = 0; i < x.size(); ++i) y[o] += weight[i * y.size() + o] * x[i];
    }
    x = y;
  }
  if (l.kernel_quantizer) add_quantised_bias(l);
}

void Reference::batch_norm(const LayerSpec& l, bool training) {
  const auto channels = static_cast<size_t>(l.in.back());
  for (size_t c = 0; c < channels; ++c) {
    double mean = numbers_.at(l.name + ".moving_mean")[c],
           variance = numbers_.at(l.name + ".moving_variance")[c];
    if (training) {
      double count = 0, sum = 0, squares = 0;
      for (const auto& x : values_)
        for (size_t i = c; i < x.size(); i += channels) {
          sum += x[i];
          ++count;
        }
      mean = sum / count;
      for (const auto& x : values_)
        for (size_t i = c; i < x.size(); i += channels) squares += (x[i] - mean) * (x[i] - mean);
      variance = squares / count;
      batch_[l.name + ".moving_mean"].resize(channels);
      batch_[l.name + ".moving_variance"].resize(channels);
      batch_[l.name + ".moving_mean"][c] = mean;
      batch_[l.name + ".moving_variance"][c] = variance;
    }
    for (auto& x : values_)
      for (size_t i = c; i < x.size(); i += channels)
        x[i] = numbers_.at(l.name + ".gamma")[c] * (x[i] - mean) / std::sqrt(variance + l.epsilon) +
               numbers_.at(l.name + ".beta")[c];
  }
}

void Reference::pool(const LayerSpec& l) {
  const Shape to = as_image(l.out);
  const int columns = as_image(l.in)[1], channels = to[2];
  for (size_t image = 0; image < values_.size(); ++image) {
    std::vector<double>& x = values_[image];
    // A pool right behind a quantizer takes the largest of what went into it.
    const bool is_behind = !unquantised_.empty() && unquantised_[image].size() == x.size();
    const std::vector<double>& rank = is_behind ? unquantised_[image] : x;
    std::vector<double> y;
    for (int r = 0; r < to[0]; ++r)
      for (int c = 0; c < to[1]; ++c)
        for (int k = 0; k < channels; ++k) {
          const auto at = [&](int i, int j) {
            return static_cast<size_t>(((r * l.stride_h + i) * columns + c * l.stride_w + j) * channels + k);
          };
          size_t best = at(0, 0);
          for (int i = 0; i < l.kernel_h; ++i)
            for (int j = 0; j < l.kernel_w; ++j)
              if (rank[at(i, j)] > rank[best]) best = at(i, j);
          if (network_.is_quantised())
            best = static_cast<size_t>(kept([&] { return static_cast<double>(best); }));
          y.push_back(x[best]);
        }
    x = y;
  }
  unquantised_.clear();
}

void Reference::average(const LayerSpec& l) {
  const Shape to = as_image(l.out);
  const int columns = as_image(l.in)[1], channels = to[2], pixels = l.kernel_h * l.kernel_w;
  for (auto& x : values_) {
    std::vector<double> y;
    for (int r = 0; r < to[0]; ++r)
      for (int c = 0; c < to[1]; ++c)
        for (int k = 0; k < channels; ++k) {
          double sum = 0;
          for (int i = 0; i < l.kernel_h; ++i)
            for (int j = 0; j < l.kernel_w; ++j)
              sum += x[static_cast<size_t>(((r * l.stride_h + i) * columns + c * l.stride_w + j) * channels +
                                           k)];
          y.push_back(sum / pixels);
        }
    x = y;
  }
  if (network_.is_quantised()) fraction_ += static_cast<int>(std::lround(std::log2(pixels)));
}

RandomSamples::RandomSamples(const Network& network, int count, std::uint64_t seed) {
  Random random(seed);
  for (std::int64_t i = 0; i < count * element_count(network.input); ++i)
    pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  for (int i = 0; i < count; ++i)
    labels.push_back(static_cast<std::uint8_t>(random.below(static_cast<std::uint64_t>(network.classes()))));
}

Network network_of(const std::string& yaml) {
  auto network = parse_network(yaml, "test.yml");
  if (!network) {
    for (const Diagnostic& error : network.errors()) ADD_FAILURE() << to_string(error);
  }
  return *network;
}

}  // namespace gw::train
