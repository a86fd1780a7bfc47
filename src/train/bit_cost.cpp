// The price of widths, after HGQ (Sun et al., "HGQ: High Granularity Quantization for Real-time Neural
// Networks on FPGAs", 2024).
//
// A product of m by n bits is m * n bit operations, so the operations of a layer are the sum over its weights
// of m times n, where n belongs to the input channel. The width of a weight is how far its highest bit lies
// above its step: m = floor(log2 |w|) + 1 - log2(step). Only the step is trained for its width, so that
// dm / d log2(step) = -1 while the weight is not 0; the magnitude is left to the loss. The width of an
// activation is that between its step and its top. Whole widths are counted and real logarithms are trained:
// straight through, as quantizers are. The gradient of a group that shares a step is the sum over the group,
// for the price as for the loss (HGQ divides the price's by the root of the group's size), so that beta has
// one meaning everywhere.
//
// Cost: one pass over the weights a step, some ten thousand additions.

#include "train/bit_cost.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace gw::train {

namespace {

// Where the widths of the values that a stage reads come from: activations, or numbers that no training
// moves, one after the other where channels were joined.
struct Part {
  const Stage* activation = nullptr;
  double bits = 0;
  int channels = 0;

  std::vector<double> widths(const Parameters& parameters) const {
    if (activation == nullptr) return {bits};
    std::vector<double> all;
    for (const Quantizer& type : activation_types(activation->block, parameters))
      all.push_back(type.to.width);
    return all;
  }
};

struct Source {
  std::vector<Part> parts;

  // Of one part as it has them, one or one a channel; of several one a channel.
  std::vector<double> widths(const Parameters& parameters) const {
    if (parts.size() == 1) return parts[0].widths(parameters);
    std::vector<double> all;
    for (const Part& part : parts) {
      const std::vector<double> own = part.widths(parameters);
      for (int c = 0; c < part.channels; ++c) all.push_back(own[static_cast<size_t>(c) % own.size()]);
    }
    return all;
  }
};

// Calls visit(stage, source) for each stage with weights. The sum of several answers has as many bits as it
// takes, at which nothing is learned.
template <class Visit>
void for_products(std::span<const Stage> stages, double input_bits, const Visit& visit) {
  std::vector<Source> answers;
  for (const Stage& stage : stages) {
    const Block& block = stage.block;
    Source source;
    for (size_t k = 0; k < block.from.size(); ++k) {
      const int from = block.from[k];
      Source one = from < 0 ? Source{{{nullptr, input_bits, 0}}} : answers[static_cast<size_t>(from)];
      if (block.join == Join::Concatenate && one.parts.size() == 1) one.parts[0].channels = block.parts[k];
      source.parts.insert(source.parts.end(), one.parts.begin(), one.parts.end());
    }
    if (stage.quantised) visit(stage, source);
    if (block.quantizer)
      source = {{{&stage, 0, block.shape.channels}}};
    else if (stage.linear || block.join == Join::Add)
      source = {{{nullptr, stage.out_bits, block.shape.channels}}};
    answers.push_back(std::move(source));
  }
}

// Calls visit(weight, input channel) for each weight; with `count` widths of the values, the channel is the
// one whose width holds.
template <class Visit>
void for_weights(const Stage& stage, size_t count, const Visit& visit) {
  const size_t weights = stage.quantised->weights().size(), outputs = stage.channels();
  const auto groups = static_cast<size_t>(stage.linear->shape().groups);
  const auto inputs = static_cast<size_t>(stage.linear->shape().group_channels());
  for (size_t i = 0; i < weights; ++i) {
    const size_t group = i % outputs / (outputs / groups);
    visit(i, (group * inputs + i / outputs % inputs) % count);
  }
}

}  // namespace

std::vector<LayerCost> bit_operations(std::span<const Stage> stages, const Parameters& parameters,
                                      double input_bits) {
  std::vector<LayerCost> costs;
  for_products(stages, input_bits, [&](const Stage& stage, const Source& source) {
    const std::vector<double> in = source.widths(parameters);
    double operations = 0;
    for_weights(stage, in.size(),
                [&](size_t i, size_t channel) { operations += stage.quantised->bits(i) * in[channel]; });
    costs.push_back({stage.block.name, operations});
  });
  return costs;
}

double add_bit_gradient(std::span<const Stage> stages, Parameters& parameters, double input_bits,
                        const BitPrice& price) {
  double total = 0;
  size_t layer = 0;
  std::set<const Stage*> priced;  // activations whose bits were counted by themselves
  for_products(stages, input_bits, [&](const Stage& stage, const Source& source) {
    const double each = price.beta * (price.factors.empty() ? 1 : price.factors[layer]);
    ++layer;
    const std::vector<double> in = source.widths(parameters);
    const Block& block = stage.block;
    const bool learns = block.kernel_quantizer->learns_bits();
    std::vector<double> by_step(learns ? parameters.values(block.weight_step).size() : 1, 0.0),
        by_in(in.size(), 0.0);
    std::vector<int> widest(by_step.size(), 0);
    for_weights(stage, in.size(), [&](size_t i, size_t channel) {
      const int bits = stage.quantised->bits(i);
      if (bits == 0) return;
      const size_t own = i % by_step.size();
      total += each * bits * in[channel];
      by_step[own] -= each * in[channel];
      by_in[channel] += each * bits;
      widest[own] = std::max(widest[own], bits);
    });
    if (learns) {
      std::vector<float>& gradient = parameters.gradient(block.weight_step);
      for (size_t i = 0; i < by_step.size(); ++i) {
        total += price.l1 * widest[i];
        gradient[i] += static_cast<float>(by_step[i] - (widest[i] > 0 ? price.l1 : 0));
      }
    }
    size_t channel = 0;  // of the first width of a part
    for (const Part& part : source.parts) {
      const size_t count = source.parts.size() == 1 ? in.size() : static_cast<size_t>(part.channels);
      const size_t first = channel;
      channel += count;
      if (part.activation == nullptr || part.activation->block.top < 0) continue;
      std::vector<float>& steps = parameters.gradient(part.activation->block.step);
      std::vector<float>& tops = parameters.gradient(part.activation->block.top);
      std::vector<double> by_width(part.widths(parameters).size(), 0.0), widths(by_width);
      for (size_t c = 0; c < count; ++c) {
        by_width[c % by_width.size()] += by_in[first + c];
        widths[c % by_width.size()] = in[first + c];
      }
      const double l1 = priced.insert(part.activation).second ? price.l1 : 0;
      for (size_t c = 0; c < by_width.size(); ++c) {
        total += l1 * widths[c];
        if (widths[c] == 0) continue;
        const auto gradient = static_cast<float>(by_width[c] + l1);
        // A width that a tensor has is one for all its channels.
        steps[c % steps.size()] -= gradient;
        tops[c % tops.size()] += gradient;
      }
    }
  });
  return total;
}

}  // namespace gw::train
