// Predictions from arrays on disk: the bits of the evaluation whatever the size of the parts, every message
// of what can be wrong with the arrays, and that nothing is left behind by a run that failed.

#include "study/predict.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "data/npy.h"
#include "graph/model_file.h"
#include "graph/temporary_folder.h"
#include "num/real_cast.h"
#include "passes/pass.h"
#include "study/build.h"
#include "support/random.h"

namespace gw {
namespace {

/// x (4) -> dense1 -> relu1 -> dense2 (3), and a second network with two inputs and two outputs.
class PredictTest : public ::testing::Test {
 protected:
  void SetUp() override {
    GraphBuilder one("one");
    const NodeId x = one.input("x", {4});
    const NodeId hidden = one.layer("dense1", Dense{}, {x, one.constant("w1", weights({4, 5}))});
    const NodeId relu = one.layer("relu/1", Relu{}, {hidden});
    one.output(one.layer("dense2", Dense{}, {relu, one.constant("w2", weights({5, 3}))}));
    network_ = one.build().value();
    ASSERT_TRUE(save_model(model_, network_));

    GraphBuilder two("two");
    const NodeId a = two.input("a", {2}), b = two.input("b", {3});
    two.output(two.layer("left", Dense{}, {a, two.constant("wl", weights({2, 1}))}));
    two.output(two.layer("right", Dense{}, {b, two.constant("wr", weights({3, 2}))}));
    ASSERT_TRUE(save_model(pair_, two.build().value()));

    for (int i = 0; i < 100 * 4; ++i) values_.push_back(random_.unit() * 40 - 20);
    save("x.npy", {100, 4}, values_);
    options_.model = model_;
    options_.inputs = {{"", path("x.npy")}};
    options_.outputs = {{"", path("y.npy")}};
  }

  FloatTensor weights(Shape shape) {
    FloatTensor w{std::move(shape), 1, {}};
    for (std::int64_t i = 0; i < element_count(w.shape); ++i)
      w.values.push_back(static_cast<float>(random_.unit() * 2 - 1));
    return w;
  }
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  void save(const std::string& name, std::vector<std::int64_t> shape, std::vector<double> values) {
    ASSERT_TRUE(save_npy(path(name), {npy_f8, std::move(shape), std::move(values)}));
  }
  /// All that went wrong, a line each, without the folder.
  std::string errors() {
    const auto prediction = predict(options_, progress_);
    if (prediction) return "";
    std::string text;
    for (const Diagnostic& error : prediction.errors()) text += to_string(error) + "\n";
    const std::string start = folder_.path().string() + "/";
    for (size_t at = 0; (at = text.find(start)) != text.npos;) text.erase(at, start.size());
    return text;
  }
  /// What evaluate says of the samples.
  Tensor wanted(NodeCounts* overflows = nullptr) const {
    const auto typed = compile(network_, configuration("", network_).value());
    const DoubleTensor in{{4}, 100, values_};
    if (overflows) add_constant_overflows(*typed, *overflows);
    return Evaluator(*typed, {.overflows = overflows}).run(std::vector{in}).front();
  }
  std::vector<double> reals(const Tensor& x) const {
    std::vector<double> values(static_cast<size_t>(x.batch() * x.size()));
    dequantize_run(x, 0, std::span(values));
    return values;
  }

