// Claim: networks of TensorFlow Lite on whole numbers have the bits of its reference kernels (worked out here
// index by index, with the integer steps that those take), at random and at the ends of their types; what is
// damaged or not understood is refused, each by name.

#include "formats/tflite/tflite.h"

#include <cmath>
#include <fstream>
#include <limits>

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

constexpr int code_add = 0, code_average = 1, code_conv = 3, code_depthwise = 4, code_dense = 9,
              code_max = 17, code_reshape = 22, code_mean = 40, code_multiply = 18, code_rectify = 19,
              code_subtract = 41, code_larger = 55, code_smaller = 57, code_leaky = 98, code_quantize = 114;

using Linear = testing::TfliteLinear;

testing::TfliteValues values(int height, int width, int channels, const Linear& linear,
                             const std::vector<double>& q) {
  return {height, width, channels, linear, {q.begin(), q.end()}};
}

std::vector<double> as_doubles(const testing::TfliteValues& made) { return {made.q.begin(), made.q.end()}; }

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

    const testing::TfliteProduct product{out,          kh,       kw,     stride,  stride, is_same,
                                         is_depthwise, is_dense, scales, weights, bias};
    const auto expected =
        as_doubles(testing::tflite_product(values(h, w, in, x, pixels), product, y, activation));
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
    const auto pixels = values(4, 3, 2, a, first);
    const auto expected = as_doubles(testing::tflite_sum(pixels, values(4, 3, 2, c, second), y, activation));
    std::vector<double> same;
    for (const std::int64_t q : pixels.q) {
      const double ratio = static_cast<double>(a.scale) / static_cast<double>(y.scale);
      same.push_back(
          static_cast<double>(testing::tflite_clamped(testing::tflite_scaled(q - a.zero, ratio), y, 0)));
    }
    ASSERT_EQ(answers(sum.bytes({ta, tc}, {ty}), {first, second}), expected) << "add, seed " << seed;

    TfliteBuilder cast;
    const int fx = cast.tensor("x", shape, TfliteBuilder::int8, {a.scale}, {a.zero}),
              fy = cast.tensor("y", shape, TfliteBuilder::int8, {y.scale}, {y.zero});
    cast.op(code_quantize, {fx}, fy);
    ASSERT_EQ(answers(cast.bytes({fx}, {fy}), {first}), same) << "quantize, seed " << seed;

    const int kh = static_cast<int>(random.between(1, 4)), kw = static_cast<int>(random.between(1, 3));
    for (const int code : {code_average, code_max}) {
      TfliteBuilder pool;
      const int px = pool.tensor("x", shape, TfliteBuilder::int8, {a.scale}, {a.zero}),
                py = pool.tensor("y", {1, 5 - kh, 4 - kw, 2}, TfliteBuilder::int8, {a.scale}, {a.zero});
      pool.op(code, {px}, py,
              {FlatWriter::number(0, std::int8_t{1}), FlatWriter::number(1, 1), FlatWriter::number(2, 1),
               FlatWriter::number(3, kw), FlatWriter::number(4, kh),
               FlatWriter::number(5, static_cast<std::int8_t>(activation))});
      const auto pooled = testing::tflite_pool(pixels, kh, kw, 1, code == code_average, activation);
      ASSERT_EQ(answers(pool.bytes({px}, {py}), {first}), as_doubles(pooled)) << code << ", seed " << seed;
    }
  }
}

