// Claim: each layer computes what Keras says it computes. Weights and inputs are small whole numbers, so that
// the answers of straight loops, in Keras's own terms, are equal to the last bit.

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "formats/keras/builder.h"
#include "graph/evaluate.h"
#include "graph/expect.h"
#include "graph/text.h"
#include "passes/pass.h"

namespace gw {
namespace {

using testing::Json;
using testing::keras_layer;
using testing::KerasMade;
using testing::KerasNet;
using testing::refusal;
using testing::small_numbers;

/// Values with their extents, channels last.
struct Value {
  Shape shape;
  std::vector<double> values;
};

Value input_of(const Shape& shape) {
  const auto numbers = small_numbers(static_cast<size_t>(element_count(shape)), 2);
  return {shape, {numbers.begin(), numbers.end()}};
}

std::string text_of(const Diagnostics& errors) {
  std::string out;
  for (const Diagnostic& error : errors) out += to_string(error) + "\n";
  return out;
}

/// Every tensor with room to spare: whole numbers stay, halves and quarters too.
Config wide() {
  Config config;
  const Quantizer type{{40, 20, true}, Rounding::Rnd, Overflow::Sat};
  config.precision.model = {{"default", type}, {"result", std::nullopt}, {"accum", std::nullopt}};
  config.precision.by_kind["input"] = {{"result", Quantizer{{24, 12, true}, Rounding::Rnd, Overflow::Sat}}};
  return config;
}

/// What the file answers, by our evaluation.
std::vector<Value> answers(const KerasNet& net, const std::vector<Value>& inputs, bool is_numbered = false) {
  const auto model = read_keras(is_numbered ? net.keras() : net.h5(), "m");
  EXPECT_TRUE(model) << text_of(model.errors());
  if (!model) return {{{}, {}}};
  const auto graph = compile(model->graph, wide());
  EXPECT_TRUE(graph) << text_of(graph.errors());
  if (!graph) return {{{}, {}}};
  std::vector<FloatTensor> given;
  for (const Value& input : inputs)
    given.push_back({input.shape, 1, {input.values.begin(), input.values.end()}});
  std::vector<Value> out;
  for (const Tensor& y : evaluate(*graph, given)) {
    Value value{y.shape(), {}};
    for (std::int64_t i = 0; i < y.size(); ++i)
      value.values.push_back(to_double(y.at(i), y.type().fraction()));
    out.push_back(std::move(value));
  }
  return out;
}

/// The answer of one layer behind an input.
Value answer(KerasMade layer, const Value& x, bool is_numbered = false) {
  KerasNet net;
  net.add(testing::keras_input("in", x.shape)).add(std::move(layer));
  return answers(net, {x}, is_numbered)[0];
}

void expect_equal(const Value& ours, const Value& theirs, const std::string& what) {
  EXPECT_EQ(ours.shape, theirs.shape) << what;
  EXPECT_EQ(ours.values, theirs.values) << what;
}

/// One axis as a convolution or pool sees it, by the rules of Keras's documentation.
struct Axis {
  int in, kernel, stride, dilation;
  std::string padding;

