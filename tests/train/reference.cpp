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
  for (const std::int32_t image : order) {
    std::vector<double> input;
    for (std::int64_t i = 0; i < size; ++i)
      input.push_back(samples.pixels[static_cast<size_t>(image * size + i)] / network_.divide_by);
    values_.push_back(input);
  }
  for (const LayerSpec& layer : network_.layers) {
    switch (layer.kind) {
      case LayerKind::Conv2D:
        conv(layer);
        break;
      case LayerKind::Dense:
        dense(layer);
        break;
      case LayerKind::BatchNorm:
        batch_norm(layer, training);
        break;
      case LayerKind::MaxPool2D:
        pool(layer);
        break;
      case LayerKind::Relu:
        for (auto& image : values_)
          for (double& value : image) value = std::max(value, 0.0);
        break;
      case LayerKind::Flatten:
      case LayerKind::Softmax:
        break;
    }
  }
  double total = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    double sum = 0;
    for (const double value : values_[i]) sum += std::exp(value);
    total += std::log(sum) - values_[i][samples.labels[static_cast<size_t>(order[i])]];
  }
  return total / static_cast<double>(order.size());
}

void Reference::conv(const LayerSpec& l) {
  const std::vector<double>& weight = numbers_.at(l.name + ".weight");
  const int columns = l.in[1], in = l.in[2], out_rows = l.out[0], out_columns = l.out[1], out = l.out[2];
  for (auto& x : values_) {
    std::vector<double> y;
    for (int r = 0; r < out_rows; ++r)
      for (int c = 0; c < out_columns; ++c)
        for (int o = 0; o < out; ++o) {
          double sum = l.bias ? numbers_.at(l.name + ".bias")[static_cast<size_t>(o)] : 0;
          for (int i = 0; i < l.kernel_h; ++i)
            for (int j = 0; j < l.kernel_w; ++j)
              for (int k = 0; k < in; ++k)
                sum += weight[static_cast<size_t>(((i * l.kernel_w + j) * in + k) * out + o)] *
                       x[static_cast<size_t>(((r * l.stride_h + i) * columns + c * l.stride_w + j) * in + k)];
          y.push_back(sum);
        }
    x = y;
  }
}

void Reference::dense(const LayerSpec& l) {
  const std::vector<double>& weight = numbers_.at(l.name + ".weight");
  for (auto& x : values_) {
    std::vector<double> y(static_cast<size_t>(l.filters));
    for (size_t o = 0; o < y.size(); ++o) {
      if (l.bias) y[o] = numbers_.at(l.name + ".bias")[o];
      for (size_t i = 0; i < x.size(); ++i) y[o] += weight[i * y.size() + o] * x[i];
    }
    x = y;
  }
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
  const int columns = l.in[1], channels = l.in[2];
  for (auto& x : values_) {
    std::vector<double> y;
    for (int r = 0; r < l.out[0]; ++r)
      for (int c = 0; c < l.out[1]; ++c)
        for (int k = 0; k < channels; ++k) {
          double best = -INFINITY;
          for (int i = 0; i < l.kernel_h; ++i)
            for (int j = 0; j < l.kernel_w; ++j)
              best =
                  std::max(best, x[static_cast<size_t>(
                                     ((r * l.stride_h + i) * columns + c * l.stride_w + j) * channels + k)]);
          y.push_back(best);
        }
    x = y;
  }
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