// Products, differences, the larger and the smaller, a leaky rectifier and a rectifier of another scale.
TEST(Tflite, OtherOperatorsOnWholeNumbersHaveThem) {
  const auto real = [](float value) { return static_cast<double>(value); };
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const Linear a = random_linear(random), c = random_linear(random), y = random_linear(random);
    const auto first = random_bytes(random, 6), second = random_bytes(random, 6);
    const std::vector<std::int32_t> shape{1, 3, 2};
    const auto activation = FlatWriter::number(0, std::int8_t{0});
    const auto whole = [&](TfliteBuilder& b, const std::string& name, const Linear& linear,
                           const std::vector<double>& constant = {}) {
      return b.tensor(name, shape, TfliteBuilder::int8, {linear.scale}, {linear.zero}, constant);
    };
    const auto check = [&](int code, const Linear& by, const Linear& of, const FlatWriter::Field& option,
                           bool is_constant, auto formula) {
      TfliteBuilder b;
      const bool is_pair = code != 98 && code != 19;
      const int ta = whole(b, "a", a), tc = is_pair && is_constant ? whole(b, "c", by, second) : ta;
      const int ty = whole(b, "y", of);
      b.op(code, is_pair ? std::vector{ta, tc} : std::vector{ta}, ty, {option});
      std::vector<double> expected;
      for (size_t i = 0; i < first.size(); ++i) {
        const auto other = is_constant ? second[i] : first[i];
        const Linear& from = is_constant ? by : a;
        expected.push_back(static_cast<double>(
            testing::tflite_clamped(formula(static_cast<std::int64_t>(first[i]) - a.zero,
                                            static_cast<std::int64_t>(other) - from.zero, from),
                                    of, code == 19 ? 1 : 0)));
      }
      EXPECT_EQ(answers(b.bytes({ta}, {ty}), {first}), expected) << code;
    };
    for (const bool is_constant : {false, true}) {
      check(code_multiply, c, y, activation, is_constant,
            [&](std::int64_t p, std::int64_t q, const Linear& from) {
              return testing::tflite_scaled(p * q, real(a.scale * from.scale / y.scale));
            });
      check(code_subtract, c, y, activation, is_constant,
            [&](std::int64_t p, std::int64_t q, const Linear& from) {
              const double twice = 2 * std::max(real(a.scale), real(from.scale));
              const auto left = testing::tflite_scaled(p << 20, real(a.scale) / twice),
                         right = testing::tflite_scaled(q << 20, real(from.scale) / twice);
              return testing::tflite_scaled(left - right, twice / (0x1p20 * real(y.scale)));
            });
      check(code_larger, a, a, activation, is_constant,
            [&](std::int64_t p, std::int64_t q, const Linear&) { return std::max(p, q); });
      check(code_smaller, a, a, activation, is_constant,
            [&](std::int64_t p, std::int64_t q, const Linear&) { return std::min(p, q); });
    }
    const float slope = 0.1F * static_cast<float>(random.between(-12, 12));
    check(code_leaky, a, y, FlatWriter::number(0, slope), false,
          [&](std::int64_t p, std::int64_t, const Linear&) {
            return testing::tflite_scaled(p, real(p >= 0 ? a.scale / y.scale : a.scale * slope / y.scale));
          });
    check(code_rectify, a, y, FlatWriter::number(7, std::int8_t{0}), false,
          [&](std::int64_t p, std::int64_t, const Linear&) {
            return testing::tflite_scaled(p, real(a.scale / y.scale));
          });
    if (HasFailure()) return;
  }
}

// A matrix takes each row by itself where axes are kept.
TEST(Tflite, MatricesThatKeepAxes) {
  Random random(3);
  const Linear x{0.02F, 5}, y{0.3F, -9};
  const auto pixels = random_bytes(random, 12), weights = random_bytes(random, 8);
  TfliteBuilder b;
  const int tx = b.tensor("x", {1, 3, 4}, TfliteBuilder::int8, {x.scale}, {x.zero});
  const int tw = b.tensor("w", {2, 4}, TfliteBuilder::int8, {0.01F}, {0}, weights);
  const int ty = b.tensor("y", {1, 3, 2}, TfliteBuilder::int8, {y.scale}, {y.zero});
  b.op(code_dense, {tx, tw, -1}, ty, {FlatWriter::number(2, std::uint8_t{1})});
  std::vector<double> expected;
  for (int row = 0; row < 3; ++row) {
    testing::TfliteProduct product{2};
    product.is_dense = true;
    product.scales = {0.01F};
    product.weights = weights;
    product.bias = {0, 0};
    const std::vector<double> part(pixels.begin() + 4 * row, pixels.begin() + 4 * row + 4);
    const auto made = as_doubles(testing::tflite_product(values(1, 1, 4, x, part), product, y, 0));
    expected.insert(expected.end(), made.begin(), made.end());
  }
  EXPECT_EQ(answers(b.bytes({tx}, {ty}), {pixels}), expected);
}

