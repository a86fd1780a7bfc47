// How fast the bit-exact emulation answers on one core, from real inputs to fixed-point answers, beside the
// peak of the machine: the most multiply-adds of 16-bit integers that its instructions do on registers.
//
//   bench_emulation [seconds] [set]
//
// Networks with random weights: the study's (three 3x3 convolutions of 16, 16 and 24 filters with pools
// between, dense 42, 64 and 10, softmax; 411,568 multiply-adds an image); a jet tagger (dense 64, 32, 32, 5
// on 16 features; 4,256); and a dense network of ten million weights. "exact": sums lose nothing; "<16,6>":
// each product is cast to ap_fixed<16,6> and so is every sum. Each is given `seconds` (1) and shows its best
// pass over the batch: on a busy machine that is a moment in which the core was ours. Start-up is the time
// from the graph to the answer of one sample, best of five. `set` picks one of plain, sse2, avx2, avx512,
// vnni; as it comes, the best that the processor has.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "graph/evaluate.h"
#include "layers/kernels.h"
#include "peak.h"
#include "support/random.h"

namespace {

using gw::Quantizer;

Quantizer fixed(int width, int integer) {
  return {{width, integer, true}, gw::Rounding::Trn, gw::Overflow::Wrap};
}

/// The types of a network: of inputs, weights and results, and of accumulators (none: exact).
struct Types {
  Quantizer value;
  std::optional<Quantizer> accumulator;
};

/// A chain of layers with random weights.
class Chain {
 public:
  Chain(gw::Shape input, const Types& types)
      : types_(types), at_(builder_.input("x", std::move(input), types.value)) {}

  void conv(int filters) {
    const int channels = builder_.type(at_).shape.back();
    gw::Conv2D conv;
    conv.out = types_.value;
    conv.accumulator = types_.accumulator;
    const gw::TensorType before = builder_.type(at_);
    matrix(conv, {3, 3, channels, filters}, 9 * channels);
    const gw::Shape& after = builder_.type(at_).shape;
    multiply_adds_ += static_cast<double>(after[0]) * after[1] * 9 * channels * filters;
  }
  void dense(int outputs) {
    const int inputs = static_cast<int>(gw::element_count(builder_.type(at_).shape));
    gw::Dense dense;
    dense.out = types_.value;
    dense.accumulator = types_.accumulator;
    matrix(dense, {inputs, outputs}, inputs);
    multiply_adds_ += static_cast<double>(inputs) * outputs;
  }
  void layer(gw::Layer layer) { at_ = builder_.layer(name("layer"), std::move(layer), {at_}); }
  void relu() { layer(gw::Relu{types_.value}); }

  gw::Graph build() {
    builder_.output(at_);
    return std::move(*builder_.build());
  }
  double multiply_adds() const { return multiply_adds_; }

 private:
  void matrix(gw::Layer layer, gw::Shape shape, int fan_in) {
    const int outputs = shape.back();
    const gw::NodeId weight = constant(std::move(shape), fan_in), bias = constant({outputs}, fan_in);
    at_ = builder_.layer(name("matrix"), std::move(layer), {at_, weight, bias});
  }
  gw::NodeId constant(gw::Shape shape, int fan_in) {
    gw::FloatTensor values{std::move(shape), 1, {}};
    const double limit = std::sqrt(3.0 / fan_in);  // LeCun uniform
    for (std::int64_t i = 0; i < gw::element_count(values.shape); ++i)
      values.values.push_back(static_cast<float>((2 * random_.unit() - 1) * limit));
    return builder_.constant(name("constant"), std::move(values), types_.value);
  }
  std::string name(const char* kind) { return kind + std::to_string(++names_); }

