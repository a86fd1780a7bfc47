// How many images a second the bit-exact emulation answers on one core: the study's network (three 3x3
// convolutions of 16, 16 and 24 filters with pools between, dense 42, 64 and 10; 411,568 multiplications an
// image) on random weights.
//
//   bench_emulation [blocks] [rounds]
//
// The best of the rounds is shown, per instruction set: with ap_fixed<16,6> everywhere including the
// accumulators, with exact accumulators, and the first of these with overflows counted and with real pixels
// that are cast first. Beside them stands the peak: the multiplications that the kernel for exact sums alone
// does on data in the first-level cache, as images. On a busy machine few blocks and many rounds (1 500) find
// the moments in which the core is ours.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "layers/all.h"
#include "layers/kernels.h"
#include "support/random.h"

namespace {

using gw::Quantizer;

constexpr double multiplications = 411568;
constexpr Quantizer fixed_16_6{{16, 6, true}, gw::Rounding::Trn, gw::Overflow::Wrap};

/// A layer of the network with its constants and its type.
struct Step {
  gw::Layer layer;
  std::vector<gw::Tensor> constants;
  gw::TensorType type;
};

gw::Tensor random_weights(gw::Random& random, gw::Shape shape, std::int64_t fan_in) {
  gw::FloatTensor weights{std::move(shape), 1, {}};
  const double limit = std::sqrt(3.0 / static_cast<double>(fan_in));  // LeCun uniform
  for (std::int64_t i = 0; i < gw::element_count(weights.shape); ++i) {
    weights.values.push_back(static_cast<float>((2 * random.unit() - 1) * limit));
  }
  return gw::quantize(fixed_16_6, weights);
}

class Network {
 public:
  explicit Network(const std::optional<Quantizer>& accumulator) {
    for (const int filters : {16, 16, 24}) {
      gw::Conv2D conv;
      conv.out = fixed_16_6;
      conv.accumulator = accumulator;
      const int channels = type_.shape.back();
      add(conv, {random_weights(random_, {3, 3, channels, filters}, 9 * channels),
                 random_weights(random_, {filters}, 9 * channels)});
      add(gw::Relu{fixed_16_6});
      add(gw::MaxPool2D{});
    }
    add(gw::Flatten{});
    for (const int outputs : {42, 64, 10}) {
      const int features = type_.shape.back();
      add(gw::Dense{fixed_16_6, accumulator}, {random_weights(random_, {features, outputs}, features),
                                               random_weights(random_, {outputs}, features)});
      if (outputs != 10) add(gw::Relu{fixed_16_6});
    }
    gw::Softmax softmax;
    softmax.out = fixed_16_6;
    add(softmax);
  }

  gw::Tensor answer(gw::Tensor x, const gw::EvalOptions& options) const {
    for (const Step& step : steps_) {
      std::vector<const gw::Tensor*> inputs{&x};
      for (const gw::Tensor& constant : step.constants) inputs.push_back(&constant);
      x = std::visit([&](const auto& layer) { return eval(layer, inputs, step.type, options); }, step.layer);
    }
    return x;
  }

 private:
  void add(gw::Layer layer, std::vector<gw::Tensor> constants = {}) {
    std::vector<gw::Operand> operands{{type_, nullptr}};
    for (const gw::Tensor& constant : constants)
      operands.push_back({{constant.shape(), constant.type()}, &constant});
    type_ = *std::visit([&](const auto& l) { return infer(l, operands); }, layer);
    steps_.push_back({std::move(layer), std::move(constants), type_});
  }

  gw::Random random_{1};
  gw::TensorType type_{{28, 28, 1}, fixed_16_6.to};
  std::vector<Step> steps_;
};

template <class Work>
double best_seconds(int rounds, const Work& work) {
  double best = INFINITY;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

double peak_multiplications(const gw::Kernels& kernels, int rounds) {
  constexpr int pairs = 72, calls = 10000;
  std::vector<std::int16_t> x(2 * pairs * gw::tile_positions, 3), weights(2 * pairs * gw::tile_outputs, 5);
  std::vector<std::int32_t> offsets, bias(gw::tile_outputs), sums(gw::tile_positions * gw::tile_outputs);
  for (int pair = 0; pair < pairs; ++pair) offsets.push_back(2 * pair);
  const std::int16_t* from[gw::tile_positions];
  for (int p = 0; p < gw::tile_positions; ++p) from[p] = x.data() + 2 * pairs * p;
  gw::PairTile tile;
  tile.high_pairs = pairs;
  tile.high_offsets = offsets.data();
  tile.high = weights.data();
  tile.bias = bias.data();
  const double seconds = best_seconds(rounds, [&] {
    for (int call = 0; call < calls; ++call) kernels.pairs32(tile, from, sums.data(), gw::tile_outputs);
  });
  return 2.0 * pairs * gw::tile_outputs * gw::tile_positions * calls / seconds;
}

}  // namespace

int main(int argc, char** argv) {
  const int blocks = argc > 1 ? std::atoi(argv[1]) : 50, rounds = argc > 2 ? std::atoi(argv[2]) : 7;
  constexpr int block = 24;  // images that go through all layers together, as in the evaluation of a graph
  gw::Random random(2);
  gw::FloatTensor pixels{{28, 28, 1}, block, {}};
  for (std::int64_t i = 0; i < block * gw::element_count(pixels.shape); ++i) {
    pixels.values.push_back(static_cast<float>(random.below(256)) / 255.0f);
  }
  const gw::Tensor fixed = gw::quantize(fixed_16_6, pixels);
  const Network lossy(fixed_16_6), exact(std::nullopt);

  fmt::print("{:<10} {:>10} {:>10} {:>10} {:>12} {:>10}   images a second on one core\n", "set", "<16,6>",
             "exact", "counted", "real input", "peak");
  for (const gw::Kernels* kernels :
       {gw::plain_kernels(), gw::sse2_kernels(), gw::avx2_kernels(), gw::avx512_kernels()}) {
    if (!kernels) continue;
    std::int64_t overflows = 0;
    const gw::EvalOptions plain{1, nullptr, kernels}, counting{1, &overflows, kernels};
    const auto rate = [&](const auto& answer) {
      const double seconds = best_seconds(rounds, [&] {
        for (int n = 0; n < blocks; ++n) answer();
      });
      return blocks * block / seconds;
    };
    fmt::print("{:<10} {:>10.0f} {:>10.0f} {:>10.0f} {:>12.0f} {:>10.0f}\n", kernels->name,
               rate([&] { lossy.answer(fixed, plain); }), rate([&] { exact.answer(fixed, plain); }),
               rate([&] { lossy.answer(fixed, counting); }),
               rate([&] { lossy.answer(gw::quantize(fixed_16_6, pixels), plain); }),
               peak_multiplications(*kernels, rounds) / multiplications);
  }
  return 0;
}
