// Claim: whole networks as the benchmark MLPerf Tiny has them (mlcommons.org/benchmarks/inference-tiny: a
// residual network, depthwise separable ones for words and for images, an autoencoder of matrices), smaller
// and with random weights, answer the bits of the reference kernels from end to end.

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "formats/tflite/builder.h"
#include "formats/tflite/kernels.h"
#include "graph/evaluate.h"
#include "graph/expect.h"
#include "passes/pass.h"
#include "support/random.h"

namespace gw {
namespace {

using testing::FlatWriter;
using testing::refusal;
using testing::TfliteBuilder;
using testing::TfliteLinear;
using testing::TfliteProduct;
using testing::TfliteValues;

constexpr int code_add = 0, code_average = 1, code_conv = 3, code_depthwise = 4, code_dense = 9,
              code_logistic = 14, code_reshape = 22, code_softmax = 25, code_tanh = 28, code_pad = 34,
              code_elu = 111, code_quantize = 114;

/// A network that is worked out while it is written.
class Network {
 public:
  struct Value {
    int id;
    TfliteValues values;
  };

  explicit Network(std::uint64_t seed) : random_(seed) {}

  Value input(int height, int width, int channels, float scale = 0.02F) {
    TfliteValues x{height, width, channels, {scale, random_.between(-128, 127)}};
    const auto extreme = random_.below(6);
    is_extreme_ = extreme < 2;
    for (int i = 0; i < height * width * channels; ++i)
      x.q.push_back(extreme == 0 ? -128 : extreme == 1 ? 127 : random_.between(-128, 127));
    first_ = {tensor("x", x), x};
    return first_;
  }

  Value conv(const Value& x, int outputs, int kernel_h, int kernel_w, int stride, int activation,
             bool is_depthwise = false) {
    TfliteProduct by{outputs, kernel_h, kernel_w, stride, stride, true, is_depthwise};
    const int in = is_depthwise ? 1 : x.values.channels;
    draw(by, kernel_h * kernel_w * in, outputs);
    const std::vector<std::int32_t> shape = is_depthwise ? std::vector{1, kernel_h, kernel_w, outputs}
                                                         : std::vector{outputs, kernel_h, kernel_w, in};
    std::vector<FlatWriter::Field> options{byte(0, 0), FlatWriter::number(1, stride),
                                           FlatWriter::number(2, stride),
                                           byte(is_depthwise ? 4 : 3, activation)};
    if (is_depthwise) options.push_back(FlatWriter::number(3, outputs / x.values.channels));
    return product(is_depthwise ? code_depthwise : code_conv, x, by, shape, activation, options);
  }
  Value dense(const Value& x, int outputs, int activation) {
    TfliteProduct by{outputs};
    by.is_dense = true;
    draw(by, x.values.channels, 1);
    return product(code_dense, x, by, {outputs, x.values.channels}, activation, {byte(0, activation)});
  }
  Value add(const Value& a, const Value& b, int activation) {
    const float wide = a.values.linear.scale + b.values.linear.scale;
    TfliteLinear linear = answer_of(wide);
    if (activation != 0) linear.zero = random_.between(-128, 20);
    const TfliteValues y = tflite_sum(a.values, b.values, linear, activation);
    return made(code_add, {a.id, b.id}, y, {byte(0, activation)});
  }
  Value average(const Value& x, int kernel_h, int kernel_w) {
    const TfliteValues y = tflite_pool(x.values, kernel_h, kernel_w, kernel_h, true, 0);
    return made(code_average, {x.id}, y,
                {byte(0, 1), FlatWriter::number(1, kernel_w), FlatWriter::number(2, kernel_h),
                 FlatWriter::number(3, kernel_w), FlatWriter::number(4, kernel_h)});
  }
  /// Rows and columns of the zero point on all sides.
  Value padded(const Value& x, int before, int after) {
    const TfliteValues& from = x.values;
    TfliteValues y{from.height + before + after, from.width + before + after, from.channels, from.linear};
    for (int r = -before; r < from.height + after; ++r)
      for (int c = -before; c < from.width + after; ++c)
        for (int k = 0; k < from.channels; ++k) {
          const bool is_inside = r >= 0 && r < from.height && c >= 0 && c < from.width;
          y.q.push_back(is_inside ? from.at(r, c, k) : from.linear.zero);
        }
    const double b = before, a = after;
    const int pads = file_.tensor("pads", {4, 2}, TfliteBuilder::int32, {}, {}, {0, 0, b, a, b, a, 0, 0});
    return made(code_pad, {x.id, pads}, y, {});
  }
  Value flat(const Value& x) {
    TfliteValues y = x.values;
    y.channels = static_cast<int>(y.q.size());
    y.height = y.width = 1;
    const int shape =
        file_.tensor("shape", {2}, TfliteBuilder::int32, {}, {}, {-1, static_cast<double>(y.channels)});
    is_flat_ = true;
    return made(code_reshape, {x.id, shape}, y, {});
  }
  Value requantised(const Value& x) {
    TfliteValues y = x.values;
    y.linear = answer_of(x.values.linear.scale * 1.3F);
    const double ratio = static_cast<double>(x.values.linear.scale) / static_cast<double>(y.linear.scale);
    for (std::int64_t& q : y.q)
      q = tflite_clamped(testing::tflite_scaled(q - x.values.linear.zero, ratio), y.linear, 0);
    return made(code_quantize, {x.id}, y, {});
  }
  void begin_flat() { is_flat_ = true; }