  testing::TemporaryFolder folder_;
  fs::path model_ = folder_.path() / "one.gw", pair_ = folder_.path() / "two.gw";
  Random random_{61};
  Graph network_;
  std::vector<double> values_;
  PredictOptions options_;
  SilentProgress progress_;
};

TEST_F(PredictTest, AnswersAreTheBitsOfTheEvaluationWhateverTheParts) {
  const Tensor answers = wanted();
  for (const std::int64_t part : {0, 1, 7, 99, 100, 1000}) {
    for (const int threads : {1, 2}) {
      options_.part = part;
      options_.threads = threads;
      const auto prediction = predict(options_, progress_);
      ASSERT_TRUE(prediction) << to_string(prediction.errors().front());
      EXPECT_EQ(prediction->samples, 100);
      const NpyArray y = load_npy(path("y.npy")).value();
      EXPECT_EQ(y.shape, (std::vector<std::int64_t>{100, 3}));
      EXPECT_EQ(y.type, npy_f8);
      EXPECT_EQ(y.values, reals(answers)) << part;
    }
  }
}

// A model whose types are settled is taken at its word, without a configuration.
TEST_F(PredictTest, SettledTypesNeedNoConfiguration) {
  GraphBuilder builder("settled");
  const Quantizer six{{6, 1, true}, Rounding::RndConv, Overflow::Sat};
  const NodeId x = builder.input("x", {4}, Quantizer{{12, 6, true}, Rounding::RndConv, Overflow::Sat});
  const NodeId w = builder.constant("w", weights({4, 3}), six);
  const NodeId dense = builder.layer("dense", Dense{}, {x, w});
  builder.output(builder.layer("relu", Relu{.out = Quantizer{{24, 12, false}}}, {dense}));
  const Graph settled = builder.build().value();
  ASSERT_TRUE(save_model(path("settled.gw"), settled));
  options_.model = path("settled.gw");
  ASSERT_EQ(errors(), "");
  const Tensor answers =
      evaluate(settled, std::vector<FloatTensor>{{{4}, 100, {values_.begin(), values_.end()}}})[0];
  EXPECT_EQ(load_npy(path("y.npy")).value().values, reals(answers));
}

TEST_F(PredictTest, TraceHoldsEveryLayerAndCountsAreThoseOfTheEvaluation) {
  options_.trace = path("trace");
  options_.overflow = true;
  options_.part = 30;
  const auto prediction = predict(options_, progress_);
  ASSERT_TRUE(prediction) << to_string(prediction.errors().front());
  NodeCounts counts;
  const Tensor answers = wanted(&counts);
  EXPECT_EQ(prediction->overflows, counts);
  EXPECT_GT(counts.size(), 0u);
  EXPECT_EQ(load_npy(path("trace") / "dense2.npy").value().values, reals(answers));
  const NpyArray hidden = load_npy(path("trace") / "dense1.npy").value();
  const NpyArray relu = load_npy(path("trace") / "relu_1.npy").value();
  EXPECT_EQ(hidden.shape, (std::vector<std::int64_t>{100, 5}));
  ASSERT_EQ(relu.values.size(), hidden.values.size());
  for (size_t i = 0; i < relu.values.size(); ++i) EXPECT_EQ(relu.values[i], std::max(hidden.values[i], 0.0));
}

TEST_F(PredictTest, AccuracyFromLabels) {
  const Tensor answers = wanted();
  std::vector<double> labels;
  for (int n = 0; n < 100; ++n) {
    int best = 0;
    for (int c = 1; c < 3; ++c) {
      if (answers.at(n * 3 + c) > answers.at(n * 3 + best)) best = c;
    }
    labels.push_back(n < 60 ? best : (best + 1) % 3);
  }
  save("labels.npy", {100}, labels);
  options_.labels = path("labels.npy");
  options_.part = 33;
  const auto prediction = predict(options_, progress_);
  ASSERT_TRUE(prediction) << to_string(prediction.errors().front());
  EXPECT_EQ(prediction->accuracy, 0.6);
  const auto json = nlohmann::json::parse(print_json(*prediction));
  EXPECT_EQ(json["images"], 100);
  EXPECT_EQ(json["accuracy"], 0.6);
  EXPECT_EQ(json["outputs"][0]["name"], "dense2");
  EXPECT_EQ(json["outputs"][0]["type"], "ap_fixed<16,6>");
  EXPECT_TRUE(json["images_per_second"].is_number());
}

TEST_F(PredictTest, SeveralInputsAndOutputsByName) {
  save("a.npy", {2, 2}, {1, 2, 3, 4});
  save("b.npy", {2, 3}, {1, 2, 3, 4, 5, 6});
  options_.model = pair_;
  options_.inputs = {{"b", path("b.npy")}, {"a", path("a.npy")}};
  options_.outputs = {{"right", path("y.npy")}};
  const auto prediction = predict(options_, progress_);
  ASSERT_TRUE(prediction) << to_string(prediction.errors().front());
  EXPECT_EQ(load_npy(path("y.npy")).value().shape, (std::vector<std::int64_t>{2, 2}));
}

TEST_F(PredictTest, SaysWhereAFloat64IsTooNarrow) {
  options_.config = path("wide.yml");
  ASSERT_TRUE(write_file(options_.config,
                         "Model: {Precision: 'ap_fixed<16,6>'}\n"
                         "LayerName: {dense2: {Precision: {result: 'ap_fixed<55,20>'}}}\n"));
  const auto prediction = predict(options_, progress_);
  ASSERT_TRUE(prediction) << to_string(prediction.errors().front());
  ASSERT_EQ(prediction->notes.size(), 1u);
  EXPECT_EQ(
      to_string(prediction->notes[0]),
      "output 'dense2': warning: is ap_fixed<55,20>, which has more bits than the 53 that a float64 holds; what "
      "is beyond is rounded in the answers [answers-rounded]");
}

TEST_F(PredictTest, TellsWhichArrayIsForWhichInput) {
  options_.inputs.clear();
  EXPECT_EQ(errors(),
            "error: nothing is given to answer for: name an array (--input FILE) or a data set (--dataset "
            "mnist:test) [nothing-to-predict]\n");
  options_.inputs = {{"", path("x.npy")}};
  options_.dataset = "mnist:test";
  EXPECT_EQ(
      errors(),
      "error: inputs come from arrays or from a data set, not from both; leave one out [two-sources]\n");
  options_.inputs.clear();
  options_.dataset = "mnist:tests";
  EXPECT_EQ(errors(),
            "--dataset: error: unknown value 'mnist:tests'; did you mean 'mnist:test'? [unknown-value]\n");
  options_.dataset.clear();

  save("a.npy", {2, 2}, {1, 2, 3, 4});
  options_.model = pair_;
  options_.inputs = {{"", path("a.npy")}};
  EXPECT_EQ(errors(),
            "a.npy: error: the network has several inputs, 'a', 'b'; say for which one it is: NAME=FILE "
            "[port-unnamed]\n");
  options_.inputs = {{"aa", path("a.npy")}};
  EXPECT_EQ(errors(),
            "input 'aa': error: the network has no input of that name; did you mean 'a'? It has 'a', 'b' "
            "[port-unknown]\n");
  options_.inputs = {{"a", path("a.npy")}, {"a", path("a.npy")}};
  EXPECT_EQ(errors(), "input 'a': error: is given twice [port-twice]\n");
  options_.inputs = {{"a", path("a.npy")}};
  EXPECT_EQ(errors(), "input 'b': error: is not given; add --input b=FILE [input-missing]\n");
  save("b.npy", {3, 3}, std::vector<double>(9, 1.0));
  options_.inputs = {{"a", path("a.npy")}, {"b", path("b.npy")}};
  options_.outputs = {{"left", path("y.npy")}};
  EXPECT_EQ(errors(), "b.npy: error: holds 3 samples, but a.npy holds 2 [sample-counts]\n");
}

TEST_F(PredictTest, RefusesArraysThatDoNotFitAndLeavesNothing) {
  save("x.npy", {4, 100}, values_);
  EXPECT_EQ(errors(),
            "x.npy: error: has the shape (4, 100), but input 'x' takes (n, 4), n samples first "
            "[array-shape]\n");
  values_[4 * 57 + 2] = std::numeric_limits<double>::quiet_NaN();
  save("x.npy", {100, 4}, values_);
  options_.part = 10;
  options_.trace = path("trace");
  EXPECT_EQ(errors(),
            "x.npy: index (57, 2): error: is nan, which is no finite number in double precision (1 of the "
            "samples' values from here on are not) [npy-not-finite]\n");
  EXPECT_FALSE(fs::exists(path("y.npy")));
  EXPECT_TRUE(fs::is_empty(path("trace")));
  save("x.npy", {0, 4}, {});
  EXPECT_EQ(errors(),
            "x.npy: error: has the shape (0, 4); the first extent counts samples, and every extent must be "
            "at least 1 [npy-no-samples]\n");
}

TEST_F(PredictTest, RefusesLabelsThatAreNone) {
  options_.labels = path("labels.npy");
  save("labels.npy", {99}, std::vector<double>(99, 0.0));
  EXPECT_EQ(errors(),
            "labels.npy: error: has the shape (99,), but labels are one number for each of the 100 samples "
            "[labels-shape]\n");
  for (const auto& [value, text] :
       std::vector<std::pair<double, std::string>>{{3, "3"}, {-1, "-1"}, {0.5, "0.5"}}) {
    std::vector<double> labels(100, 2.0);
    labels[41] = value;
    save("labels.npy", {100}, labels);
    EXPECT_EQ(errors(), "labels.npy: index (41,): error: is " + text +
                            ", but a label is a whole number from 0 to 2 [label-value]\n");
  }
  options_.model = pair_;
  save("a.npy", {2, 2}, {1, 2, 3, 4});
  save("b.npy", {2, 3}, {1, 2, 3, 4, 5, 6});
  options_.inputs = {{"a", path("a.npy")}, {"b", path("b.npy")}};
  EXPECT_EQ(errors(),
            "labels.npy: error: labels need a network with one output of at least two values, one per "
            "class; this one has 1 and 2 [labels-without-classes]\n");
}

TEST_F(PredictTest, RefusesPlacesThatCannotBeWritten) {
  options_.outputs = {{"", path("x.npy") / "y.npy"}};
  EXPECT_EQ(errors(),
            "x.npy/y.npy: error: cannot be written: Not a directory; nothing was left half-written "
            "[file-unwritable]\n");
}

TEST_F(PredictTest, RefusesTwoThingsInOneFile) {
  options_.model = pair_;
  save("a.npy", {2, 2}, {1, 2, 3, 4});
  save("b.npy", {2, 3}, {1, 2, 3, 4, 5, 6});
  options_.inputs = {{"a", path("a.npy")}, {"b", path("b.npy")}};
  options_.outputs = {{"left", path("y.npy")}, {"right", path("trace") / ".." / "y.npy"}};
  EXPECT_EQ(
      errors(),
      "trace/../y.npy: error: both output 'left' and output 'right' would be written there; give each a "
      "file of its own [file-written-twice]\n");
  options_.outputs = {{"left", path("trace") / "right.npy"}};
  options_.trace = path("trace");
  EXPECT_EQ(
      errors(),
      "trace/right.npy: error: both output 'left' and the trace of layer 'right' would be written there; "
      "give each a file of its own [file-written-twice]\n");
  EXPECT_FALSE(fs::exists(path("y.npy")));
}

class Stopping : public SilentProgress {
 public:
  void update(std::int64_t, std::string_view) override { stop_ = true; }
  bool stop_requested() const override { return stop_; }

