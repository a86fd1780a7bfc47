// Claim: layers are connected as the file says: networks with branches, shared layers, models in models, in
// the dialects of Keras 2 and 3; names are those that hls4ml gives; what does not connect is told.

#include <functional>

#include <gtest/gtest.h>

#include "formats/keras/builder.h"
#include "graph/expect.h"
#include "graph/text.h"

namespace gw {
namespace {

using testing::Hdf5Builder;
using testing::Json;
using testing::keras_layer;
using testing::KerasNet;
using testing::refusal;

/// "name = kind(inputs)" of every node but constants, one a line.
std::string outline(const Result<FileModel>& read) {
  if (!read) return refusal(read);
  std::string out;
  const Graph& graph = read->graph;
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<Constant>(node.op)) continue;
    out += node.name + " = " + std::string(kind(node)) + "(";
    for (size_t i = 0; i < node.inputs.size(); ++i) out += (i > 0 ? ", " : "") + graph[node.inputs[i]].name;
    out += ") " + to_string(node.type.shape) + "\n";
  }
  for (const NodeId id : graph.outputs()) out += "-> " + graph[id].name + "\n";
  return out;
}

TEST(KerasGraph, ActivationsAreLayersOfTheirOwn) {
  KerasNet net;
  net.add(testing::keras_input("in", {3}));
  net.add(testing::keras_dense("fc", 3, 2, {{"activation", "relu"}}));
  net.add(testing::keras_dense("plain", 2, 2, {{"activation", "linear"}}));
  net.add(keras_layer("Dropout", "drop", {{"rate", 0.1}}));
  net.add(keras_layer("Activation", "end", {{"activation", "softmax"}}));
  const auto model = read_keras(net.h5(), "m");
  EXPECT_EQ(outline(model),
            "in = input() 3\n"
            "fc = dense(in, fc.weight, fc.bias) 2\n"
            "fc_relu = relu(fc) 2\n"
            "plain = dense(fc_relu, plain.weight, plain.bias) 2\n"
            "end = softmax(plain) 2\n"
            "-> end\n");
  // A configuration of hls4ml may name what left nothing.
  EXPECT_EQ(model->aliases, (std::map<std::string, std::string>{{"drop", ""}, {"plain_linear", ""}}));
  EXPECT_EQ(model->inputs[0].name, "in");
  EXPECT_EQ(model->outputs[0].name, "end");
}

TEST(KerasGraph, BranchesAndSharedLayers) {
  KerasNet net;
  net.inputs = {"b", "a"};
  net.outputs = {"join", "fc"};
  net.add(keras_layer("Add", "join")).reads({"fc", "relu"});  // in no order
  net.add(testing::keras_input("a", {3})).add(testing::keras_input("b", {3}));
  net.add(testing::keras_dense("fc", 3, 2)).reads({"a"}).reads({"b"});
  net.add(keras_layer("ReLU", "relu")).reads({"fc"});
  net.layers.back().layer["inbound_nodes"][0][0][1] = 1;  // what fc makes of b
  const auto model = read_keras(net.h5(), "m");
  EXPECT_EQ(outline(model),
            "b = input() 3\n"
            "a = input() 3\n"
            "fc = dense(a, fc.weight, fc.bias) 2\n"
            "fc_1 = dense(b, fc.weight, fc.bias) 2\n"
            "relu = relu(fc_1) 2\n"
            "join = add(fc, relu) 2\n"
            "-> join\n"
            "-> fc\n");
  EXPECT_EQ(model->inputs[0].name, "b");
  EXPECT_EQ(model->outputs[1].name, "fc");
}

Json tensor(const std::string& layer, int call = 0) {
  return {{"class_name", "__keras_tensor__"},
          {"config", {{"shape", {nullptr, 3}}, {"dtype", "float32"}, {"keras_history", {layer, call, 0}}}}};
}
Json call_on(Json args) {
  return {{"args", std::move(args)}, {"kwargs", {{"mask", nullptr}, {"training", false}}}};
}

