// Claim: networks of TensorFlow Lite on whole numbers have the bits of its reference kernels (worked out here
// index by index, with the integer steps that those take), at random and at the ends of their types; what is
// damaged or not understood is refused, each by name.

#include "formats/tflite.h"

#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "formats/tflite_builder.h"
#include "graph/evaluate.h"
#include "graph/expect.h"
#include "passes/pass.h"
#include "support/random.h"

namespace gw {
namespace {

using testing::FlatWriter;
using testing::refusal;
using testing::TfliteBuilder;

constexpr int code_add = 0, code_average = 1, code_conv = 3, code_depthwise = 4, code_dense = 9,
              code_max = 17, code_reshape = 22, code_mean = 40, code_quantize = 114;

struct Linear {
  float scale;
  std::int64_t zero;
};

/// (x * m) * 2^(shift - 31) in the two steps of the kernels, which know nothing but 32-bit words.
std::int64_t scaled(std::int64_t x, double real) {
  int shift = 0;
  auto m = static_cast<std::int64_t>(std::round(std::frexp(real, &shift) * 0x1p31));
  if (m == std::int64_t{1} << 31) m /= 2, ++shift;
  const std::int64_t product = (x << std::max(shift, 0)) * m;
  const std::int64_t nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
  const std::int64_t high = (product + nudge) / (std::int64_t{1} << 31);
  const int right = std::max(-shift, 0);
  const std::int64_t mask = (std::int64_t{1} << right) - 1, rest = high & mask;
  return (high >> right) + (rest > (mask >> 1) + (high < 0 ? 1 : 0) ? 1 : 0);
}

std::int64_t clamped(std::int64_t q, const Linear& y, int activation) {
  std::int64_t least = -128, most = 127;
  if (activation == 1 || activation == 3) least = std::max(least, y.zero);
  if (activation == 3) most = std::min<std::int64_t>(most, y.zero + std::llround(6 / y.scale));
  return std::clamp(q + y.zero, least, most);
}

std::vector<double> random_bytes(Random& random, std::int64_t count) {
  std::vector<double> values;
  const auto kind = random.below(4);
  for (std::int64_t i = 0; i < count; ++i)
    values.push_back(kind == 0 ? -128 : kind == 1 ? 127 : static_cast<double>(random.between(-128, 127)));
  return values;
}

std::vector<double> answers(const std::string& bytes, const std::vector<std::vector<double>>& inputs) {
  const auto model = read_tflite(bytes, "m.tflite");
  EXPECT_TRUE(model) << to_string(model.errors()[0]);
  if (!model) return {};
  const auto graph = compile(model->graph, {});
  EXPECT_TRUE(graph) << to_string(graph.errors()[0]);
  if (!graph) return {};
  std::vector<FloatTensor> x;
  for (size_t i = 0; i < inputs.size(); ++i)
    x.push_back({model->inputs[i].our_shape(), 1, {inputs[i].begin(), inputs[i].end()}});
  const auto y = evaluate(*graph, x);
  std::vector<double> values;
  for (std::int64_t i = 0; i < y[0].size(); ++i)
    values.push_back(to_double(y[0].at(i), y[0].type().fraction()));
  return values;
}

Linear random_linear(Random& random) {
  return {0.005F * static_cast<float>(random.between(1, 60)), random.between(-128, 127)};
}

TEST(Tflite, MatricesHaveTheBitsOfTheReferenceKernels) {
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    Random random(seed);
    const int kind = static_cast<int>(random.below(3)), activation = std::vector{0, 1, 3}[random.below(3)];
    const bool is_dense = kind == 2, is_depthwise = kind == 1, is_same = random.below(2) == 0;
    const int h = is_dense ? 1 : 4, w = is_dense ? 1 : 3, in = static_cast<int>(random.between(1, 3)),
              out = is_depthwise ? in * 2 : 3;
    const int kh = is_dense ? 1 : 3, kw = is_dense ? 1 : 2,
              stride = is_dense ? 1 : static_cast<int>(random.between(1, 2));
    const Linear x = random_linear(random), y = random_linear(random);
    const bool is_each = random.below(2) == 0;
    std::vector<float> scales;
    for (int i = 0; i < (is_each ? out : 1); ++i)
      scales.push_back(0.001F * static_cast<float>(random.between(1, 40)));
    const auto weights = random_bytes(random, kh * kw * out * (is_depthwise ? 1 : in));
    std::vector<double> bias;
    for (int i = 0; i < out; ++i) bias.push_back(static_cast<double>(random.between(-9000, 9000)));
    const auto pixels = random_bytes(random, h * w * in);

    TfliteBuilder b;
    const std::vector<std::int64_t> zeros(scales.size(), 0);
    const auto extent = [&](int size, int kernel) {
      return is_same ? (size + stride - 1) / stride : (size - kernel) / stride + 1;
    };
    const int oh = extent(h, kh), ow = extent(w, kw);
    const int tx = is_dense ? b.tensor("x", {1, in}, TfliteBuilder::int8, {x.scale}, {x.zero})
                            : b.tensor("x", {1, h, w, in}, TfliteBuilder::int8, {x.scale}, {x.zero});
    const std::vector<std::int32_t> shape = is_dense       ? std::vector{out, in}
                                            : is_depthwise ? std::vector{1, kh, kw, out}
                                                           : std::vector{out, kh, kw, in};
    const int tw = b.tensor("w", shape, TfliteBuilder::int8, scales, zeros, weights, is_depthwise ? 3 : 0);
    const int tb = b.tensor("b", {out}, TfliteBuilder::int32, {1}, {0}, bias);
    const int ty = b.tensor("y;more", is_dense ? std::vector{1, out} : std::vector{1, oh, ow, out},
                            TfliteBuilder::int8, {y.scale}, {y.zero});
    const auto byte = [](int field, int value) {
      return FlatWriter::number(field, static_cast<std::int8_t>(value));
    };
    if (is_dense) {
      b.op(code_dense, {tx, tw, tb}, ty, {byte(0, activation)});
    } else {
      b.op(is_depthwise ? code_depthwise : code_conv, {tx, tw, tb}, ty,
           {byte(0, is_same ? 0 : 1), FlatWriter::number(1, stride), FlatWriter::number(2, stride),
            byte(is_depthwise ? 4 : 3, activation)});
    }

    std::vector<double> expected;
    const auto before = [&](int size, int kernel, int places) {
      return is_same ? std::max((places - 1) * stride + kernel - size, 0) / 2 : 0;
    };
    for (int r = 0; r < oh; ++r)
      for (int c = 0; c < ow; ++c)
        for (int o = 0; o < out; ++o) {
          auto sum = static_cast<std::int64_t>(bias[static_cast<size_t>(o)]);
          for (int i = 0; i < kh; ++i)
            for (int j = 0; j < kw; ++j)
              for (int k = 0; k < (is_depthwise ? 1 : in); ++k) {
                const int row = r * stride + i - before(h, kh, oh),
                          column = c * stride + j - before(w, kw, ow);
                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                const int channel = is_depthwise ? o / 2 : k;
                const int at = is_depthwise ? (i * kw + j) * out + o : ((o * kh + i) * kw + j) * in + k;
                sum += (static_cast<std::int64_t>(
                            pixels[static_cast<size_t>((row * w + column) * in + channel)]) -
                        x.zero) *
                       static_cast<std::int64_t>(weights[static_cast<size_t>(at)]);
              }
          const float s = scales[is_each ? static_cast<size_t>(o) : 0];
          const double product = is_dense && !is_each ? static_cast<double>(x.scale * s)
                                                      : static_cast<double>(x.scale) * static_cast<double>(s);
          expected.push_back(static_cast<double>(
              clamped(scaled(sum, product / static_cast<double>(y.scale)), y, activation)));
        }
    ASSERT_EQ(answers(b.bytes({tx}, {ty}), {pixels}), expected) << "seed " << seed << " kind " << kind;
  }
}

TEST(Tflite, SumsPoolsAndRequantisationHaveThem) {
  for (std::uint64_t seed = 0; seed < 80; ++seed) {
    Random random(seed);
    const Linear a = random_linear(random), c = random_linear(random), y = random_linear(random);
    const auto first = random_bytes(random, 24), second = random_bytes(random, 24);
    const int activation = std::vector{0, 1, 3}[random.below(3)];
    TfliteBuilder sum;
    const std::vector<std::int32_t> shape{1, 4, 3, 2};
    const int ta = sum.tensor("a", shape, TfliteBuilder::int8, {a.scale}, {a.zero}),
              tc = sum.tensor("c", shape, TfliteBuilder::int8, {c.scale}, {c.zero}),
              ty = sum.tensor("y", shape, TfliteBuilder::int8, {y.scale}, {y.zero});
    sum.op(code_add, {ta, tc}, ty, {FlatWriter::number(0, static_cast<std::int8_t>(activation))});
    const double twice = 2 * std::max(static_cast<double>(a.scale), static_cast<double>(c.scale));
    std::vector<double> expected, same, means, most;
    for (size_t i = 0; i < 24; ++i) {
      const std::int64_t one =
          scaled((static_cast<std::int64_t>(first[i]) - a.zero) << 20, static_cast<double>(a.scale) / twice);
      const std::int64_t two =
          scaled((static_cast<std::int64_t>(second[i]) - c.zero) << 20, static_cast<double>(c.scale) / twice);
      expected.push_back(static_cast<double>(
          clamped(scaled(one + two, twice / (0x1p20 * static_cast<double>(y.scale))), y, activation)));
      same.push_back(
          static_cast<double>(clamped(scaled(static_cast<std::int64_t>(first[i]) - a.zero,
                                             static_cast<double>(a.scale) / static_cast<double>(y.scale)),
                                      y, 0)));
    }
    ASSERT_EQ(answers(sum.bytes({ta, tc}, {ty}), {first, second}), expected) << "add, seed " << seed;

    TfliteBuilder cast;
    const int fx = cast.tensor("x", shape, TfliteBuilder::int8, {a.scale}, {a.zero}),
              fy = cast.tensor("y", shape, TfliteBuilder::int8, {y.scale}, {y.zero});
    cast.op(code_quantize, {fx}, fy);
    ASSERT_EQ(answers(cast.bytes({fx}, {fy}), {first}), same) << "quantize, seed " << seed;

    const int kh = static_cast<int>(random.between(1, 4)), kw = static_cast<int>(random.between(1, 3));
    for (int r = 0; r + kh <= 4; ++r)
      for (int k = 0; k + kw <= 3; ++k)
        for (int channel = 0; channel < 2; ++channel) {
          std::int64_t total = 0, largest = -128;
          for (int i = 0; i < kh; ++i)
            for (int j = 0; j < kw; ++j) {
              const auto q =
                  static_cast<std::int64_t>(first[static_cast<size_t>(((r + i) * 3 + k + j) * 2 + channel)]);
              total += q;
              largest = std::max(largest, q);
            }
          const std::int64_t n = kh * kw;
          means.push_back(static_cast<double>(
              clamped((total > 0 ? total + n / 2 : total - n / 2) / n - a.zero, a, activation)));
          most.push_back(static_cast<double>(clamped(largest - a.zero, a, activation)));
        }
    for (const int code : {code_average, code_max}) {
      TfliteBuilder pool;
      const int px = pool.tensor("x", shape, TfliteBuilder::int8, {a.scale}, {a.zero}),
                py = pool.tensor("y", {1, 5 - kh, 4 - kw, 2}, TfliteBuilder::int8, {a.scale}, {a.zero});
      pool.op(code, {px}, py,
              {FlatWriter::number(0, std::int8_t{1}), FlatWriter::number(1, 1), FlatWriter::number(2, 1),
               FlatWriter::number(3, kw), FlatWriter::number(4, kh),
               FlatWriter::number(5, static_cast<std::int8_t>(activation))});
      ASSERT_EQ(answers(pool.bytes({px}, {py}), {first}), code == code_max ? most : means)
          << code << ", seed " << seed;
    }
  }
}

// Operators of real numbers in a chain, with types that hold every value of it.
TEST(Tflite, RealNumbersAreComputedByTheFormulas) {
  TfliteBuilder b;
  const std::vector<std::int32_t> shape{1, 2, 2, 2}, one{2};
  const auto real = [&](const std::string& name, const std::vector<std::int32_t>& extents,
                        const std::vector<double>& values = {}) {
    return b.tensor(name, extents, TfliteBuilder::real, {}, {}, values);
  };
  const int x = real("x", shape), scale = real("s", one, {2, -0.5}), low = real("l", {1, 1, 1, 1}, {-3}),
            axes = b.tensor("a", one, TfliteBuilder::int32, {}, {}, {1, 2});
  const int product = real("product", shape), slope = real("slope", shape), largest = real("largest", shape),
            rest = real("rest", shape), mean = real("mean", {1, 1, 1, 2});
  b.op(18, {x, scale}, product).op(98, {product}, slope, {FlatWriter::number(0, 0.25F)});
  b.op(55, {low, slope}, largest).op(41, {scale, largest}, rest);
  b.op(40, {rest, axes}, mean, {FlatWriter::number(0, std::uint8_t{1})});
  const std::vector<double> pixels{1, 2, -3, 4, 5.5, -6, -7, 8};
  std::vector<double> expected{0, 0};
  for (size_t i = 0; i < 8; ++i) {
    const double factor = i % 2 == 0 ? 2 : -0.5, y = pixels[i] * factor;
    expected[i % 2] += (factor - std::max(-3.0, y < 0 ? y / 4 : y)) / 4;
  }
  const auto model = read_tflite(b.bytes({x}, {mean}), "m.tflite");
  ASSERT_TRUE(model) << refusal(model);
  EXPECT_EQ(model->outputs[0].shape, (std::vector<std::int64_t>{1, 1, 2}));
  Config config;
  config.precision.model = {{"default", Quantizer{{24, 12, true}}}};
  const auto graph = compile(model->graph, config);
  ASSERT_TRUE(graph) << refusal(graph);
  const auto y = evaluate(*graph, std::vector<FloatTensor>{{{2, 2, 2}, 1, {pixels.begin(), pixels.end()}}});
  for (std::int64_t i = 0; i < 2; ++i)
    EXPECT_EQ(to_double(y[0].at(i), y[0].type().fraction()), expected[static_cast<size_t>(i)]);
}

TEST(Tflite, WhatIsDamagedOrNotUnderstood) {
  const auto read = [](const std::string& bytes) { return refusal(read_tflite(bytes, "m.tflite")); };
  TfliteBuilder b;
  const int x = b.tensor("x", {1, 4}, TfliteBuilder::int8, {0.5F}, {0}),
            m = b.tensor("m", {1, 4}, TfliteBuilder::int8, {0.5F}, {0});
  const int r = b.tensor("r", {1, 5}, TfliteBuilder::int8, {0.5F}, {0});
  b.op(code_mean, {x}, m).op(code_reshape, {x}, r);
  const std::string good = b.bytes({x}, {m});
  EXPECT_EQ(
      read(good),
      "m.tflite: MEAN that gives 'm': error: cannot be read: input 1 is no constant [tflite-refused]\n"
      "m.tflite: RESHAPE that gives 'r': error: cannot be read: its answer has another number of elements "
      "[tflite-refused]\n");
  EXPECT_EQ(read(good.substr(0, 40)),
            "m.tflite: error: is no TensorFlow Lite model: it is cut short or damaged [tflite-unreadable]\n");
  // No damage makes it fail, whatever is told.
  Random random(7);
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = good;
    for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes)
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    if (random.below(4) == 0) bytes.resize(random.below(bytes.size()));
    (void)read_tflite(bytes, "m.tflite");
  }
}

TEST(Tflite, PicklesAreToldHowToBeExported) {
  const auto folder = std::filesystem::temp_directory_path() / "gatewright_pickle_test.pt";
  std::ofstream(folder, std::ios::binary) << std::string("\x80\x02}q\x00.", 6);
  EXPECT_EQ(
      refusal(load_file_model(folder)),
      folder.string() +
          ": error: holds weights or a network as Python's own objects, which only Python can read; export the "
          "network there: model.eval(); torch.onnx.export(model, example_input, \"model.onnx\") "
          "[pytorch-pickle]\n");
  std::filesystem::remove(folder);
}

}  // namespace
}  // namespace gw