// What a converter leaves of a flatten whose batch was open: the shape, computed and given to a reshape.
TEST(Tflite, ShapesOnTheirWayToAReshape) {
  TfliteBuilder b;
  const Linear linear{0.02F, 5};
  const auto whole = [&](const std::string& name, const std::vector<std::int32_t>& shape) {
    return b.tensor(name, shape, TfliteBuilder::int8, {linear.scale}, {linear.zero});
  };
  const auto list = [&](const std::string& name, const std::vector<std::int32_t>& shape,
                        const std::vector<double>& values) {
    return b.tensor(name, shape, TfliteBuilder::int32, {}, {}, values);
  };
  const int x = whole("x", {1, 2, 3}), shape = list("shape", {3}, {}), batch = list("batch", {}, {}),
            wanted = list("wanted", {2}, {}), flat = whole("flat", {1, 6}), cut = whole("cut", {1, 1, 3});
  const std::vector<std::int32_t> places{list("b", {1}, {0}), list("e", {1}, {1}), list("s", {1}, {1})};
  b.op(77, {x}, shape).op(45, {shape, places[0], places[1], places[2]}, batch);
  b.op(83, {batch, list("count", {}, {6})}, wanted).op(code_reshape, {x, wanted}, flat);
  const std::vector<double> q{-128, 3, 5, 127, 0, 9};
  EXPECT_EQ(answers(b.bytes({x}, {flat}), {q}), q);
  b.op(45, {x, places[0], places[1], places[2]}, cut);
  EXPECT_EQ(
      refusal(read_tflite(b.bytes({x}, {flat}), "m.tflite")),
      "m.tflite: STRIDED_SLICE that gives 'cut': error: cannot be read: it is understood of shapes only "
      "[tflite-refused]\n");
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

// Whole numbers are wanted where a file may have real ones that are none.
TEST(Tflite, NoNumberIsNoNumber) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  TfliteBuilder b;
  const auto stream = [&](const std::string& name, const std::vector<std::int32_t>& shape) {
    return b.tensor(name, shape, TfliteBuilder::int8, {0.5F}, {0});
  };
  const int x = stream("x", {1, 2}), d = stream("d", {1, 2}), p = stream("p", {1, 3}),
            y = stream("y", {1, 3});
  const int w = b.tensor("w", {2, 2}, TfliteBuilder::int8, {0.5F}, {0}, {1, 2, 3, 4});
  const int bias = b.tensor("b", {2}, TfliteBuilder::real, {}, {}, {nan, 1});
  const int pads = b.tensor("pads", {2, 2}, TfliteBuilder::real, {}, {}, {0, 0, nan, 1});
  b.op(code_dense, {x, w, bias}, d).op(34, {x, pads}, p).op(117, {p}, y).op(160, {x}, y);
  EXPECT_EQ(
      refusal(read_tflite(b.bytes({x}, {d}), "m.tflite")),
      "m.tflite: FULLY_CONNECTED that gives 'd': error: cannot be read: its bias is real and its weights "
      "are not [tflite-refused]\n"
      "m.tflite: PAD that gives 'p': error: cannot be read: its pads are not two for each axis, 0 for the "
      "batch [tflite-refused]\n"
      "m.tflite: HARD_SWISH that gives 'y': error: cannot be read: the operator is not understood "
      "[tflite-refused]\n"
      "m.tflite: BITWISE_XOR that gives 'y': error: cannot be read: the operator is not understood "
      "[tflite-refused]\n");
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