TEST(KerasGraph, TheDialectOfKeras3) {
  KerasNet net;
  net.inputs = {"in"};
  net.outputs = {"join"};
  net.add(testing::keras_input("in", {3}))
      .add(testing::keras_dense("fc", 3, 3))
      .add(keras_layer("Add", "join"));
  net.layers[0].layer["config"] = {{"name", "in"}, {"batch_shape", {nullptr, 3}}, {"dtype", "float32"}};
  net.layers[1].layer["inbound_nodes"] = Json::array({call_on({tensor("in")})});
  net.layers[2].layer["inbound_nodes"] = Json::array({call_on({Json::array({tensor("fc"), tensor("in")})})});
  net.layers[1].layer["config"]["dtype"] = {
      {"module", "keras"}, {"class_name", "DTypePolicy"}, {"config", {{"name", "float32"}}}};
  Json architecture = net.architecture();
  architecture["config"]["input_layers"] = {"in", 0, 0};  // one input is no list
  architecture["config"]["output_layers"] = {"join", 0, 0};
  const std::string archive = write_zip(
      {{"config.json", architecture.dump()}, {"model.weights.h5", net.numbered_h5()}}, ZipPacking::Store);
  EXPECT_EQ(outline(read_keras(archive, "m")),
            "in = input() 3\n"
            "fc = dense(in, fc.weight, fc.bias) 3\n"
            "join = add(fc, in) 3\n"
            "-> join\n");
}

/// A model of one dense layer that another model calls.
KerasNet inner_net(bool is_functional) {
  KerasNet net;
  net.add(testing::keras_input("inner_in", {3}))
      .add(testing::keras_dense("fc", 3, 3, {{"activation", "relu"}}));
  if (is_functional) {
    net.reads({"inner_in"});
    net.inputs = {"inner_in"};
    net.outputs = {"fc"};
  }
  return net;
}

TEST(KerasGraph, ModelsInModels) {
  for (const bool is_functional : {false, true}) {
    const KerasNet inner = inner_net(is_functional);
    KerasNet outer;
    outer.inputs = {"in"};
    outer.outputs = {"fc2"};
    testing::KerasMade model{inner.architecture(), {}};
    model.layer["config"]["name"] = "block";
    outer.add(testing::keras_input("in", {3})).add(std::move(model)).reads({"in"}).reads({"block"});
    outer.layers.back().layer["inbound_nodes"][1][0][1] = 1;  // its first call is counted from 1
    outer.add(testing::keras_dense("fc2", 3, 2)).reads({"block"});
    outer.layers.back().layer["inbound_nodes"][0][0][1] = 2;
    const std::string wanted =
        "in = input() 3\n"
        "fc = dense(in, fc.weight, fc.bias) 3\n"
        "fc_relu = relu(fc) 3\n"
        "fc_1 = dense(fc_relu, fc.weight, fc.bias) 3\n"
        "fc_1_relu = relu(fc_1) 3\n"
        "fc2 = dense(fc_1_relu, fc2.weight, fc2.bias) 2\n"
        "-> fc2\n";
    Hdf5Builder named, numbered;
    const auto& dense = inner.layers[1].variables;
    const auto& last = outer.layers[2].variables;
    named.text("/", "model_config", outer.architecture().dump());
    for (size_t i = 0; i < 2; ++i) {
      named.values("/model_weights/block/fc/" + dense[i].name + ":0", dense[i].shape, dense[i].values);
      named.values("/model_weights/fc2/fc2/" + last[i].name + ":0", last[i].shape, last[i].values);
      const std::string group = is_functional ? "/layers/functional" : "/layers/sequential";
      numbered.values(group + "/layers/dense/vars/" + std::to_string(i), dense[i].shape, dense[i].values);
      numbered.values("/layers/dense/vars/" + std::to_string(i), last[i].shape, last[i].values);
    }
    EXPECT_EQ(outline(read_keras(named.bytes(), "m")), wanted);
    const std::string archive =
        write_zip({{"config.json", outer.architecture().dump()}, {"model.weights.h5", numbered.bytes()}},
                  ZipPacking::Store);
    EXPECT_EQ(outline(read_keras(archive, "m")), wanted);
  }
}

