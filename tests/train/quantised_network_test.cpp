// What is trained is what the emulator computes: the answers of a quantised network in training, image for
// image and to the bit, against those of its graph.

#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "graph/evaluate.h"
#include "support/random.h"
#include "train/block.h"
#include "train/emulate.h"
#include "train/graph.h"
#include "train/optimiser.h"
#include "train/reference.h"

namespace gw::train {
namespace {

struct Case {
  const char* name;
  const char* layers;
  const char* input = "quantized_bits(8,0,keep_negative=0)";
  const char* shape = "[8, 7, 1]";
  bool is_exact = true;
};

const Case cases[] = {
    {"SixBitsFolded",
     "[{name: c1, type: conv2d, filters: 5, kernel: 3, bias: false, kernel_quantizer: "
     "'quantized_bits(6,0,alpha=1)'}, {name: b1, type: batch_norm, momentum: 0.8, debias: true}, {name: a1, type: "
     "activation, quantizer: quantized_relu(6)}, {name: p1, type: max_pool2d}, {name: f, type: flatten}, {name: d1, "
     "type: dense, units: 9, bias: false, kernel_quantizer: 'quantized_bits(6,0,alpha=1)', bias_quantizer: "
     "'quantized_bits(6,0,alpha=1)'}, {name: b2, type: batch_norm, momentum: 0.8, debias: true}, {name: a2, type: "
     "activation, quantizer: 'quantized_relu(6,1)'}, {name: d2, type: dense, units: 4, kernel_quantizer: "
     "'quantized_bits(8,1)', bias_quantizer: 'quantized_bits(8,1)'}, {name: s, type: softmax}]"},
    {"LearnedSteps",
     "[{name: c1, type: conv2d, filters: 6, kernel: 2, bias: false, kernel_quantizer: "
     "'quantized_bits(4,0,alpha=learned_po2,per_channel=1)'}, {name: b1, type: batch_norm, momentum: 0.8, debias: "
     "true}, {name: p1, type: max_pool2d}, {name: a1, type: activation, quantizer: "
     "'quantized_relu(4,1,alpha=learned_po2)'}, {name: f, type: flatten}, {name: d1, type: dense, units: 7, "
     "kernel_quantizer: 'quantized_bits(3,0,alpha=learned_po2)'}, {name: a2, type: activation, quantizer: "
     "'quantized_bits(5,2,alpha=learned_po2)'}, {name: d2, type: dense, units: 4, kernel_quantizer: "
     "'quantized_bits(4,0,alpha=learned_po2)'}, {name: s, type: softmax}]"},
    {"LearnedBits",
     "[{name: c1, type: conv2d, filters: 6, kernel: 2, bias: false, kernel_quantizer: "
     "'quantized_bits(5,0,learned_bits=weight)'}, {name: b1, type: batch_norm, momentum: 0.8, debias: "
     "true}, {name: p1, type: max_pool2d}, {name: a1, type: activation, quantizer: "
     "'quantized_relu(4,1,learned_bits=channel)'}, {name: c2, type: conv2d, filters: 5, kernel: 2, "
     "kernel_quantizer: 'quantized_bits(3,0,learned_bits=channel)', bias_quantizer: 'quantized_bits(6,1)'}, {name: "
     "a2, type: activation, quantizer: 'quantized_bits(4,1,learned_bits=channel)'}, {name: f, type: flatten}, "
     "{name: d1, type: dense, units: 7, kernel_quantizer: 'quantized_bits(4,0,learned_bits=tensor)'}, {name: a3, "
     "type: activation, quantizer: 'quantized_relu(3,1,learned_bits=tensor)'}, {name: d2, type: dense, units: 4, "
     "kernel_quantizer: 'quantized_bits(4,0,learned_bits=weight)'}, {name: s, type: softmax}]"},
    {"PaddedAndInGroups",
     "[{name: c1, type: conv2d, filters: 6, kernel: 3, padding: same, bias: false, kernel_quantizer: "
     "'quantized_bits(5,0,learned_bits=weight)'}, {name: b1, type: batch_norm, momentum: 0.8, debias: true}, {name: a1, "
     "type: activation, quantizer: 'quantized_relu(4,1,learned_bits=channel)'}, {name: c2, type: conv2d, filters: 6, "
     "kernel: [3, 2], groups: 3, padding: [1, 0, 1, 1], dilation: [2, 1], kernel_quantizer: "
     "'quantized_bits(4,0,alpha=1)'}, {name: a2, type: activation, quantizer: 'quantized_relu(4,1)'}, {name: p2, type: "
     "max_pool2d}, {name: f, type: flatten}, {name: d1, type: dense, units: 4, kernel_quantizer: "
     "'quantized_bits(4,0)'}, {name: s, type: softmax}]"},
    {"AveragePools",
     "[{name: c1, type: conv2d, filters: 5, kernel: [1, 2], kernel_quantizer: 'quantized_bits(4,0)'}, {name: a1, type: "
     "activation, quantizer: 'quantized_relu(4,1)'}, {name: p1, type: average_pool2d, pool: 2}, {name: c2, type: conv2d, "
     "filters: 4, kernel: [3, 2], bias: false, kernel_quantizer: 'quantized_bits(4,0,learned_bits=weight)'}, {name: b2, "
     "type: batch_norm, momentum: 0.8, debias: true}, {name: a2, type: activation, quantizer: "
     "'quantized_relu(3,1,learned_bits=channel)'}, {name: g, type: global_average_pool}, {name: d1, type: dense, units: "
     "4, kernel_quantizer: 'quantized_bits(4,0)'}, {name: s, type: softmax}]"},
    {"SignsAndPowers",
     "[{name: c1, type: conv2d, filters: 4, kernel: 3, stride: 2, bias: false, kernel_quantizer: binary}, {name: "
     "b1, type: batch_norm, momentum: 0.8, debias: true}, {name: a1, type: activation, quantizer: binary}, {name: f, "
     "type: flatten}, {name: d1, type: dense, units: 6, kernel_quantizer: 'ternary(threshold=0.1)'}, {name: r1, type: relu}, "
     "{name: d2, type: dense, units: 4, bias: false, kernel_quantizer: quantized_po2(3)}, {name: s, type: softmax}]",
     "quantized_bits(2,0,keep_negative=0)"},
    {"PlainReluBetween",
     "[{name: c1, type: conv2d, filters: 3, kernel: 3, kernel_quantizer: 'quantized_bits(3,0)'}, {name: r1, type: "
     "relu}, {name: p1, type: max_pool2d}, {name: f, type: flatten}, {name: d1, type: dense, units: 4, bias: false, "
     "kernel_quantizer: 'quantized_bits(3,0)'}, {name: s, type: softmax}]",
     "quantized_bits(4,0,keep_negative=0)"},
    {"Sequences",
     "[{name: c1, type: conv1d, filters: 6, kernel: 3, padding: causal, bias: false, kernel_quantizer: "
     "'quantized_bits(5,0,learned_bits=weight)'}, {name: b1, type: batch_norm, momentum: 0.8, debias: true}, {name: a1, "
     "type: activation, quantizer: 'quantized_relu(4,1,learned_bits=channel)'}, {name: p1, type: max_pool1d}, {name: c2, "
     "type: depthwise_conv1d, kernel: 2, dilation: 2, kernel_quantizer: 'quantized_bits(4,0,alpha=1)'}, {name: a2, type: "
     "activation, quantizer: 'quantized_relu(4,1)'}, {name: p2, type: average_pool1d}, {name: f, type: flatten}, {name: "
     "d1, type: dense, units: 4, kernel_quantizer: 'quantized_bits(4,0)'}, {name: s, type: softmax}]",
     "quantized_bits(6,0,keep_negative=0)", "[20, 2]"},
    {"StraightFunctions",
     "[{name: c1, type: conv2d, filters: 5, kernel: 3, bias: false, kernel_quantizer: 'quantized_bits(4,0)'}, {name: b1, "
     "type: batch_norm, momentum: 0.8, debias: true}, {name: a1, type: leaky_relu, alpha: 0.25, quantizer: "
     "'quantized_bits(5,1)'}, {name: p1, type: max_pool2d}, {name: c2, type: conv2d, filters: 4, kernel: 2, "
     "kernel_quantizer: 'quantized_bits(4,0)'}, {name: a2, type: activation, quantizer: quantized_tanh(4)}, {name: f, "
     "type: flatten}, {name: d1, type: dense, units: 8, kernel_quantizer: 'quantized_bits(4,0)'}, {name: a3, type: "
     "activation, quantizer: quantized_sigmoid(5)}, {name: d2, type: dense, units: 8, kernel_quantizer: "
     "'quantized_bits(4,0)'}, {name: a4, type: clipped_relu, max: 1.5, quantizer: 'quantized_relu(5,1,alpha=learned_po2)'}, "
     "{name: d3, type: dense, units: 8, kernel_quantizer: 'quantized_bits(4,0)'}, {name: a5, type: thresholded_relu, "
     "theta: 0.125, quantizer: 'quantized_relu(4,1)'}, {name: d4, type: dense, units: 4, kernel_quantizer: "
     "'quantized_bits(4,0)'}, {name: s, type: softmax}]",
     "quantized_bits(4,0,keep_negative=0)"},
    {"FunctionsOfTables",
     "[{name: c1, type: conv2d, filters: 5, kernel: 3, bias: false, kernel_quantizer: 'quantized_bits(4,0)'}, {name: b1, "
     "type: batch_norm, momentum: 0.8, debias: true}, {name: a1, type: tanh, quantizer: 'quantized_bits(5,0)'}, {name: p1, "
     "type: max_pool2d}, {name: f, type: flatten}, {name: d1, type: dense, units: 8, kernel_quantizer: "
     "'quantized_bits(4,0)'}, {name: a3, type: sigmoid, quantizer: 'quantized_bits(5,0,keep_negative=0)'}, {name: d2, "
     "type: dense, units: 8, kernel_quantizer: 'quantized_bits(4,0)'}, {name: a4, type: elu, quantizer: "
     "'quantized_bits(5,1,alpha=learned_po2)'}, {name: d3, type: dense, units: 8, kernel_quantizer: "
     "'quantized_bits(4,0)'}, {name: a5, type: softplus, quantizer: 'quantized_relu(4,1)'}, {name: d4, type: dense, units: "
     "4, kernel_quantizer: 'quantized_bits(4,0)'}, {name: s, type: softmax}]",
     "quantized_bits(4,0,keep_negative=0)", "[8, 7, 1]", false},
    {"Residual",
     "[{name: c1, type: conv2d, filters: 6, kernel: 3, padding: same, bias: false, kernel_quantizer: "
     "'quantized_bits(4,0)'}, {name: b1, type: batch_norm, momentum: 0.8, debias: true}, {name: a1, type: activation, "
     "quantizer: 'quantized_relu(4,1)'}, {name: c2, type: conv2d, filters: 6, kernel: 3, padding: same, bias: false, "
     "kernel_quantizer: 'quantized_bits(4,0,learned_bits=weight)'}, {name: b2, type: batch_norm, momentum: 0.8, debias: "
     "true}, {name: a2, type: activation, quantizer: 'quantized_relu(4,1,learned_bits=channel)'}, {name: c3, type: conv2d, "
     "filters: 6, kernel: 3, padding: same, bias: false, kernel_quantizer: 'quantized_bits(4,0)'}, {name: b3, type: "
     "batch_norm, momentum: 0.8, debias: true}, {name: sum, type: add, from: [b3, a1]}, {name: a3, type: activation, "
     "quantizer: 'quantized_relu(5,2)'}, {name: p3, type: max_pool2d}, {name: f, type: flatten}, {name: d1, type: dense, "
     "units: 4, kernel_quantizer: 'quantized_bits(4,0)'}, {name: s, type: softmax}]",
     "quantized_bits(4,0,keep_negative=0)"},
    {"Concatenated",
     "[{name: c1, type: conv2d, filters: 3, kernel: 3, padding: same, kernel_quantizer: 'quantized_bits(4,0)'}, {name: a1, "
     "type: activation, quantizer: 'quantized_relu(4,1)'}, {name: c2, type: conv2d, filters: 2, kernel: 1, "
     "kernel_quantizer: 'quantized_bits(4,0)', from: input}, {name: k, type: concatenate, from: [a1, c2, input]}, {name: "
     "p, type: average_pool2d}, {name: f, type: flatten}, {name: d1, type: dense, units: 4, kernel_quantizer: "
     "'quantized_bits(4,0)'}, {name: s, type: softmax}]",
     "quantized_bits(4,0,keep_negative=0)"},
    {"Features",
     "[{name: d1, type: dense, units: 9, bias: false, kernel_quantizer: 'quantized_bits(5,0)'}, {name: b1, type: "
     "batch_norm, momentum: 0.8, debias: true}, {name: a1, type: activation, quantizer: 'quantized_relu(4,1)'}, {name: "
     "d2, type: dense, units: 4, kernel_quantizer: 'quantized_bits(5,0)'}, {name: s, type: softmax}]",
     "quantized_bits(6,0,keep_negative=0)", "[16]"},
};

class QuantisedNetwork : public testing::TestWithParam<Case> {
 protected:
  Network network = network_of(fmt::format("input: {{shape: {}, quantizer: '{}'}}\nlayers: {}",
                                           GetParam().shape, GetParam().input, GetParam().layers));
  RandomSamples data{network, 60, 6};
  Parameters parameters = initial_parameters(network, 3);

