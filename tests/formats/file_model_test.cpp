// Claim: a network is read whatever kind of file it is in, and its ends are told as the file has them.

#include "formats/file_model.h"

#include <gtest/gtest.h>

#include "formats/onnx/builder.h"
#include "graph/model_file.h"
#include "graph/temporary_folder.h"
#include "support/files.h"

namespace gw {
namespace {

TEST(FilePort, TellsItsLayoutFromOurs) {
  const FilePort first{"x", {2, 1, 3}, {1, 2, 0}}, last{"x", {3, 2}, {0, 1}};
  EXPECT_TRUE(first.is_permuted());
  EXPECT_EQ(first.our_shape(), (Shape{1, 3, 2}));
  EXPECT_FALSE(last.is_permuted());
  EXPECT_EQ(last.our_shape(), (Shape{3, 2}));
}

TEST(FileModel, OnnxWhateverItIsCalled) {
  const testing::TemporaryFolder folder;
  testing::OnnxBuilder b;
  b.input("x", {-1, 3, 4, 5}).output("y").node("GlobalMaxPool", {"x"}, {"y"}, "/p/GlobalMaxPool");
  ASSERT_TRUE(write_file(folder.path() / "net.bin", b.bytes()));
  const auto model = load_file_model(folder.path() / "net.bin");
  ASSERT_TRUE(model) << to_string(model.errors()[0]);
  ASSERT_EQ(model->inputs.size(), 1u);
  EXPECT_EQ(model->inputs[0].name, "x");
  EXPECT_EQ(model->inputs[0].shape, (std::vector<std::int64_t>{3, 4, 5}));
  EXPECT_EQ(model->inputs[0].axes, (std::vector<int>{1, 2, 0}));
  EXPECT_EQ(model->outputs[0].name, "y");
  EXPECT_EQ(model->outputs[0].shape, (std::vector<std::int64_t>{3, 1, 1}));
  EXPECT_EQ(model->aliases.at("GlobalMaxPool_0"), "p");
  EXPECT_EQ(model->aliases.at("global_in"), "x");
  EXPECT_EQ(model->aliases.at("Transpose_0"), "");
}

TEST(FileModel, OurOwn) {
  const testing::TemporaryFolder folder;
  GraphBuilder b;
  b.output(b.layer("act", Relu{}, {b.input("x", {2, 3})}));
  ASSERT_TRUE(save_model(folder.path() / "net.onnx", b.build().value()));
  const auto model = load_file_model(folder.path() / "net.onnx");
  ASSERT_TRUE(model) << to_string(model.errors()[0]);
  EXPECT_EQ(model->inputs[0].name, "x");
  EXPECT_EQ(model->inputs[0].our_shape(), (Shape{2, 3}));
  EXPECT_EQ(model->outputs[0].name, "act");
  EXPECT_FALSE(model->outputs[0].is_permuted());
  EXPECT_TRUE(model->aliases.empty());
}

TEST(FileModel, FoldersOfTensorFlowAreToldHowToBeSaved) {
  const testing::TemporaryFolder folder;
  ASSERT_TRUE(write_file(folder.path() / "saved_model.pb", "x"));
  const auto model = load_file_model(folder.path());
  ASSERT_FALSE(model);
  EXPECT_EQ(
      to_string(model.errors()[0]),
      folder.path().string() +
          ": error: cannot be read: it is a SavedModel of TensorFlow, a folder; save the network as one file "
          "there: model.save(\"model.keras\") [file-unreadable]");
}

TEST(FileModel, None) {
  const auto model = load_file_model("/no/such/file");
  ASSERT_FALSE(model);
  EXPECT_EQ(to_string(model.errors()[0]),
            "/no/such/file: error: cannot be read: No such file or directory [file-unreadable]");
}

}  // namespace
}  // namespace gw