TEST(KerasGraph, AModelMayBeginWithAModel) {
  const KerasNet inner = inner_net(true);
  KerasNet outer;
  testing::KerasMade model{inner.architecture(), {}};
  model.layer["config"]["name"] = "block";
  outer.add(std::move(model)).add(testing::keras_dense("fc", 3, 2));
  Hdf5Builder file;
  file.text("/", "model_config", outer.architecture().dump());
  for (size_t i = 0; i < 2; ++i) {
    const auto &first = inner.layers[1].variables[i], &last = outer.layers[1].variables[i];
    file.values("/model_weights/block/fc/" + first.name + ":0", first.shape, first.values);
    file.values("/model_weights/fc/fc/" + last.name + ":0", last.shape, last.values);
  }
  // Of two layers of one name the outer one keeps it.
  EXPECT_EQ(outline(read_keras(file.bytes(), "m")),
            "inner_in = input() 3\n"
            "block_fc = dense(inner_in, block_fc.weight, block_fc.bias) 3\n"
            "block_fc_relu = relu(block_fc) 3\n"
            "fc = dense(block_fc_relu, fc.weight, fc.bias) 2\n"
            "-> fc\n");
}

TEST(KerasGraph, ASequentialWithoutAnInputLayer) {
  KerasNet old, built;
  old.add(testing::keras_dense("fc", 3, 2, {{"batch_input_shape", {nullptr, 3}}}));
  EXPECT_EQ(outline(read_keras(old.h5(), "m")),
            "input1 = input() 3\nfc = dense(input1, fc.weight, fc.bias) 2\n-> fc\n");
  built.add(testing::keras_dense("fc", 3, 2));
  built.layers[0].layer["build_config"] = {{"input_shape", {nullptr, 3}}};
  EXPECT_EQ(outline(read_keras(built.h5(), "m")),
            "input1 = input() 3\nfc = dense(input1, fc.weight, fc.bias) 2\n-> fc\n");
}

TEST(KerasGraph, WholeInputsHaveAType) {
  KerasNet net;
  net.add(testing::keras_input("in", {3})).add(keras_layer("ReLU", "r"));
  net.layers[0].layer["config"]["dtype"] = "uint8";
  const auto model = read_keras(net.h5(), "m");
  ASSERT_TRUE(model);
  EXPECT_EQ(to_string(model->graph[0].type), "3 ap_ufixed<8,8>");
}

TEST(KerasGraph, PruningLeavesNothing) {
  KerasNet net;
  net.add(testing::keras_input("in", {3}));
  testing::KerasMade dense = testing::keras_dense("fc", 3, 2);
  testing::KerasMade pruned{
      {{"class_name", "PruneLowMagnitude"},
       {"config", {{"name", "prune_low_magnitude_fc"}, {"layer", dense.layer}, {"block_size", {1, 1}}}}},
      {}};
  net.add(pruned).add(keras_layer("ReLU", "r"));
  Hdf5Builder file;
  const std::string group = "/model_weights/prune_low_magnitude_fc/prune_low_magnitude_fc/";
  file.text("/", "model_config", net.architecture().dump());
  for (const auto& variable : dense.variables)
    file.values(group + variable.name + ":0", variable.shape, variable.values);
  file.values(group + "mask:0", {3, 2}, std::vector<float>(6, 1)).values(group + "threshold:0", {}, {0});
  file.values(group + "pruning_step:0", {}, {7});
  EXPECT_EQ(outline(read_keras(file.bytes(), "m")),
            "in = input() 3\nfc = dense(in, fc.weight, fc.bias) 2\nr = relu(fc) 2\n-> r\n");
}

