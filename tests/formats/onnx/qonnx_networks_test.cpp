// Claim: networks of the kinds that the QONNX model zoo and MLPerf Tiny hold, written by Brevitas, by QKeras
// or by FINN, answer what their files say: the same nodes in the same order with random weights, smaller,
// against the words of the specification. Samples in which a number comes near to where a rounding jumps are
// passed over, since scales are rounded to single precision where a layer takes them.

#include <cmath>

#include <gtest/gtest.h>

#include "common/layout.h"
#include "formats/onnx/random_onnx.h"
#include "graph/evaluate.h"
#include "graph/expect.h"
#include "passes/pass.h"

namespace gw {
namespace {

using Dims = std::vector<std::int64_t>;
using testing::OnnxTensorValue;
using testing::refusal;

constexpr const char* quantizers = "qonnx.custom_op.general";

class Zoo : public testing::RandomOnnx {
 public:
  explicit Zoo(std::uint64_t seed) : RandomOnnx(seed) {}

  /// Pixels from 0 to 1, or numbers from -1 on.
  void begin(const Dims& shape, bool is_signed) {
    shape_ = shape;
    take_input(shape, is_signed ? -64 : 0, 64, 1.0 / 64);
  }
  std::string number(double value) {
    const std::string name = fresh("k");
    builder_.weights(name, {}, {static_cast<float>(value)});
    return name;
  }
  std::string reals(const Dims& shape, double least, double most) {
    const std::string name = fresh("w");
    std::vector<float> values;
    for (std::int64_t i = 0; i < count(shape); ++i)
      values.push_back(static_cast<float>(least + (most - least) * unit()));
    builder_.weights(name, shape, values);
    return name;
  }
  double unit() { return static_cast<double>(random_.below(1 << 20)) / (1 << 20); }

  std::string quant(const std::string& x, double scale, int bits, bool is_signed, bool is_narrow,
                    const std::string& mode = "ROUND") {
    if (bits == 1) {
      add("BipolarQuant", {x, number(scale)}, quantizers);
    } else {
      add("Quant", {x, number(scale), number(0), number(bits)}, quantizers).integer("signed", is_signed);
      builder_.integer("narrow", is_narrow).text("rounding_mode", mode);
    }
    return last_;
  }
  /// Weights, with a scale for each output where there are several bits.
  std::string weights(const Dims& shape, int bits) {
    const std::string kept = last_, w = reals(shape, -1, 1);
    if (bits == 1) {
      quant(w, 1, 1, true, false);
    } else {
      Dims each(shape.size(), 1);
      each[0] = shape[0];
      add("Quant", {w, reals(each, 0.05, 0.2), number(0), number(bits)}, quantizers).integer("signed", 1);
      builder_.integer("narrow", 1).text("rounding_mode", "ROUND");
    }
    return std::exchange(last_, kept);
  }
  void activate(int bits, bool is_signed) {
    quant(last_, bits == 1 ? 1 : is_signed ? 0.5 : 0.31, bits, is_signed, is_signed);
  }
  void affine(double factor, double shift) {
    add("Mul", {last_, number(factor)});
    add("Add", {last_, number(shift)});
  }
  void norm(std::int64_t channels) {
    const std::string variance = fresh("v");
    builder_.weights(variance, {channels}, std::vector<float>(static_cast<size_t>(channels), 1));
    const Dims each{channels};
    add("BatchNormalization",
        {last_, reals(each, 0.3, 1.2), reals(each, -1, 1), reals(each, -1, 1), variance})
        .number("epsilon", 0);
  }
  void conv(std::int64_t filters, std::int64_t kernel, std::int64_t pad, int bits, std::int64_t stride = 1,
            bool is_depthwise = false) {
    Dims shape{filters, is_depthwise ? 1 : shape_[1]}, pads;
    for (size_t axis = 2; axis < shape_.size(); ++axis) shape.push_back(kernel);
    const std::string w = weights(shape, bits);
    add("Conv", {last_, w}).integer("group", is_depthwise ? shape_[1] : 1);
    builder_.integers("pads", Dims(2 * (shape_.size() - 2), pad));
    builder_.integers("strides", Dims(shape_.size() - 2, stride));
    shape_[1] = filters;
    for (size_t axis = 2; axis < shape_.size(); ++axis)
      shape_[axis] = (shape_[axis] + 2 * pad - kernel) / stride + 1;
  }
  void pool(std::int64_t size) {
    add("MaxPool", {last_}).integers("kernel_shape", Dims(shape_.size() - 2, size));
    builder_.integers("strides", Dims(shape_.size() - 2, size));
    for (size_t axis = 2; axis < shape_.size(); ++axis) shape_[axis] /= size;
  }
  /// x.view(x.shape[0], -1), as PyTorch writes it.
  void flatten() {
    const std::string x = last_, first = fresh("k"), rest = fresh("k");
    builder_.numbers(first, {0}).numbers(rest, {-1});
    add("Shape", {x});
    add("Gather", {last_, first}).integer("axis", 0);
    add("Concat", {last_, rest}).integer("axis", 0);
    add("Reshape", {x, last_});
    shape_ = {1, count(shape_)};
  }
  /// Weights as (outputs, inputs), transposed in the file.
  void dense(std::int64_t outputs, int bits) {
    const std::string x = last_, w = weights({outputs, shape_[1]}, bits);
    add("Transpose", {w}).integers("perm", {1, 0});
    add("MatMul", {x, last_});
    shape_[1] = outputs;
  }
  /// The class, by FINN's LabelSelect before it is one.
  void top() {
    const std::string one = fresh("k"), place = fresh("t");
    builder_.numbers(one, {1});
    builder_.node("TopK", {last_, one}, {fresh("t"), place}, fresh("n")).integer("axis", -1);
    last_ = place;
  }
  void end() { builder_.output(last_); }

