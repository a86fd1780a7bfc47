// Claim: weights behind QKeras's quantizers, and the answers of its activations to every value, are those of
// the formulas of qkeras/quantizers.py, in single precision where it computes in that, to the last bit.

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "formats/keras/builder.h"
#include "formats/keras/qkeras_quantizer.h"
#include "graph/evaluate.h"
#include "passes/pass.h"
#include "support/random.h"

namespace gw {
namespace {

using testing::Json;
using testing::keras_layer;
using testing::KerasMade;
using testing::KerasNet;

/// Ties, borders, and numbers of all sizes.
std::vector<float> samples(size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i) {
    const auto part = static_cast<float>(random.unit() * 2 - 1);
    values.push_back(i % 3 == 0 ? std::round(part * 64) / 64 : i % 3 == 1 ? part : part / 8);
  }
  return values;
}

QkerasWeights quantized(const Json& said, const std::vector<float>& values, const Shape& shape,
                        bool is_kernel) {
  std::string why;
  const auto quantizer = parse_qkeras_quantizer(said, why);
  EXPECT_TRUE(quantizer) << why;
  const auto made = quantize_weights(*quantizer, {shape, 1, values}, is_kernel, why);
  EXPECT_TRUE(made) << why;
  return made ? *made : QkerasWeights{};
}

/// Whether the type holds the values.
void expect_held(const QkerasWeights& made) {
  ASSERT_TRUE(made.type);
  for (const float value : made.values.values) {
    EXPECT_EQ(to_double(quantize(*made.type, static_cast<double>(value)), made.type->to.fraction()), value);
  }
}

Json dict(const std::string& name, Json config) {
  return {{"class_name", name}, {"config", std::move(config)}};
}

TEST(QkerasWeights, QuantizedBits) {
  const auto values = samples(300, 1);
  for (const int bits : {2, 4, 6, 8}) {
    for (const int integer : {-1, 0, 2}) {
      for (const bool symmetric : {false, true}) {
        for (const bool keep : {false, true}) {
          const Json config{
              {"bits", bits},        {"integer", integer},    {"symmetric", symmetric ? 1 : 0},
              {"alpha", 1.0},        {"keep_negative", keep}, {"use_stochastic_rounding", false},
              {"qnoise_factor", 1.0}};
          const auto made = quantized(dict("quantized_bits", config), values, {300}, true);
          const float m = std::exp2(static_cast<float>(bits - keep)),
                      unit = std::exp2(static_cast<float>(integer));
          for (size_t i = 0; i < values.size(); ++i) {
            const float p = std::nearbyint(values[i] * m / unit);
            const float low = keep ? -m + (symmetric ? 1.0F : 0.0F) : 0.0F;
            ASSERT_EQ(made.values.values[i], unit * std::min(std::max(p, low), m - 1) / m)
                << config << values[i];
          }
          EXPECT_EQ(made.scales.size(), 0U);
          EXPECT_EQ(made.type->to, (FixedType{bits, integer + (keep ? 1 : 0), keep}));
          expect_held(made);
        }
      }
    }
  }
  EXPECT_EQ(quantized("quantized_bits(1,0,alpha=1)", {-0.5, 0, 2}, {3}, true).values.values,
            (std::vector<float>{-1, 1, 1}));
  // A power of two is part of the values, another number stays beside them.
  EXPECT_EQ(quantized("quantized_bits(3,0,alpha=0.5)", {-0.3F, 0.5F}, {1, 2}, true).values.values,
            (std::vector<float>{-0.125F, 0.25F}));
  const auto third = quantized("quantized_bits(3,0,alpha=0.3)", {-0.3F, 0.5F}, {1, 2}, true);
  EXPECT_EQ(third.values.values, (std::vector<float>{-0.0625F, 0.125F}));
  EXPECT_EQ(third.scales, (std::vector<float>{1.2F, 1.2F}));
  // Of a bias each value is a number.
  const auto bias = quantized("quantized_bits(3,0,alpha=0.3)", {-0.3F, 0.5F}, {2}, false);
  EXPECT_EQ(bias.values.values, (std::vector<float>{-0.25F * 0.3F, 0.5F * 0.3F}));
  expect_held(bias);
}

float mean_scale(const std::vector<float>& x, const std::vector<float>& q) {
  double xq = 0, qq = 0;
  for (size_t i = 0; i < x.size(); ++i)
    xq += static_cast<double>(x[i] * q[i]), qq += static_cast<double>(q[i] * q[i]);
  const auto n = static_cast<double>(x.size());
  return static_cast<float>(xq / n) / (static_cast<float>(qq / n) + 1e-7F);
}
float power(float scale) { return std::exp2(std::round(std::log2(scale + 1e-7F))); }

/// One column by the formula, without the shift by `integer`.
std::vector<float> automatic(const std::vector<float>& x, int bits, bool is_power, bool is_newer) {
  float most = 0;
  for (const float v : x) most = std::max(most, std::fabs(v));
  const auto levels = static_cast<float>(2 * ((1 << (bits - 1)) - 1));
  float scale = most * 2 / levels;
  std::vector<float> z(x.size());
  const auto round = [&] {
    for (size_t i = 0; i < x.size(); ++i) {
      const float v = std::floor(std::fabs(x[i]) / scale + 0.5F);
      z[i] = (x[i] < 0 ? -1.0F : x[i] > 0 ? 1.0F : 0.0F) * (v < levels / 2 ? v : levels / 2);
    }
  };
  if (is_power) {
    scale = power(scale);
    for (int i = 0; i < 5; ++i) {
      round();
      scale = power(mean_scale(x, z));
    }
  }
  if (!is_power || is_newer) round();
  for (float& v : z) v *= scale;
  return z;
}

TEST(QkerasWeights, ScalesThatAreFound) {
  constexpr size_t rows = 40, columns = 3;
  auto values = samples(rows * columns, 7);
  for (size_t i = 1; i < values.size(); i += columns) values[i] *= 5;  // one of another size
  for (const bool is_power : {false, true}) {
    for (const bool is_newer : {false, true}) {
      for (const int integer : {0, 2}) {
        Json config{{"bits", 4},
                    {"integer", integer},
                    {"alpha", is_power ? "auto_po2" : "auto"},
                    {"keep_negative", true}};
        if (is_newer) config["post_training_scale"] = nullptr;
        const auto made = quantized(dict("quantized_bits", config), values, {4, 10, columns}, true);
        const float unit = std::exp2(static_cast<float>(integer));
        EXPECT_EQ(made.scales.size(), is_power ? 0U : columns);
        for (size_t c = 0; c < columns; ++c) {
          std::vector<float> x;
          for (size_t r = 0; r < rows; ++r) x.push_back(values[r * columns + c] / unit);
          const auto wanted = automatic(x, 4, is_power, is_newer);
          for (size_t r = 0; r < rows; ++r) {
            const float ours = made.values.values[r * columns + c] * (is_power ? 1 : made.scales[c]);
            ASSERT_EQ(ours, wanted[r] * unit) << config << " " << r << " " << c;
          }
        }
        expect_held(made);
      }
    }
  }
  // A kernel's quantizer without an alpha finds a power of two; others do not.
  const auto kernel = quantized("quantized_bits(4)", values, {40, 3}, true);
  EXPECT_EQ(kernel.values.values,
            quantized("quantized_bits(4,alpha='auto_po2')", values, {40, 3}, true).values.values);
  EXPECT_EQ(quantized("quantized_bits(4)", values, {40, 3}, false).values.values,
            quantized("quantized_bits(4,alpha=1)", values, {40, 3}, false).values.values);
  const auto zeros = quantized("quantized_bits(4,alpha='auto')", std::vector<float>(6, 0), {3, 2}, true);
  EXPECT_EQ(zeros.values.values, std::vector<float>(6, 0));
}

TEST(QkerasWeights, ScalesOfTraining) {
  const Json config{
      {"bits", 3}, {"integer", 0}, {"alpha", "auto_po2"}, {"post_training_scale", {{0.5, 2.0}}}};
  // scale / 4 is the step; 3 of them are the most.
  EXPECT_EQ(quantized(dict("quantized_bits", config), {0.3F, -0.3F, 0.06F, 9}, {2, 2}, true).values.values,
            (std::vector<float>{0.25F, -0.5F, 0, 1.5F}));
}

TEST(QkerasWeights, SignsAndPowers) {
  const std::vector<float> values{-1.5F, 0, 0.2F, -0.33F, 0.33F, 3};
  using Numbers = std::vector<float>;
  EXPECT_EQ(quantized("binary(alpha=1)", values, {6}, true).values.values, (Numbers{-1, 1, 1, -1, 1, 1}));
  EXPECT_EQ(quantized("binary(1, alpha=2)", values, {6}, true).values.values, (Numbers{0, 2, 2, 0, 2, 2}));
  EXPECT_EQ(quantized("ternary(alpha=1)", values, {6}, true).values.values, (Numbers{-1, 0, 0, -1, 1, 1}));
  EXPECT_EQ(quantized("ternary(alpha=1, threshold=1.0)", values, {6}, true).values.values,
            (Numbers{-1, 0, 0, 0, 0, 1}));
  EXPECT_EQ(quantized("quantized_po2(4)", values, {6}, false).values.values,
            (Numbers{-2, 0.0625F, 0.25F, -0.25F, 0.25F, 4}));
  EXPECT_EQ(quantized("quantized_po2(4, 1)", values, {6}, false).values.values,
            (Numbers{-1, 0.00390625F, 0.25F, -0.25F, 0.25F, 1}));
  EXPECT_EQ(quantized("quantized_relu_po2(3)", values, {6}, false).values.values,
            (Numbers{0.0625F, 0.0625F, 0.25F, 0.0625F, 0.25F, 4}));
  // 2 times the rounded binary logarithm of the root
  EXPECT_EQ(quantized("quantized_relu_po2(4, quadratic_approximation=True)", {3, 0.1F, 5}, {3}, false)
                .values.values,
            (Numbers{4, 0.0625F, 4}));
}

TEST(QkerasWeights, LeastSquares) {
  const std::vector<float> values{0.5F, -1, 0.25F, 2, -0.25F, 3};
  const auto binary = quantized("binary(alpha='auto')", values, {3, 2}, true);
  // 1/3 and a hair below 2
  EXPECT_EQ(binary.values.values, (std::vector<float>{1, -1, 1, 1, -1, 1}));
  EXPECT_EQ(binary.scales, (std::vector<float>{mean_scale({0.5F, 0.25F, -0.25F}, {1, 1, -1}),
                                               mean_scale({-1, 2, 3}, {-1, 1, 1})}));
  const auto ternary = quantized("ternary(alpha='auto_po2')", values, {3, 2}, true);
  // The columns begin with thresholds of 1/6 and 1, in powers of two 1/8 and 1, and end with scales 1/4
  // and 2.
  EXPECT_EQ(ternary.values.values, (std::vector<float>{0.25F, 0, 0.25F, 2, -0.25F, 2}));
  EXPECT_EQ(ternary.scales.size(), 0U);
}

// Streams -------------------------------------------------------------------------------------------------

/// What a QActivation answers to every value of ap_fixed<11,4>.
void expect_answers(const Json& activation, const std::function<double(double)>& formula,
                    PrecisionChoice otherwise = Quantizer{{2, 2, true}, Rounding::Trn, Overflow::Wrap}) {
  KerasNet net;
  net.add(testing::keras_input("in", {1})).add(keras_layer("QActivation", "a", {{"activation", activation}}));
  const auto model = read_keras(net.h5(), "m");
  ASSERT_TRUE(model) << to_string(model.errors()[0]);
  Config config;
  config.precision.by_kind["input"] = {{"result", Quantizer{{11, 4, true}}}};
  // A default that would hurt whatever has no type of its own.
  config.precision.model = {{"default", otherwise}};
  const auto graph = compile(model->graph, config);
  ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
  FloatTensor x{{1}, 2048, {}};
  for (int raw = -1024; raw < 1024; ++raw) x.values.push_back(static_cast<float>(raw) / 128);
  const Tensor y = evaluate(*graph, std::vector{x})[0];
  for (int i = 0; i < 2048; ++i) {
    const double wanted = formula(static_cast<double>(x.values[static_cast<size_t>(i)]));
    ASSERT_EQ(to_double(y.at(i), y.type().fraction()), wanted)
        << activation << " of " << x.values[static_cast<size_t>(i)];
  }
}

double clip(double v, double low, double high) { return std::min(std::max(v, low), high); }

TEST(QkerasStreams, QuantizedBits) {
  for (const bool symmetric : {false, true}) {
    for (const bool keep : {false, true}) {
      const Json config{
          {"bits", 4}, {"integer", 1}, {"symmetric", symmetric}, {"keep_negative", keep}, {"alpha", 1.0}};
      const double m = keep ? 8 : 16;
      expect_answers(dict("quantized_bits", config), [&](double x) {
        return 2 * clip(std::nearbyint(x * m / 2), keep ? -m + symmetric : 0, m - 1) / m;
      });
    }
  }
  expect_answers("quantized_bits(4,1,alpha=0.75)",
                 [](double x) { return 0.75 * 2 * clip(std::nearbyint(x * 4), -8, 7) / 8; });
  expect_answers("quantized_bits(1,0)", [](double x) { return x >= 0 ? 1.0 : -1.0; });
}

TEST(QkerasStreams, QuantizedRelu) {
  const auto formula = [](int bits, int integer, double slope) {
    return [=](double x) {
      const double m = std::exp2(bits - (slope != 0)), unit = std::exp2(integer), p = x * m / unit;
      double y = unit * clip(std::nearbyint(p) / m, 0, 1 - 1 / m);
      if (slope > 0) y += unit * slope * clip(std::nearbyint(p * slope) / (slope * m), -1, 0);
      return y;
    };
  };
  const Quantizer usual{{16, 6, true}};  // which slopes fit
  expect_answers("quantized_relu(4)", formula(4, 0, 0));
  expect_answers("quantized_relu(5,2)", formula(5, 2, 0));
  expect_answers("quantized_relu(6,-1)", formula(6, -1, 0));
  expect_answers(dict("quantized_relu",
                      {{"bits", 6}, {"integer", 2}, {"negative_slope", 0.25}, {"relu_upper_bound", nullptr}}),
                 formula(6, 2, 0.25), usual);
  expect_answers("quantized_relu(5,1,negative_slope=0.0625)", formula(5, 1, 0.0625),
                 usual);  // the least answer is on no step
  expect_answers("quantized_relu(5,1,negative_slope=1.0)", formula(5, 1, 1), usual);
  // As saved, the upper bound has no say.
  expect_answers(dict("quantized_relu", {{"bits", 4}, {"integer", 2}, {"relu_upper_bound", 1.5}}),
                 formula(4, 2, 0));
  expect_answers("quantized_relu(4,2,relu_upper_bound=1.5,is_quantized_clip=False)",
                 [&](double x) { return std::min(formula(4, 2, 0)(x), 1.5); });
}

TEST(QkerasStreams, TanhAndSigmoid) {
  for (const bool symmetric : {false, true}) {
    expect_answers(dict("quantized_tanh", {{"bits", 4}, {"symmetric", symmetric}, {"use_real_tanh", false}}),
                   [&](double x) {
                     const double p = 2 * clip(0.5 * x + 0.5, 0, 1) - 1;
                     return clip(std::nearbyint(p * 8) / 8, -1 + symmetric / 8.0, 1 - 1 / 8.0);
                   });
    expect_answers(
        dict("quantized_sigmoid", {{"bits", 4}, {"symmetric", symmetric}, {"use_real_sigmoid", false}}),
        [&](double x) {
          return clip(std::nearbyint(clip(0.5 * x + 0.5, 0, 1) * 16) / 16, symmetric / 16.0, 1 - 1 / 16.0);
        });
  }
  expect_answers(
      "hard_sigmoid", [](double x) { return clip(0.5 * x + 0.5, 0, 1); }, std::nullopt);
  expect_answers(
      "hard_tanh", [](double x) { return clip(x, -1, 1); }, std::nullopt);
}

TEST(QkerasStreams, Signs) {
  const auto sign = [](double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; };
  expect_answers("binary", [](double x) { return x >= 0 ? 1.0 : -1.0; });
  expect_answers("binary(1)", [](double x) { return x >= 0 ? 1.0 : 0.0; });
  expect_answers("binary(alpha=0.375)", [](double x) { return x >= 0 ? 0.375 : -0.375; });
  expect_answers("ternary", [&](double x) { return std::fabs(x) >= 0.33F ? sign(x) : 0.0; });
  expect_answers("ternary(threshold=0.5)",
                 [&](double x) { return std::fabs(x) >= 0.5 ? sign(x) : 0.0; });  // met exactly
  expect_answers("ternary(threshold=0)", sign);
  expect_answers(dict("stochastic_ternary", {{"alpha", 2.0}, {"threshold", nullptr}, {"temperature", 8.0}}),
                 [&](double x) { return std::fabs(x) >= 0.33F ? 2 * sign(x) : 0.0; });
}

// Layers --------------------------------------------------------------------------------------------------

std::vector<float> constant(const Graph& graph, const std::string& name) {
  const NodeId id = graph.find(name);
  if (id < 0) return {};
  return std::get<Constant>(graph[id].op).values.values;
}

TEST(QkerasLayers, ABatchNormInsideIsFoldedBeforeItIsQuantised) {
  const auto kernel = samples(3 * 3 * 2 * 4, 11), bias = samples(4, 12);
  const std::vector<float> gamma{1, 0.5F, 2, 1.5F}, beta{0.1F, -0.2F, 0.3F, 0}, mean{0.5F, 0, -0.25F, 1},
      variance{1, 0.5F, 3, 0.01F};
  const Json bits = dict("quantized_bits", {{"bits", 6}, {"integer", 1}, {"alpha", 1.0}});
  Json config{{"filters", 4},
              {"kernel_size", {3, 3}},
              {"strides", {1, 1}},
              {"padding", "same"},
              {"kernel_quantizer", bits},
              {"bias_quantizer", bits},
              {"axis", {3}},
              {"epsilon", 0.001},
              {"folding_mode", "ema_stats_folding"},
              {"ema_freeze_delay", nullptr},
              {"momentum", 0.99},
              {"activation", dict("quantized_relu", {{"bits", 6}, {"integer", 2}})}};
  for (const bool has_bias : {true, false}) {
    config["use_bias"] = has_bias;
    KerasMade layer = keras_layer("QConv2DBatchnorm", "c", config, {{"kernel", {3, 3, 2, 4}, kernel}});
    if (has_bias) layer.variables.push_back({"bias", {4}, bias});
    layer.variables.push_back({"iteration", {}, {-1}});
    for (const auto& [name, values] : {std::pair{"gamma", &gamma},
                                       {"beta", &beta},
                                       {"moving_mean", &mean},
                                       {"moving_variance", &variance}})
      layer.variables.push_back({std::string("batchnorm/") + name, {4}, *values});
    KerasNet net;
    net.add(testing::keras_input("in", {5, 5, 2})).add(std::move(layer));
    for (const std::string& bytes : {net.h5(), net.keras()}) {
      const auto model = read_keras(bytes, "m");
      ASSERT_TRUE(model) << to_string(model.errors()[0]);
      const auto step = [](float v) {
        return 2 * std::min(std::max(std::nearbyint(v * 32 / 2), -32.0F), 31.0F) / 32;
      };
      const auto w = constant(model->graph, "c.weight"), b = constant(model->graph, "c.bias");
      ASSERT_EQ(w.size(), kernel.size());
      for (size_t i = 0; i < w.size(); ++i) {
        float inverse = 1 / std::sqrt(variance[i % 4] + 0.001F);
        inverse *= gamma[i % 4];
        EXPECT_EQ(w[i], step(inverse * kernel[i])) << i;
        if (i >= 4) continue;
        const float centred = (has_bias ? bias[i] : 0) - mean[i], product = inverse * centred;
        EXPECT_EQ(b[i], step(product + beta[i])) << i;
      }
      EXPECT_GE(model->graph.find("c_quantized_relu"), 0);
    }
  }
}

// Weights that have a scale for each output: the sum of whole products times the scale, plus the bias.
TEST(QkerasLayers, ScalesBecomeAMultiplication) {
  KerasMade layer = testing::keras_dense("d", 4, 2,
                                         {{"kernel_quantizer", "quantized_bits(3,0,alpha='auto')"},
                                          {"bias_quantizer", "quantized_bits(4,2,alpha=1)"}},
                                         "QDense");
  layer.variables[0].values = samples(8, 3);
  layer.variables[1].values = {0.6F, -1.2F};
  KerasNet net;
  net.add(testing::keras_input("in", {4})).add(layer);
  const auto model = read_keras(net.h5(), "m");
  ASSERT_TRUE(model) << to_string(model.errors()[0]);
  Config config;
  config.precision.by_kind["input"] = {{"result", Quantizer{{8, 4, true}}}};
  const auto graph = compile(model->graph, config);
  ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
  const std::vector<double> x{1.5, -2, 0.25, 3};
  const Tensor y = evaluate(*graph, std::vector{FloatTensor{{4}, 1, {x.begin(), x.end()}}})[0];
  const auto made = quantized("quantized_bits(3,0,alpha='auto')", layer.variables[0].values, {4, 2}, true);
  for (size_t o = 0; o < 2; ++o) {
    double sum = 0;
    for (size_t i = 0; i < 4; ++i) sum += x[i] * made.values.values[i * 2 + o];
    const double bias = std::nearbyint(layer.variables[1].values[o] * 2) / 2;
    EXPECT_EQ(to_double(y.at(static_cast<std::int64_t>(o)), y.type().fraction()),
              sum * made.scales[o] + bias);
  }
  EXPECT_GE(model->graph.find("d_alpha"), 0);
}

TEST(QkerasLayers, DepthwiseScalesAreRepeated) {
  const auto kernel = samples(2 * 2 * 3 * 2, 5);
  const Json config{{"kernel_size", {2, 2}},
                    {"strides", {1, 1}},
                    {"depth_multiplier", 2},
                    {"use_bias", false},
                    {"depthwise_quantizer", "quantized_bits(4,0,alpha='auto')"}};
  KerasNet net;
  net.add(testing::keras_input("in", {4, 4, 3}));
  net.add(keras_layer("QDepthwiseConv2D", "c", config, {{"depthwise_kernel", {2, 2, 3, 2}, kernel}}));
  const auto model = read_keras(net.h5(), "m");
  ASSERT_TRUE(model) << to_string(model.errors()[0]);
  const auto made = quantized("quantized_bits(4,0,alpha='auto')", kernel, {2, 2, 3, 2}, true);
  EXPECT_EQ(constant(model->graph, "c.weight"), made.values.values);
  const auto& s = made.scales;
  EXPECT_EQ(constant(model->graph, "c.scale"), (std::vector<float>{s[0], s[1], s[0], s[1], s[0], s[1]}));
}

TEST(QkerasLayers, BatchNormWithEachNumberQuantised) {
  Json config{{"axis", {1}},
              {"epsilon", 0.001},
              {"gamma_quantizer", "quantized_relu_po2(6, 2048)"},
              {"beta_quantizer", "quantized_po2(5)"},
              {"mean_quantizer", "quantized_po2(5)"},
              {"variance_quantizer", "quantized_relu_po2(6, quadratic_approximation=True)"},
              {"inverse_quantizer", nullptr}};
  KerasNet net;
  net.add(testing::keras_input("in", {2}));
  net.add(keras_layer("QBatchNormalization", "b", config,
                      {{"gamma", {2}, {1.3F, 0.6F}},
                       {"beta", {2}, {0.3F, -3}},
                       {"moving_mean", {2}, {-0.9F, 5}},
                       {"moving_variance", {2}, {3, 0.3F}}}));
  const auto model = read_keras(net.h5(), "m");
  ASSERT_TRUE(model) << to_string(model.errors()[0]);
  const float gamma[] = {1, 0.5F}, beta[] = {0.25F, -4}, mean[] = {-1, 4}, variance[] = {4, 0.25F};
  for (size_t c = 0; c < 2; ++c) {
    const float inverse = 1 / std::sqrt(variance[c] + 0.001F) * gamma[c], product = mean[c] * inverse;
    EXPECT_EQ(constant(model->graph, "b.scale")[c], inverse);
    EXPECT_EQ(constant(model->graph, "b.bias")[c], beta[c] - product);
  }
  EXPECT_TRUE(model->graph[model->graph.find("b.scale")].type.fixed);
}

}  // namespace
}  // namespace gw