TEST(KerasGraph, WhatDoesNotConnect) {
  const auto refused = [](const std::function<void(Json&)>& change) {
    KerasNet net;
    net.inputs = {"in"};
    net.outputs = {"b"};
    net.add(testing::keras_input("in", {3})).add(keras_layer("ReLU", "a")).reads({"in"});
    net.add(keras_layer("ReLU", "b")).reads({"a"});
    Json architecture = net.architecture();
    change(architecture["config"]);
    Hdf5Builder file;
    file.text("/", "model_config", architecture.dump());
    return refusal(read_keras(file.bytes(), "m"));
  };
  const std::string start = "the layers are not connected in a way that is understood: ",
                    end = " [keras-graph]\n";
  EXPECT_EQ(refused([](Json& config) { config["layers"][1]["inbound_nodes"][0][0][0] = "x"; }),
            "m: node 'a': error: " + start + "it reads layer 'x', which is not there" + end);
  EXPECT_EQ(refused([](Json& config) { config["layers"][1]["inbound_nodes"][0][0][0] = "b"; }),
            "m: node 'a': error: " + start + "it waits for itself in a circle" + end);
  EXPECT_EQ(refused([](Json& config) { config["layers"][2]["inbound_nodes"][0][0][1] = 3; }),
            "m: node 'b': error: " + start + "it reads call 3 of layer 'a', which is called 1 times" + end);
  EXPECT_EQ(refused([](Json& config) { config["layers"][2]["inbound_nodes"][0][0][2] = 1; }),
            "m: node 'b': error: " + start +
                "it reads answer 1 of layer 'a'; layers with one answer are understood" + end);
  EXPECT_EQ(refused([](Json& config) {
              config["layers"][2]["inbound_nodes"][0][0][3] = {{"y", 2.0}};
            }),
            "m: node 'b': error: " + start + "it is called with y = 2.0" + end);
  EXPECT_EQ(refused([](Json& config) { config["layers"][2]["inbound_nodes"][0] = 5; }),
            "m: node 'b': error: " + start + "it is called with 5, which is no tensor" + end);
  EXPECT_EQ(refused([](Json& config) {
              config["layers"][2]["inbound_nodes"][0].push_back({"in", 0, 0, Json::object()});
            }),
            "m: node 'b': error: " + start + "ReLU does not take 2 inputs" + end);
  EXPECT_EQ(refused([](Json& config) { config["layers"][2]["name"] = "a"; }),
            "m: error: is no Keras model that can be read: two layers are named 'a' [keras-unreadable]\n");
  EXPECT_EQ(
      refused([](Json& config) { config.erase("output_layers"); }),
      "m: error: is no Keras model that can be read: the model does not say which layers are its inputs and "
      "outputs [keras-unreadable]\n");
}

// Each model calls the one inside twice: more calls than any network has.
TEST(KerasGraph, ModelsThatUnfoldWithoutEnd) {
  Json inner = inner_net(true).architecture();
  for (int level = 0; level < 15; ++level) {
    const std::string in = "in" + std::to_string(level), block = "block" + std::to_string(level);
    inner["config"]["name"] = block;
    KerasNet outer;
    outer.inputs = {in};
    outer.outputs = {block};
    outer.add(testing::keras_input(in, {3})).add({inner, {}}).reads({in}).reads({block});
    outer.layers.back().layer["inbound_nodes"][1][0][1] = 1;
    inner = outer.architecture();
    inner["config"]["output_layers"][0][1] = 2;
  }
  Hdf5Builder file;
  file.text("/", "model_config", inner.dump());
  const std::string told = refusal(read_keras(file.bytes(), "m"));
  EXPECT_NE(told.find("there are too many calls"), told.npos) << told.substr(0, 500);
}

