// What bits cost: the operations counted from the trained graph, and their gradients against differences of
// the same sum with real widths in it.

#include <cmath>

#include <gtest/gtest.h>

#include "support/random.h"
#include "train/bit_price.h"
#include "train/graph.h"
#include "train/optimiser.h"
#include "train/reference.h"

namespace gw::train {
namespace {

// Widths of all granularities, a layer that learns none, and one that reads sums that nothing quantised.
const char* const layers =
    "input: {shape: [7, 7, 2], quantizer: 'quantized_bits(3,0,keep_negative=0)'}\nlayers: [{name: c1, type: conv2d, "
    "filters: 5, kernel: 2, bias: false, kernel_quantizer: 'quantized_bits(5,0,learned_bits=weight)'}, {name: b1, "
    "type: batch_norm, momentum: 0.8, debias: true}, {name: a1, type: activation, quantizer: "
    "'quantized_relu(4,1,learned_bits=channel)'}, {name: p1, type: max_pool2d}, {name: c2, type: conv2d, filters: 4, "
    "kernel: 2, kernel_quantizer: 'quantized_bits(4,0,learned_bits=channel)'}, {name: a2, type: activation, quantizer: "
    "'quantized_bits(4,1,learned_bits=tensor)'}, {name: f, type: flatten}, {name: d1, type: dense, units: 6, "
    "kernel_quantizer: 'quantized_bits(3,0)'}, {name: r, type: relu}, {name: d2, type: dense, units: 3, "
    "kernel_quantizer: 'quantized_bits(4,0,learned_bits=tensor)'}, {name: s, type: softmax}]\n";

// The price in double precision: whole widths at these parameters, moved by how far logarithms move.
class Written {
 public:
  Written(const Network& network, const Parameters& parameters, const Graph& graph)
      : network_(network), start_(parameters), graph_(graph) {}

  double price(const Parameters& at, const BitPrice& price, double sum_bits) const {
    double total = 0;
    std::vector<double> in{3};
    size_t matrix = 0;
    for (const LayerSpec& layer : network_.layers) {
      if (has_weights(layer.kind)) {
        const std::vector<double> bits = weight_bits(layer, at);
        for (size_t i = 0; i < bits.size(); ++i)
          total += price.beta * price.factors[matrix] * bits[i] *
                   in[i / static_cast<size_t>(layer.filters) % in.size()];
        if (const Parameter* step = find(at, layer.name + ".weight_step")) {
          const size_t count = step->values.size();
          for (size_t s = 0; s < count; ++s) {
            double widest = 0;
            for (size_t i = s; i < bits.size(); i += count) widest = std::max(widest, bits[i]);
            total += price.l1 * widest;
          }
        }
        ++matrix;
        in = {sum_bits};
      }
      if (layer.kind == LayerKind::Activation) {
        in = widths(layer, at);
        for (const double width : in) total += price.l1 * width;
      }
    }
    return total;
  }

 private:
  static const Parameter* find(const Parameters& parameters, const std::string& name) {
    for (const Parameter& parameter : parameters.trained)
      if (parameter.name == name) return &parameter;
    return nullptr;
  }

  std::vector<double> weight_bits(const LayerSpec& layer, const Parameters& at) const {
    const auto& values = std::get<Constant>(graph_[graph_.find(layer.name + ".weight")].op).values.values;
    const Parameter *then = find(start_, layer.name + ".weight_step"),
                    *now = find(at, layer.name + ".weight_step");
    std::vector<double> bits;
    for (size_t i = 0; i < values.size(); ++i) {
      const double log_step =
          then == nullptr
              ? double{1} * layer.kernel_quantizer->integer - layer.kernel_quantizer->magnitude_bits()
              : std::nearbyint(static_cast<double>(then->values[i % then->values.size()]));
      bits.push_back(values[i] == 0
                         ? 0
                         : std::floor(std::log2(std::abs(static_cast<double>(values[i])))) + 1 - log_step);
      if (then != nullptr && values[i] != 0)
        bits.back() -= static_cast<double>(now->values[i % now->values.size()]) -
                       static_cast<double>(then->values[i % then->values.size()]);
    }
    return bits;
  }

