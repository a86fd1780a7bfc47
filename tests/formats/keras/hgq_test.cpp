// Claim: a proxy model of HGQ 1 answers what its quantizers' formulas say, element by element, with no
// configuration of types but the input's.

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "formats/keras/builder.h"
#include "graph/evaluate.h"
#include "passes/pass.h"

namespace gw {
namespace {

using testing::Json;
using testing::keras_layer;
using testing::KerasMade;
using testing::KerasNet;

struct Bits {
  float sign, bits, integers;
};

KerasMade quantizer(const std::string& name, std::vector<hsize_t> shape, const std::vector<Bits>& types,
                    const std::string& rounding, const std::string& overflow, const std::string& typed) {
  std::vector<float> signs, bits, integers;
  for (const Bits& type : types)
    signs.push_back(type.sign), bits.push_back(type.bits), integers.push_back(type.integers);
  const Json config{
      {"RND", rounding},
      {"SAT", overflow},
      {"shape", shape},
      {"fusible", false},
      {"overrides", {{"layers", {{typed, {{"weight_t", "fixed<4,2>"}, {"accum_t", "fixed<20,9>"}}}}}}}};
  return keras_layer("HGQ>FixedPointQuantizer", name, config,
                     {{"keep_negative", shape, signs}, {"bits", shape, bits}, {"integers", shape, integers}});
}

/// clip or wrap of the rounded x, as HGQ computes it in whole numbers.
double formula(double x, const Bits& type, const std::string& rounding, const std::string& overflow) {
  if (type.bits == 0) return 0;
  const double scale = std::exp2(type.bits - type.integers), high = std::exp2(type.bits - type.sign) - 1,
               low = -(high + 1) * type.sign;
  double v = x * scale;
  v = rounding == "RND" ? std::floor(v + 0.5) : rounding == "RND_CONV" ? std::nearbyint(v) : std::floor(v);
  if (overflow == "SAT") v = std::min(std::max(v, low), high);
  if (overflow == "SAT_SYM") v = std::min(std::max(v, -high * type.sign), high);
  if (overflow == "WRAP") v = v - low - std::floor((v - low) / (high - low + 1)) * (high - low + 1) + low;
  return v / scale;
}

TEST(KerasHgq, ElementsHaveTypesOfTheirOwn) {
  const std::vector<Bits> types{{1, 4, 2}, {0, 3, 1}, {1, 0, 0}, {1, 6, 5}, {0, 2, -1}, {1, 3, 3}};
  for (const char* rounding : {"TRN", "RND", "RND_CONV"}) {
    for (const char* overflow : {"WRAP", "SAT", "SAT_SYM"}) {
      KerasNet net;
      net.add(testing::keras_input("in", {2, 3}));
      net.add(quantizer("q", {1, 2, 3}, types, rounding, overflow, "fc"));
      const auto model = read_keras(net.h5(), "m");
      ASSERT_TRUE(model) << to_string(model.errors()[0]);
      Config config;
      config.precision.by_kind["input"] = {{"result", Quantizer{{10, 5, true}}}};
      const auto graph = compile(model->graph, config);
      ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
      FloatTensor x{{2, 3}, 1024, {}};
      for (int raw = -512; raw < 512; ++raw) {
        for (int i = 0; i < 6; ++i) x.values.push_back(static_cast<float>(raw) / 32);
      }
      const Tensor y = evaluate(*graph, std::vector{x})[0];
      for (std::int64_t i = 0; i < 6 * 1024; ++i) {
        const double in = static_cast<double>(x.values[static_cast<size_t>(i)]);
        ASSERT_EQ(to_double(y.at(i), y.type().fraction()),
                  formula(in, types[static_cast<size_t>(i % 6)], rounding, overflow))
            << rounding << " " << overflow << " " << in << " element " << i % 6;
      }
    }
  }
}

TEST(KerasHgq, OneTypeOrOneAChannel) {
  KerasNet net;
  net.add(testing::keras_input("in", {2, 3}));
  net.add(quantizer("one", {1, 1, 1}, {{1, 6, 3}}, "RND", "SAT", "fc"));
  net.add(quantizer("channels", {1, 1, 3}, {{1, 4, 2}, {0, 4, 1}, {1, 5, 3}}, "TRN", "WRAP", "fc"));
  KerasMade dense = testing::keras_dense("fc", 3, 2);
  dense.variables[0].values = {0.25F, -1.5F, 1, 0.75F, 0, -0.25F};
  net.add(dense);
  const auto model = read_keras(net.h5(), "m");
  ASSERT_TRUE(model) << to_string(model.errors()[0]);
  const Graph& graph = model->graph;
  const auto& one = std::get<Quantize>(std::get<Layer>(graph[graph.find("one")].op));
  EXPECT_EQ(one.out, (Quantizer{{6, 3, true}, Rounding::Rnd, Overflow::Sat}));
  EXPECT_TRUE(one.elements.empty());
  const auto& channels = std::get<Quantize>(std::get<Layer>(graph[graph.find("channels")].op));
  EXPECT_EQ(channels.elements.size(), 3U);
  EXPECT_EQ(channels.out.to, (FixedType{6, 3, true}));
  // The overrides name the layer: its weights have the type that holds them.
  EXPECT_EQ(to_string(*graph[graph.find("fc.weight")].type.fixed), "ap_fixed<4,2>");
}

TEST(KerasHgq, WhatIsNotUnderstood) {
  const auto told = [](KerasMade layer) {
    KerasNet net;
    net.add(testing::keras_input("in", {3})).add(std::move(layer));
    const auto read = read_keras(net.h5(), "m");
    return read ? "success" : to_string(read.errors()[0]);
  };
  EXPECT_EQ(
      told(quantizer("q", {1, 1}, {{1, 4, 2}}, "TRN", "WRAP_SM", "fc")),
      "m: node 'q': error: 'SAT' is WRAP_SM, but must be WRAP, SAT, SAT_ZERO or SAT_SYM [keras-attribute-value]");
  EXPECT_EQ(told(quantizer("q", {1, 2}, {{1, 4, 2}, {1, 4, 2}}, "TRN", "WRAP", "fc")),
            "m: node 'q': error: the shapes do not fit: bits of shape 1x2 on 3 [keras-shape]");
  EXPECT_EQ(told(quantizer("q", {1, 1}, {{1, -3, 2}}, "TRN", "WRAP", "fc")),
            "m: node 'q': error: the shapes do not fit: -3 bits, keep_negative 1 [keras-shape]");
}

}  // namespace
}  // namespace gw