  Types types_;
  gw::GraphBuilder builder_;
  gw::Random random_{1};
  gw::NodeId at_;
  double multiply_adds_ = 0;
  int names_ = 0;
};

Chain study(const Types& types) {
  Chain chain({28, 28, 1}, types);
  for (const int filters : {16, 16, 24}) {
    chain.conv(filters);
    chain.relu();
    chain.layer(gw::MaxPool2D{});
  }
  chain.layer(gw::Flatten{});
  for (const int outputs : {42, 64}) {
    chain.dense(outputs);
    chain.relu();
  }
  chain.dense(10);
  gw::Softmax softmax;
  softmax.out = types.value;
  chain.layer(softmax);
  return chain;
}

Chain jet(const Types& types) {
  Chain chain({16}, types);
  for (const int outputs : {64, 32, 32}) {
    chain.dense(outputs);
    chain.relu();
  }
  chain.dense(5);
  return chain;
}

Chain large(const Types& types) {
  Chain chain({1024}, types);
  for (const int outputs : {2048, 2048, 1536, 512}) {
    chain.dense(outputs);
    chain.relu();
  }
  chain.dense(10);
  return chain;
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

gw::FloatTensor random_inputs(const gw::Shape& shape, int batch) {
  gw::Random random(2);
  gw::FloatTensor inputs{shape, batch, {}};
  for (std::int64_t i = 0; i < batch * gw::element_count(shape); ++i)
    inputs.values.push_back(static_cast<float>(random.below(256)) / 255.0f);
  return inputs;
}

/// The best of many calls, for about `seconds`.
template <class Work>
double best_of(double seconds, const Work& work) {
  double best = INFINITY;
  for (const double end = now() + seconds; now() < end;) {
    const double start = now();
    work();
    best = std::min(best, now() - start);
  }
  return best;
}

struct Row {
  const char* name;
  Chain (*make)(const Types&);
  Types types;
  int batch;
};

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  const gw::Kernels* kernels = &gw::kernels();
  for (const gw::Kernels* set : {gw::plain_kernels(), gw::sse2_kernels(), gw::avx2_kernels(),
                                 gw::avx512_kernels(), gw::vnni_kernels()}) {
    if (argc > 2 && set && std::strcmp(set->name, argv[2]) == 0) kernels = set;
  }
  double peak = 0;
  fmt::print("kernels: {}\n", kernels->name);
  for (const gw::bench::Peak& loop : gw::bench::peak_loops()) {
    const double rate = loop.multiply_adds / best_of(seconds, loop.run);
    fmt::print("{}: {:.1f} G multiply-adds a second on registers\n", loop.name, rate * 1e-9);
    if (loop.bits == 16) peak = std::max(peak, rate);
  }

  const Types exact{fixed(16, 6), {}}, lossy{fixed(16, 6), fixed(16, 6)}, narrow{fixed(6, 2), {}};
  const Row rows[] = {{"study, exact", study, exact, 2400},       {"study, <16,6>", study, lossy, 2400},
                      {"jets, exact", jet, exact, 65536},         {"jets, <16,6>", jet, lossy, 65536},
                      {"jets, 6 bits", jet, narrow, 65536},       {"10 M weights, exact", large, exact, 512},
                      {"10 M weights, <16,6>", large, lossy, 512}};
  fmt::print("\n{:<22} {:>12} {:>12} {:>10} {:>12} {:>12}\n", "network", "samples/s", "G madd/s", "of peak",
             "counted/s", "start-up ms");
  for (const Row& row : rows) {
    Chain chain = row.make(row.types);
    const double work = chain.multiply_adds();
    const gw::Graph graph = chain.build();
    const std::vector inputs{random_inputs(graph[graph.inputs().front()].type.shape, row.batch)};
    const std::vector one{random_inputs(inputs[0].shape, 1)};
    double start_up = INFINITY;
    for (int n = 0; n < 5; ++n) {
      const double start = now();
      gw::Evaluator(graph, {.kernels = kernels}).run(one);
      start_up = std::min(start_up, now() - start);
    }
    gw::NodeCounts overflows;
    gw::Evaluator plain(graph, {.kernels = kernels}),
        counting(graph, {.overflows = &overflows, .kernels = kernels});
    const double rate = row.batch / best_of(seconds, [&] { plain.run(inputs); });
    const double counted = row.batch / best_of(seconds, [&] { counting.run(inputs); });
    fmt::print("{:<22} {:>12.0f} {:>12.1f} {:>9.1f}% {:>12.0f} {:>12.1f}\n", row.name, rate,
               rate * work * 1e-9, 100 * rate * work / peak, counted, 1000 * start_up);
  }
  return 0;
}