// The shapes of the benchmark networks of MLPerf Tiny, small, with everything that TensorFlow 2.3 writes
// beside: a depthwise separable network on a spectrogram, and a residual block.
TEST(KerasGraph, NetworksOfMlperfTiny) {
  const Json regularizer{{"class_name", "L2"}, {"config", {{"l2", 0.0001}}}},
      initializer{{"class_name", "GlorotUniform"}, {"config", {{"seed", nullptr}}}};
  const auto conv = [&](const std::string& name, hsize_t in, hsize_t out, std::vector<int> kernel,
                        int stride) {
    const Json config{{"trainable", true},
                      {"dtype", "float32"},
                      {"filters", out},
                      {"kernel_size", kernel},
                      {"strides", {stride, stride}},
                      {"padding", "same"},
                      {"data_format", "channels_last"},
                      {"dilation_rate", {1, 1}},
                      {"groups", 1},
                      {"activation", "linear"},
                      {"use_bias", true},
                      {"kernel_initializer", initializer},
                      {"bias_initializer", {{"class_name", "Zeros"}, {"config", Json::object()}}},
                      {"kernel_regularizer", regularizer},
                      {"bias_regularizer", nullptr},
                      {"activity_regularizer", nullptr},
                      {"kernel_constraint", nullptr},
                      {"bias_constraint", nullptr}};
    const auto rows = static_cast<hsize_t>(kernel[0]), columns = static_cast<hsize_t>(kernel[1]);
    return keras_layer(
        "Conv2D", name, config,
        {{"kernel", {rows, columns, in, out}, testing::small_numbers(rows * columns * in * out)},
         {"bias", {out}, testing::small_numbers(out)}});
  };
  const auto norm = [&](const std::string& name, hsize_t channels) {
    const std::vector<float> ones(channels, 1);
    return keras_layer("BatchNormalization", name,
                       {{"axis", Json::array({3})},
                        {"momentum", 0.99},
                        {"epsilon", 0.001},
                        {"center", true},
                        {"scale", true},
                        {"beta_regularizer", nullptr}},
                       {{"gamma", {channels}, ones},
                        {"beta", {channels}, ones},
                        {"moving_mean", {channels}, ones},
                        {"moving_variance", {channels}, ones}});
  };
  const auto relu = [](const std::string& name) {
    return keras_layer("Activation", name, {{"activation", "relu"}, {"dtype", "float32"}});
  };
  KerasNet words;
  words.add(testing::keras_input("in", {9, 4, 1}))
      .add(conv("c", 1, 2, {5, 4}, 2))
      .add(norm("n", 2))
      .add(relu("r"));
  words.add(keras_layer("Dropout", "drop", {{"rate", 0.2}, {"noise_shape", nullptr}, {"seed", nullptr}}));
  words.add(keras_layer("DepthwiseConv2D", "d",
                        {{"kernel_size", {3, 3}},
                         {"strides", {1, 1}},
                         {"padding", "same"},
                         {"depth_multiplier", 1},
                         {"data_format", "channels_last"},
                         {"dilation_rate", {1, 1}},
                         {"groups", 1},
                         {"use_bias", true},
                         {"activation", "linear"},
                         {"depthwise_initializer", initializer},
                         {"depthwise_regularizer", regularizer},
                         {"depthwise_constraint", nullptr}},
                        {{"depthwise_kernel", {3, 3, 2, 1}, testing::small_numbers(18)},
                         {"bias", {2}, testing::small_numbers(2)}}));
  words.add(keras_layer(
      "AveragePooling2D", "p",
      {{"pool_size", {5, 2}}, {"strides", {5, 2}}, {"padding", "valid"}, {"data_format", "channels_last"}}));
  words.add(keras_layer("Flatten", "f", {{"data_format", "channels_last"}}));
  words.add(testing::keras_dense("y", 2, 3, {{"activation", "softmax"}}));
  EXPECT_EQ(outline(read_keras(words.h5(), "m")),
            "in = input() 9x4x1\n"
            "c = conv2d(in, c.weight, c.bias) 5x2x2\n"
            "n = batch_norm(c, n.scale, n.bias) 5x2x2\n"
            "r = relu(n) 5x2x2\n"
            "d = conv2d(r, d.weight, d.bias) 5x2x2\n"
            "p = average_pool2d(d) 1x1x2\n"
            "f = flatten(p) 2\n"
            "y = dense(f, y.weight, y.bias) 3\n"
            "y_softmax = softmax(y) 3\n"
            "-> y_softmax\n");
  KerasNet block;
  block.inputs = {"in"};
  block.outputs = {"r"};
  block.add(testing::keras_input("in", {4, 4, 2})).add(conv("c", 2, 4, {3, 3}, 2)).reads({"in"});
  block.add(norm("n", 4)).reads({"c"}).add(conv("s", 2, 4, {1, 1}, 2)).reads({"in"});
  block.add(keras_layer("Add", "a")).reads({"s", "n"}).add(relu("r")).reads({"a"});
  EXPECT_EQ(outline(read_keras(block.h5(), "m")),
            "in = input() 4x4x2\n"
            "c = conv2d(in, c.weight, c.bias) 2x2x4\n"
            "n = batch_norm(c, n.scale, n.bias) 2x2x4\n"
            "s = conv2d(in, s.weight, s.bias) 2x2x4\n"
            "a = add(s, n) 2x2x4\n"
            "r = relu(a) 2x2x4\n"
            "-> r\n");
}

}  // namespace
}  // namespace gw