  /// Ends the network here: the file is read, and answers what was worked out.
  void expect_bits(const Value& end) {
    const auto model = read_tflite(file_.bytes({first_.id}, {end.id}), "m.tflite");
    ASSERT_TRUE(model) << refusal(model);
    const auto graph = compile(model->graph, {});
    ASSERT_TRUE(graph) << refusal(graph);
    const auto y = evaluate(
        *graph, std::vector<FloatTensor>{
                    {model->inputs[0].our_shape(), 1, {first_.values.q.begin(), first_.values.q.end()}}});
    std::vector<std::int64_t> ours;
    for (std::int64_t i = 0; i < y[0].size(); ++i)
      ours.push_back(static_cast<std::int64_t>(to_double(y[0].at(i), y[0].type().fraction())));
    EXPECT_EQ(ours, end.values.q);
    spread_.insert(end.values.q.begin(), end.values.q.end());
    EXPECT_TRUE(is_extreme_ || spread_.size() > 1) << "an answer that never changes proves nothing";
  }

  Value function(const Value& x, int code, const TfliteLinear& y, float (*real)(float)) {
    return made(code, {x.id}, testing::tflite_function(x.values, y, real), {});
  }
  Value softmax(const Value& x) {
    return made(code_softmax, {x.id}, testing::tflite_softmax(x.values), {FlatWriter::number(0, 1.0F)});
  }

 private:
  static FlatWriter::Field byte(int field, int value) {
    return FlatWriter::number(field, static_cast<std::int8_t>(value));
  }
  int tensor(const std::string& name, const TfliteValues& values) {
    const std::vector<std::int32_t> shape =
        is_flat_ ? std::vector{1, values.channels}
                 : std::vector{1, values.height, values.width, values.channels};
    return file_.tensor(name, shape, TfliteBuilder::int8, {values.linear.scale}, {values.linear.zero});
  }
  Value made(int code, const std::vector<std::int32_t>& inputs, const TfliteValues& y,
             const std::vector<FlatWriter::Field>& options) {
    const int id = tensor("t" + std::to_string(next_++), y);
    file_.op(code, inputs, id, options);
    return {id, y};
  }
  TfliteLinear answer_of(float scale) { return {scale, random_.between(-128, 127)}; }
  /// Random weights with a bias, and as many scales.
  void draw(TfliteProduct& by, int inputs, int scales) {
    for (int i = 0; i < scales; ++i) by.scales.push_back(0.002F * static_cast<float>(random_.between(1, 20)));
    for (int i = 0; i < inputs * by.outputs; ++i)
      by.weights.push_back(static_cast<double>(random_.between(-127, 127)));
    for (int i = 0; i < by.outputs; ++i) by.bias.push_back(static_cast<double>(random_.between(-2000, 2000)));
  }
  /// The answer's scale is such that the largest sum is about at the end of the type.
  Value product(int code, const Value& x, const TfliteProduct& by, const std::vector<std::int32_t>& shape,
                int activation, const std::vector<FlatWriter::Field>& options) {
    const auto sums = tflite_sums(x.values, by);
    float most = 1e-3F;
    for (size_t i = 0; i < sums.size(); ++i) {
      const float s = by.scales[by.scales.size() == 1 ? 0 : i % by.scales.size()];
      most = std::max(most, std::fabs(static_cast<float>(sums[i])) * s * x.values.linear.scale);
    }
    TfliteLinear y = answer_of(most / static_cast<float>(random_.between(90, 200)));
    if (activation != 0) y.zero = random_.between(-128, 20);  // what it lets through lies above
    const std::vector<std::int64_t> zeros(by.scales.size(), 0);
    const bool is_depthwise = code == code_depthwise;
    const std::string name = "w" + std::to_string(next_);
    const int w =
        file_.tensor(name, shape, TfliteBuilder::int8, by.scales, zeros, by.weights, is_depthwise ? 3 : 0);
    const int b = file_.tensor(name + "/bias", {by.outputs}, TfliteBuilder::int32, {1}, {0}, by.bias);
    return made(code, {x.id, w, b}, tflite_product(x.values, by, y, activation), options);
  }

