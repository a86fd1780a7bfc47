// Configuration files: what they mean, and every message of a wrong one, with its line.

#include "formats/config/config_file.h"

#include <gtest/gtest.h>

#include "formats/config/keys.h"
#include "graph/expect.h"
#include "graph/random_graph.h"
#include "passes/pass.h"

namespace gw {
namespace {

using testing::errors_of;
using testing::Texts;
using Types = PrecisionConfig::Types;

Quantizer fixed(int width, int integer) { return {{width, integer, true}, Rounding::Trn, Overflow::Wrap}; }
constexpr Quantizer table_type{{18, 8, true}, Rounding::Rnd, Overflow::Sat};

/// x -> conv1 -> relu1 -> flatten1 -> dense1 -> softmax1; conv1's matrix is 9 x 2, dense1's 8 x 6.
Graph network() {
  Random random(61);
  GraphBuilder b;
  const NodeId x = b.input("x", {4, 4, 1});
  const NodeId w1 = b.constant("conv1.weight", testing::random_values(random, {3, 3, 1, 2}));
  const NodeId relu1 = b.layer("relu1", Relu{}, {b.layer("conv1", Conv2D{}, {x, w1})});
  const NodeId w2 = b.constant("dense1.weight", testing::random_values(random, {8, 6}));
  const NodeId dense1 = b.layer("dense1", Dense{}, {b.layer("flatten1", Flatten{}, {relu1}), w2});
  b.output(b.layer("softmax1", Softmax{}, {dense1}));
  return b.build().value();
}

const Aliases aliases{{"Conv_0", "conv1"}, {"Add_0", "conv1"}, {"Transpose_0", ""}};

Result<Config> parse(const std::string& text) { return parse_config(text, "c.yml", network(), aliases); }

Texts notes_of(const Result<Config>& config) {
  Texts texts;
  for (const Diagnostic& note : config.value().notes) texts.push_back(to_string(note));
  return texts;
}

TEST(ConfigFile, TextsAndMapsOfTypes) {
  const PrecisionConfig config = parse(R"(
HLSConfig:
  Model:
    Precision: {default: 'ap_fixed<16,6>', accum: auto, maximum: 'ap_fixed<32,16>'}
  LayerType:
    Conv2D: {Precision: "fixed<12,4,RND,SAT>"}
  LayerName:
    conv1:
      Precision:
        weight: ap_fixed<8,2>
        bias: ac_fixed<8,2,false,AC_RND,AC_SAT>
    SoftMax1: {Precision: {exp_table: 'ap_fixed<17,8>'}}
)")
                                     .value()
                                     .precision;
  EXPECT_EQ(config.model, (Types{{"default", fixed(16, 6)}, {"accum", std::nullopt}}));
  EXPECT_EQ(config.maximum, (FixedType{32, 16, true}));
  EXPECT_EQ(config.by_kind,
            (std::map<std::string, Types>{
                {"conv2d", {{"default", Quantizer{{12, 4, true}, Rounding::Rnd, Overflow::Sat}}}}}));
  EXPECT_EQ(config.by_name,
            (std::map<std::string, Types>{
                {"conv1",
                 {{"weight", fixed(8, 2)}, {"bias", Quantizer{{8, 2, false}, Rounding::Rnd, Overflow::Sat}}}},
                {"softmax1", {{"exp_table", fixed(17, 8)}}}}));
}

TEST(ConfigFile, SectionsMayStandAtTheTop) {
  EXPECT_EQ(parse("Model: {Precision: 'ap_fixed<16,6>'}")->precision.model,
            (Types{{"default", fixed(16, 6)}}));
  EXPECT_EQ(parse("Model: {Precision: auto}")->precision.model, (Types{{"default", std::nullopt}}));
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

// As hls4ml writes them: every key of its own, in JSON, types of tensors that have no say here.
TEST(ConfigFile, AsHls4mlWritesThem) {
  const auto config = parse(R"({
 "OutputDir": "my-hls-test", "ProjectName": "myproject", "Backend": "Vitis", "Version": "1.0.0",
 "Part": "xcvu13p-flga2577-2-e", "ClockPeriod": 5, "ClockUncertainty": "27%", "IOType": "io_stream",
 "WriterConfig": {"Namespace": null, "WriteWeightsTxt": true, "WriteTar": false, "TBOutputStream": "both"},
 "HLSConfig": {
  "Model": {"Precision": {"default": "fixed<16,6>"}, "ReuseFactor": 1, "Strategy": "Latency",
            "BramFactor": 1000000000, "TraceOutput": false, "ChannelsLastConversion": "internal",
            "TransposeOutputs": false, "PipelineInterval": null},
  "LayerName": {
   "x": {"Trace": false, "Precision": {"result": "auto"}},
   "conv1.weight": {"Trace": false, "Precision": {"result": "auto"}},
   "Transpose_0": {"Trace": false, "Precision": {"result": "auto"}},
   "Conv_0": {"Trace": true, "Precision": {"result": "auto", "accum": "auto"}, "ReuseFactor": 1,
              "ParallelizationFactor": 2, "ConvImplementation": "LineBuffer"},
   "Add_0": {"Trace": false, "Precision": {"result": "fixed<9,3>"}, "ReuseFactor": 1},
   "relu1": {"Precision": {"result": "auto", "table": "fixed<18,8,TRN,WRAP,0>"}, "TableSize": 1024},
   "flatten1": {"Precision": {"result": "auto"}},
   "softmax1": {"Precision": {"result": "auto", "table": "fixed<18,8,TRN,WRAP,0>",
                              "exp_table": "fixed<18,8,RND,SAT,0>"},
                "exp_table_t": "fixed<17,7,RND,SAT>", "TableSize": 2048, "Implementation": "stable", "Skip": false}
  }}})");
  EXPECT_EQ(
      notes_of(config),
      Texts{
          "c.yml:14: HLSConfig.LayerName.Conv_0.ParallelizationFactor: note: 'ParallelizationFactor' has no "
          "effect here: How many pixels a convolution computes at a time; the schedule finds that from the "
          "data rate [config-unused]"});
  EXPECT_EQ(config->project.part, "xcvu13p-flga2577-2-e");
  EXPECT_EQ(config->project.clock_period, 5.0);
  EXPECT_EQ(config->project.clock_uncertainty, 0.27);
  EXPECT_EQ(config->project.io_type, IoType::Stream);
  EXPECT_EQ(config->whole.bram_factor, 1e9);
  EXPECT_EQ(config->whole.pipeline_interval, std::nullopt);
  EXPECT_EQ(config->model.strategy, Strategy::Latency);
  EXPECT_EQ(config->precision.by_name.at("conv1"), (Types{{"result", fixed(9, 3)}, {"accum", std::nullopt}}));
  EXPECT_EQ(config->by_name.at("conv1").parallelization_factor, 2);
  EXPECT_EQ(config->by_name.at("softmax1").table_size, 2048);
  EXPECT_EQ(config->precision.by_name.at("softmax1").at("exp_table"),
            (Quantizer{{17, 7, true}, Rounding::Rnd, Overflow::Sat}));
  EXPECT_EQ(config->precision.by_name.at("conv1.weight"), (Types{{"result", std::nullopt}}));
  EXPECT_FALSE(config->precision.by_name.contains("Transpose_0"));
}

TEST(ConfigFile, ClassesOfHls4ml) {
  const auto config = parse(R"(
LayerType:
  Activation: {Precision: 'fixed<8,3>', TableSize: 1024}
  dense: {ReuseFactor: 3}
  Reshape: {Precision: {result: auto}}
  Transpose: {Trace: True, Precision: auto}
)");
  EXPECT_EQ(config->precision.by_kind.at("relu"), (Types{{"default", fixed(8, 3)}}));
  EXPECT_EQ(config->by_kind.at("dense").reuse_factor, 3);
}

TEST(ConfigFile, AClassOfSomeConvolutionsReachesThoseAlone) {
  Random random(62);
  GraphBuilder b;
  const NodeId x = b.input("x", {4, 4, 2});
  const NodeId w1 = b.constant("w1", testing::random_values(random, {3, 3, 2, 2}));
  const NodeId c1 = b.layer("c1", Conv2D{}, {x, w1});
  Conv2D depthwise;
  depthwise.groups = 2;
  const NodeId w2 = b.constant("w2", testing::random_values(random, {2, 2, 1, 2}));
  const NodeId c2 = b.layer("c2", depthwise, {c1, w2});
  const NodeId w3 = b.constant("w3", testing::random_values(random, {1, 1, 1, 2}));
  b.output(b.layer("c3", depthwise, {c2, w3}));
  const Graph graph = b.build().value();
  const auto config = parse_config(R"(
LayerType:
  Conv2D: {Precision: 'fixed<9,3>', ReuseFactor: 2}
  DepthwiseConv2D: {Precision: {default: 'fixed<8,3>', weight: 'fixed<7,3>'}, ReuseFactor: 4}
LayerName:
  c2: {Precision: {weight: 'fixed<6,3>', result: auto}}
  c3: {Precision: 'fixed<5,3>', ReuseFactor: 1}
)",
                                   "c.yml", graph);
  EXPECT_TRUE(config->precision.by_kind.empty());
  EXPECT_EQ(config->precision.by_name.at("c1"), (Types{{"default", fixed(9, 3)}}));
  EXPECT_EQ(config->precision.by_name.at("c2"),
            (Types{{"weight", fixed(6, 3)}, {"result", std::nullopt}, {"default", fixed(8, 3)}}));
  EXPECT_EQ(config->precision.by_name.at("c3"), (Types{{"default", fixed(5, 3)}}));
  EXPECT_EQ(config->reuse_factor("conv2d", "c1"), 2);
  EXPECT_EQ(config->reuse_factor("conv2d", "c2"), 4);
  EXPECT_EQ(config->reuse_factor("conv2d", "c3"), 1);
  EXPECT_EQ(
      errors_of(parse_config("LayerType: {DepthwiseConv1D: {Precision: auto}}", "c.yml", graph)),
      Texts{
          "c.yml:1: LayerType: error: the network has no layer of class 'DepthwiseConv1D'; it has those of the "
          "kinds input, conv2d [config-class]"});
}

TEST(ConfigFile, StrategiesInEverySpelling) {
  for (const char* text :
       {"ResourceUnrolled", "resource_unrolled", "RESOURCE_UNROLLED", "resourceunrolled"}) {
    EXPECT_EQ(parse(fmt::format("Model: {{Strategy: {}}}", text))->model.strategy,
              Strategy::ResourceUnrolled);
  }
  for (const char* text : {"DA", "da", "distributed_arithmetic", "DistributedArithmetic"}) {
    EXPECT_EQ(parse(fmt::format("Model: {{Strategy: {}}}", text))->model.strategy,
              Strategy::DistributedArithmetic);
  }
}

TEST(ConfigFileNotes, WhatHasNoEffect) {
  EXPECT_EQ(
      notes_of(parse("MaximumSize: 4096\nModel: {BramFactor: 1e9, PipelineStyle: dataflow,\n"
                     "  Precision: {maximum: 'fixed<32,16,RND,SAT>'}}\n")),
      (Texts{
          "c.yml:2: Model.PipelineStyle: note: 'PipelineStyle' has no effect here: auto, pipeline or "
          "dataflow; stages are always pipelined and joined as a stream [config-unused]",
          "c.yml:3: Model.Precision.maximum: warning: only width and integer bits of a maximum count, as in "
          "hls4ml; the modes of ap_fixed<32,16,AP_RND,AP_SAT> have no effect [config-maximum-modes]"}));
}

TEST(ConfigFileErrors, KeysThatNobodyKnows) {
  EXPECT_EQ(
      errors_of(parse(R"(Model:
  Precision: ap_fixed<16,6>
  ReuseFacto: 1
LayerType:
  Dense: {Stratgy: Latency}
LayerName:
  conv1:
    Precision: {weights: 'ap_fixed<8,2>', exp_table: auto}
    acum_t: auto
Bakcend: Vivado
WriterConfig: {Namespaces: a}
)")),
      (Texts{
          "c.yml:3: Model: error: unknown key 'ReuseFacto'; did you mean 'ReuseFactor'? [unknown-key]",
          "c.yml:5: LayerType.Dense: error: unknown key 'Stratgy'; did you mean 'Strategy'? [unknown-key]",
          "c.yml:8: LayerName.conv1.Precision: error: 'weights' is not understood; understood here: default, "
          "weight, bias, result, accum [config-key]",
          "c.yml:8: LayerName.conv1.Precision: error: 'exp_table' is not understood; understood here: "
          "default, weight, bias, result, accum [config-key]",
          "c.yml:9: LayerName.conv1: error: unknown key 'acum_t'; did you mean 'accum_t'? [unknown-key]",
          "c.yml:10: error: unknown key 'Bakcend'; did you mean 'Backend'? [unknown-key]",
          "c.yml:11: WriterConfig: error: unknown key 'Namespaces'; did you mean 'Namespace'? "
          "[unknown-key]"}));
  EXPECT_EQ(
      errors_of(parse("HLSConfig:\n  Modell: {}\nModel: {}\n")),
      (Texts{
          "c.yml:2: HLSConfig: error: unknown key 'Modell'; did you mean 'Model'? [unknown-key]",
          "c.yml:3: error: 'Model' stands beside HLSConfig, which holds such sections; move it there [config-section]"}));
}

TEST(ConfigFileErrors, KeysOfOtherLayers) {
  EXPECT_EQ(
      errors_of(parse(R"(LayerName:
  relu1: {TableSize: 2048}
  dense1: {Implementation: latency}
  conv1: {Skip: true}
  softmax1: {Strategy: Stable}
LayerType:
  Softmax: {Strategy: Resource}
)")),
      (Texts{
          "c.yml:2: LayerName.relu1.TableSize: error: a relu has no TableSize; leave it out "
          "[config-not-of-kind]",
          "c.yml:3: LayerName.dense1.Implementation: error: a dense has no Implementation; leave it out "
          "[config-not-of-kind]",
          "c.yml:4: LayerName.conv1.Skip: error: a conv2d has no Skip; leave it out [config-not-of-kind]",
          "c.yml:5: LayerName.softmax1.Strategy: error: 'Stable' is said to a softmax, which has no Strategy "
          "(hls4ml ignores it); leave it out, or choose its algorithm by 'Implementation: stable' "
          "[config-softmax-strategy]",
          "c.yml:7: LayerType.Softmax.Strategy: error: 'Resource' is said to a softmax, which has no Strategy "
          "(hls4ml ignores it); leave it out, or choose its algorithm by 'Implementation: stable' "
          "[config-softmax-strategy]"}));
}

TEST(ConfigFileErrors, Values) {
  EXPECT_EQ(
      errors_of(parse(R"(ClockPeriod: fast
ClockUncertainty: 27
IOType: io_serial
Backend: Viviado
OutputDir: [a]
Model:
  Strategy: Unrolled
  ReuseFactor: 0
  TransposeOutputs: 2
  Compression: true
  TargetCycles: 20
  PipelineStyle: fast
SkipOptimizers: [a]
)")),
      (Texts{
          "c.yml:1: ClockPeriod: error: wants a number above 0, but is 'fast' [wrong-kind]",
          "c.yml:2: ClockUncertainty: error: wants a percentage like 27%, but is '27' [wrong-kind]",
          "c.yml:3: IOType: error: unknown value 'io_serial'; did you mean 'io_stream'? [unknown-value]",
          "c.yml:4: Backend: error: unknown value 'Viviado'; did you mean 'Vivado'? [unknown-value]",
          "c.yml:5: OutputDir: error: wants a text, but is 'a list' [wrong-kind]",
          "c.yml:7: Model.Strategy: error: 'Unrolled' is no strategy (hls4ml takes Latency in its place and says "
          "nothing); did you mean 'ResourceUnrolled'? [config-strategy]",
          "c.yml:8: Model.ReuseFactor: error: wants a whole number of at least 1, but is '0' [wrong-kind]",
          "c.yml:9: Model.TransposeOutputs: error: wants true or false, but is '2' [wrong-kind]",
          "c.yml:10: Model.Compression: error: 'Compression' is not offered: Multiplications by zero are never "
          "built here, with no list of the others kept; leave it out [config-refused]",
          "c.yml:11: Model.TargetCycles: error: 'TargetCycles' is not offered: hls4ml finds a ReuseFactor from it; "
          "give that [config-refused]",
          "c.yml:12: Model.PipelineStyle: error: unknown value 'fast'; did you mean 'auto'? [unknown-value]",
          "c.yml:13: SkipOptimizers: error: 'SkipOptimizers' is not offered: Gatewright has passes of its own; "
          "leave it out [config-refused]"}));
}

TEST(ConfigFileErrors, FactorsThatDoNotSuit) {
  EXPECT_EQ(
      errors_of(parse(R"(Model: {Strategy: Resource, ReuseFactor: 5}
LayerName:
  conv1: {ReuseFactor: 2, ParallelizationFactor: 3}
)")),
      (Texts{
          "c.yml:3: LayerName.conv1.ReuseFactor: error: layer 'conv1', of 9 x 2 weights, cannot share a "
          "multiplier 2 times; the nearest valid choice is LayerName.conv1.ReuseFactor: 1 "
          "[config-reuse-factor]",
          "c.yml:3: LayerName.conv1.ParallelizationFactor: error: layer 'conv1' answers 4 pixels, which do not "
          "come 3 at a time; the nearest number that divides them is 2 [config-parallelization]",
          "c.yml:1: Model.ReuseFactor: error: layer 'dense1', of 8 x 6 weights, cannot share a multiplier 5 "
          "times; the nearest valid choice is LayerName.dense1.ReuseFactor: 4 [config-reuse-factor]"}));
  EXPECT_EQ(
      errors_of(parse("LayerType:\n  Dense:\n    Strategy: DA\n    ReuseFactor: 2\n")),
      Texts{"c.yml:4: LayerType.Dense.ReuseFactor: error: layer 'dense1' has Strategy DistributedArithmetic, "
            "which shares no multiplier; give it ReuseFactor 1 [config-reuse-unshared]"});
  // Beside mistakes of another kind, in one run.
  EXPECT_EQ(errors_of(parse("Model: {Speed: 1}\nLayerName: {dense1: {Strategy: Resource, ReuseFactor: 5}}\n"))
                .size(),
            2U);
  EXPECT_TRUE(parse("Model: {ReuseFactor: 5}"));  // with Strategy Latency any may stand
}

TEST(ConfigFileErrors, LayersThatAreNotThere) {
  EXPECT_EQ(
      errors_of(parse(R"(LayerName:
  conv2: {Precision: auto}
  flatten1: {Precision: {result: 'fixed<8,3>'}}
  Transpose_0: {Precision: 'fixed<8,3>'}
LayerType:
  Dens: {Precision: auto}
  Conv1D: {Precision: auto}
  Reshape: {Precision: 'fixed<8,3>'}
)")),
      (Texts{
          "c.yml:2: LayerName: error: the network has no layer 'conv2'; did you mean 'conv1'? [config-layer]",
          "c.yml:3: LayerName.flatten1.Precision.result: error: a flatten changes no value, so that it has no type of "
          "its own; give one to the layer before it [config-without-types]",
          "c.yml:4: LayerName.Transpose_0.Precision: error: a node that is left out of the network changes no value, "
          "so that it has no type of its own; give one to the layer before it [config-without-types]",
          "c.yml:6: LayerType: error: unknown value 'Dens'; did you mean 'Dense'? [unknown-value]",
          "c.yml:7: LayerType: error: the network has no layer of class 'Conv1D'; it has those of the kinds input, "
          "conv2d, relu, flatten, dense, softmax [config-class]",
          "c.yml:8: LayerType.Reshape.Precision: error: a flatten changes no value, so that it has no type of its "
          "own; give one to the layer before it [config-without-types]"}));
}

TEST(ConfigFileErrors, Types) {
  const std::string advice =
      "write one like ap_fixed<16,6>, ap_ufixed<8,0,AP_RND,AP_SAT> or auto [config-type]";
  EXPECT_EQ(
      errors_of(parse(R"(LayerName:
  x: {Precision: 'ap_fixed<16>'}
  conv1: {Precision: {weight: Auto, bias: [8, 2], accum: 'ap_fixed<64,6>'}}
  dense1: {Precision: {weight: float, bias: 'ac_float<8,2,5>', result: 'fixed<8,3,TRN,WRAP,2>'}}
  relu1: {Precision: {table: 'fixed<20,8>'}}
Model: {Precision: {default: 16, maximum: auto}}
)")),
      (Texts{
          "c.yml:2: LayerName.x.Precision: error: 'ap_fixed<16>' is no type; " + advice,
          "c.yml:3: LayerName.conv1.Precision.weight: error: 'Auto' is no type; " + advice,
          "c.yml:3: LayerName.conv1.Precision.bias: error: 'a list' is no type; " + advice,
          "c.yml:3: LayerName.conv1.Precision.accum: error: ap_fixed<64,6> is 64 bits wide, but a type has 1 "
          "to 63 bits [quantizer-too-wide]",
          "c.yml:4: LayerName.dense1.Precision.weight: error: float is a floating-point type, and circuits "
          "here compute in fixed point; write a type like ap_fixed<16,6> [config-float]",
          "c.yml:4: LayerName.dense1.Precision.bias: error: ac_float<8,2,5> is a floating-point type, and "
          "circuits here compute in fixed point; write a type like ap_fixed<16,6> [config-float]",
          "c.yml:4: LayerName.dense1.Precision.result: error: 'fixed<8,3,TRN,WRAP,2>' wraps with saturated "
          "bits, which is not offered; leave the last number out, or saturate with SAT "
          "[config-saturated-bits]",
          "c.yml:5: LayerName.relu1.Precision.table: error: a relu makes no use of 'table', for which only "
          "ap_fixed<18,8> is let pass, as hls4ml writes it; leave it out [config-idle-type]",
          "c.yml:6: Model.Precision.default: error: '16' is no type; " + advice,
          "c.yml:6: Model.Precision.maximum: error: 'auto' is no type; " + advice}));
}

TEST(ConfigFileErrors, Contradictions) {
  EXPECT_EQ(
      errors_of(parse(R"(LayerName:
  Conv_0: {Precision: {result: 'fixed<8,3>'}}
  conv1: {Precision: {result: 'fixed<9,3>', accum: 'fixed<20,8>'}, accum_t: 'fixed<21,8>'}
)")),
      (Texts{
          "c.yml:3: LayerName.conv1.accum_t: error: says ap_fixed<21,8> of 'accum', of which the file says "
          "ap_fixed<20,8> elsewhere; remove one [config-contradiction]",
          "c.yml:3: LayerName.conv1.Precision.result: error: says ap_fixed<9,3> of 'result', of which the file "
          "says ap_fixed<8,3> elsewhere; remove one [config-contradiction]"}));
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
            Texts{"c.yml:1: error: unknown key 'a list'; did you mean 'Part'? [unknown-key]"});
  EXPECT_EQ(errors_of(parse("Model: {")),
            Texts{"c.yml:1: error: is not YAML: end of map flow not found [yaml-syntax]"});
  EXPECT_EQ(errors_of(load_config("/nowhere/c.yml", network())),
            Texts{"/nowhere/c.yml: error: cannot be read: No such file or directory [file-unreadable]"});
}

TEST(ConfigKeys, EachStandsOnceInAMapAndSaysWhatItIs) {
  for (const ConfigKey& key : config_keys()) {
    EXPECT_FALSE(key.doc.empty()) << key.name;
    for (const ConfigMap map : {TopMap, HlsMap, ModelMap, LayerMap, WriterMap}) {
      if ((key.maps & map) != 0) {
        EXPECT_EQ(find_key(key.name, map), &key);
      }
    }
  }
}

}  // namespace
}  // namespace gw
