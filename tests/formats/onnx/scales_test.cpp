// Claim: a network whose quantizers have any scales, zero points and roundings, as QONNX, QDQ pairs or
// operators on whole numbers, answers what its file says: random networks against the words of the
// specifications in real arithmetic. Scales are rounded to single precision where a layer takes them; samples
// in which a number comes so near to where a rounding jumps that this could matter are passed over.

#include <cmath>

#include <gtest/gtest.h>

#include "common/layout.h"
#include "formats/onnx/random_onnx.h"
#include "graph/evaluate.h"
#include "passes/pass.h"

namespace gw {
namespace {

using testing::OnnxBuilder;
using testing::OnnxTensorValue;
using Dims = std::vector<std::int64_t>;

/// A random quantised network that grows by one block at a time.
class QuantisedFile : public testing::RandomOnnx {
 public:
  enum class Style { Qonnx, Pairs };

  QuantisedFile(std::uint64_t seed, Style style) : RandomOnnx(seed), style_(style) {
    shape_ =
        random_.below(3) == 0 ? Dims{1, 1 + below(6)} : Dims{1, 1 + below(3), 2 + below(4), 2 + below(4)};
    take_input(shape_, -512, 511, 1.0 / 64);
    quantise(0.02 + 0.05 * unit(), 8);
    for (std::uint64_t blocks = 1 + random_.below(3); blocks > 0; --blocks) grow();
    builder_.output(last_);
  }

 private:
  double unit() { return static_cast<double>(random_.below(1 << 20)) / (1 << 20); }
  std::string number(double value) {
    const std::string name = fresh("k");
    builder_.weights(name, {}, {static_cast<float>(value)});
    return name;
  }
  std::string reals(const Dims& shape, double size) {
    const std::string name = fresh("w");
    std::vector<float> values;
    for (std::int64_t i = 0; i < count(shape); ++i)
      values.push_back(static_cast<float>(size * (2 * unit() - 1)));
    builder_.weights(name, shape, values);
    return name;
  }

  void quantise(double scale, int bits) {
    const bool is_signed = random_.below(2) == 0;
    if (random_.below(4) == 0) scale = std::ldexp(1.0, static_cast<int>(std::log2(scale)));
    const std::int64_t zero = random_.below(2) == 0 ? 0 : random_.between(is_signed ? -20 : 0, 40);
    if (style_ == Style::Qonnx) {
      static const char* const modes[] = {"ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN"};
      add("Quant", {last_, number(scale), number(static_cast<double>(zero)), number(bits)},
          "qonnx.custom_op.general");
      builder_.integer("signed", is_signed).integer("narrow", random_.below(2) == 0);
      builder_.text("rounding_mode", random_.below(2) == 0 ? "ROUND" : modes[random_.below(7)]);
      return;
    }
    const std::string s = number(scale), z = fresh("z");
    builder_.whole(z, {}, {zero}, is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8);
    add("QuantizeLinear", {last_, s, z});
    if (random_.below(4) == 0) {  // fewer bits, as Brevitas says it
      const int type = is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8;
      const std::string low = fresh("l"), high = fresh("h");
      builder_.whole(low, {}, {std::max<std::int64_t>(zero - 7, is_signed ? -128 : 0)}, type);
      builder_.whole(high, {}, {zero + 7}, type);
      add("Clip", {last_, low, high});
    }
    add("DequantizeLinear", {last_, s, z});
  }

  /// Weights with one scale or one for each output, which run along `axis`.
  std::string weights(const Dims& shape, size_t axis) {
    const bool is_each = random_.below(2) == 0;
    const std::int64_t outputs = shape[axis];
    std::vector<float> scales;
    for (std::int64_t i = 0; i < (is_each ? outputs : 1); ++i)
      scales.push_back(static_cast<float>(0.01 + 0.1 * unit()));
    if (random_.below(4) == 0) {
      for (float& scale : scales) scale = std::ldexp(1.0F, static_cast<int>(random_.between(-6, -3)));
    }
    const std::string s = fresh("s"), kept = last_;
    if (style_ == Style::Qonnx) {
      Dims spread(shape.size(), 1);
      if (is_each) spread[axis] = outputs;
      builder_.weights(s, spread, scales);
      add("Quant", {reals(shape, 0.6), s, number(0), number(4)}, "onnx.brevitas");
      builder_.integer("signed", 1).integer("narrow", 1).text("rounding_mode", "ROUND");
    } else {
      builder_.weights(s, is_each ? Dims{outputs} : Dims{}, scales);
      const std::string q = fresh("q"), z = fresh("z");
      std::vector<std::int64_t> values;
      for (std::int64_t i = 0; i < count(shape); ++i) values.push_back(random_.between(-127, 127));
      builder_.whole(q, shape, values, onnx::TensorProto::INT8);
      builder_.whole(z, is_each ? Dims{outputs} : Dims{}, std::vector<std::int64_t>(scales.size(), 0),
                     onnx::TensorProto::INT8);
      add("DequantizeLinear", {q, s, z}).integer("axis", static_cast<std::int64_t>(axis));
    }
    return std::exchange(last_, kept);
  }