  std::vector<double> widths(const LayerSpec& layer, const Parameters& at) const {
    const auto of = [&](const Parameters& from, const char* what) {
      return find(from, layer.name + what)->values;
    };
    const std::vector<float> step0 = of(start_, ".step"), top0 = of(start_, ".top");
    const std::vector<float> step = of(at, ".step"), top = of(at, ".top");
    std::vector<double> all;
    for (size_t c = 0; c < step.size(); ++c) {
      const double whole =
          std::nearbyint(static_cast<double>(top0[c])) - std::nearbyint(static_cast<double>(step0[c]));
      const double sign = layer.quantizer->kind == QuantizerKind::Bits ? 1 : 0;
      all.push_back(whole <= 0 ? 0
                               : whole + sign + static_cast<double>(top[c]) - static_cast<double>(top0[c]) -
                                     static_cast<double>(step[c]) + static_cast<double>(step0[c]));
    }
    return all;
  }

  const Network& network_;
  Parameters start_;
  const Graph& graph_;
};

class BitCost : public testing::Test {
 protected:
  BitCost() {
    Optimiser adam({.learning_rate = 0.02}, parameters);
    std::vector<std::int32_t> order(32);
    Random random(4);
    for (int step = 0; step < 30; ++step) {
      for (std::int32_t& image : order) image = static_cast<std::int32_t>(random.below(60));
      model.gradients(parameters, data.samples(), order);
      adam.step(parameters);
    }
    // A weight and a channel without any bits.
    parameters.trained[1].values[3] = 6;
    const auto a1 = std::find_if(parameters.trained.begin(), parameters.trained.end(),
                                 [](const Parameter& p) { return p.name == "a1.top"; });
    a1->values[2] = -9;
  }

