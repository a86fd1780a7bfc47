// Claim: a network of real numbers is trained from a table, its curve tells the mean absolute error, its
// model is predicted with as any other, and a study, which is about accuracies, refuses it.

#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/answer.h"
#include "data/npy.h"
#include "support/files.h"
#include "support/random.h"

namespace gw::cli {
namespace {

using testing::Answer;
using testing::answer;

class Regression : public ::testing::Test {
 protected:
  void SetUp() override {
    folder = fs::path(::testing::TempDir()) / ("gatewright_regression_" + std::to_string(getpid()));
    fs::create_directories(folder);
    ASSERT_TRUE(
        write_file(at("net.yml"),
                   "name: net\ninput: {shape: [2], quantizer: 'quantized_bits(8,0)'}\nlayers:\n"
                   "  - {name: d1, type: dense, units: 12, kernel_quantizer: 'quantized_bits(8,1)'}\n"
                   "  - {name: a1, type: activation, quantizer: 'quantized_relu(8,2)'}\n"
                   "  - {name: d2, type: dense, units: 1, kernel_quantizer: 'quantized_bits(8,1)'}\n"
                   "training: {epochs: 15, batch: 16, loss: mean_squared_error, optimiser: {type: adam, "
                   "learning_rate: 0.02}}\n"));
    Random random(3);
    std::string table = "a,b,height\n";
    for (int i = 0; i < 400; ++i) {
      const double a = 2 * random.unit() - 1, b = 2 * random.unit() - 1;
      table += fmt::format("{:.4f},{:.4f},{:.4f}\n", a, b, a - b / 2);
    }
    ASSERT_TRUE(write_file(at("table.csv"), table));
  }
  void TearDown() override { fs::remove_all(folder); }
  std::string at(const char* name) const { return (folder / name).string(); }

  fs::path folder;
};

TEST_F(Regression, IsTrainedAndPredictedWith) {
  const Answer trained = answer("train", {at("net.yml"), "--data", at("table.csv") + ",label=height", "-o",
                                          at("net.gw"), "--threads", "1", "--cache", at("cache")});
  ASSERT_EQ(trained.code, ExitCode::Success) << trained.err;
  EXPECT_NE(trained.out.find("test mean absolute error 0.0"), std::string::npos) << trained.out;
  EXPECT_EQ(trained.out.find("accuracy"), std::string::npos) << trained.out;
  const auto curve = read_file(folder / "net.training" / "history.csv");
  ASSERT_TRUE(curve);
  EXPECT_NE(curve->find("test_mean_absolute_error"), std::string::npos);

  NpyArray x{npy_f4, {3, 2}, {0.5, 0.25, -0.5, 0.5, 0, 0}};
  ASSERT_TRUE(save_npy(at("x.npy"), x));
  const Answer predicted = answer("predict", {at("net.gw"), "--data", at("x.npy"), "--output", at("y.npy")});
  ASSERT_EQ(predicted.code, ExitCode::Success) << predicted.err;
  const auto y = load_npy(at("y.npy"));
  ASSERT_TRUE(y);
  ASSERT_EQ(y->values.size(), 3u);
  const double expected[] = {0.375, -0.75, 0};
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(y->values[i], expected[i], 0.15);
  // Numbers are no labels.
  const Answer labelled =
      answer("predict", {at("net.gw"), "--data", at("table.csv") + ",label=height", "--cache", at("cache")});
  EXPECT_EQ(labelled.code, ExitCode::UserError);
  EXPECT_NE(labelled.err.find("but a label is a whole number from 0 to 255 [label-value]"), std::string::npos)
      << labelled.err;
}

TEST_F(Regression, IsRefusedByAStudyAndAsATargetInTables) {
  const Answer studied = answer(
      "study", {at("table.csv") + ",label=height", "--network", at("net.yml"), "--cache", at("cache")});
  EXPECT_EQ(studied.code, ExitCode::UserError);
  EXPECT_EQ(studied.err,
            at("net.yml") +
                ": error: is trained on real numbers, but a study tells accuracies of classes; train it by "
                "itself [study-regresses]\n");
  ASSERT_TRUE(write_file(at("two.yml"),
                         "name: two\ninput: {shape: [2]}\nlayers:\n  - {name: d, type: dense, units: 1}\n"
                         "  - {name: s, type: sigmoid}\ntraining: {loss: binary_crossentropy}\n"));
  EXPECT_EQ(answer("study", {at("table.csv"), "--network", at("two.yml"), "--cache", at("cache")}).err,
            at("two.yml") +
                ": training.loss: error: is binary_crossentropy, but must be categorical_crossentropy in a "
                "study, which looks for the largest answer [value-range]\n");
  const Answer priced = answer(
      "train", {at("net.yml"), "--data", at("table.csv"), "--teacher", at("t.gw"), "--cache", at("cache")});
  EXPECT_EQ(priced.code, ExitCode::UserError);
  EXPECT_EQ(priced.err, at("net.yml") + ": training.distillation: error: is the teacher '" + at("t.gw") +
                            "', but must be left out where the loss is mean_squared_error [value-range]\n");
}

}  // namespace
}  // namespace gw::cli
