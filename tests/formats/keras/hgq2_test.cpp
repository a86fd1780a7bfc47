// Claim: layers of HGQ 2 answer what its formulas say: quantizers of inputs, kernels, biases and answers with
// bits of their own for every element, however they overflow, with batch norms folded in its own ways.

#include <cmath>

#include <gtest/gtest.h>

#include "formats/keras/builder.h"
#include "graph/evaluate.h"
#include "graph/expect.h"
#include "passes/pass.h"
#include "support/random.h"

namespace gw {
namespace {

using testing::Json;
using testing::KerasMade;
using testing::KerasNet;
using testing::refusal;

/// A quantizer with random bits: its config, its variables as an archive has them, and what it does.
struct Quantized {
  bool counts_all = false;
  std::string rounding = "RND", overflow = "WRAP";
  std::vector<hsize_t> shape;
  std::vector<float> k, i, f;  ///< f behind the point, or bits in all

  static Quantized random(Random& random, std::vector<hsize_t> shape) {
    Quantized made;
    made.counts_all = random.below(2) == 0;
    made.rounding = std::vector{"RND", "TRN", "RND_CONV", "S_RND"}[random.below(4)];
    made.overflow = std::vector{"WRAP", "SAT", "SAT_SYM"}[random.below(3)];
    made.shape = std::move(shape);
    hsize_t count = 1;
    for (const hsize_t extent : made.shape) count *= extent;
    for (hsize_t n = 0; n < count; ++n) {
      made.k.push_back(static_cast<float>(random.below(4) > 0));
      made.i.push_back(static_cast<float>(random.between(-2, 4)) + 0.3F);
      made.f.push_back(static_cast<float>(random.between(-1, 5)) - 0.4F);
    }
    made.k[0] = made.i[0] = 1;
    made.f[0] = 3;
    return made;
  }