  Network network = network_of(layers);
  RandomSamples data{network, 60, 6};
  Parameters parameters = initial_parameters(network, 3);
  Model model{network, 32, 2};
};

TEST_F(BitCost, OperationsAreThoseOfTheGraph) {
  const auto graph = to_graph(network, parameters);
  ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
  const std::vector<LayerCost> costs = model.bit_operations(parameters);
  ASSERT_EQ(costs.size(), 4u);
  const Written written(network, parameters, *graph);
  for (size_t layer = 0; layer < 3; ++layer) {
    BitPrice one{.beta = 1, .factors = {0, 0, 0, 0}};
    one.factors[layer] = 1;
    EXPECT_EQ(costs[layer].layer, (std::vector<std::string>{"c1", "c2", "d1"})[layer]);
    EXPECT_DOUBLE_EQ(costs[layer].operations, written.price(parameters, one, 0)) << layer;
    EXPECT_GT(costs[layer].operations, 50);
  }
}

TEST_F(BitCost, GradientsAreThoseOfRealWidths) {
  const auto graph = to_graph(network, parameters);
  ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
  const Written written(network, parameters, *graph);
  const BitPrice price{.beta = 1e-2, .l1 = 0.125, .factors = {1, 2, 0.5, 3}};
  const std::vector<LayerCost> costs = model.bit_operations(parameters);
  // How wide the sums are that d2 reads is no secret: its operations are a whole number of them.
  BitPrice last{.beta = 1, .factors = {0, 0, 0, 1}};
  const double sum_bits = costs[3].operations / written.price(parameters, last, 1);
  EXPECT_EQ(sum_bits, std::nearbyint(sum_bits));
  Parameters computed = parameters;
  for (Parameter& parameter : computed.trained) parameter.gradient.assign(parameter.values.size(), 0.0f);
  EXPECT_NEAR(model.add_bit_gradient(computed, price), written.price(parameters, price, sum_bits), 1e-9);
  for (size_t p = 0; p < computed.trained.size(); ++p) {
    for (size_t i = 0; i < computed.trained[p].values.size(); ++i) {
      Parameters moved = parameters;
      float& value = moved.trained[p].values[i];
      const double step = 0.0078125;
      value += static_cast<float>(step);
      const double above = written.price(moved, price, sum_bits);
      value -= static_cast<float>(2 * step);
      const double below = written.price(moved, price, sum_bits);
      EXPECT_NEAR(computed.trained[p].gradient[i], (above - below) / (2 * step), 2e-3)
          << computed.trained[p].name << "[" << i << "]";
    }
  }
}

// What was joined keeps its widths, each price goes to the activation that it is of, and no bit is counted
// twice by itself; the sum of two answers has the bits that it takes.
TEST(BitCostOfBranches, JoinedChannelsHaveTheWidthsThatTheyCameWith) {
  const Network net = network_of(
      "input: {shape: [4, 4, 1], quantizer: 'quantized_bits(3,0,keep_negative=0)'}\nlayers: [{name: c1, type: conv2d, "
      "filters: 3, kernel: 1, kernel_quantizer: 'quantized_bits(4,0)'}, {name: a1, type: activation, quantizer: "
      "'quantized_relu(4,1,learned_bits=channel)'}, {name: c2, type: conv2d, filters: 2, kernel: 1, kernel_quantizer: "
      "'quantized_bits(4,0)', from: input}, {name: a2, type: activation, quantizer: "
      "'quantized_relu(2,1,learned_bits=tensor)'}, {name: k, type: concatenate, from: [a1, a2]}, {name: c3, type: conv2d, "
      "filters: 2, kernel: 1, kernel_quantizer: 'quantized_bits(5,0)'}, {name: c4, type: conv2d, filters: 2, kernel: 1, "
      "from: k, kernel_quantizer: 'quantized_bits(5,0)'}, {name: sum, type: add, from: [c3, c4]}, {name: f, type: flatten}, "
      "{name: d, type: dense, units: 2, kernel_quantizer: 'quantized_bits(4,0)'}, {name: s, type: softmax}]\n");
  Parameters parameters = initial_parameters(net, 3);
  const auto named = [](Parameters& of, const char* name) -> Parameter& {
    return *std::find_if(of.trained.begin(), of.trained.end(),
                         [&](const Parameter& p) { return p.name == name; });
  };
  named(parameters, "a1.top").values = {1, 0, 2};  // with steps of 2^-3: 4, 3 and 5 bits
  const auto graph = to_graph(net, parameters);
  ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
  Model model(net, 8, 1);
  const std::vector<LayerCost> costs = model.bit_operations(parameters);
  ASSERT_EQ(costs.size(), 5u);
  const double widths[] = {4, 3, 5, 2, 2};
  std::vector<double> by_channel(5, 0.0);
  for (const auto& [layer, cost] : {std::pair{"c3.weight", costs[2]}, std::pair{"c4.weight", costs[3]}}) {
    const auto& values = std::get<Constant>((*graph)[graph->find(layer)].op).values.values;
    double operations = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      const double bits =
          values[i] == 0 ? 0 : std::floor(std::log2(std::abs(static_cast<double>(values[i])))) + 1 + 4;
      operations += bits * widths[i / 2];
      by_channel[i / 2] += bits;
    }
    EXPECT_DOUBLE_EQ(cost.operations, operations) << layer;
  }
  EXPECT_GT(costs[4].operations, 0);

  for (Parameter& parameter : parameters.trained) parameter.gradient.assign(parameter.values.size(), 0.0f);
  const double price = model.add_bit_gradient(parameters, {.beta = 0.5, .l1 = 16});
  double expected = 16 * (4 + 3 + 5 + 2);
  for (const LayerCost& cost : costs) expected += 0.5 * cost.operations;
  EXPECT_NEAR(price, expected, 1e-9);
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_FLOAT_EQ(named(parameters, "a1.top").gradient[c], static_cast<float>(0.5 * by_channel[c] + 16));
    EXPECT_FLOAT_EQ(named(parameters, "a1.step").gradient[c], static_cast<float>(-0.5 * by_channel[c] - 16));
  }
  EXPECT_FLOAT_EQ(named(parameters, "a2.top").gradient[0],
                  static_cast<float>(0.5 * (by_channel[3] + by_channel[4]) + 16));
}

}  // namespace
}  // namespace gw::train
