#include "train/network.h"

#include <cmath>

#include <gtest/gtest.h>

#include "train/reference.h"

namespace gw::train {
namespace {

// What is said of a file, one line each.
std::string complaints(const std::string& yaml) {
  const auto network = parse_network(yaml, "net.yml");
  std::string text;
  if (!network)
    for (const Diagnostic& error : network.errors()) text += to_string(error) + "\n";
  return text;
}

std::string with_layers(const std::string& layers) { return "input: {shape: [6, 6, 1]}\nlayers:\n" + layers; }

const std::string tail =
    "  - {name: f, type: flatten}\n  - {name: d, type: dense, units: 3}\n  - {name: s, type: softmax}\n";

TEST(NetworkFile, TheStudysNetworksAreRead) {
  const auto network = read_network(std::string(GATEWRIGHT_NETWORKS) + "/mnist_16_16_24.yml");
  ASSERT_TRUE(network);
  EXPECT_EQ(network->name, "mnist_16_16_24");
  EXPECT_EQ(network->input, (Shape{28, 28, 1}));
  EXPECT_EQ(network->epochs, 30);
  EXPECT_EQ(network->batch, 1024);
  EXPECT_EQ(network->optimiser.learning_rate, 3e-3);
  EXPECT_TRUE(network->optimiser.amsgrad);
  EXPECT_EQ(network->classes(), 10);
  std::vector<Shape> shapes;
  for (const LayerSpec& layer : network->layers)
    if (layer.kind == LayerKind::Conv2D || layer.kind == LayerKind::Dense ||
        layer.kind == LayerKind::MaxPool2D)
      shapes.push_back(layer.out);
  EXPECT_EQ(
      shapes,
      (std::vector<Shape>{
          {26, 26, 16}, {13, 13, 16}, {11, 11, 16}, {5, 5, 16}, {3, 3, 24}, {1, 1, 24}, {42}, {64}, {10}}));
  std::int64_t trained = 0;
  for (const Parameter& parameter : initial_parameters(*network, 1).trained)
    trained += static_cast<std::int64_t>(parameter.values.size());
  EXPECT_EQ(trained, 10574);

  const auto smaller = read_network(std::string(GATEWRIGHT_NETWORKS) + "/mnist_12_12_16.yml");
  ASSERT_TRUE(smaller);
  std::vector<int> filters;
  for (const LayerSpec& layer : smaller->layers)
    if (layer.filters > 0) filters.push_back(layer.filters);
  EXPECT_EQ(filters, (std::vector<int>{12, 12, 16, 21, 32, 10}));
}

TEST(NetworkFile, PrintingIsReadBack) {
  std::vector<std::string> names;
  for (const char* size : {"mnist_16_16_24", "mnist_12_12_16"})
    for (const char* variant :
         {"", "_pruned", "_pruned_6bit", "_recipe", "_recipe_pruned", "_recipe_pruned_6bit"})
      names.push_back(std::string(size) + variant);
  for (const std::string& name : names) {
    const auto network = read_network(std::string(GATEWRIGHT_NETWORKS) + "/" + name + ".yml");
    ASSERT_TRUE(network);
    const std::string text = print_network(*network);
    const auto again = parse_network(text, "printed");
    ASSERT_TRUE(again) << complaints(text);
    EXPECT_EQ(print_network(*again), text);
    EXPECT_EQ(again->layers.size(), network->layers.size());
    EXPECT_EQ(again->layers[0].l1, network->layers[0].l1);
    EXPECT_TRUE(again->layers[1].debias);
  }
}

TEST(NetworkFile, InitialWeightsFillTheirRange) {
  const Network network = network_of(
      "input: {shape: [5, 5, 3]}\nlayers: [{name: c, type: conv2d, filters: 8, kernel: [3, 2]}, {name: f, "
      "type: "
      "flatten}, {name: h, type: dense, units: 50, init: he_uniform}, {name: g, type: dense, units: 30, "
      "init: "
      "glorot_uniform}, {name: s, type: softmax}]");
  const Parameters parameters = initial_parameters(network, 1);
  const double limits[] = {std::sqrt(3.0 / 18), 0, std::sqrt(6.0 / 96), 0, std::sqrt(6.0 / 80), 0};
  ASSERT_EQ(parameters.trained.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    double lowest = 0, highest = 0;
    for (const float value : parameters.trained[i].values) {
      lowest = std::min(lowest, static_cast<double>(value));
      highest = std::max(highest, static_cast<double>(value));
    }
    EXPECT_LE(highest, limits[i]) << parameters.trained[i].name;
    EXPECT_GE(lowest, -limits[i]) << parameters.trained[i].name;
    EXPECT_GE(highest, 0.95 * limits[i]) << parameters.trained[i].name;
    EXPECT_LE(lowest, -0.95 * limits[i]) << parameters.trained[i].name;
  }
  EXPECT_NE(initial_parameters(network, 2).trained[0].values, parameters.trained[0].values);
  EXPECT_EQ(initial_parameters(network, 1).trained[0].values, parameters.trained[0].values);
}

TEST(NetworkFile, UnknownKeysAndValuesNameTheNearest) {
  EXPECT_EQ(complaints(with_layers("  - {name: c, type: conv2d, filters: 2, kernal: 3}\n" + tail)),
            "net.yml:3: c: error: unknown key 'kernal'; did you mean 'kernel'? [unknown-key]\n"
            "net.yml:3: c: error: has no 'kernel'; add it [key-missing]\n");
  EXPECT_EQ(
      complaints(with_layers("  - {name: r, type: rellu}\n" + tail)),
      "net.yml:3: layers[0].type: error: unknown value 'rellu'; did you mean 'relu'? [unknown-value]\n");
  EXPECT_EQ(complaints(with_layers(
                "  - {name: c, type: conv2d, filters: 2, kernel: 3, init: lecun_normal}\n" + tail)),
            "net.yml:3: c.init: error: unknown value 'lecun_normal'; did you mean 'lecun_uniform'? "
            "[unknown-value]\n");
  EXPECT_EQ(complaints(with_layers(tail) + "training: {epoch: 3}\n"),
            "net.yml:6: training: error: unknown key 'epoch'; did you mean 'epochs'? [unknown-key]\n");
  EXPECT_EQ(complaints(with_layers(tail) + "training: {optimiser: {type: adma}}\n"),
            "net.yml:6: training.optimiser.type: error: unknown value 'adma'; did you mean 'adam'? "
            "[unknown-value]\n");
  EXPECT_EQ(complaints(with_layers(tail) + "training: {loss: mse}\n"),
            "net.yml:6: training.loss: error: unknown value 'mse'; did you mean 'mean_squared_error'? "
            "[unknown-value]\n");
  // A key of another kind of layer is no key of this one.
  EXPECT_EQ(complaints(with_layers("  - {name: r, type: relu, bias: true}\n" + tail)),
            "net.yml:3: r: error: unknown key 'bias'; did you mean 'type'? [unknown-key]\n");
}

TEST(NetworkFile, ValuesOutOfRange) {
  EXPECT_EQ(
      complaints(with_layers("  - {name: c, type: conv2d, filters: 0, kernel: [3, 0], l1: -1}\n" + tail)),
      "net.yml:3: c.filters: error: is 0, but must be at least 1 [value-range]\n"
      "net.yml:3: c.l1: error: is -1, but must be at least 0 [value-range]\n"
      "net.yml:3: c.kernel: error: is [3, 0], but must be [height, width], each at least 1 [value-range]\n");
  EXPECT_EQ(complaints(with_layers("  - {name: b, type: batch_norm, momentum: 1}\n" + tail)),
            "net.yml:3: b.momentum: error: is 1, but must be at least 0 and below 1 [value-range]\n");
  EXPECT_EQ(complaints(with_layers("  - {name: c, type: conv2d, filters: two, kernel: 3}\n" + tail)),
            "net.yml:3: c.filters: error: wants a whole number, but is 'two' [wrong-kind]\n");
  EXPECT_EQ(
      complaints(with_layers("  - {name: c, type: conv2d, filters: 2, kernel: 3, padding: [1, 1]}\n" + tail)),
      "net.yml:3: c.padding: error: is [1, 1], but must be valid, same or [top, left, bottom, right], each 0 to "
      "65535 [value-range]\n");
  EXPECT_EQ(complaints(with_layers("  - {name: c, type: conv2d, filters: 4, kernel: 1, groups: 3}\n" + tail)),
            "net.yml:3: c.groups: error: is 3, but must be a divisor of 1 input channels and 4 filters "
            "[value-range]\n");
  EXPECT_EQ(
      complaints(
          with_layers("  - {name: c, type: conv2d, filters: 4, kernel: 1}\n  - {name: g, type: conv2d, "
                      "filters: 4, kernel: 1, groups: 2}\n" +
                      tail) +
          "training: {pruning: {final_sparsity: 0.5, pattern: filters, schedule: constant}}\n"),
      "net.yml: training.pruning.pattern: error: is filters, but must be single or n:m beside the groups of 'g' "
      "[value-range]\n");
}

// Other means than those of a power of two are rounded by the hardware, but not by training.
TEST(NetworkFile, MeansOfQuantisedValuesAreExact) {
  EXPECT_EQ(
      complaints("input: {shape: [6, 6, 1], quantizer: 'quantized_bits(4,0)'}\nlayers:\n"
                 "  - {name: a, type: average_pool2d, pool: 3}\n  - {name: f, type: flatten}\n"
                 "  - {name: d, type: dense, units: 3, kernel_quantizer: 'quantized_bits(4,0)'}\n"
                 "  - {name: s, type: softmax}\n"),
      "net.yml:3: a: error: is the mean of 9 pixels, but must be of a power of two in a quantised network, where "
      "other means are rounded [value-range]\n");
}

// As many outputs as strides begin in the input, and the odd row last.
TEST(NetworkFile, SamePaddingIsSplit) {
  const auto network = parse_network(
      "input: {shape: [5, 8, 2]}\nlayers: [{name: c, type: conv2d, filters: 2, kernel: [4, 3], stride: [1, 2], padding: "
      "same, dilation: [1, 2]}, {name: f, type: flatten}, {name: d, type: dense, units: 2}, {name: s, type: softmax}]\n",
      "net.yml");
  ASSERT_TRUE(network);
  const LayerSpec& conv = network->layers[0];
  EXPECT_EQ(conv.out, (Shape{5, 4, 2}));
  EXPECT_EQ((std::vector{conv.pad_top, conv.pad_bottom, conv.pad_left, conv.pad_right}),
            (std::vector{1, 2, 1, 2}));
  const std::string text = print_network(*network);
  EXPECT_EQ(print_network(*parse_network(text, "net.yml")), text);
}

TEST(NetworkFile, TensorsOfNoSizeAndWindowsThatDoNotFit) {
  EXPECT_EQ(
      complaints("input: {shape: [6, 0, 1]}\nlayers:\n" + tail),
      "net.yml:1: input.shape: error: is [6, 0, 1], but must be [height, width, channels], [length, channels] or "
      "[features], each 1 to 65535 [value-range]\n");
  EXPECT_EQ(complaints(with_layers(
                "  - {name: p, type: max_pool2d}\n  - {name: big, type: conv2d, filters: 2, kernel: "
                "[4, 1]}\n" +
                tail)),
            "net.yml:4: big: error: the window 4x1 is larger than its input 3x3x1 [window-too-large]\n");
  EXPECT_EQ(
      complaints("input: {shape: [60000, 60000, 4]}\nlayers:\n" + tail),
      "net.yml:1: input: error: has the shape 60000x60000x4, but a tensor has at most 67108864 elements "
      "[tensor-too-large]\n");
  EXPECT_EQ(complaints(with_layers("  - {name: c, type: conv2d, filters: 100000000, kernel: 1}\n" + tail)),
            "net.yml:3: c: error: has the shape 6x6x100000000, but a tensor has at most 67108864 elements "
            "[tensor-too-large]\n");
}

TEST(NetworkFile, LayersThatDoNotFitEachOther) {
  EXPECT_EQ(complaints(with_layers("  - {name: d0, type: dense, units: 3}\n" + tail)),
            "net.yml:3: d0: error: is a dense layer, which wants a flat input, but it has shape 6x6x1; put a "
            "flatten "
            "before it [wants-flat]\n");
  EXPECT_EQ(
      complaints(with_layers("  - {name: f0, type: flatten}\n  - {name: p, type: max_pool2d}\n" + tail)),
      "net.yml:4: p: error: is a max_pool2d layer, which wants (height, width, channels), but its input has "
      "shape "
      "36 [wants-image]\n");
  EXPECT_EQ(
      complaints(with_layers("  - {name: f, type: flatten}\n  - {name: d, type: dense, units: 3}\n")),
      "net.yml:4: d: error: is the last layer, but a network is trained on classes: end it with a softmax "
      "[softmax-missing]\n");
  EXPECT_EQ(complaints(with_layers("  - {name: f0, type: flatten}\n  - {name: s0, type: softmax}\n" + tail)),
            "net.yml:4: s0: error: is a softmax, which can only be the last layer [softmax-not-last]\n");
  EXPECT_EQ(
      complaints(with_layers(
          "  - {name: c, type: conv2d, filters: 2, kernel: 3}\n  - {name: b, type: batch_norm}\n" + tail)),
      "net.yml:3: c: error: has a bias, which the batch norm 'b' after it cancels; say 'bias: false' "
      "[bias-cancelled]\n");
  EXPECT_EQ(complaints(with_layers("  - {name: d, type: relu}\n" + tail)),
            "net.yml:5: d: error: is the name of two nodes; rename one [name-used-twice]\n");
  EXPECT_EQ(complaints("name: idle\n" +
                       with_layers("  - {name: f, type: flatten}\n  - {name: s, type: softmax}\n")),
            "net.yml: idle: error: has no layer with weights to train [nothing-trained]\n");
}

TEST(NetworkFile, LayersOfSequencesWantSequences) {
  const auto layers = [](const std::string& first) {
    return "input: {shape: [6, 2]}\nlayers:\n" + first + tail;
  };
  EXPECT_EQ(
      complaints(layers("  - {name: c, type: conv2d, filters: 2, kernel: 3}\n")),
      "net.yml:3: c: error: is a conv2d layer, which wants (height, width, channels), but its input has shape "
      "6x2 [wants-image]\n");
  EXPECT_EQ(
      complaints(with_layers("  - {name: c, type: conv1d, filters: 2, kernel: 3}\n" + tail)),
      "net.yml:3: c: error: is a conv1d layer, which wants (length, channels), but its input has shape 6x6x1 "
      "[wants-sequence]\n");
  EXPECT_EQ(complaints(layers("  - {name: c, type: conv1d, filters: 2, kernel: 4, dilation: 2}\n")),
            "net.yml:3: c: error: the window 7 is larger than its input 6x2 [window-too-large]\n");
  EXPECT_EQ(
      complaints(layers("  - {name: c, type: conv1d, filters: 2, kernel: 0, padding: [1]}\n")),
      "net.yml:3: c.kernel: error: is 0, but must be at least 1 [value-range]\n"
      "net.yml:3: c.padding: error: is [1], but must be valid, same, causal or [left, right], each 0 to 65535 "
      "[value-range]\n");
  EXPECT_EQ(complaints(layers("  - {name: c, type: depthwise_conv1d, kernel: 2, filters: 4}\n")),
            "net.yml:3: c: error: unknown key 'filters'; did you mean 'dilation'? [unknown-key]\n");
  EXPECT_EQ(
      complaints("input: {shape: [2, 6, 6, 1]}\nlayers:\n" + tail),
      "net.yml:1: input.shape: error: is [2, 6, 6, 1], but must be [height, width, channels], [length, channels] "
      "or [features], each 1 to 65535 [value-range]\n");
  EXPECT_EQ(
      complaints(layers("") + "training: {augmentation: {noise: 0.1}}\n"),
      "net.yml: training.augmentation: error: is for inputs of 6x2, but must be for pictures (height, width, "
      "channels) [value-range]\n");
  EXPECT_EQ(
      complaints(layers(
          "  - {name: c, type: conv1d, filters: 2, kernel: 60000, dilation: 60000, padding: causal}\n")),
      "net.yml:3: c.kernel: error: is 3599940001 wide with its dilation, but must be at most 65536 wide "
      "[value-range]\n");
  EXPECT_EQ(complaints(layers("  - {name: c, type: depthwise_conv1d, kernel: 2, multiplier: 2000000000}\n")),
            "net.yml:3: c.multiplier: error: is 2000000000, but must be at most 33554432 for 2 channels "
            "[value-range]\n");
}

TEST(NetworkFile, SequencesArePrintedAndReadBack) {
  const auto network = parse_network(
      "input: {shape: [12, 4]}\nlayers: [{name: c, type: conv1d, filters: 2, kernel: 3, stride: 2, padding: [1, 0], "
      "dilation: 2}, {name: e, type: depthwise_conv1d, kernel: 2, padding: causal, multiplier: 3}, {name: p, type: "
      "max_pool1d}, {name: a, type: average_pool1d, pool: 2, stride: 1}, {name: f, type: flatten}, {name: d, type: dense, "
      "units: 2}, {name: s, type: softmax}]\n",
      "net.yml");
  ASSERT_TRUE(network);
  std::vector<Shape> shapes;
  for (const LayerSpec& layer : network->layers) shapes.push_back(layer.out);
  EXPECT_EQ(shapes, (std::vector<Shape>{{5, 2}, {5, 6}, {2, 6}, {1, 6}, {6}, {2}, {2}}));
  const std::string text = print_network(*network);
  const auto again = parse_network(text, "net.yml");
  ASSERT_TRUE(again) << complaints(text);
  EXPECT_EQ(print_network(*again), text);
  for (size_t i = 0; i < shapes.size(); ++i) EXPECT_EQ(again->layers[i].out, shapes[i]);
}

const std::string branch =
    "  - {name: c, type: conv2d, filters: 2, kernel: 3, padding: same}\n  - {name: r, type: relu}\n";

TEST(NetworkFile, BranchesThatDoNotJoin) {
  const auto layers = [](const std::string& more, const std::string& recipe = "") {
    return complaints(with_layers(branch + more + tail) + recipe);
  };
  EXPECT_EQ(layers("  - {name: a, type: add, from: [r, c]}\n"), "");
  EXPECT_EQ(layers("  - {name: a, type: add, from: [r, cc]}\n"),
            "net.yml:5: a.from: error: unknown value 'cc'; did you mean 'c'? [unknown-value]\n");
  EXPECT_EQ(
      layers("  - {name: a, type: add, from: [r, f]}\n"),
      "net.yml:5: a.from: error: is 'f', which does not come before it; a layer reads what does [reads-later]\n");
  EXPECT_EQ(
      layers("  - {name: a, type: add, from: [r, a]}\n"),
      "net.yml:5: a.from: error: is 'a', which does not come before it; a layer reads what does [reads-later]\n");
  EXPECT_EQ(
      layers("  - {name: a, type: add, from: [c, input]}\n"),
      "net.yml:5: a: error: reads layers of different shapes, 'c' is 6x6x2 and 'input' is 6x6x1; they must be the "
      "same, whole [merge-shapes]\n");
  EXPECT_EQ(
      layers("  - {name: p, type: max_pool2d}\n  - {name: a, type: concatenate, from: [p, c]}\n"),
      "net.yml:6: a: error: reads layers of different shapes, 'p' is 3x3x2 and 'c' is 6x6x2; they must be the "
      "same, but for their channels [merge-shapes]\n");
  EXPECT_EQ(layers("  - {name: a, type: add}\n"),
            "net.yml:5: a.from: error: is the layer before it, but must be two or more different layers "
            "[value-range]\n");
  EXPECT_EQ(layers("  - {name: a, type: add, from: [c, c]}\n"),
            "net.yml:5: a.from: error: is [c, c], but must be two or more different layers [value-range]\n");
  EXPECT_EQ(layers("  - {name: a, type: relu, from: [c, r]}\n"),
            "net.yml:5: a.from: error: is [c, r], but must be one layer [value-range]\n");
  EXPECT_EQ(layers("  - {name: a, type: relu, from: {c: 1}}\n"),
            "net.yml:5: a.from: error: wants a list of names, but is 'a map' [wrong-kind]\n");
  EXPECT_EQ(
      layers("  - {name: q, type: relu, from: c}\n"),
      "net.yml:4: r: error: is read by no layer; name it in the 'from' of one, or leave it out [layer-unused]\n");
  EXPECT_EQ(
      layers("  - {name: a, type: add, from: [r, c]}\n",
             "training: {pruning: {final_sparsity: 0.5, pattern: filters, schedule: constant}}\n"),
      "net.yml: training.pruning.pattern: error: is filters, but must be single or n:m beside the branches that "
      "'a' reads [value-range]\n");
  // A batch norm that is not the only reader is folded into nothing.
  EXPECT_EQ(
      complaints(
          "input: {shape: [6, 6, 1], quantizer: 'quantized_bits(4,0)'}\nlayers:\n"
          "  - {name: c, type: conv2d, filters: 2, kernel: 1, bias: false, kernel_quantizer: binary}\n"
          "  - {name: b, type: batch_norm}\n  - {name: a, type: add, from: [b, c]}\n"
          "  - {name: f, type: flatten}\n  - {name: d, type: dense, units: 3, kernel_quantizer: binary}\n"
          "  - {name: s, type: softmax}\n"),
      "net.yml:4: b: error: is a batch norm in a quantised network that has no convolution or dense right before it to "
      "be folded into [norm-not-folded]\n");
}

TEST(NetworkFile, BranchesAndFunctionsArePrintedAndReadBack) {
  const std::string file = with_layers(
      branch +
      "  - {name: g, type: leaky_relu, alpha: 0.125, from: c}\n  - {name: a, type: add, from: [g, r]}\n" +
      "  - {name: h, type: hard_sigmoid, slope: 0.25, from: a}\n  - {name: k, type: concatenate, from: [h, input]}\n" +
      "  - {name: x, type: clipped_relu, max: 2}\n  - {name: t, type: thresholded_relu}\n" + tail);
  const auto network = parse_network(file, "net.yml");
  ASSERT_TRUE(network) << complaints(file);
  EXPECT_EQ(network->layers[3].from, (std::vector{2, 1}));
  EXPECT_EQ(network->layers[4].from, (std::vector<int>{}));  // it is the layer before
  EXPECT_EQ(network->layers[5].from, (std::vector{4, -1}));
  EXPECT_EQ(network->layers[5].out, (Shape{6, 6, 3}));
  EXPECT_EQ(network->layers[7].alpha, 1);
  const std::string text = print_network(*network);
  const auto again = parse_network(text, "net.yml");
  ASSERT_TRUE(again) << complaints(text);
  EXPECT_EQ(print_network(*again), text);
  EXPECT_EQ(again->layers[2].alpha, 0.125);
  EXPECT_EQ(again->layers[4].alpha, 0.25);
}

TEST(NetworkFile, FunctionsOfAQuantisedNetwork) {
  const auto quantised = [](const std::string& layer) {
    return complaints(
        "input: {shape: [6, 6, 1], quantizer: 'quantized_bits(4,0)'}\nlayers:\n" + layer +
        "  - {name: f, type: flatten}\n  - {name: d, type: dense, units: 3, kernel_quantizer: binary}\n"
        "  - {name: s, type: softmax}\n");
  };
  EXPECT_EQ(
      quantised("  - {name: a, type: tanh}\n"),
      "net.yml:3: a: error: has no 'quantizer', but other layers are quantised; a network is quantised as a whole "
      "or not at all [quantizer-missing]\n");
  EXPECT_EQ(
      quantised("  - {name: a, type: elu, quantizer: 'quantized_bits(4,0,learned_bits=tensor)'}\n"),
      "net.yml:3: a.quantizer: error: is 'quantized_bits(4,0,learned_bits=tensor)', which cannot be trained: elu "
      "is rounded to one grid of a fixed width; an activation after it may have signs or learned widths "
      "[quantizer-refused]\n");
  EXPECT_EQ(quantised("  - {name: a, type: leaky_relu, alpha: 32, quantizer: quantized_relu(4)}\n"),
            "net.yml:3: a.alpha: error: is 32, but must be 0 to 31 [value-range]\n");
  EXPECT_EQ(
      quantised("  - {name: a, type: activation, quantizer: 'quantized_sigmoid(4,symmetric=1)'}\n"),
      "net.yml:3: a.quantizer: error: is 'quantized_sigmoid(4,symmetric=1)', which cannot be trained: symmetric=1 "
      "is not understood; leave it out [quantizer-refused]\n");
  // QKeras's activations are a function and a quantizer.
  const auto network = parse_network(
      "input: {shape: [6], quantizer: 'quantized_bits(4,0)'}\nlayers: [{name: d, type: dense, units: 3, "
      "kernel_quantizer: binary}, {name: t, type: activation, quantizer: 'quantized_tanh(5,symmetric=1)'}, {name: u, type: "
      "activation, quantizer: 'quantized_tanh(5,use_real_tanh=True)'}, {name: v, type: activation, quantizer: "
      "quantized_sigmoid(4)}, {name: w, type: activation, quantizer: 'quantized_sigmoid(4,use_real_sigmoid=1)'}, {name: s, "
      "type: softmax}]",
      "net.yml");
  ASSERT_TRUE(network);
  std::vector<std::string> made;
  for (size_t i = 1; i < 5; ++i) {
    const LayerSpec& layer = network->layers[i];
    made.push_back(std::string(name_of(layer.kind)) + " " + print_quantizer(*layer.quantizer));
  }
  EXPECT_EQ(made, (std::vector<std::string>{"hard_tanh quantized_bits(5,0,symmetric=1,alpha=1)",
                                            "tanh quantized_bits(5,0,alpha=1)",
                                            "hard_sigmoid quantized_bits(4,0,keep_negative=0,alpha=1)",
                                            "sigmoid quantized_bits(4,0,keep_negative=0,alpha=1)"}));
}

TEST(NetworkFile, TwoClassesEndWithASigmoid) {
  const std::string layers = "input: {shape: [6]}\nlayers:\n  - {name: d, type: dense, units: 2}\n";
  EXPECT_EQ(
      complaints(layers + "  - {name: s, type: sigmoid}\ntraining: {loss: binary_crossentropy}\n"),
      "net.yml:4: s: error: is a sigmoid that answers 2, but must be a sigmoid of one number without a quantizer "
      "where the loss is binary_crossentropy [value-range]\n");
  EXPECT_EQ(
      complaints(layers + "  - {name: e, type: dense, units: 1}\n  - {name: s, type: sigmoid}\n"
                          "training: {loss: binary_crossentropy, distillation: {teacher: t.gw}}\n"),
      "net.yml: training.distillation: error: is the teacher 't.gw', but must be left out where the loss is "
      "binary_crossentropy [value-range]\n");
}

TEST(NetworkFile, RealNumbersAreNoClasses) {
  const std::string layers =
      "input: {shape: [6, 2]}\nlayers:\n  - {name: c, type: conv1d, filters: 2, kernel: 3}\n";
  const std::string loss = "training: {loss: mean_squared_error}\n";
  EXPECT_EQ(
      complaints(layers + "  - {name: f, type: flatten}\n  - {name: d, type: dense, units: 3}\n" + loss), "");
  EXPECT_EQ(
      complaints(layers + loss),
      "net.yml:3: c: error: is the last layer and answers 4x2; the answers must be flat: put a flatten behind it "
      "[answer-not-flat]\n");
  EXPECT_EQ(
      complaints(layers + tail + loss),
      "net.yml:6: s: error: is a softmax, which tells classes apart, but the loss is mean_squared_error; leave one "
      "of them out [softmax-regresses]\n");
  EXPECT_EQ(
      complaints(layers + "  - {name: f, type: flatten}\n" +
                 "training: {loss: mean_squared_error, label_smoothing: 0.1, distillation: {teacher: t.gw}, "
                 "early_stopping: {watch: validation_accuracy}, bit_cost: {target_lut: 10}}\n"),
      "net.yml: training.label_smoothing: error: is 0.1, but must be left out where the loss is "
      "mean_squared_error [value-range]\n"
      "net.yml: training.distillation: error: is the teacher 't.gw', but must be left out where the loss is "
      "mean_squared_error [value-range]\n"
      "net.yml: training.early_stopping.watch: error: is validation_accuracy, but must be validation_loss where "
      "the loss is mean_squared_error [value-range]\n"
      "net.yml: training.bit_cost: error: is target_lut, but must be left out where the loss is mean_squared_error "
      "[value-range]\n"
      "net.yml: training.bit_cost: error: prices widths, but no quantizer learns any; give some of them "
      "learned_bits=weight, channel or tensor [no-learned-bits]\n");
}

TEST(NetworkFile, QuantizersThatCannotBeTrained) {
  const auto layers = [](const std::string& first,
                         const std::string& input = "quantized_bits(8,0,keep_negative=0)") {
    return "input: {shape: [6, 6, 1], quantizer: '" + input + "'}\nlayers:\n" + first +
           "  - {name: f, type: flatten}\n  - {name: d, type: dense, units: 3, kernel_quantizer: binary}\n"
           "  - {name: s, type: softmax}\n";
  };
  EXPECT_EQ(complaints(layers("")), "");
  EXPECT_EQ(
      complaints(layers(
          "  - {name: c, type: conv2d, filters: 2, kernel: 3, kernel_quantizer: 'quantized_bit(6)'}\n")),
      "net.yml:3: c.kernel_quantizer: error: is 'quantized_bit(6)', which cannot be trained: it is none of "
      "quantized_bits, quantized_relu, binary, ternary, quantized_po2, quantized_tanh, quantized_sigmoid [quantizer-refused]\n");
  EXPECT_EQ(
      complaints(
          layers("  - {name: c, type: conv2d, filters: 2, kernel: 3, kernel_quantizer: quantized_relu(6), "
                 "bias_quantizer: 'quantized_bits(6,alpha=learned_po2)'}\n")),
      "net.yml:3: c.kernel_quantizer: error: is 'quantized_relu(6)', which cannot be trained: it is none for weights "
      "[quantizer-refused]\n"
      "net.yml:3: c.bias_quantizer: error: is 'quantized_bits(6,alpha=learned_po2)', which cannot be trained: its "
      "scale cannot be learned here [quantizer-refused]\n");
  EXPECT_EQ(
      complaints(layers("  - {name: a, type: activation}\n", "quantized_bits(4,alpha=2)")),
      "net.yml:1: input.quantizer: error: is 'quantized_bits(4,alpha=2)', which cannot be trained: here it "
      "must round to multiples of its own step: leave alpha and use_01 out [quantizer-refused]\n"
      "net.yml:3: a: error: has no 'quantizer'; add it [key-missing]\n");
  EXPECT_EQ(
      complaints(layers("  - {name: a, type: activation, quantizer: 'quantized_bits(4,alpha=auto_po2)'}\n")),
      "net.yml:3: a.quantizer: error: is 'quantized_bits(4,alpha=auto_po2)', which cannot be trained: a scale "
      "for each channel is for weights [quantizer-refused]\n");
}

TEST(NetworkFile, ANetworkIsQuantisedAsAWhole) {
  EXPECT_EQ(
      complaints(
          with_layers("  - {name: b, type: batch_norm}\n  - {name: c, type: conv2d, filters: 2, kernel: "
                      "3}\n  - {name: a, type: activation, quantizer: quantized_relu(4)}\n" +
                      tail)),
      "net.yml:1: input: error: has no 'quantizer', but other layers are quantised; a network is quantised as "
      "a whole or not at all [quantizer-missing]\n"
      "net.yml:3: b: error: is a batch norm in a quantised network that has no convolution or dense right "
      "before it to be folded into [norm-not-folded]\n"
      "net.yml:4: c: error: has no 'kernel_quantizer', but other layers are quantised; a network is quantised "
      "as a whole or not at all [quantizer-missing]\n"
      "net.yml:7: d: error: has no 'kernel_quantizer', but other layers are quantised; a network is quantised "
      "as a whole or not at all [quantizer-missing]\n");
}

TEST(NetworkFile, MissingAndMisshapenParts) {
  EXPECT_EQ(complaints("{}"),
            "net.yml:1: error: has no 'input'; add it [key-missing]\n"
            "net.yml:1: error: has no 'layers'; add it [key-missing]\n");
  EXPECT_EQ(complaints("input: {}\nlayers: []"),
            "net.yml:1: input: error: has no 'shape'; add it [key-missing]\n"
            "net.yml:2: layers: error: has no layers [network-empty]\n");
  EXPECT_EQ(complaints("input: {shape: [6, 6, 1]}\nlayers: {name: x}\n"),
            "net.yml:2: layers: error: wants a list of layers, but is 'a map' [wrong-kind]\n");
  EXPECT_EQ(complaints("[1, 2]"), "net.yml:1: error: wants a map, but is 'a list' [wrong-kind]\n");
  EXPECT_EQ(complaints(with_layers("  - relu\n" + tail)),
            "net.yml:3: layers[0]: error: wants a map, but is 'relu' [wrong-kind]\n");
  EXPECT_EQ(complaints(with_layers("  - {filters: 3}\n" + tail)),
            "net.yml:3: layers[0]: error: has no 'type'; add it [key-missing]\n");
  EXPECT_EQ(complaints(with_layers("  - {type: relu}\n" + tail)),
            "net.yml:3: layers[0]: error: has no 'name'; add it [key-missing]\n");
}

}  // namespace
}  // namespace gw::train