  void grow() {
    const bool is_picture = shape_.size() == 4;
    const std::string before = last_;
    if (is_picture && random_.below(4) != 0) {
      const std::int64_t groups = random_.below(3) == 0 ? shape_[1] : 1, filters = groups * (1 + below(3));
      const Dims kernel{filters, shape_[1] / groups, 1 + below(std::min<std::int64_t>(3, shape_[2])),
                        1 + below(std::min<std::int64_t>(3, shape_[3]))};
      std::vector<std::string> inputs{last_, weights(kernel, 0)};
      if (random_.below(2) == 0) inputs.push_back(reals({filters}, 1));
      add("Conv", inputs).integer("group", groups);
      const Dims pads{below(kernel[2]), below(kernel[3]), below(kernel[2]), below(kernel[3])};
      builder_.integers("pads", pads);
      shape_ = {1, filters, shape_[2] + pads[0] + pads[2] - kernel[2] + 1,
                shape_[3] + pads[1] + pads[3] - kernel[3] + 1};
      if (random_.below(3) == 0) {
        std::vector<float> ones(static_cast<size_t>(filters), 1);
        const std::string variance = fresh("v");
        builder_.weights(variance, {filters}, ones);
        add("BatchNormalization",
            {last_, reals({filters}, 1), reals({filters}, 1), reals({filters}, 1), variance})
            .number("epsilon", 0);
      }
    } else {
      if (is_picture) {
        add("Flatten", {last_});
        shape_ = {1, count(shape_)};
      }
      const std::int64_t outputs = 1 + below(5);
      add("MatMul", {last_, weights({shape_[1], outputs}, 1)});
      if (random_.below(2) == 0) add("Add", {last_, reals({outputs}, 1)});
      shape_ = {1, outputs};
    }
    if (random_.below(2) == 0) add("Relu", {last_});
    if (random_.below(5) == 0) add("LeakyRelu", {last_}).number("alpha", 0.25);
    if (random_.below(5) == 0) add("Mul", {last_, number(0.3 + unit())});
    if (random_.below(5) == 0) add("Div", {last_, number(0.3 + unit())});
    if (shape_.size() == 4 && random_.below(4) == 0) {
      const Dims kernel{1 + below(shape_[2]), 1 + below(shape_[3])};
      add(random_.below(2) == 0 ? "MaxPool" : "AveragePool", {last_}).integers("kernel_shape", kernel);
      shape_[2] -= kernel[0] - 1;
      shape_[3] -= kernel[1] - 1;
    }
    if (random_.below(8) != 0) quantise(0.02 + 0.2 * unit(), static_cast<int>(random_.between(2, 8)));
    if (random_.below(4) == 0) {  // a second way of the same tensor, with a quantizer of its own
      const std::string one = last_;
      add("Mul", {one, number(0.5)});
      quantise(0.02 + 0.1 * unit(), 6);
      add(random_.below(2) == 0 ? "Add" : "Sub", {one, last_});
      quantise(0.05 + 0.1 * unit(), 8);
    }
    if (random_.below(4) == 0) {
      const std::string one = last_;
      add("Relu", {one});
      add("Concat", {one, last_}).integer("axis", 1);
      shape_[1] *= 2;
    }
    if (shape_.size() == 4 && random_.below(6) == 0) {
      add("GlobalAveragePool", {last_});
      shape_[2] = shape_[3] = 1;
      quantise(0.02, 8);
    }
  }

