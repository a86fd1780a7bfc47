// Configuration files: what they mean, and every message of a wrong one, with its line.

#include "formats/config_file.h"

#include <gtest/gtest.h>

#include "graph/expect.h"
#include "graph/random_graph.h"
#include "passes/pass.h"

namespace gw {
namespace {

using testing::errors_of;
using testing::Texts;

Quantizer fixed(int width, int integer) { return {{width, integer, true}, Rounding::Trn, Overflow::Wrap}; }

Graph network() {
  Random random(61);
  GraphBuilder b;
  const NodeId x = b.input("x", {4, 4, 1});
  const NodeId w1 = b.constant("conv1.weight", testing::random_values(random, {3, 3, 1, 2}));
  const NodeId flatten1 = b.layer("flatten1", Flatten{}, {b.layer("conv1", Conv2D{}, {x, w1})});
  b.output(b.layer("softmax1", Softmax{}, {flatten1}));
  return b.build().value();
}

Result<Config> parse(const std::string& text) { return parse_config(text, "c.yml", network()); }

TEST(ConfigFile, TextsAndMapsOfTypes) {
  const PrecisionConfig config = parse(R"(
HLSConfig:
  Model:
    Precision: {default: 'ap_fixed<16,6>', accum: auto}
  LayerType:
    Conv2D: {Precision: "fixed<12,4,RND,SAT>"}
  LayerName:
    conv1:
      Precision:
        weight: ap_fixed<8,2>
    softmax1: {Precision: {exp_table: 'ap_fixed<17,8>'}}
)")
                                     .value()
                                     .precision;
  using Types = PrecisionConfig::Types;
  EXPECT_EQ(config.model, (Types{{"default", fixed(16, 6)}, {"accum", std::nullopt}}));
  EXPECT_EQ(config.by_kind,
            (std::map<std::string, Types>{
                {"conv2d", {{"default", Quantizer{{12, 4, true}, Rounding::Rnd, Overflow::Sat}}}}}));
  EXPECT_EQ(config.by_name, (std::map<std::string, Types>{{"conv1", {{"weight", fixed(8, 2)}}},
                                                          {"softmax1", {{"exp_table", fixed(17, 8)}}}}));
}

TEST(ConfigFile, SectionsMayStandAtTheTop) {
  EXPECT_EQ(parse("Model: {Precision: 'ap_fixed<16,6>'}")->precision.model,
            (PrecisionConfig::Types{{"default", fixed(16, 6)}}));
  EXPECT_EQ(parse("Model: {Precision: auto}")->precision.model, (PrecisionConfig::Types{{"default", std::nullopt}}));
}

TEST(ConfigFile, ThoseThatComeAlongCompile) {
  const std::string folder = GATEWRIGHT_CONFIGS;
  const auto accumulator = [&](const std::string& name) {
    const Graph graph = compile(network(), load_config(folder + "/" + name, network()).value()).value();
    EXPECT_EQ(to_string(graph[graph.find("conv1")].type), "2x2x2 ap_fixed<16,6>");
    return std::get<Conv2D>(std::get<Layer>(graph[graph.find("conv1")].op)).accumulator;
  };
  EXPECT_EQ(accumulator("mnist_16_6.yml"), fixed(16, 6));
  EXPECT_EQ(accumulator("mnist_exact.yml"), std::nullopt);
}

TEST(ConfigFileErrors, EveryKeyThatIsNotUnderstood) {
  EXPECT_EQ(
      errors_of(parse(R"(Model:
  Precision: ap_fixed<16,6>
  ReuseFactor: 1
LayerType:
  Dense: {Strategy: Latency}
LayerName:
  conv1:
    Precision: {weights: 'ap_fixed<8,2>', exp_table: auto}
    Trace: true
Backend: Vivado
)")),
      (Texts{
          "c.yml:3: Model: error: 'ReuseFactor' is not understood; understood here: Precision [config-key]",
          "c.yml:5: LayerType.Dense: error: 'Strategy' is not understood; understood here: Precision "
          "[config-key]",
          "c.yml:8: LayerName.conv1.Precision: error: 'weights' is not understood; understood here: default, "
          "weight, bias, result, accum [config-key]",
          "c.yml:8: LayerName.conv1.Precision: error: 'exp_table' is not understood; understood here: "
          "default, "
          "weight, bias, result, accum [config-key]",
          "c.yml:9: LayerName.conv1: error: 'Trace' is not understood; understood here: Precision "
          "[config-key]",
          "c.yml:10: error: 'Backend' is not understood; understood here: HLSConfig, Model, LayerType, "
          "LayerName [config-key]"}));
  EXPECT_EQ(
      errors_of(parse("HLSConfig:\n  Modell: {}\nClockPeriod: 5\n")),
      (Texts{"c.yml:2: HLSConfig: error: 'Modell' is not understood; understood here: Model, LayerType, "
             "LayerName "
             "[config-key]",
             "c.yml:3: error: 'ClockPeriod' is not understood; understood here: HLSConfig [config-key]"}));
  EXPECT_EQ(errors_of(parse("Model: {Precision: {maximum: 'ap_fixed<32,16>'}}")),
            Texts{"c.yml:1: Model.Precision: error: 'maximum' is not understood; understood here: default, "
                  "weight, bias, "
                  "result, accum, scale, exp_table, inv_table, inv_inp [config-key]"});
}

TEST(ConfigFileErrors, LayersThatAreNotThere) {
  EXPECT_EQ(
      errors_of(parse(R"(LayerName:
  conv2: {Precision: auto}
  conv1.weight: {Precision: auto}
  flatten1: {Precision: auto}
LayerType:
  Dens: {Precision: auto}
)")),
      (Texts{
          "c.yml:2: LayerName: error: the network has no layer 'conv2'; did you mean 'conv1'? [config-layer]",
          "c.yml:3: LayerName: error: the network has no layer 'conv1.weight'; did you mean 'conv1'? "
          "[config-layer]",
          "c.yml:4: LayerName.flatten1: error: a flatten changes no value, so that it has no type of its "
          "own; "
          "give one to the layer before it [config-without-types]",
          "c.yml:6: LayerType: error: unknown value 'Dens'; did you mean 'dense'? [unknown-value]"}));
}

TEST(ConfigFileErrors, Types) {
  const std::string advice =
      "write one like ap_fixed<16,6>, ap_ufixed<8,0,AP_RND,AP_SAT> or auto [config-type]";
  EXPECT_EQ(errors_of(parse(R"(LayerName:
  x: {Precision: 'ap_fixed<16>'}
  conv1: {Precision: {weight: Auto, bias: [8, 2], accum: 'ap_fixed<64,6>'}}
Model: {Precision: 16}
)")),
            (Texts{"c.yml:2: LayerName.x.Precision: error: 'ap_fixed<16>' is no type; " + advice,
                   "c.yml:3: LayerName.conv1.Precision.weight: error: 'Auto' is no type; " + advice,
                   "c.yml:3: LayerName.conv1.Precision.bias: error: 'a list' is no type; " + advice,
                   "c.yml:3: LayerName.conv1.Precision.accum: error: ap_fixed<64,6> is 64 bits wide, but a "
                   "type has 1 to "
                   "63 bits [quantizer-too-wide]",
                   "c.yml:4: Model.Precision: error: '16' is no type; " + advice}));
}

TEST(ConfigFileErrors, Structure) {
  EXPECT_EQ(errors_of(parse("")), Texts{"c.yml: error: wants a map, but is 'nothing' [wrong-kind]"});
  EXPECT_EQ(errors_of(parse("- Model")), Texts{"c.yml:1: error: wants a map, but is 'a list' [wrong-kind]"});
  EXPECT_EQ(errors_of(parse("Model:\nLayerName: [conv1]\nLayerType: {Dense: 3}\n")),
            (Texts{"c.yml:1: Model: error: wants a map, but is 'nothing' [wrong-kind]",
                   "c.yml:2: LayerName: error: wants a map, but is 'a list' [wrong-kind]",
                   "c.yml:3: LayerType.Dense: error: wants a map, but is '3' [wrong-kind]"}));
  EXPECT_EQ(errors_of(parse("Model: {Precision: auto}\nModel: {Precision: 'ap_fixed<16,6>'}\n")),
            Texts{"c.yml:2: error: 'Model' stands here twice; remove one [key-twice]"});
  EXPECT_EQ(errors_of(parse("? [a, b]\n: 3\n")),
            Texts{"c.yml:1: error: 'a list' is not understood; understood here: HLSConfig, Model, LayerType, "
                  "LayerName "
                  "[config-key]"});
  EXPECT_EQ(errors_of(parse("Model: {")),
            Texts{"c.yml:1: error: is not YAML: end of map flow not found [yaml-syntax]"});
  EXPECT_EQ(errors_of(load_config("/nowhere/c.yml", network())),
            Texts{"/nowhere/c.yml: error: cannot be read: No such file or directory [file-unreadable]"});
}

}  // namespace
}  // namespace gw