 private:
  bool stop_ = false;
};

TEST_F(PredictTest, AStoppedRunWritesNothing) {
  options_.part = 40;
  Stopping progress;
  const auto prediction = predict(options_, progress);
  ASSERT_TRUE(prediction);
  EXPECT_TRUE(prediction->stopped);
  EXPECT_FALSE(fs::exists(path("y.npy")));
}

TEST(SampleSource, ImagesOfADataSet) {
  const Dataset images{"dots", 2, 1, 1, 10, {0, 255, 51, 102, 255, 0}, {3, 1, 4}};
  const Port port{"x", "", {{2, 1, 1}, std::nullopt}, {2, 1, 1}, {}};
  const auto source = SampleSource::of_images(images, {port});
  ASSERT_TRUE(source);
  EXPECT_EQ(source->count(), 3);
  std::vector<FloatTensor> samples;
  ASSERT_TRUE(source->read(1, 2, samples));
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].shape, (Shape{2, 1, 1}));
  EXPECT_EQ(samples[0].values, (std::vector<float>{0.2f, 0.4f, 1.0f, 0.0f}));

  const Port other{"x", "", {{3}, std::nullopt}, {3}, {}};
  EXPECT_EQ(
      to_string(SampleSource::of_images(images, {other, port}).errors().front()),
      "dots: error: the network takes 3 and 2x1x1, but an image of this data set has 2 values [dataset-input]");
}

TEST(Layout, PutsChannelsLastAndBack) {
  const Layout layout({3, 2, 4}, {1, 2, 0});  // channels, height, width
  ASSERT_FALSE(layout.is_ours());
  EXPECT_TRUE(Layout({3, 2, 4}, {0, 1, 2}).is_ours());
  std::vector<double> outside;
  for (int i = 0; i < 2 * 24; ++i) outside.push_back(i);
  std::vector<double> ours = outside;
  layout.to_ours(std::span(ours));
  for (int n = 0; n < 2; ++n) {
    for (int row = 0; row < 2; ++row) {
      for (int column = 0; column < 4; ++column) {
        for (int channel = 0; channel < 3; ++channel) {
          EXPECT_EQ(ours[static_cast<size_t>(24 * n + (row * 4 + column) * 3 + channel)],
                    outside[static_cast<size_t>(24 * n + (channel * 2 + row) * 4 + column)]);
        }
      }
    }
  }
  layout.from_ours(std::span(ours));
  EXPECT_EQ(ours, outside);
}

}  // namespace
}  // namespace gw
