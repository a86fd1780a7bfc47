// Predictions of a network whose file has its channels first: arrays in the file's order and in ours, inputs
// and answers, by shape, by option and by configuration.

#include <gtest/gtest.h>

#include "data/npy.h"
#include "formats/onnx/builder.h"
#include "graph/temporary_folder.h"
#include "study/predict.h"

namespace gw {
namespace {

using Extents = std::vector<std::int64_t>;

/// A convolution from 2 channels of 3 x 4 pixels to 3, with weights that the default type holds.
class PredictOnnx : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::OnnxBuilder onnx;
    onnx.input("image", {-1, 2, 3, 4}).output("answer");
    onnx.weights("w", {3, 2, 1, 1}, {1, 0.5, -1, 2, 0.25, 3});
    onnx.node("Conv", {"image", "w"}, {"answer"}, "/conv/Conv");
    ASSERT_TRUE(write_file(path("m.onnx"), onnx.bytes()));
    for (int i = 0; i < 5 * 24; ++i) first_.push_back(0.25 * (i % 13) - 1);
    for (int n = 0; n < 5; ++n) {
      for (int pixel = 0; pixel < 12; ++pixel) {
        for (int c = 0; c < 2; ++c) last_.push_back(first_[static_cast<size_t>(24 * n + 12 * c + pixel)]);
      }
    }
    ASSERT_TRUE(save_npy(path("first.npy"), {npy_f4, {5, 2, 3, 4}, first_}));
    ASSERT_TRUE(save_npy(path("last.npy"), {npy_f4, {5, 3, 4, 2}, last_}));
    const double weights[3][2] = {{1, 0.5}, {-1, 2}, {0.25, 3}};
    for (int n = 0; n < 5; ++n) {
      for (int o = 0; o < 3; ++o) {
        for (int pixel = 0; pixel < 12; ++pixel) {
          wanted_first_.push_back(weights[o][0] * first_[static_cast<size_t>(24 * n + pixel)] +
                                  weights[o][1] * first_[static_cast<size_t>(24 * n + 12 + pixel)]);
        }
      }
      for (int pixel = 0; pixel < 12; ++pixel) {
        for (int o = 0; o < 3; ++o)
          wanted_last_.push_back(wanted_first_[static_cast<size_t>(36 * n + 12 * o + pixel)]);
      }
    }
  }

  fs::path path(const std::string& name) const { return folder_.path() / name; }
  NpyArray answer(const std::string& input, PredictOptions options = {}) {
    SilentProgress progress;
    options.model = path("m.onnx");
    options.inputs = {{"", path(input)}};
    options.outputs = {{"", path("y.npy")}};
    options.part = 2;
    const auto prediction = predict(options, progress);
    EXPECT_TRUE(prediction) << to_string(prediction.errors().front());
    return prediction ? load_npy(path("y.npy")).value() : NpyArray{};
  }

  testing::TemporaryFolder folder_;
  std::vector<double> first_, last_, wanted_first_, wanted_last_;
};

TEST_F(PredictOnnx, AnswersInTheOrderOfTheFileFromEither) {
  for (const char* input : {"first.npy", "last.npy"}) {
    const NpyArray y = answer(input);
    EXPECT_EQ(y.shape, (Extents{5, 3, 3, 4})) << input;
    EXPECT_EQ(y.values, wanted_first_) << input;
  }
}

TEST_F(PredictOnnx, AnswersChannelsLastWhereThatIsSaid) {
  PredictOptions options;
  options.layout = ArrayLayout::ChannelsLast;
  EXPECT_EQ(answer("first.npy", options).shape, (Extents{5, 3, 4, 3}));
  EXPECT_EQ(answer("first.npy", options).values, wanted_last_);
  options.layout.reset();
  options.config = path("c.yml");
  ASSERT_TRUE(write_file(options.config, "Model: {Precision: 'ap_fixed<16,6>', TransposeOutputs: false}\n"));
  EXPECT_EQ(answer("last.npy", options).values, wanted_last_);
  options.layout = ArrayLayout::Model;
  EXPECT_EQ(answer("last.npy", options).values, wanted_first_);
}

TEST_F(PredictOnnx, PortsGoByTheNamesOfTheFileToo) {
  SilentProgress progress;
  PredictOptions options;
  options.model = path("m.onnx");
  options.inputs = {{"image", path("first.npy")}};
  options.outputs = {{"answer", path("y.npy")}};
  EXPECT_TRUE(predict(options, progress));
  options.outputs = {{"conv", path("y.npy")}};
  EXPECT_TRUE(predict(options, progress));
}

}  // namespace
}  // namespace gw