  Json config() const {
    return {{"module", "hgq.quantizer.config"},
            {"class_name", "QuantizerConfig"},
            {"registered_name", "hgq>QuantizerConfig"},
            {"config",
             {{"q_type", counts_all ? "kbi" : "kif"},
              {"place", "datalane"},
              {"scaler", nullptr},
              {"round_mode", rounding},
              {"overflow_mode", overflow}}}};
  }
  void add_variables(std::vector<KerasMade::Variable>& all, const std::string& place) const {
    const std::string path = place + "quantizer/";
    const KerasMade::Variable sign{path + "k", shape, k}, whole{path + "i", shape, i},
        other{path + "f", shape, f};
    if (overflow == "WRAP") {
      all.insert(all.end(), {other, sign, whole, {path + "i_decay_speed", {}, {0.01F}}});
    } else if (counts_all) {
      all.insert(all.end(), {other, whole, sign});
    } else {
      all.insert(all.end(), {whole, other, sign});
    }
  }
  /// The element of that number, quantised.
  double operator()(double x, size_t element) const {
    element %= k.size();
    const double sign = k[element], whole = std::nearbyint(i[element]),
                 behind = std::nearbyint(f[element]) - (counts_all ? whole : 0);
    if (sign + whole + behind <= 0) return 0;
    const double unit = std::exp2(-behind), size = std::exp2(std::max(whole, -behind));
    const double scaled = x / unit;
    double q = rounding == "TRN"        ? std::floor(scaled)
               : rounding == "RND_CONV" ? std::nearbyint(scaled)
                                        : std::floor(scaled + 0.5);
    const double most = size / unit - 1, least = overflow == "SAT_SYM" ? -sign * most : -sign * size / unit;
    if (overflow == "WRAP") {
      const double turn = (1 + sign) * size / unit;
      q -= std::floor((q - least) / turn) * turn;
    } else {
      q = std::clamp(q, least, most);
    }
    return q * unit;
  }
};

/// A layer of the package hgq, for which the archive has a group of the class's own name.
KerasMade hgq_layer(const std::string& class_name, const std::string& name, Json config,
                    std::vector<KerasMade::Variable> variables) {
  KerasMade made = testing::keras_layer(class_name, name, std::move(config), std::move(variables));
  made.layer["registered_name"] = "hgq>" + class_name;
  return made;
}

std::vector<double> answer(const std::string& archive, const std::vector<std::vector<float>>& inputs) {
  const auto model = read_keras(archive, "m.keras");
  EXPECT_TRUE(model) << refusal(model);
  if (!model) return {};
  Config config;
  config.precision.by_kind["input"] = {{"result", Quantizer{{24, 8, true}, Rounding::Rnd, Overflow::Sat}}};
  const auto graph = compile(model->graph, config);
  EXPECT_TRUE(graph) << refusal(graph);
  if (!graph) return {};
  std::vector<FloatTensor> x;
  for (size_t i = 0; i < inputs.size(); ++i) x.push_back({model->inputs[i].our_shape(), 1, inputs[i]});
  const auto y = evaluate(*graph, x);
  std::vector<double> values;
  for (std::int64_t i = 0; i < y[0].size(); ++i)
    values.push_back(to_double(y[0].at(i), y[0].type().fraction()));
  return values;
}

std::vector<float> eighths(Random& random, size_t count) {
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(random.between(-60, 60)) / 16);
  return values;
}

// Every matrix of five inputs and three outputs, with and without a batch norm in it.
TEST(KerasHgq2, MatricesAnswerWhatTheirQuantizersSay) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed);
    const std::string class_name =
        std::vector{"QDense", "QBatchNormDense", "QEinsumDense", "QEinsumDenseBatchnorm"}[seed % 4];
    const bool is_before = class_name == "QBatchNormDense", is_behind = class_name == "QEinsumDenseBatchnorm",
               is_einsum = class_name.starts_with("QEinsum"), has_answer = random.below(2) == 0;
    constexpr size_t in = 5, out = 3;
    const auto iq = Quantized::random(
                   random, random.below(2) == 0 ? std::vector<hsize_t>{1, in} : std::vector<hsize_t>{1, 1}),
               kq = Quantized::random(random, {in, out}), bq = Quantized::random(random, {out}),
               oq = Quantized::random(random, {1, out});
    const auto kernel = eighths(random, in * out), bias = eighths(random, out), x = eighths(random, in);
    const size_t normed = is_before ? in : out;
    const auto mean = eighths(random, normed);
    std::vector<float> gamma, variance;
    for (size_t c = 0; c < normed; ++c) {
      gamma.push_back(static_cast<float>(random.between(1, 8)) / 4);
      variance.push_back(static_cast<float>(random.between(1, 9)));
    }
    std::vector<KerasMade::Variable> variables{{"kernel", {in, out}, kernel}, {"bias", {out}, bias}};
    if (is_before || is_behind) variables.push_back({"gamma", {normed}, gamma});
    variables.insert(variables.end(), {{"beta", {}, {0.1F}}, {"ebops", {}, {7}}});
    if (is_before || is_behind)
      variables.insert(variables.end(),
                       {{"moving_mean", {normed}, mean}, {"moving_variance", {normed}, variance}});
    iq.add_variables(variables, "iq/");
    kq.add_variables(variables, seed % 3 == 0 ? "_kq/" : "kq/");
    bq.add_variables(variables, "bq/");
    if (has_answer) oq.add_variables(variables, "oq/");
    Json config{{"units", out},           {"use_bias", true},       {"activation", "relu"},
                {"epsilon", 0.25},        {"iq_conf", iq.config()}, {"kq_conf", kq.config()},
                {"bq_conf", bq.config()}, {"oq_conf", oq.config()}, {"enable_oq", has_answer},
                {"enable_iq", true},      {"enable_ebops", true},   {"scale", true}};
    if (!is_before && !is_behind) config.erase("epsilon"), config.erase("scale");
    if (is_einsum) {
      config.erase("units");
      config.erase("use_bias");
      config.update({{"equation", "bc,cC->bC"}, {"output_shape", {out}}, {"bias_axes", "C"}});
    }
    KerasNet net;
    net.add(testing::keras_input("in", {in})).add(hgq_layer(class_name, "fc", config, variables));

    std::vector<double> expected;
    for (size_t o = 0; o < out; ++o) {
      float shift = bias[o];
      if (is_before) {
        float offset = 0;
        for (size_t i = 0; i < in; ++i) offset += mean[i] * kernel[i * out + o];
        shift -= offset;
      }
      const float behind = gamma[is_behind ? o : 0] / std::sqrt(variance[is_behind ? o : 0] + 1e-7F);
      if (is_behind) {
        const float offset = -mean[o] * behind;
        shift += offset;
      }
      double sum = bq(static_cast<double>(shift), o);
      for (size_t i = 0; i < in; ++i) {
        float weight = kernel[i * out + o];
        if (is_before) weight *= gamma[i] / std::sqrt(variance[i] + 0.25F);
        if (is_behind) weight *= behind;
        sum += iq(static_cast<double>(x[i]), i) * kq(static_cast<double>(weight), i * out + o);
      }
      sum = std::max(sum, 0.0);
      expected.push_back(has_answer ? oq(sum, o) : sum);
    }
    if (expected == std::vector<double>(out, 0)) continue;  // of what is always 0 there is no circuit
    ASSERT_EQ(answer(net.keras(), {x}), expected) << class_name << ", seed " << seed;
  }
}

