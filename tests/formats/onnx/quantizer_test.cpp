// Claim: a quantizer of QONNX has the bits of its definition, x / scale in single precision, rounded, clamped
// and scaled back, on streams and on weights, in every mode, width and sign that is understood.

#include <cmath>

#include <gtest/gtest.h>

#include "formats/onnx/builder.h"
#include "graph/evaluate.h"
#include "passes/pass.h"
#include "support/random.h"

namespace gw {
namespace {

using testing::OnnxBuilder;

double rounded(const std::string& mode, double x) {
  const double low = std::floor(x), rest = x - low;
  if (mode == "FLOOR") return low;
  if (mode == "DOWN") return std::trunc(x);
  if (rest != 0.5) return rest < 0.5 ? low : low + 1;
  if (mode == "HALF_UP") return x < 0 ? low : low + 1;    // away from zero
  if (mode == "HALF_DOWN") return x < 0 ? low + 1 : low;  // toward zero
  return std::fmod(low, 2) == 0 ? low : low + 1;          // ROUND, HALF_EVEN
}

/// The definition in qonnx's documentation.
double quantized(double x, float scale, int bits, bool is_signed, bool is_narrow, const std::string& mode) {
  const double least = is_signed ? -std::ldexp(1, bits - 1) + (is_narrow ? 1 : 0) : 0;
  const double most = std::ldexp(1, is_signed ? bits - 1 : bits) - 1;
  const float y = static_cast<float>(x) / scale;
  return std::fmin(std::fmax(rounded(mode, y), least), most) * scale;
}

struct Case {
  std::string mode;
  int bits, log2_scale;
  bool is_signed, is_narrow;
};

void add_quant(OnnxBuilder& b, const Case& c, const std::string& x, const std::string& y,
               const std::string& name) {
  b.weights(name + "s", {}, {std::ldexp(1.0F, c.log2_scale)}).weights(name + "z", {}, {0});
  b.weights(name + "b", {}, {static_cast<float>(c.bits)});
  b.node("Quant", {x, name + "s", name + "z", name + "b"}, {y}, name, "onnx.brevitas");
  b.text("rounding_mode", c.mode).integer("signed", c.is_signed).integer("narrow", c.is_narrow);
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const char* mode : {"ROUND", "HALF_EVEN", "HALF_UP", "HALF_DOWN", "FLOOR", "DOWN", "round", "floor"}) {
    for (const int bits : {1, 2, 5, 8}) {
      for (const int log2_scale : {-6, -1, 0, 2}) {
        if (bits > 1) cases.push_back({mode, bits, log2_scale, true, false});
        if (bits > 1) cases.push_back({mode, bits, log2_scale, true, true});
        cases.push_back({mode, bits, log2_scale, false, false});
      }
    }
  }
  return cases;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

/// Extremes of ap_fixed<18,10>, zero, and numbers at random, a quarter of which is on ties of every scale.
std::vector<float> samples(Random& random, size_t count) {
  std::vector<float> values{-512, 512 - 0x1p-8F, 0, -0x1p-8F, 0x1p-8F};
  while (values.size() < count) {
    const auto raw = static_cast<float>(random.between(-131072, 131071));
    values.push_back(random.below(4) == 0 ? std::floor(raw / 128) * 0.5F : raw * 0x1p-8F);
  }
  return values;
}

TEST(OnnxQuantizers, OfStreamsHaveTheBitsOfTheirDefinition) {
  Random random(5);
  Config config;
  config.precision.by_kind["input"] = {{"result", Quantizer{{18, 10, true}, Rounding::Trn, Overflow::Wrap}}};
  for (const Case& c : all_cases()) {
    OnnxBuilder b;
    b.input("x", {1, 64}).output("y");
    add_quant(b, c, "x", "y", "q");
    const auto model = b.read();
    ASSERT_TRUE(model) << to_string(model.errors()[0]);
    const auto graph = compile(model->graph, config);
    ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
    const std::vector<FloatTensor> x{{{64}, 8, samples(random, 512)}};
    const auto y = evaluate(*graph, x);
    for (std::int64_t i = 0; i < 512; ++i) {
      const double in = x[0].values[static_cast<size_t>(i)];
      ASSERT_EQ(
          to_double(y[0].at(i), y[0].type().fraction()),
          quantized(in, std::ldexp(1.0F, c.log2_scale), c.bits, c.is_signed, c.is_narrow, upper(c.mode)))
          << in << " " << c.mode << " " << c.bits << " " << c.log2_scale;
    }
  }
}

TEST(OnnxQuantizers, OfWeightsHaveTheBitsOfTheirDefinition) {
  Random random(6);
  for (const Case& c : all_cases()) {
    const std::vector<float> weights = samples(random, 64);
    OnnxBuilder b;
    b.input("x", {1, 8}).output("y").weights("w", {8, 8}, weights);
    add_quant(b, c, "w", "wq", "q");
    b.node("Transpose", {"wq"}, {"wt"}, "t").integers("perm", {1, 0});
    b.node("MatMul", {"x", "wt"}, {"y"}, "m");
    const auto model = b.read();
    ASSERT_TRUE(model) << to_string(model.errors()[0]);
    const NodeId id = model->graph.find("w");
    ASSERT_GE(id, 0);
    const auto& constant = std::get<Constant>(model->graph[id].op);
    ASSERT_TRUE(constant.fixed);
    EXPECT_EQ(constant.fixed->type().width, c.bits);
    EXPECT_EQ(constant.fixed->type().integer, c.bits + c.log2_scale);
    for (std::int64_t i = 0; i < 64; ++i) {
      const double in = weights[static_cast<size_t>(i % 8 * 8 + i / 8)];
      ASSERT_EQ(
          to_double(constant.fixed->at(i), constant.fixed->type().fraction()),
          quantized(in, std::ldexp(1.0F, c.log2_scale), c.bits, c.is_signed, c.is_narrow, upper(c.mode)));
    }
  }
}

TEST(OnnxQuantizers, BipolarIsTheSignTimesTheScale) {
  Config config;
  const Quantizer type{{8, 4, true}, Rounding::Trn, Overflow::Wrap};
  config.precision.by_kind["input"] = {{"result", type}};
  config.precision.model = {{"default", type}, {"result", std::nullopt}, {"accum", std::nullopt}};
  for (const int log2_scale : {0, -3, 2}) {
    const float scale = std::ldexp(1.0F, log2_scale);
    OnnxBuilder b;
    b.input("x", {1, 4}).output("y").weights("s", {}, {scale}).weights("w", {4, 1}, {0.5F, -0.5F, 0, -1});
    b.node("BipolarQuant", {"x", "s"}, {"xq"}, "q", "finn.custom_op.general");
    b.node("BipolarQuant", {"w", "s"}, {"wq"}, "v", "finn.custom_op.general");
    b.node("MatMul", {"xq", "wq"}, {"y"}, "m");
    const auto model = b.read();
    ASSERT_TRUE(model) << to_string(model.errors()[0]);
    const auto graph = compile(model->graph, config);
    ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
    const std::vector<FloatTensor> x{{{4}, 2, {1, -1, 0, -0.0625F, -1, 1, -2, 3}}};
    const auto y = evaluate(*graph, x);
    const double unit =
        static_cast<double>(scale) * scale;  // signs + - + - by + - + -, and - + - + by the same
    EXPECT_EQ(to_double(y[0].at(0), y[0].type().fraction()), 4 * unit);
    EXPECT_EQ(to_double(y[0].at(1), y[0].type().fraction()), -4 * unit);
  }
}

}  // namespace
}  // namespace gw
