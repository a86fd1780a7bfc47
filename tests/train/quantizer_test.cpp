// Quantizers: their notation, their values against the fixed-point types that the emulator uses and against
// QKeras's formulas, and the gradients that pass through them.

#include <cmath>

#include <gtest/gtest.h>

#include "support/random.h"
#include "train/fake_quantizer.h"

namespace gw::train {
namespace {

QuantizerSpec spec_of(const std::string& text) {
  std::string why;
  const auto spec = read_quantizer(text, why);
  EXPECT_TRUE(spec) << text << ": " << why;
  return spec.value_or(QuantizerSpec{});
}

std::string complaint(const std::string& text) {
  std::string why;
  return read_quantizer(text, why) ? "none" : why;
}

std::vector<float> quantised(const QuantizerSpec& spec, const std::vector<float>& weights, int channels = 1,
                             const std::vector<float>& learned = {}) {
  std::vector<float> values(weights.size());
  quantise(spec, weights, step_exponents(spec, weights, channels, learned), values);
  return values;
}

std::vector<float> random_weights(size_t count, double reach, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> weights;
  for (size_t i = 0; i < count; ++i) weights.push_back(static_cast<float>((2 * random.unit() - 1) * reach));
  return weights;
}

TEST(QuantizerNotation, IsReadAsQKerasReadsIt) {
  QuantizerSpec spec = spec_of("quantized_bits(6,0,alpha=1)");
  EXPECT_EQ(spec.kind, QuantizerKind::Bits);
  EXPECT_EQ(spec.bits, 6);
  EXPECT_EQ(spec.integer, 0);
  EXPECT_TRUE(spec.keep_negative);
  EXPECT_EQ(spec.scale, ScaleRule::Fixed);
  spec = spec_of(" quantized_bits( 4 , 2, symmetric=True, keep_negative=False ) ");
  EXPECT_EQ(spec.bits, 4);
  spec = spec_of("quantized_bits");
  EXPECT_EQ(spec.bits, 8);
  spec = spec_of("quantized_bits(4,1,1,1,'auto_po2')");
  EXPECT_EQ(spec.scale, ScaleRule::AutoPo2);
  spec = spec_of("quantized_bits(8,0,alpha=0.25)");
  EXPECT_EQ(spec.exponent, -2);
  spec = spec_of("quantized_relu(6,2)");
  EXPECT_EQ(spec.kind, QuantizerKind::Relu);
  EXPECT_EQ(spec.integer, 2);
  EXPECT_EQ(spec_of("binary(use_01=1)").keep_negative, false);
  EXPECT_EQ(spec_of("ternary(1,0.5)").threshold, 0.5);
  EXPECT_EQ(spec_of("quantized_po2(4,1)").max_value, 1.0);
}

TEST(QuantizerNotation, PrintingIsReadBack) {
  for (const char* text :
       {"quantized_bits(6,0,alpha=1)", "quantized_bits(3,-1,symmetric=1,keep_negative=1,alpha=0.5)",
        "quantized_bits(8,1,keep_negative=0)", "quantized_bits(4,0,alpha=auto_po2)",
        "quantized_bits(4,0,alpha=learned_po2,per_channel=1)", "quantized_bits(1,0)", "quantized_relu(6)",
        "quantized_bits(6,0,learned_bits=weight)", "quantized_relu(4,1,learned_bits='channel')",
        "quantized_bits(3,2,keep_negative=0,learned_bits=tensor)", "quantized_relu(4,2,alpha='learned_po2')",
        "binary", "binary(use_01=1,alpha=2)", "ternary", "ternary(threshold=0.25,alpha=0.125)",
        "quantized_po2(4)", "quantized_po2(5,max_value=0.5)"}) {
    const QuantizerSpec spec = spec_of(text);
    const std::string printed = print_quantizer(spec);
    EXPECT_EQ(spec_of(printed), spec) << printed;
    EXPECT_EQ(print_quantizer(spec_of(printed)), printed);
  }
}

TEST(QuantizerNotation, WhatIsNotUnderstoodIsNamed) {
  EXPECT_EQ(complaint("quantised_bits(6)"),
            "it is none of quantized_bits, quantized_relu, binary, ternary, quantized_po2, "
            "quantized_tanh, quantized_sigmoid");
  EXPECT_EQ(complaint("quantized_bits(6"), "it is not written as name(argument, key=argument)");
  EXPECT_EQ(complaint("quantized_bits(6.5)"), "bits must be a whole number from 1 to 20");
  EXPECT_EQ(complaint("quantized_bits(21)"), "bits must be a whole number from 1 to 20");
  EXPECT_EQ(complaint("quantized_bits(6,0,alpha=3)"), "alpha=3 is no power of two, auto_po2 or learned_po2");
  EXPECT_EQ(
      complaint("quantized_bits(6,0,alpha='auto')"),
      "alpha=auto gives scales that take a multiplier; alpha=auto_po2 and alpha=learned_po2 give powers of two");
  EXPECT_EQ(complaint("quantized_relu(6,0,1)"), "use_sigmoid=1 is not understood; leave it out");
  EXPECT_EQ(complaint("quantized_relu(6,0,negative_slope=0.25)"),
            "negative_slope=0.25 is not understood; leave it out");
  EXPECT_EQ(complaint("quantized_relu(6,integers=1)"),
            "quantized_relu has no 'integers'; it has bits, integer, alpha, learned_bits");
  EXPECT_EQ(complaint("binary(0,1,0,4)"), "binary takes at most 3 arguments");
  EXPECT_EQ(complaint("quantized_bits(6,bits=6)"), "'bits' stands there twice");
  EXPECT_EQ(complaint("quantized_bits(6,symmetric=2)"), "symmetric must be 0 or 1");
  EXPECT_EQ(complaint("ternary(threshold=-1)"), "threshold must be a number above 0");
  EXPECT_EQ(complaint("quantized_po2"), "bits must be said, from 2 to 6");
  EXPECT_EQ(complaint("quantized_bits(1,alpha=learned_po2)"), "one bit has no scale to find");
  EXPECT_EQ(complaint("quantized_bits(4,0,keep_negative=0,alpha=auto_po2)"),
            "alpha=auto_po2 goes with keep_negative=1");
  EXPECT_EQ(complaint("quantized_bits(4,0,per_channel=1)"),
            "per_channel=1 goes with alpha=learned_po2; auto_po2 has a scale for each channel in any case");
  EXPECT_EQ(complaint("quantized_bits(4,0,learned_bits=1)"),
            "learned_bits must be tensor, channel or weight");
  EXPECT_EQ(complaint("quantized_bits(4,0,alpha=2,learned_bits=weight)"),
            "learned_bits settles alpha: leave it out");
  EXPECT_EQ(complaint("quantized_bits(4,0,symmetric=1,learned_bits=weight)"),
            "learned_bits settles symmetric: leave it out");
  EXPECT_EQ(complaint("quantized_bits(1,0,learned_bits=weight)"), "one bit has no scale to find");
}

// Every value is that of the fixed-point cast, for random weights, for ties and far outside.
TEST(FakeQuantizer, GridsAreFixedPointCasts) {
  for (const char* text : {"quantized_bits(6,0,alpha=1)", "quantized_bits(4,2,symmetric=1)",
                           "quantized_bits(5,-1)", "quantized_bits(3,1,keep_negative=0)",
                           "quantized_relu(4,1)", "quantized_bits(16,5)", "quantized_bits(2,0)"}) {
    const QuantizerSpec spec = spec_of(text);
    std::vector<float> weights = random_weights(400, std::ldexp(1.5, spec.integer), 3);
    const double step = std::ldexp(1.0, spec.integer - spec.magnitude_bits());
    for (int i = -40; i <= 40; ++i) weights.push_back(static_cast<float>(i * step / 2));
    weights.insert(weights.end(), {0.0f, -0.0f, 1e6f, -1e6f});
    const Quantizer cast = fixed_quantizer(spec, step_exponents(spec, weights, 1, {}));
    const std::vector<float> values = quantised(spec, weights);
    for (size_t i = 0; i < weights.size(); ++i) {
      EXPECT_EQ(static_cast<double>(values[i]),
                to_double(quantize(cast, static_cast<double>(weights[i])), cast.to.fraction()))
          << text << " of " << weights[i];
    }
  }
}

TEST(FakeQuantizer, SignsThresholdsAndPowers) {
  const std::vector<float> weights{-2, -0.4f, -0.3f, -0.0f, 0, 0.2f, 0.33f, 0.5f, 3};
  EXPECT_EQ(quantised(spec_of("binary"), weights), (std::vector<float>{-1, -1, -1, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(quantised(spec_of("quantized_bits(1,3)"), weights), quantised(spec_of("binary"), weights));
  EXPECT_EQ(quantised(spec_of("binary(1,0.5)"), weights),
            (std::vector<float>{0, 0, 0, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f}));
  EXPECT_EQ(quantised(spec_of("ternary"), weights), (std::vector<float>{-1, -1, 0, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(quantised(spec_of("ternary(2,threshold=0.45)"), weights),
            (std::vector<float>{-2, 0, 0, 0, 0, 0, 0, 2, 2}));
  // Exponents -4 to 3; 0.2 is nearer to 2^-2 than to 2^-3 on a logarithmic scale.
  EXPECT_EQ(quantised(spec_of("quantized_po2(4)"), {-100, 0.2f, 0.17f, 1, 0, 0.01f, -0.36f, 1.4f, 1.5f}),
            (std::vector<float>{-8, 0.25f, 0.125f, 1, 0.0625f, 0.0625f, -0.5f, 1, 2}));
  EXPECT_EQ(quantised(spec_of("quantized_po2(4,max_value=0.5)"), {2, -0.26f, 0.001f}),
            (std::vector<float>{0.5f, -0.25f, 0.00390625f}));
}

// Each value is one of the type's, which is no wider than it takes.
TEST(FakeQuantizer, TypesHoldEveryValue) {
  for (const char* text :
       {"quantized_bits(6,0)", "quantized_bits(4,0,alpha=auto_po2)", "quantized_bits(4,1,alpha=4)", "binary",
        "binary(1)", "ternary(0.25)", "quantized_po2(4)", "quantized_po2(6,max_value=1)"}) {
    const QuantizerSpec spec = spec_of(text);
    std::vector<float> weights = random_weights(60, 3, 9);
    for (size_t i = 0; i < weights.size(); i += 3) weights[i] *= 0.03f;
    const std::vector<int> exponents = step_exponents(spec, weights, 3, {});
    std::vector<float> values(weights.size());
    quantise(spec, weights, exponents, values);
    const Quantizer cast = fixed_quantizer(spec, exponents);
    for (const float value : values) {
      EXPECT_EQ(static_cast<double>(value),
                to_double(quantize(cast, static_cast<double>(value)), cast.to.fraction()))
          << text;
    }
  }
}

// The scale that QKeras's search ends at is better, in squares, than its neighbours or as good.
TEST(FakeQuantizer, AutoPo2FitsEachChannel) {
  const QuantizerSpec spec = spec_of("quantized_bits(4,0,alpha=auto_po2)");
  std::vector<float> weights = random_weights(300, 1, 5);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] *= i % 3 == 0 ? 0.1f : i % 3 == 1 ? 1.0f : 7.0f;
  const std::vector<int> exponents = step_exponents(spec, weights, 3, {});
  EXPECT_EQ(exponents, (std::vector<int>{-6, -3, 0}));  // 7 steps up to about 0.1, 1 and 7
  const std::vector<float> values = quantised(spec, weights, 3);
  for (size_t i = 0; i < weights.size(); ++i) {
    const double step = std::ldexp(1.0, exponents[i % 3]), w = static_cast<double>(weights[i]);
    EXPECT_EQ(static_cast<double>(values[i]),
              std::copysign(step * std::min(std::floor(std::abs(w) / step + 0.5), 7.0), w));
  }
}

TEST(PassGradient, StraightThroughChangesNothing) {
  const std::vector<float> weights{-3, 0.1f, 5};
  for (const char* text : {"quantized_bits(4,0)", "binary", "ternary", "quantized_po2(3)",
                           "quantized_bits(4,0,alpha=auto_po2)"}) {
    const QuantizerSpec spec = spec_of(text);
    std::vector<float> gradient{1, 2, 3};
    pass_gradient(spec, weights, step_exponents(spec, weights, 1, {}), gradient, {});
    EXPECT_EQ(gradient, (std::vector<float>{1, 2, 3})) << text;
  }
}

TEST(PassGradient, LearnedStepsFollowTheirFormula) {
  const QuantizerSpec spec = spec_of("quantized_bits(4,0,alpha=learned_po2,per_channel=1)");
  const std::vector<float> weights = random_weights(40, 2, 8), learned{-3.4f, -1.6f};
  const std::vector<int> exponents = step_exponents(spec, weights, 2, learned);
  EXPECT_EQ(exponents, (std::vector<int>{-3, -2}));
  std::vector<float> values(weights.size()), gradient = random_weights(40, 1, 4), steps(2);
  const std::vector<float> before = gradient;
  quantise(spec, weights, exponents, values);
  pass_gradient(spec, weights, exponents, gradient, steps);
  double expected[2] = {};
  int clipped = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const double step = std::ldexp(1.0, exponents[i % 2]), w = static_cast<double>(weights[i]);
    const bool outside = w / step < -8 || w / step > 7;
    clipped += outside;
    EXPECT_EQ(gradient[i], outside ? 0.0f : before[i]);
    EXPECT_EQ(static_cast<double>(values[i]), step * std::clamp(std::nearbyint(w / step), -8.0, 7.0));
    const double value = static_cast<double>(values[i]);
    expected[i % 2] += static_cast<double>(before[i]) * std::log(2.0) * (outside ? value : value - w);
  }
  EXPECT_GT(clipped, 5);
  for (size_t c = 0; c < 2; ++c)
    EXPECT_NEAR(static_cast<double>(steps[c]), expected[c] / std::sqrt(20.0 * 7), 1e-6);
}

// With a width of its own a weight is rounded to its step and never clipped, and its step has the gradient of
// HGQ, which is not scaled.
TEST(PassGradient, LearnedWidthsFollowTheirFormula) {
  const QuantizerSpec spec = spec_of("quantized_bits(4,0,learned_bits=weight)");
  std::vector<float> weights = random_weights(40, 2, 8), learned;
  weights.insert(weights.end(), {100.0f, -3000.0f, 0.0f});
  for (size_t i = 0; i < weights.size(); ++i) learned.push_back(-static_cast<float>(i % 6) + 0.4f);
  const std::vector<int> exponents = step_exponents(spec, weights, 1, learned);
  std::vector<float> values(weights.size()), gradient = random_weights(weights.size(), 1, 4),
                                             steps(weights.size());
  const std::vector<float> before = gradient;
  quantise(spec, weights, exponents, values);
  pass_gradient(spec, weights, exponents, gradient, steps);
  EXPECT_EQ(gradient, before);
  size_t zeros = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const double step = std::ldexp(1.0, -static_cast<int>(i % 6)), w = static_cast<double>(weights[i]);
    const double value = step * std::nearbyint(w / step);
    zeros += value == 0;
    EXPECT_EQ(static_cast<double>(values[i]), value);
    EXPECT_NEAR(static_cast<double>(steps[i]), std::log(2.0) * (value - w) * static_cast<double>(before[i]),
                1e-6);
  }
  EXPECT_GT(zeros, 3u);
  // One type holds them, and none that is narrower.
  const FixedType type = fewest_bits(values, exponents);
  EXPECT_EQ(type, (FixedType{13 + 5, 13, true}));
  EXPECT_EQ(fewest_bits(std::vector<float>{0, 0.75f, 0, 6}, std::vector<int>{-4}), (FixedType{5, 3, false}));
  EXPECT_EQ(fewest_bits(std::vector<float>{0, 0}, std::vector<int>{-4}), (FixedType{1, 1, false}));
}

}  // namespace
}  // namespace gw::train