TEST(KerasHgq2, ConvolutionsMergesAndQuantizersAlone) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Random random(seed);
    const auto first = Quantized::random(random, {1, 1, 2}), one = Quantized::random(random, {1, 4, 2}),
               two = Quantized::random(random, {1, 1, 1}), iq = Quantized::random(random, {1, 4, 2}),
               kq = Quantized::random(random, {3, 2, 2});
    const auto kernel = eighths(random, 12), x = eighths(random, 8);
    std::vector<KerasMade::Variable> alone, both{{"beta", {}, {0.1F}}, {"ebops", {}, {7}}},
        conv{{"kernel", {3, 2, 2}, kernel}};
    first.add_variables(alone, "");
    one.add_variables(both, "iq/quantizers/quantizer/");
    two.add_variables(both, "iq/quantizers/quantizer_1/");
    iq.add_variables(conv, "iq/");
    kq.add_variables(conv, "kq/");
    KerasNet net;
    net.inputs = {"in"};
    net.outputs = {"c"};
    net.add(testing::keras_input("in", {4, 2}));
    net.add(hgq_layer("Quantizer", "q", {{"config", first.config()}}, alone)).reads({"in"});
    net.add(hgq_layer("QAdd", "a", {{"iq_confs", {one.config(), two.config()}}, {"enable_oq", false}}, both))
        .reads({"q", "in"});
    net.add(hgq_layer("QConv1D", "c",
                      {{"filters", 2},
                       {"kernel_size", {3}},
                       {"padding", "same"},
                       {"use_bias", false},
                       {"enable_ebops", false},
                       {"iq_conf", iq.config()},
                       {"kq_conf", kq.config()}},
                      conv))
        .reads({"a"});
    std::vector<double> sum, expected;
    for (size_t n = 0; n < 8; ++n) {
      const double quantised = first(static_cast<double>(x[n]), n % 2);
      sum.push_back(iq(one(quantised, n) + two(static_cast<double>(x[n]), 0), n));
    }
    for (size_t t = 0; t < 4; ++t)
      for (size_t o = 0; o < 2; ++o) {
        double total = 0;
        for (size_t tap = 0; tap < 3; ++tap)
          for (size_t c = 0; c < 2; ++c) {
            if (t + tap < 1 || t + tap > 4) continue;
            const size_t at = (tap * 2 + c) * 2 + o;
            total += sum[(t + tap - 1) * 2 + c] * kq(static_cast<double>(kernel[at]), at);
          }
        expected.push_back(total);
      }
    ASSERT_EQ(answer(net.keras(), {x}), expected) << "seed " << seed;
  }
}

TEST(KerasHgq2, WhatIsNotUnderstood) {
  Random random(1);
  const auto iq = Quantized::random(random, {1, 1}), kq = Quantized::random(random, {1, 1});
  std::vector<KerasMade::Variable> variables{{"kernel", {2, 3}, testing::small_numbers(6)}};
  iq.add_variables(variables, "iq/");
  kq.add_variables(variables, "kq/");
  Json config{{"units", 3},
              {"use_bias", false},
              {"enable_ebops", false},
              {"iq_conf", iq.config()},
              {"kq_conf", kq.config()},
              {"activation", "linear"}};
  const auto net = [&](const std::string& class_name, const Json& said) {
    KerasNet made;
    made.add(testing::keras_input("in", {2})).add(hgq_layer(class_name, "fc", said, variables));
    return made;
  };
  EXPECT_EQ(refusal(read_keras(net("QDense", config).keras(), "m")), "success");
  EXPECT_EQ(
      refusal(read_keras(net("QDense", config).h5(), "m")),
      "m: node 'fc': error: variable 'iq/quantizer' cannot be used: the bits of quantizers are told apart in "
      ".keras archives only; save the model as one [keras-variable]\n"
      "m: node 'fc': error: variable 'kq/quantizer' cannot be used: the bits of quantizers are told apart in "
      ".keras archives only; save the model as one [keras-variable]\n");
  Json real = config;
  real["kq_conf"]["config"]["q_type"] = "float";
  real["iq_conf"]["config"]["scaler"] = 0.5;
  EXPECT_EQ(
      refusal(read_keras(net("QDense", real).keras(), "m")),
      "m: node 'fc': error: 'iq_conf.scaler' is 0.5, but must be null [keras-attribute-value]\n"
      "m: node 'fc': error: 'kq_conf.q_type' is FLOAT, but must be kif or kbi [keras-attribute-value]\n");
  Json einsum = config;
  einsum.erase("units");
  einsum.erase("use_bias");
  einsum.update({{"equation", "bc,bcC->bC"}, {"output_shape", {3}}});
  EXPECT_EQ(
      refusal(read_keras(net("QEinsumDense", einsum).keras(), "m")),
      "m: node 'fc': error: 'equation' is bc,bcC->bC, but must be a matrix on the last axis, like bc,cC->bC or "
      "...x,xy->...y [keras-attribute-value]\n");
  EXPECT_EQ(
      refusal(read_keras(net("QSoftmax", config).keras(), "m")),
      "m: node 'fc': error: layer class 'hgq>QSoftmax' is not understood; the nearest that is: 'Softmax' "
      "[keras-layer]\n");
}

}  // namespace
}  // namespace gw
