// Claim: one network gives one graph, in whichever of Keras's files it comes and whatever the file is called;
// no damage to the bytes makes the reader fail in another way than by a message.

#include "support/files.h"

#include <chrono>
#include <cstdio>

#include <gtest/gtest.h>

#include "formats/keras/builder.h"
#include "formats/keras/hdf5.h"
#include "formats/keras/model.h"
#include "graph/expect.h"
#include "graph/temporary_folder.h"
#include "graph/text.h"

namespace gw {
namespace {

using testing::Hdf5Builder;
using testing::Json;
using testing::KerasNet;
using testing::refusal;

/// Two layers of one class around others, so that numbers and names could be mixed up.
KerasNet mixed_net() {
  KerasNet net;
  net.add(testing::keras_input("in", {3}));
  net.add(testing::keras_dense("z_first", 3, 4, {{"activation", "relu"}}));
  net.add(testing::keras_layer("BatchNormalization", "norm", {{"axis", Json::array({1})}, {"epsilon", 0.001}},
                               {{"gamma", {4}, {1, 2, 3, 4}},
                                {"beta", {4}, {0, 1, 0, -1}},
                                {"moving_mean", {4}, {0.5, 0, 1, 2}},
                                {"moving_variance", {4}, {1, 4, 9, 16}}}));
  net.add(testing::keras_dense("a_second", 4, 2));
  return net;
}

std::string text_of(const Result<FileModel>& model) {
  return model ? print_graph(model->graph) : refusal(model);
}

TEST(KerasFiles, OneNetworkInFourFiles) {
  const KerasNet net = mixed_net();
  const std::string whole = text_of(read_keras(net.h5(), "m.h5"));
  EXPECT_NE(whole.find("a_second.weight"), whole.npos) << whole;
  EXPECT_EQ(text_of(read_keras(net.keras(), "m.h5")), whole);
  EXPECT_EQ(text_of(read_keras(net.keras(ZipPacking::Deflate), "m.h5")), whole);
  // Keras 2.13 lists every layer twice, which leaves gaps in the numbers.
  std::string archive = write_zip({{"config.json", net.architecture().dump()},
                                   {"model.weights.h5", net.numbered_h5("_layer_checkpoint_dependencies")}},
                                  ZipPacking::Store);
  EXPECT_EQ(text_of(read_keras(archive, "m.h5")), whole);
}

TEST(KerasFiles, NumbersMayHaveGapsAndGroupsMayHaveNames) {
  const KerasNet net = mixed_net();
  Hdf5Builder gaps, named;
  const auto write = [&](Hdf5Builder& file, const std::string& group, size_t layer) {
    int number = 0;
    for (const auto& variable : net.layers[layer].variables)
      file.values(group + "/vars/" + std::to_string(number++), variable.shape, variable.values);
  };
  write(gaps, "/layers/dense", 1);
  write(gaps, "/layers/batch_normalization", 2);
  write(gaps, "/layers/dense_2", 3);
  // Newer versions say the layer's name beside its number.
  write(named, "/layers/dense", 3);
  write(named, "/layers/batch_normalization", 2);
  write(named, "/layers/dense_1", 1);
  named.text("/layers/dense/vars", "name", "a_second").text("/layers/dense_1/vars", "name", "z_first");
  const std::string whole = text_of(read_keras(net.h5(), "m"));
  for (const Hdf5Builder* file : {&gaps, &named}) {
    const std::string archive = write_zip(
        {{"config.json", net.architecture().dump()}, {"model.weights.h5", file->bytes()}}, ZipPacking::Store);
    EXPECT_EQ(text_of(read_keras(archive, "m")), whole);
  }
}

TEST(KerasFiles, HalvesBesideEachOther) {
  const testing::TemporaryFolder folder;
  const KerasNet net = mixed_net();
  const auto json = folder.path() / "net.json", weights = folder.path() / "net_weights.h5";
  EXPECT_TRUE(write_file(json, net.architecture().dump()));
  EXPECT_EQ(
      refusal(load_file_model(json)),
      json.string() +
          ": error: is no Keras model that can be read: it is an architecture without weights, and beside it "
          "is none of 'net_weights.h5', 'net.weights.h5', 'net.h5' [keras-unreadable]\n");
  EXPECT_TRUE(write_file(weights, net.weights_h5()));
  const std::string whole = text_of(read_keras(net.h5(), json));
  EXPECT_EQ(text_of(load_file_model(json)), whole);
  EXPECT_EQ(text_of(load_file_model(weights)), whole);
  fs::remove(json);
  EXPECT_EQ(
      refusal(load_file_model(weights)),
      weights.string() +
          ": error: is no Keras model that can be read: it holds weights without an architecture, and beside "
          "it is no 'net.json' [keras-unreadable]\n");
}

TEST(KerasFiles, TheBytesSayWhatItIs) {
  const testing::TemporaryFolder folder;
  const KerasNet net = mixed_net();
  const auto lies = folder.path() / "m.keras", other = folder.path() / "m.onnx";
  EXPECT_TRUE(write_file(lies, net.h5()));
  EXPECT_TRUE(write_file(other, net.keras()));
  EXPECT_TRUE(load_file_model(lies));
  EXPECT_TRUE(load_file_model(other));
}

TEST(KerasFiles, BytesThatAreNoModel) {
  const testing::TemporaryFolder folder;
  EXPECT_TRUE(write_file(folder.path() / "x", "nothing"));
  EXPECT_EQ(
      refusal(load_keras(folder.path() / "x")),
      (folder.path() / "x").string() +
          ": error: is no Keras model that can be read: it is neither HDF5 nor a zip archive nor the JSON of a "
          "model [keras-unreadable]\n");
  EXPECT_EQ(refusal(load_keras("/no/such/file")),
            "/no/such/file: error: cannot be read: No such file or directory [file-unreadable]\n");
  EXPECT_EQ(refusal(read_keras("PK\3\4", "m")),
            "m: error: is no Keras model that can be read: its zip archive is damaged: Not a zip archive "
            "[keras-unreadable]\n");
  EXPECT_EQ(refusal(read_keras(write_zip({{"a.npy", "x"}}, ZipPacking::Store), "m")),
            "m: error: is no Keras model that can be read: it is a zip archive without config.json "
            "[keras-unreadable]\n");
  EXPECT_EQ(refusal(read_keras(write_zip({{"config.json", "{}"}}, ZipPacking::Store), "m")),
            "m: error: is no Keras model that can be read: it is a zip archive without model.weights.h5 "
            "[keras-unreadable]\n");
  const std::string good = mixed_net().h5();
  EXPECT_EQ(refusal(read_keras(good.substr(0, good.size() / 2), "m")),
            "m: error: is no Keras model that can be read: its HDF5 is damaged: truncated file: eof = " +
                std::to_string(good.size() / 2) + ", sblock->base_addr = 0, stored_eof = " +
                std::to_string(good.size()) + " [keras-unreadable]\n");
}

/// A file that holds this description and no weights.
Result<FileModel> described(const std::string& text) {
  Hdf5Builder file;
  file.text("/", "model_config", text);
  return read_keras(file.bytes(), "m");
}

TEST(KerasFiles, DescriptionsThatAreNone) {
  const std::string start = "m: error: is no Keras model that can be read: ", end = " [keras-unreadable]\n";
  EXPECT_EQ(refusal(described("{\"class_name\": ")),
            start + "its description is no JSON; is it cut short?" + end);
  EXPECT_EQ(refusal(described("[1]")), start + "its description has no class and config of a model" + end);
  EXPECT_EQ(refusal(described(std::string(100000, '['))),
            start + "its description is nested too deeply" + end);
  EXPECT_EQ(refusal(described(R"({"class_name": "Dense", "config": {}})")),
            start + "model class 'Dense' has no list of layers" + end);
  EXPECT_EQ(refusal(described(R"({"class_name": "Sequential", "config": {"layers": []}})")),
            start + "it has no layers" + end);
  EXPECT_EQ(refusal(described(R"({"class_name": "Sequential", "config": {"layers": [{}]}})")),
            start + "a layer has no class or no config" + end);
}

TEST(KerasFiles, PythonsNumbersAreUnderstood) {
  KerasNet net = mixed_net();
  std::string text = net.architecture().dump();
  const size_t at = text.find("\"relu\"");
  text.replace(
      at, 6, "{\"class_name\":\"function\",\"config\":\"relu\",\"x\":[NaN,-Infinity,Infinity,\"NaN\\\\\"]}");
  const auto parsed = parse_keras_model(text, "m");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->layers[1].config["activation"]["x"], (Json{"NaN", "-Infinity", "Infinity", "NaN\\"}));
}

TEST(KerasFiles, ClassesAreGroups) {
  EXPECT_EQ(keras_group_name("QConv2DBatchnorm"), "q_conv2d_batchnorm");
  EXPECT_EQ(keras_group_name("PReLU"), "p_re_lu");
  EXPECT_EQ(keras_group_name("ReLU"), "re_lu");
  EXPECT_EQ(keras_group_name("ELU"), "elu");
  EXPECT_EQ(keras_group_name("LeakyReLU"), "leaky_re_lu");
  EXPECT_EQ(keras_group_name("GlobalAveragePooling2D"), "global_average_pooling2d");
  EXPECT_EQ(keras_group_name("DepthwiseConv1D"), "depthwise_conv1d");
  EXPECT_EQ(keras_group_name("BatchNormalization"), "batch_normalization");
}

// HDF5 that is right and hostile: values that are not there, links out of the file, groups within themselves.
TEST(KerasFiles, HostileHdf5) {
  const auto refused = [](const Hdf5Builder& file) {
    const auto read = read_hdf5(file.bytes(), "m");
    return read ? "success" : to_string(read.errors()[0]);
  };
  const std::string start = "m: error: is no Keras model that can be read: its HDF5 is damaged: ",
                    end = " [keras-unreadable]";
  Hdf5Builder huge, empty, outside, circle;
  huge.values("/a", {hsize_t{1} << 40, hsize_t{1} << 20}, {});
  EXPECT_EQ(refused(huge), start + "/a: it has too many values" + end);
  empty.values("/a", {1 << 20}, {});
  EXPECT_EQ(refused(empty), start + "/a: its values are not all in the file" + end);
  H5Lcreate_external("/etc/passwd", "/", outside.file(), "x", H5P_DEFAULT, H5P_DEFAULT);
  EXPECT_EQ(refused(outside), start + "/x: it is a link to another place" + end);
  circle.group("/g");
  H5Lcreate_hard(circle.file(), "/g", circle.file(), "/g/again", H5P_DEFAULT, H5P_DEFAULT);
  EXPECT_EQ(refused(circle), start + "/g/again: a group lies in itself or in two places" + end);
}

TEST(KerasFiles, ValuesOfEveryKind) {
  Hdf5Builder file;
  const hid_t chunked = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t chunk = 10;
  H5Pset_chunk(chunked, 1, &chunk);
  H5Pset_deflate(chunked, 6);
  const std::vector<float> values{1, -2, 3, 4};
  file.values("/double", {2, 2}, values, H5T_IEEE_F64LE).values("/big", {4}, values, H5T_IEEE_F32BE);
  file.values("/byte", {4}, values, H5T_STD_I8LE)
      .values("/packed", {100}, std::vector<float>(100, 7), H5T_IEEE_F32LE, chunked);
  H5Pclose(chunked);
  const auto read = read_hdf5(file.bytes(), "m");
  ASSERT_TRUE(read) << to_string(read.errors()[0]);
  for (const char* path : {"/double", "/big", "/byte"})
    EXPECT_EQ(read->datasets.at(path).values, values) << path;
  EXPECT_EQ(read->datasets.at("/double").shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(read->datasets.at("/packed").values, std::vector<float>(100, 7));
}

// The library crashes or never returns on some of these by itself.
TEST(KerasFiles, NoDamagedBytesMakeItFail) {
  const std::string good = mixed_net().h5();
  ASSERT_TRUE(read_keras(good, "m"));
  int refused = 0;
  for (size_t size = 0; size < good.size(); size += 997)
    EXPECT_FALSE(read_keras(good.substr(0, size), "m")) << size;
  for (size_t at = 0; at < good.size(); at += 397) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (at % 2 == 0 ? 0xff : 1 << at % 7));
    refused += read_keras(bad, "m") ? 0 : 1;
  }
  EXPECT_GT(refused, 2);
  const std::string archive = mixed_net().keras();
  for (size_t at = 0; at < archive.size(); at += 499) {
    std::string bad = archive;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    refused += read_keras(bad, "m") ? 0 : 1;
  }
}

TEST(KerasFiles, AMillionBytesTakeNoTime) {
  KerasNet net;
  net.add(testing::keras_input("in", {512}));
  net.add(testing::keras_dense("d", 512, 512));
  const std::string bytes = net.h5();
  ASSERT_GT(bytes.size(), 1'000'000U);
  double best = 1;
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(read_keras(bytes, "m"));
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::printf("%.1f ms for %.1f MB\n", best * 1e3, static_cast<double>(bytes.size()) / 1e6);
}

}  // namespace
}  // namespace gw