  Random random_;
  TfliteBuilder file_;
  Value first_{};
  bool is_flat_ = false, is_extreme_ = false;
  int next_ = 0;
  std::set<std::int64_t> spread_;
};

constexpr int plain = 0, relu = 1, relu_six = 3, networks = 6;

TEST(TfliteNetworks, Residual) {
  for (std::uint64_t seed = 0; seed < networks; ++seed) {
    SCOPED_TRACE(seed);
    Network net(seed);
    auto x = net.conv(net.input(8, 8, 3), 4, 3, 3, 1, relu);
    for (const int filters : {4, 6, 8}) {
      const int stride = filters == 4 ? 1 : 2;
      auto y = net.conv(x, filters, 3, 3, stride, relu);
      y = net.conv(y, filters, 3, 3, 1, plain);
      if (filters != 4) x = net.conv(x, filters, 1, 1, stride, plain);
      x = net.add(x, y, relu);
    }
    const auto y = net.dense(net.flat(net.average(x, 2, 2)), 10, plain);
    net.expect_bits(y);
    net.expect_bits(net.softmax(y));
    if (HasFailure()) return;
  }
}

TEST(TfliteNetworks, Words) {
  for (std::uint64_t seed = 10; seed < 10 + networks; ++seed) {
    SCOPED_TRACE(seed);
    Network net(seed);
    auto x = net.conv(net.input(13, 10, 1), 6, 10, 4, 2, relu);
    for (int i = 0; i < 3; ++i) {
      x = net.conv(x, 6, 3, 3, 1, relu, true);
      x = net.conv(x, 6, 1, 1, 1, relu);
    }
    const auto y = net.dense(net.flat(net.average(x, 7, 5)), 12, plain);
    net.expect_bits(y);
    net.expect_bits(net.softmax(y));
    if (HasFailure()) return;
  }
}

TEST(TfliteNetworks, SeparableWithStrides) {
  for (std::uint64_t seed = 20; seed < 20 + networks; ++seed) {
    SCOPED_TRACE(seed);
    Network net(seed);
    auto x = net.conv(net.input(11, 12, 3), 4, 3, 3, 2, relu_six);
    for (const int filters : {6, 8, 10}) {
      const int stride = filters == 6 ? 1 : 2;
      x = net.conv(x, x.values.channels * (filters == 8 ? 2 : 1), 3, 3, stride, relu_six, true);
      x = net.conv(x, filters, 1, 1, 1, relu_six);
    }
    x = net.requantised(net.padded(x, 1, 0));
    const auto y = net.dense(net.flat(net.average(x, x.values.height, x.values.width)), 6, plain);
    net.expect_bits(y);
    if (HasFailure()) return;
  }
}

TEST(TfliteNetworks, FunctionsByTables) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    Network net(seed);
    net.begin_flat();
    auto x = net.input(1, 1, 200, 0.005F * static_cast<float>(1 + seed));
    x = net.function(x, code_elu, {0.006F * static_cast<float>(1 + seed), -100},
                     [](float value) { return value < 0 ? std::expm1(value) : value; });
    x = net.function(x, code_tanh, {1.0F / 128, 0}, [](float value) { return std::tanh(value); });
    net.expect_bits(net.function(x, code_logistic, {1.0F / 256, -128},
                                 [](float value) { return 1 / (1 + std::exp(-value)); }));
    if (HasFailure()) return;
  }
}

// A hundred vectors of 10, from all but even to all but certain.
TEST(TfliteNetworks, Softmax) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    Network net(seed);
    net.begin_flat();
    net.expect_bits(net.softmax(net.input(1, 1, 10, 0.001F * static_cast<float>(1 + seed * seed))));
    if (HasFailure()) return;
  }
}

TEST(TfliteNetworks, Autoencoder) {
  for (std::uint64_t seed = 30; seed < 30 + networks; ++seed) {
    SCOPED_TRACE(seed);
    Network net(seed);
    net.begin_flat();
    auto x = net.input(1, 1, 40);
    for (const int features : {16, 16, 4, 16, 16}) x = net.dense(x, features, relu);
    net.expect_bits(net.dense(x, 40, plain));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace gw