  Dims shape_;
  using RandomOnnx::add;
  using RandomOnnx::builder_;
  using RandomOnnx::fresh;
  using RandomOnnx::last_;
};

/// 1 if the file answers what the oracle does, 0 if a rounding is too near to call.
int agrees(Zoo& zoo) {
  double nearest = 1;
  const OnnxTensorValue expected = zoo.answer(&nearest);
  const auto model = zoo.file().read();
  EXPECT_TRUE(model) << refusal(model);
  if (!model) return 1;
  Config config;  // pixels and results hold everything exactly, whatever has no type of its own
  config.precision.model = {
      {"default", Quantizer{{28, 8, true}}}, {"result", std::nullopt}, {"accum", std::nullopt}};
  const auto graph = compile(model->graph, config);
  EXPECT_TRUE(graph) << refusal(graph);
  if (!graph) return 1;
  if (nearest < 1e-4) return 0;
  const std::vector<FloatTensor> inputs{testing::to_ours(model->inputs[0], zoo.input().values)};
  const auto ours = testing::to_file(model->outputs[0], evaluate(*graph, inputs)[0]);
  EXPECT_EQ(ours.size(), expected.values.size());
  for (size_t i = 0; i < ours.size() && i < expected.values.size(); ++i)
    EXPECT_NEAR(ours[i], expected.values[i], 1e-4 * std::max(1.0, std::fabs(expected.values[i]))) << i;
  return 1;
}

/// Runs a kind of network for several seeds; enough of them must be compared.
template <class Make>
void check(Make make, int least = 4) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE(seed);
    Zoo zoo(seed);
    make(zoo, seed);
    zoo.end();
    compared += agrees(zoo);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GE(compared, least);
}

struct Bits {
  int weights, activations;
};
constexpr Bits kinds[] = {{1, 1}, {1, 2}, {2, 2}, {4, 4}};

// TFC, SFC, LFC, words and network packets: quantised pixels, matrices, batch norms, and a scalar affine.
TEST(QonnxNetworks, Perceptrons) {
  check([](Zoo& zoo, std::uint64_t seed) {
    const Bits bits = kinds[seed % 4];
    zoo.begin({1, 1, 4, 5}, false);
    zoo.affine(2, -1);
    zoo.quant(zoo.last_, bits.activations == 1 ? 1 : 0.37, bits.activations, true, true);
    zoo.flatten();
    for (const std::int64_t features : {8, 6}) {
      zoo.dense(features, bits.weights);
      zoo.norm(features);
      zoo.activate(bits.activations, true);
    }
    zoo.dense(5, bits.weights);
    zoo.affine(0.13, -0.4);
    if (seed >= 4) zoo.top();
  });
}

// CNV and VGG10: convolutions with their norms and pools, along two axes or one.
TEST(QonnxNetworks, Convolutions) {
  check([](Zoo& zoo, std::uint64_t seed) {
    const Bits bits = kinds[seed % 4];
    const bool is_line = seed >= 4;
    zoo.begin(is_line ? Dims{1, 2, 12} : Dims{1, 3, 8, 8}, true);
    zoo.quant(zoo.last_, 1.0 / 128, 8, true, true);
    for (const std::int64_t filters : {4, 5}) {
      zoo.conv(filters, 3, is_line ? 1 : 0, bits.weights);
      zoo.norm(filters);
      if (is_line) zoo.add("Relu", {zoo.last_});
      zoo.activate(bits.activations, !is_line);
      if (filters == 4) zoo.pool(2);
    }
    zoo.flatten();
    zoo.dense(4, bits.weights);
    zoo.norm(4);
    if (seed % 2 == 0) zoo.top();
  });
}

// MobileNet: depthwise and pointwise convolutions with strides, a mean that is truncated.
TEST(QonnxNetworks, DepthwiseWithATruncatedMean) {
  check([](Zoo& zoo, std::uint64_t) {
    zoo.begin({1, 3, 8, 8}, false);
    zoo.quant(zoo.last_, 1.0 / 64, 8, false, false);
    const auto block = [&](std::int64_t filters, std::int64_t kernel, std::int64_t pad, int bits,
                           std::int64_t stride, bool is_depthwise) {
      zoo.conv(filters, kernel, pad, bits, stride, is_depthwise);
      zoo.norm(filters);
      zoo.add("Relu", {zoo.last_});
      zoo.activate(4, false);
    };
    block(4, 3, 1, 8, 2, false);
    block(4, 3, 1, 4, 1, true);
    block(6, 1, 0, 4, 1, false);
    block(6, 3, 1, 4, 2, true);
    zoo.add("AveragePool", {zoo.last_}).integers("kernel_shape", {2, 2});
    zoo.shape_ = {1, 6, 1, 1};
    zoo.flatten();
    zoo.dense(5, 8);
    zoo.add("Add", {zoo.last_, zoo.reals({5}, -1, 1)});
  });
}

// ResNet-8 for CIFAR-10 as QKeras gives it: images with their channels last between transposes, sums of two
// branches, one of them with a convolution of its own, a matrix behind a flattened image.
TEST(QonnxNetworks, ResidualBetweenTransposes) {
  check([](Zoo& zoo, std::uint64_t) {
    zoo.begin({1, 6, 6, 2}, true);
    zoo.quant(zoo.last_, 1.0 / 64, 8, true, false);
    zoo.add("Transpose", {zoo.last_}).integers("perm", {0, 3, 1, 2});
    zoo.shape_ = {1, 2, 6, 6};
    zoo.conv(4, 3, 1, 4);
    zoo.norm(4);
    zoo.activate(4, true);
    const std::string kept = zoo.last_;
    const Dims before = zoo.shape_;
    zoo.conv(3, 3, 1, 4, 2);
    zoo.activate(6, true);
    const std::string left = zoo.last_;
    zoo.last_ = kept;
    zoo.shape_ = before;
    zoo.conv(3, 1, 0, 4, 2);
    zoo.activate(6, true);
    zoo.add("Add", {left, zoo.last_});
    zoo.add("Relu", {zoo.last_});
    zoo.activate(5, false);
    zoo.add("Transpose", {zoo.last_}).integers("perm", {0, 2, 3, 1});
    zoo.shape_ = {1, 3, 3, 3};
    zoo.flatten();
    zoo.dense(4, 4);
  });
}

// What FINN's streamlining leaves: thresholds, whole weights, one scale behind it all, and the class.
TEST(QonnxNetworks, Streamlined) {
  check([](Zoo& zoo, std::uint64_t seed) {
    zoo.begin({1, 2, 5, 5}, true);
    zoo.quant(zoo.last_, 1.0 / 64, 8, true, true);
    zoo.add("Mul", {zoo.last_, zoo.number(64)});
    zoo.conv(3, 3, 0, 1);
    std::vector<float> levels;
    for (int i = 0; i < 9; ++i) levels.push_back(static_cast<float>(40 * (i % 3) - 50 + i / 3) + 0.5F);
    const std::string thresholds = zoo.fresh("w");
    zoo.builder_.weights(thresholds, {3, 3}, levels);
    zoo.add("MultiThreshold", {zoo.last_, thresholds}, quantizers).text("out_dtype", "INT2");
    zoo.builder_.number("out_bias", -2).number("out_scale", 1).text("data_layout", "NCHW");
    zoo.flatten();
    zoo.dense(4, 1);
    zoo.add("Mul", {zoo.last_, zoo.number(0.031)});
    if (seed % 2 == 0) zoo.top();
  });
}

}  // namespace
}  // namespace gw
