#include "train/network.h"

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
            "net.yml:6: training.loss: error: unknown value 'mse'; did you mean 'categorical_crossentropy'? "
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
      "net.yml:1: input.shape: error: is [6, 0, 1], but must be [height, width, channels], each 1 to 65535 "
      "[value-range]\n");
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
      "quantized_bits, quantized_relu, binary, ternary, quantized_po2 [quantizer-refused]\n");
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
      "net.yml:3: b: error: is a batch norm in a quantised network that has no conv2d or dense right before "
      "it to be folded into [norm-not-folded]\n"
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