  Style style_;
  Dims shape_;
};

void compare(QuantisedFile::Style style, int least) {
  constexpr double near = 1e-4, tolerance = 1e-5;
  Config config;
  config.precision.by_kind["input"] = {{"result", Quantizer{{10, 4, true}, Rounding::Trn, Overflow::Wrap}}};
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    QuantisedFile random(seed, style);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + random.operators());
    double nearest = 1;
    const OnnxTensorValue expected = random.answer(&nearest);
    const auto model = random.file().read();
    ASSERT_TRUE(model) << to_string(model.errors()[0]);
    const auto graph = compile(model->graph, config);
    if (!graph) {  // what no quantizer has rounded may need more than 63 bits (then
                   // real numbers behind it have no type either), or be nothing but 0
      const std::string id(graph.errors()[0].id);
      ASSERT_TRUE(id == "type-too-wide" || id == "type-zero-width" || id == "real-without-type")
          << to_string(graph.errors()[0]);
      continue;
    }
    if (nearest < near) continue;
    const std::vector<FloatTensor> inputs{testing::to_ours(model->inputs[0], random.input().values)};
    const auto y = testing::to_file(model->outputs[0], evaluate(*graph, inputs)[0]);
    ASSERT_EQ(y.size(), expected.values.size());
    for (size_t i = 0; i < y.size(); ++i)
      ASSERT_NEAR(y[i], expected.values[i], tolerance * std::max(1.0, std::fabs(expected.values[i]))) << i;
    ++compared;
  }
  EXPECT_GE(compared, least);
}

// A type of the model's own would cut sums of numbers that stand for others; a layer's own entry may.
TEST(OnnxScales, TheModelsDefaultDoesNotReachSums) {
  const Quantizer input{{10, 4, true}, Rounding::Trn, Overflow::Wrap}, coarse{{16, 6, true}};
  Config exact, cut, own;
  for (Config* config : {&exact, &cut, &own}) config->precision.by_kind["input"] = {{"result", input}};
  cut.precision.model = own.precision.model = {{"default", coarse}, {"accum", coarse}};
  int differ = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    OnnxBuilder b;
    const std::string domain = "qonnx.custom_op.general";
    b.input("x", {1, 4}).output("y").weights("s", {}, {0.3F}).weights("t", {}, {0.07F}).weights("z", {}, {0});
    b.weights("u", {}, {0.0625F})
        .weights("bits", {}, {8})
        .weights("w", {4, 2}, {0.5F, -0.3F, 0.21F, 0.7F, -0.66F, 0.1F, 0.4F, 0.9F});
    b.node("Quant", {"x", "s", "z", "bits"}, {"q"}, "q", domain).integer("narrow", 0);
    b.node("Quant", {"w", "t", "z", "bits"}, {"v"}, "v", domain).integer("narrow", 1);
    b.node("MatMul", {"q", "v"}, {"m"}, "m").node("Relu", {"m"}, {"r"}, "r");
    b.node("Quant", {"r", "u", "z", "bits"}, {"y"}, "y", domain).integer("narrow", 0);
    const auto model = b.read();
    ASSERT_TRUE(model) << to_string(model.errors()[0]);
    own.precision.by_name["MatMul_0"] = {{"accum", Quantizer{{6, 5, true}}}};
    Random random(seed);
    std::vector<float> x;
    for (int i = 0; i < 4; ++i) x.push_back(static_cast<float>(random.between(-512, 511)) / 64);
    std::vector<Tensor> answers;
    for (const Config* config : {&exact, &cut, &own}) {
      const auto graph = compile(model->graph, *config);
      ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
      answers.push_back(evaluate(*graph, std::vector<FloatTensor>{{{4}, 1, x}})[0]);
    }
    EXPECT_EQ(answers[0], answers[1]) << seed;
    differ += answers[0] == answers[2] ? 0 : 1;
  }
  EXPECT_GT(differ, 3);
}

TEST(OnnxScales, NoDamagedBytesMakeThemFail) {
  Random random(11);
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const auto style = seed % 2 == 0 ? QuantisedFile::Style::Qonnx : QuantisedFile::Style::Pairs;
    const std::string good = QuantisedFile(seed, style).file().bytes();
    for (int round = 0; round < 40; ++round) {
      std::string bytes = good;
      for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes)
        bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
      (void)read_onnx(bytes, "m.onnx");
    }
  }
}

TEST(OnnxScales, NetworksOfQonnxAnswerWhatTheySay) { compare(QuantisedFile::Style::Qonnx, 100); }
TEST(OnnxScales, PairsOfQuantizeAndDequantizeAnswerWhatTheySay) { compare(QuantisedFile::Style::Pairs, 180); }

}  // namespace
}  // namespace gw