  void train(int steps) {
    Optimiser adam({.learning_rate = 0.01}, parameters);
    Model model(network, 32, 2);
    std::vector<std::int32_t> order(32);
    Random random(9);
    for (int step = 0; step < steps; ++step) {
      for (std::int32_t& image : order) image = static_cast<std::int32_t>(random.below(60));
      model.gradients(parameters, data.samples(), order);
      adam.step(parameters);
    }
  }
  // Raw answers of the graph and their type.
  Tensor emulated() const {
    const auto graph = to_graph(network, parameters);
    EXPECT_TRUE(graph) << to_string(graph.errors()[0]);
    EXPECT_TRUE(graph->is_typed());
    FloatTensor x{network.input, 60, {}};
    for (const std::uint8_t pixel : data.pixels) x.values.push_back(static_cast<float>(pixel / 255.0));
    return evaluate(*graph, std::vector<FloatTensor>{x}).front();
  }
};

TEST_P(QuantisedNetwork, TrainingAnswersWhatTheEmulatorDoes) {
  for (const int steps : {0, 1, 40}) {
    train(steps);
    Model model(network, 13, 2);
    EXPECT_EQ(model.is_exact(parameters), GetParam().is_exact);
    const std::vector<float> logits = model.logits(parameters, data.samples());
    const Tensor answers = emulated();
    const auto score = emulated_score(network, parameters, data.samples(), 1);
    ASSERT_TRUE(score);
    // What is read from a table is rounded to one of two neighbours; then the emulator is asked in training,
    // too.
    if (!GetParam().is_exact) continue;
    EXPECT_EQ(score->correct, model.score(parameters, data.samples()).correct);
    ASSERT_EQ(static_cast<std::int64_t>(logits.size()), answers.batch() * answers.size());
    for (size_t i = 0; i < logits.size(); ++i)
      ASSERT_EQ(static_cast<double>(logits[i]),
                to_double(answers.at(static_cast<std::int64_t>(i)), answers.type().fraction()))
          << "answer " << i << " after " << steps << " steps";
  }
}

TEST_P(QuantisedNetwork, PrintingIsReadBack) {
  const std::string text = print_network(network);
  const auto again = parse_network(text, "again");
  ASSERT_TRUE(again) << text;
  EXPECT_EQ(print_network(*again), text);
  EXPECT_EQ(again->input_quantizer, network.input_quantizer);
  for (size_t i = 0; i < network.layers.size(); ++i) {
    EXPECT_EQ(again->layers[i].kernel_quantizer, network.layers[i].kernel_quantizer);
    EXPECT_EQ(again->layers[i].bias_quantizer, network.layers[i].bias_quantizer);
    EXPECT_EQ(again->layers[i].quantizer, network.layers[i].quantizer);
  }
}

TEST_P(QuantisedNetwork, TheSameBitsOnAnyNumberOfThreads) {
  train(3);
  std::vector<std::int32_t> order{3, 1, 4, 15, 9, 26, 5, 35, 8, 9, 7, 9, 32, 38, 46, 2, 6, 43, 38, 32};
  Parameters one = parameters, three = parameters;
  Model(network, 20, 1).gradients(one, data.samples(), order);
  Model(network, 20, 3).gradients(three, data.samples(), order);
  for (size_t i = 0; i < one.trained.size(); ++i)
    EXPECT_EQ(one.trained[i].gradient, three.trained[i].gradient) << one.trained[i].name;
  for (size_t i = 0; i < one.statistics.size(); ++i)
    EXPECT_EQ(one.statistics[i].values, three.statistics[i].values);
}

// Against central differences of the function that the reference holds on to.
TEST_P(QuantisedNetwork, GradientsGoStraightThrough) {
  train(25);
  const std::vector<std::int32_t> order{4, 0, 10, 3, 7, 7, 2, 9, 1, 8, 33, 41, 25, 59};
  for (const bool frozen : {false, true}) {
    Reference reference(network, parameters);
    const double loss = reference.loss(data.samples(), order, !frozen);
    const auto statistics = reference.batch_statistics();
    Model model(network, 14, 2);
    model.freeze_statistics(frozen);
    Parameters computed = parameters;
    const Score score = model.gradients(computed, data.samples(), order);
    // Values close to the middle between two steps may fall to either side in single precision.
    EXPECT_NEAR(score.loss(), loss, 2e-5 * std::abs(loss)) << (frozen ? "frozen" : "");
    for (size_t i = 0; i < computed.statistics.size(); ++i) {
      for (size_t c = 0; c < computed.statistics[i].values.size(); ++c) {
        const auto before = static_cast<double>(parameters.statistics[i].values[c]);
        Block norm;
        norm.momentum = 0.8;
        norm.debias = true;
        const double kept = norm.kept(parameters.steps);
        const double expected =
            frozen ? before : kept * before + (1 - kept) * statistics.at(computed.statistics[i].name)[c];
        EXPECT_NEAR(computed.statistics[i].values[c], expected, 1e-5 * (1 + std::abs(expected)));
      }
    }
    EXPECT_EQ(computed.steps, parameters.steps + (frozen ? 0 : 1));
    if (frozen) {
      const std::vector<float> logits = Model(network, 14, 2).logits(parameters, data.samples());
      for (size_t i = 0; i < order.size(); ++i)
        for (size_t k = 0; k < 4; ++k)
          EXPECT_EQ(static_cast<double>(logits[static_cast<size_t>(order[i]) * 4 + k]),
                    reference.logits()[i][k]);
    }
    reference.hold();
    double largest = 0;
    for (const Parameter& parameter : computed.trained)
      for (const float value : parameter.gradient)
        largest = std::max(largest, static_cast<double>(std::abs(value)));
    ASSERT_GT(largest, 1e-3);
    const double step = 1e-5;
    for (const Parameter& parameter : computed.trained) {
      double scale = 1;
      for (const Block& block : make_blocks(network, 1)) {
        const auto is = [&](int index) {
          return index >= 0 && &computed.trained[static_cast<size_t>(index)] == &parameter;
        };
        const auto high = [](const QuantizerSpec& spec) { return std::exp2(spec.magnitude_bits()) - 1; };
        if (is(block.step) && block.top < 0)
          scale = 1 / std::sqrt(static_cast<double>(block.out_size()) * high(*block.quantizer));
        if (is(block.weight_step) && !block.kernel_quantizer->learns_bits())
          scale = 1 / std::sqrt(static_cast<double>(block.linear->weight_count()) /
                                static_cast<double>(parameter.values.size()) * high(*block.kernel_quantizer));
      }
      const size_t stride = 1 + parameter.values.size() / 60;
      for (size_t i = 0; i < parameter.values.size(); i += stride) {
        double& value = reference.at(parameter.name, i);
        const double before = value;
        value = before + step;
        const double above = reference.loss(data.samples(), order, !frozen);
        value = before - step;
        const double below = reference.loss(data.samples(), order, !frozen);
        value = before;
        EXPECT_NEAR(parameter.gradient[i], scale * (above - below) / (2 * step), 2e-5 * largest)
            << parameter.name << "[" << i << "]" << (frozen ? ", frozen" : "");
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, QuantisedNetwork, testing::ValuesIn(cases),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace gw::train