  int reach() const { return (kernel - 1) * dilation + 1; }
  int out() const {
    if (padding == "valid") return (in - reach()) / stride + 1;
    return (in + stride - 1) / stride;
  }
  int before() const {
    if (padding == "valid") return 0;
    if (padding == "causal") return reach() - 1;
    return std::max((out() - 1) * stride + reach() - in, 0) / 2;
  }
};

/// Calls f(output row, output column, kernel row, kernel column, input row, input column) where that is
/// inside.
void slide(const Axis& rows, const Axis& columns,
           const std::function<void(int, int, int, int, int, int)>& f) {
  for (int r = 0; r < rows.out(); ++r) {
    for (int c = 0; c < columns.out(); ++c) {
      for (int i = 0; i < rows.kernel; ++i) {
        for (int j = 0; j < columns.kernel; ++j) {
          const int y = r * rows.stride - rows.before() + i * rows.dilation;
          const int x = c * columns.stride - columns.before() + j * columns.dilation;
          if (y >= 0 && y < rows.in && x >= 0 && x < columns.in) f(r, c, i, j, y, x);
        }
      }
    }
  }
}

/// A convolution of (height, width, in) with (kernel, kernel, in / groups, out).
Value convolve(const Value& x, const Axis& rows, const Axis& columns, const std::vector<float>& kernel,
               int filters, int groups, const std::vector<float>& bias) {
  const int in = x.shape.back(), per_group = in / groups, per_filter = filters / groups;
  Value y{{rows.out(), columns.out(), filters}, {}};
  for (int i = 0; i < rows.out() * columns.out(); ++i) {
    for (int o = 0; o < filters; ++o) y.values.push_back(bias.empty() ? 0 : bias[static_cast<size_t>(o)]);
  }
  slide(rows, columns, [&](int r, int c, int i, int j, int row, int column) {
    for (int o = 0; o < filters; ++o) {
      for (int k = 0; k < per_group; ++k) {
        const int channel = o / per_filter * per_group + k;
        y.values[static_cast<size_t>((r * columns.out() + c) * filters + o)] +=
            static_cast<double>(
                kernel[static_cast<size_t>(((i * columns.kernel + j) * per_group + k) * filters + o)]) *
            x.values[static_cast<size_t>((row * columns.in + column) * in + channel)];
      }
    }
  });
  return y;
}

Value as_line(Value value) {
  value.shape.erase(value.shape.begin());
  return value;
}

TEST(KerasLayers, Dense) {
  for (const Shape& shape : {Shape{5}, Shape{3, 5}, Shape{2, 3, 5}}) {
    const Value x = input_of(shape);
    const KerasMade layer = testing::keras_dense("d", 5, 3);
    Value y{shape, {}};
    y.shape.back() = 3;
    for (size_t row = 0; row < x.values.size(); row += 5) {
      for (size_t o = 0; o < 3; ++o) {
        double sum = layer.variables[1].values[o];
        for (size_t i = 0; i < 5; ++i) sum += x.values[row + i] * layer.variables[0].values[i * 3 + o];
        y.values.push_back(sum);
      }
    }
    expect_equal(answer(layer, x), y, to_string(shape));
    expect_equal(answer(layer, x, true), y, to_string(shape));
  }
}

TEST(KerasLayers, FewValuedDense) {
  const Value x{{4}, {1, 2, 4, 8}};
  const std::vector<float> kernel{0.6F, -0.6F, 0.5F, 0};
  const Json config{{"units", 1}, {"use_bias", false}, {"H", 1.0}};
  EXPECT_EQ(answer(keras_layer("BinaryDense", "d", config, {{"kernel", {4, 1}, kernel}}), x).values,
            (std::vector<double>{1 - 2 + 4 - 8}));
  EXPECT_EQ(answer(keras_layer("TernaryDense", "d", config, {{"kernel", {4, 1}, kernel}}), x).values,
            (std::vector<double>{1 - 2}));
}

TEST(KerasLayers, ConvolutionsOfTwoAxes) {
  for (const char* padding : {"valid", "same"}) {
    for (const int stride : {1, 2}) {
      for (const int dilation : {1, 2}) {
        if (stride > 1 && dilation > 1) continue;  // Keras does not have both
        for (const int groups : {1, 2}) {
          const Value x = input_of({7, 6, 4});
          const Axis rows{7, 3, stride, dilation, padding}, columns{6, 2, stride, dilation, padding};
          const auto kernel = small_numbers(static_cast<size_t>(3 * 2 * 4 / groups * 6)),
                     bias = small_numbers(6, 3);
          const Json config{
              {"filters", 6},       {"kernel_size", {3, 2}},          {"strides", {stride, stride}},
              {"padding", padding}, {"data_format", "channels_last"}, {"dilation_rate", {dilation, dilation}},
              {"groups", groups}};
          const KerasMade layer = keras_layer(
              "Conv2D", "c", config,
              {{"kernel", {3, 2, static_cast<hsize_t>(4 / groups), 6}, kernel}, {"bias", {6}, bias}});
          expect_equal(answer(layer, x), convolve(x, rows, columns, kernel, 6, groups, bias), config.dump());
        }
      }
    }
  }
}

TEST(KerasLayers, ConvolutionsOfOneAxis) {
  for (const char* padding : {"valid", "same", "causal"}) {
    for (const int dilation : {1, 2}) {
      const Value x = input_of({9, 3});
      const Axis row{1, 1, 1, 1, "valid"}, columns{9, 3, 1, dilation, padding};
      const auto kernel = small_numbers(3 * 3 * 4);
      const Json config{{"filters", 4},       {"kernel_size", {3}},          {"strides", {1}},
                        {"padding", padding}, {"dilation_rate", {dilation}}, {"use_bias", false}};
      const KerasMade layer = keras_layer("Conv1D", "c", config, {{"kernel", {3, 3, 4}, kernel}});
      expect_equal(answer(layer, x), as_line(convolve(x, row, columns, kernel, 4, 1, {})), config.dump());
    }
  }
}

TEST(KerasLayers, DepthwiseAndSeparable) {
  const Value x = input_of({5, 5, 3});
  const Axis axis{5, 3, 1, 1, "same"}, point{5, 1, 1, 1, "valid"};
  const auto deep = small_numbers(3 * 3 * 3 * 2), wide = small_numbers(6 * 4, 2), bias = small_numbers(6, 5),
             last = small_numbers(4, 3);
  Json config{{"kernel_size", {3, 3}}, {"strides", {1, 1}}, {"padding", "same"}, {"depth_multiplier", 2}};
  expect_equal(answer(keras_layer("DepthwiseConv2D", "c", config,
                                  {{"depthwise_kernel", {3, 3, 3, 2}, deep}, {"bias", {6}, bias}}),
                      x),
               convolve(x, axis, axis, deep, 6, 3, bias), "depthwise");
  config["filters"] = 4;
  expect_equal(answer(keras_layer("SeparableConv2D", "c", config,
                                  {{"depthwise_kernel", {3, 3, 3, 2}, deep},
                                   {"pointwise_kernel", {1, 1, 6, 4}, wide},
                                   {"bias", {4}, last}}),
                      x),
               convolve(convolve(x, axis, axis, deep, 6, 3, {}), point, point, wide, 4, 1, last),
               "separable");
  const Value line = input_of({8, 3});
  const Axis row{1, 1, 1, 1, "valid"}, along{8, 3, 1, 1, "valid"}, each{6, 1, 1, 1, "valid"};
  const auto deep1 = small_numbers(3 * 3 * 2);
  const Json config1{{"kernel_size", {3}}, {"strides", {1}}, {"depth_multiplier", 2}, {"filters", 4}};
  expect_equal(answer(keras_layer("SeparableConv1D", "c", config1,
                                  {{"depthwise_kernel", {3, 3, 2}, deep1},
                                   {"pointwise_kernel", {1, 6, 4}, wide},
                                   {"bias", {4}, last}}),
                      line, true),
               as_line(convolve(convolve(line, row, along, deep1, 6, 3, {}), row, each, wide, 4, 1, last)),
               "separable 1");
}

Value pool(const Value& x, const Axis& rows, const Axis& columns, bool is_max) {
  const int channels = x.shape.back();
  Value y{{rows.out(), columns.out(), channels}, {}};
  const auto size = static_cast<size_t>(element_count(y.shape));
  y.values.assign(size, is_max ? -1e9 : 0);
  std::vector<int> counts(size, 0);
  slide(rows, columns, [&](int r, int c, int, int, int row, int column) {
    for (int k = 0; k < channels; ++k) {
      const auto at = static_cast<size_t>((r * columns.out() + c) * channels + k);
      const double value = x.values[static_cast<size_t>((row * columns.in + column) * channels + k)];
      y.values[at] = is_max ? std::max(y.values[at], value) : y.values[at] + value;
      ++counts[at];
    }
  });
  for (size_t i = 0; i < size && !is_max; ++i) y.values[i] /= counts[i];
  return y;
}

TEST(KerasLayers, Pools) {
  Value x = input_of({6, 7, 2});
  for (double& value : x.values) value *= 36;  // averages of 2, 3, 4, 6 and 9 are whole
  for (const char* padding : {"valid", "same"}) {
    for (const bool is_max : {false, true}) {
      const std::string name = is_max ? "MaxPooling" : "AveragePooling";
      const Axis rows{6, 3, 2, 1, padding}, columns{7, 2, 1, 1, padding};
      const Json config{
          {"pool_size", {3, 2}}, {"strides", {2, 1}}, {"padding", padding}, {"data_format", "channels_last"}};
      expect_equal(answer(keras_layer(name + "2D", "p", config), x), pool(x, rows, columns, is_max),
                   name + padding);
      const Axis row{1, 1, 1, 1, "valid"}, along{7, 2, 2, 1, padding};
      Value line = input_of({7, 4});
      for (double& value : line.values) value *= 2;
      const Json config1{{"pool_size", {2}}, {"strides", nullptr}, {"padding", padding}};
      expect_equal(answer(keras_layer(name + "1D", "p", config1), line),
                   as_line(pool(line, row, along, is_max)), name + "1 " + padding);
    }
  }
  const Value four{{2, 2, 2}, {4, 8, 12, 0, -4, 4, 8, 8}};
  EXPECT_EQ(answer(keras_layer("GlobalMaxPooling2D", "p"), four).values, (std::vector<double>{12, 8}));
  const Value kept = answer(keras_layer("GlobalAveragePooling2D", "p", {{"keepdims", true}}), four);
  expect_equal(kept, {{1, 1, 2}, {5, 5}}, "kept");
}

TEST(KerasLayers, BatchNorm) {
  const Value x = input_of({3, 2});
  for (const bool is_whole : {true, false}) {
    std::vector<KerasMade::Variable> variables{{"moving_mean", {2}, {1, -2}},
                                               {"moving_variance", {2}, {0.25, 3}}};
    if (is_whole) variables.insert(variables.begin(), {{"gamma", {2}, {2, 3}}, {"beta", {2}, {5, -1}}});
    const Json config{
        {"axis", {2}}, {"epsilon", 1.0}, {"scale", is_whole}, {"center", is_whole}, {"momentum", 0.9}};
    // The roots are not whole; ours is y = x * scale + shift with both in single precision.
    Value y{x.shape, {}};
    const float gamma[] = {2, 3}, beta[] = {5, -1}, mean[] = {1, -2}, variance[] = {0.25, 3};
    for (size_t i = 0; i < x.values.size(); ++i) {
      const size_t c = i % 2;
      const float scale = (is_whole ? gamma[c] : 1) / std::sqrt(variance[c] + 1.0F);
      const float product = scale * mean[c], shift = (is_whole ? beta[c] : 0) - product;
      const auto rounded = [](float v) {
        return std::floor(std::ldexp(static_cast<double>(v), 20) + 0.5) / (1 << 20);
      };
      y.values.push_back(x.values[i] * rounded(scale) + rounded(shift));
    }
    expect_equal(answer(keras_layer("BatchNormalization", "b", config, variables), x), y, "by name");
    expect_equal(answer(keras_layer("BatchNormalization", "b", config, variables), x, true), y, "by number");
  }
}

TEST(KerasLayers, Rectifiers) {
  const Value x{{6}, {-3, -1, 0, 1, 2, 5}};
  const auto values = [&](const std::string& class_name, const Json& config) {
    return answer(keras_layer(class_name, "a", config), x).values;
  };
  using Numbers = std::vector<double>;
  EXPECT_EQ(values("ReLU", {{"max_value", nullptr}, {"negative_slope", 0.0}, {"threshold", 0.0}}),
            (Numbers{0, 0, 0, 1, 2, 5}));
  EXPECT_EQ(values("ReLU", {{"max_value", 2.0}}), (Numbers{0, 0, 0, 1, 2, 2}));
  EXPECT_EQ(values("ReLU", {{"negative_slope", 0.5}}), (Numbers{-1.5, -0.5, 0, 1, 2, 5}));
  EXPECT_EQ(values("ReLU", {{"negative_slope", 0.5}, {"max_value", 2.0}}), (Numbers{-1.5, -0.5, 0, 1, 2, 2}));
  EXPECT_EQ(values("ReLU", {{"threshold", 1.0}}), (Numbers{0, 0, 0, 0, 2, 5}));
  EXPECT_EQ(values("ReLU", {{"threshold", 1.0}, {"max_value", 4.0}}), (Numbers{0, 0, 0, 0, 2, 4}));
  EXPECT_EQ(values("LeakyReLU", {{"alpha", 0.25}}), (Numbers{-0.75, -0.25, 0, 1, 2, 5}));
  EXPECT_EQ(values("LeakyReLU", {{"negative_slope", 0.25}}), (Numbers{-0.75, -0.25, 0, 1, 2, 5}));
  EXPECT_EQ(values("ThresholdedReLU", {{"theta", 1.0}}), (Numbers{0, 0, 0, 0, 2, 5}));
  EXPECT_EQ(values("Activation", {{"activation", "relu6"}}), (Numbers{0, 0, 0, 1, 2, 5}));
  EXPECT_EQ(values("Activation", {{"activation", {{"class_name", "function"}, {"config", "relu"}}}}),
            (Numbers{0, 0, 0, 1, 2, 5}));
  EXPECT_EQ(values("Activation", {{"activation", "hard_tanh"}}), (Numbers{-1, -1, 0, 1, 1, 1}));
}

TEST(KerasLayers, SlopesThatAreLearnt) {
  const Value x{{2, 2}, {-1, -2, 3, -4}};
  const auto values = [&](std::vector<hsize_t> shape, std::vector<float> alpha, const Json& shared) {
    return answer(keras_layer("PReLU", "a", {{"shared_axes", shared}},
                              {{"alpha", std::move(shape), std::move(alpha)}}),
                  x)
        .values;
  };
  EXPECT_EQ(values({2, 2}, {1, 2, 3, 4}, nullptr), (std::vector<double>{-1, -4, 3, -16}));
  EXPECT_EQ(values({1, 2}, {2, 3}, {1}), (std::vector<double>{-2, -6, 3, -12}));
  EXPECT_EQ(values({2, 1}, {2, 3}, {2}), (std::vector<double>{-2, -4, 3, -12}));
}

// Keras 3 has another slope than Keras 2.
TEST(KerasLayers, HardSigmoidByVersion) {
  KerasNet net;
  net.add(testing::keras_input("in", {2}))
      .add(keras_layer("Activation", "a", {{"activation", "hard_sigmoid"}}));
  const auto slope = [&](const std::string& bytes) {
    const auto model = read_keras(bytes, "m");
    return std::get<HardSigmoid>(std::get<Layer>(model->graph[model->graph.find("a")].op)).slope;
  };
  EXPECT_EQ(slope(net.h5()), 0.2);
  EXPECT_EQ(slope(net.keras()), 1.0 / 6);
}

TEST(KerasLayers, Shapes) {
  const Value x = input_of({4, 3, 2});
  const auto at = [&](int r, int c, int k) { return x.values[static_cast<size_t>((r * 3 + c) * 2 + k)]; };
  const auto made = [](const Shape& shape, const std::function<double(int, int, int)>& f) {
    Value y{shape, {}};
    for (int r = 0; r < shape[0]; ++r) {
      for (int c = 0; c < shape[1]; ++c) {
        for (int k = 0; k < shape[2]; ++k) y.values.push_back(f(r, c, k));
      }
    }
    return y;
  };
  expect_equal(answer(keras_layer("Flatten", "l", {{"data_format", "channels_last"}}), x), {{24}, x.values},
               "flatten");
  expect_equal(answer(keras_layer("Reshape", "l", {{"target_shape", {6, -1}}}), x), {{6, 4}, x.values},
               "reshape");
  expect_equal(answer(keras_layer("Permute", "l", {{"dims", {3, 1, 2}}}), x),
               made({2, 4, 3}, [&](int a, int b, int c) { return at(b, c, a); }), "permute");
  expect_equal(answer(keras_layer("UpSampling2D", "l", {{"size", {2, 3}}, {"interpolation", "nearest"}}), x),
               made({8, 9, 2}, [&](int r, int c, int k) { return at(r / 2, c / 3, k); }), "up");
  const auto padded = [&](int top, int left) {
    return [&, top, left](int r, int c, int k) {
      const int y = r - top, z = c - left;
      return y >= 0 && y < 4 && z >= 0 && z < 3 ? at(y, z, k) : 0.0;
    };
  };
  expect_equal(answer(keras_layer("ZeroPadding2D", "l", {{"padding", {{1, 0}, {2, 3}}}}), x),
               made({5, 8, 2}, padded(1, 2)), "pads");
  expect_equal(answer(keras_layer("ZeroPadding2D", "l", {{"padding", {1, 2}}}), x),
               made({6, 7, 2}, padded(1, 2)), "pads alike");
  expect_equal(answer(keras_layer("ZeroPadding2D", "l", {{"padding", 1}}), x), made({6, 5, 2}, padded(1, 1)),
               "pad");
  expect_equal(answer(keras_layer("Cropping2D", "l", {{"cropping", {{1, 2}, {0, 1}}}}), x),
               made({1, 2, 2}, [&](int r, int c, int k) { return at(r + 1, c, k); }), "crop");
  const Value line{{3, 1}, {1, 2, 3}};
  expect_equal(answer(keras_layer("ZeroPadding1D", "l", {{"padding", {1, 2}}}), line),
               {{6, 1}, {0, 1, 2, 3, 0, 0}}, "pad 1");
  expect_equal(answer(keras_layer("Cropping1D", "l", {{"cropping", 1}}), line), {{1, 1}, {2}}, "crop 1");
  expect_equal(answer(keras_layer("UpSampling1D", "l", {{"size", 2}}), line), {{6, 1}, {1, 1, 2, 2, 3, 3}},
               "up 1");
}

TEST(KerasLayers, WhatLeavesNothing) {
  KerasNet net;
  net.add(testing::keras_input("in", {3}));
  for (const char* name :
       {"Dropout", "SpatialDropout1D", "AlphaDropout", "GaussianNoise", "ActivityRegularization", "Identity"})
    net.add(keras_layer(name, name, {{"rate", 0.5}, {"whatever", 7}}));
  net.add(keras_layer("Activation", "same", {{"activation", "linear"}})).add(keras_layer("ReLU", "end"));
  expect_equal(answers(net, {{{3}, {1, -2, 3}}})[0], {{3}, {1, 0, 3}}, "what is left");
}

/// Two inputs and a layer on both.
Value merged(KerasMade layer, const Value& a, const Value& b) {
  KerasNet net;
  net.add(testing::keras_input("a", a.shape)).add(testing::keras_input("b", b.shape)).add(std::move(layer));
  net.reads({"a", "b"});
  net.inputs = {"a", "b"};
  net.outputs = {"m"};
  return answers(net, {a, b})[0];
}

TEST(KerasLayers, Merges) {
  const Value a{{2, 2}, {1, 2, 3, 4}}, b{{2, 2}, {4, -2, 0, 8}}, row{{1, 2}, {10, 20}};
  using Numbers = std::vector<double>;
  EXPECT_EQ(merged(keras_layer("Add", "m"), a, b).values, (Numbers{5, 0, 3, 12}));
  EXPECT_EQ(merged(keras_layer("Subtract", "m"), a, b).values, (Numbers{-3, 4, 3, -4}));
  EXPECT_EQ(merged(keras_layer("Multiply", "m"), a, b).values, (Numbers{4, -4, 0, 32}));
  EXPECT_EQ(merged(keras_layer("Average", "m"), a, b).values, (Numbers{2.5, 0, 1.5, 6}));
  EXPECT_EQ(merged(keras_layer("Maximum", "m"), a, b).values, (Numbers{4, 2, 3, 8}));
  EXPECT_EQ(merged(keras_layer("Minimum", "m"), a, b).values, (Numbers{1, -2, 0, 4}));
  EXPECT_EQ(merged(keras_layer("Add", "m"), a, row).values, (Numbers{11, 22, 13, 24}));
  expect_equal(merged(keras_layer("Concatenate", "m", {{"axis", -1}}), a, b),
               {{2, 4}, {1, 2, 4, -2, 3, 4, 0, 8}}, "last");
  expect_equal(merged(keras_layer("Concatenate", "m", {{"axis", 1}}), a, b),
               {{4, 2}, {1, 2, 3, 4, 4, -2, 0, 8}}, "first");
  EXPECT_EQ(
      merged(keras_layer("Dot", "m", {{"axes", 1}, {"normalize", false}}), {{3}, {1, 2, 3}}, {{3}, {4, 5, 6}})
          .values,
      (Numbers{32}));
}

// A layer for each step of a series is that layer; one that looks across steps is refused.
TEST(KerasLayers, TimeDistributed) {
  const auto wrapped = [](const KerasMade& inner) {
    KerasMade made = keras_layer("TimeDistributed", "each", {{"layer", inner.layer}}, inner.variables);
    return made;
  };
  KerasNet net;
  net.add(testing::keras_input("in", {3, 2}));
  net.add(wrapped(testing::keras_dense("inside", 2, 4, {{"activation", "relu"}})));
  const auto model = read_keras(net.h5(), "m");
  ASSERT_TRUE(model) << refusal(model);
  KerasNet plain;
  plain.add(testing::keras_input("in", {3, 2}));
  plain.add(testing::keras_dense("each", 2, 4, {{"activation", "relu"}}));
  EXPECT_EQ(print_graph(model->graph), print_graph(read_keras(plain.h5(), "m").value().graph));
  KerasNet across;
  across.add(testing::keras_input("in", {3, 2})).add(wrapped(keras_layer("Flatten", "inside")));
  EXPECT_EQ(
      refusal(read_keras(across.h5(), "m")),
      "m: node 'each': error: layer class 'TimeDistributed' is known, but there is no such layer here yet "
      "[keras-layer-absent]\n");
}

}  // namespace
}  // namespace gw
