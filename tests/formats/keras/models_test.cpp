// Claim: real files of other people read, and compute what they say: layer by layer the formulas of Keras and
// QKeras on the numbers that the files hold, QKeras's exactly.

#include <algorithm>
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "common/shared.h"
#include "formats/keras/hdf5.h"
#include "formats/keras/keras.h"
#include "graph/evaluate.h"
#include "passes/pass.h"
#include "support/files.h"
#include "support/random.h"

namespace gw {
namespace {

std::string text_of(const Diagnostics& errors) {
  std::string out;
  for (const Diagnostic& error : errors) out += to_string(error) + "\n";
  return out;
}

Hdf5File hdf5(const std::filesystem::path& path) {
  const auto file = read_hdf5(*read_file(path), path.string());
  EXPECT_TRUE(file) << text_of(file.errors());
  return *file;
}

/// The network up to what goes into its last layer, a softmax.
Graph logits(const FileModel& model, Quantizer input, const Config& given = {}) {
  Config config = given;
  config.precision.by_kind["input"] = {{"result", input}};
  auto graph = compile(model.graph, config);
  EXPECT_TRUE(graph) << text_of(graph.errors());
  return *std::move(graph);
}

/// Every value of a layer named `node`, for the samples.
std::vector<double> values_of(const Graph& graph, const std::string& node, const FloatTensor& x) {
  std::vector<double> found;
  EvaluateOptions options;
  options.observer = [&](const Node& layer, const Tensor& y) {
    if (layer.name != node) return;
    for (std::int64_t i = 0; i < y.batch() * y.size(); ++i)
      found.push_back(to_double(y.at(i), y.type().fraction()));
  };
  evaluate(graph, std::vector{x}, options);
  return found;
}

using Numbers = std::vector<double>;

Numbers dense(const Numbers& x, const Hdf5File& file, const std::string& layer,
              const std::function<double(double)>& weight) {
  const auto& kernel = file.datasets.at(layer + "/kernel:0");
  const auto& bias = file.datasets.at(layer + "/bias:0").values;
  Numbers y;
  for (size_t o = 0; o < bias.size(); ++o) {
    double sum = weight(bias[o]);
    for (size_t i = 0; i < x.size(); ++i) sum += x[i] * weight(kernel.values[i * bias.size() + o]);
    y.push_back(sum);
  }
  return y;
}

Numbers each(Numbers x, const std::function<double(double)>& f) {
  for (double& value : x) value = f(value);
  return x;
}

double six_bits(double w) { return std::clamp(std::nearbyint(w * 32), -32.0, 31.0) / 32; }
double six_bits_relu(double v) { return std::clamp(std::nearbyint(v * 64), 0.0, 63.0) / 64; }

FloatTensor random_samples(const Shape& shape, int batch, double size) {
  Random random(5);
  FloatTensor x{shape, batch, {}};
  for (std::int64_t i = 0; i < batch * element_count(shape); ++i)
    x.values.push_back(static_cast<float>(std::round((random.unit() * 2 - 1) * size * 1024) / 1024));
  return x;
}

TEST(KerasModels, QuantisedJetTaggersAnswerTheFormulas) {
  for (const auto& [name, weights, root] :
       {std::tuple{"jets_pruned_6bit.h5", "jets_pruned_6bit.h5", "/model_weights"},
        std::tuple{"qkeras_3layer.json", "qkeras_3layer_weights.h5", ""},
        std::tuple{"qkeras_3layer_weights.h5", "qkeras_3layer_weights.h5", ""}}) {
    const auto folder = testing::shared("models/qkeras");
    if (folder.empty()) return;
    const auto model = load_keras(folder / name);
    ASSERT_TRUE(model) << text_of(model.errors());
    const Graph graph = logits(*model, {{16, 6, true}});
    const Hdf5File file = hdf5(folder / weights);
    const FloatTensor x = random_samples({16}, 50, 4);
    const auto ours = values_of(graph, "output", x);
    ASSERT_EQ(ours.size(), 250U);
    for (size_t sample = 0; sample < 50; ++sample) {
      Numbers y(x.values.begin() + static_cast<std::ptrdiff_t>(sample) * 16,
                x.values.begin() + static_cast<std::ptrdiff_t>(sample + 1) * 16);
      for (const std::string layer : {"fc1", "fc2", "fc3"})
        y = each(dense(y, file, std::string(root) + "/" + layer + "/" + layer, six_bits), six_bits_relu);
      y = dense(y, file, std::string(root) + "/output/output", six_bits);
      for (size_t o = 0; o < 5; ++o) ASSERT_EQ(ours[sample * 5 + o], y[o]) << name << " " << sample;
    }
  }
}

TEST(KerasModels, AnArchiveOfKeras3HasTheSameNetwork) {
  const auto folder = testing::shared("models/qkeras");
  if (folder.empty()) return;
  const auto archive = load_keras(folder / "qkeras-v3_3layer.keras"),
             parts = load_keras(folder / "qkeras_3layer.json");
  ASSERT_TRUE(archive && parts);
  const FloatTensor x = random_samples({16}, 20, 4);
  const Quantizer input{{16, 6, true}};
  EXPECT_EQ(values_of(logits(*archive, input), "output", x), values_of(logits(*parts, input), "output", x));
}

TEST(KerasModels, FloatJetTaggersAnswerTheFormulas) {
  const auto folder = testing::shared("models/keras");
  if (folder.empty()) return;
  const Quantizer wide{{40, 16, true}, Rounding::Rnd, Overflow::Sat},
      weight{{32, 10, true}, Rounding::Rnd, Overflow::Sat};
  Config config;
  config.precision.model = {{"default", wide}, {"weight", weight}, {"bias", weight}, {"scale", weight}};
  for (const bool is_normed : {false, true}) {
    const std::string name = is_normed ? "KERAS_3layer_batch_norm" : "KERAS_3layer";
    const auto model = load_keras(folder / (name + ".json"));
    ASSERT_TRUE(model) << text_of(model.errors());
    const Graph graph = logits(*model, {{24, 6, true}}, config);
    const Hdf5File file = hdf5(folder / (name + "_weights.h5"));
    const FloatTensor x = random_samples({16}, 20, 3);
    const auto ours = values_of(graph, is_normed ? "bn4" : "output_softmax", x);
    ASSERT_EQ(ours.size(), 100U);
    for (size_t sample = 0; sample < 20; ++sample) {
      Numbers y(x.values.begin() + static_cast<std::ptrdiff_t>(sample) * 16,
                x.values.begin() + static_cast<std::ptrdiff_t>(sample + 1) * 16);
      int number = 0;
      for (const std::string layer : {"fc1_relu", "fc2_relu", "fc3_relu", "output_softmax"}) {
        y = dense(y, file, "/" + layer + "/" + layer, [](double w) { return w; });
        const std::string norm = "bn" + std::to_string(++number);
        const std::string group = "/" + norm + "/" + norm + "/";
        for (size_t c = 0; is_normed && c < y.size(); ++c) {
          const auto at = [&](const char* what) {
            return static_cast<double>(file.datasets.at(group + what + ":0").values[c]);
          };
          y[c] =
              (y[c] - at("moving_mean")) / std::sqrt(at("moving_variance") + 1e-6) * at("gamma") + at("beta");
        }
        if (layer != "output_softmax") y = each(y, [](double v) { return std::max(v, 0.0); });
      }
      for (size_t o = 0; o < 5; ++o) ASSERT_NEAR(ours[sample * 5 + o], y[o], 1e-3) << name << " " << sample;
    }
  }
}

/// (h, w, in) with a kernel of 3 x 3.
Numbers convolve(const Numbers& x, size_t side, size_t in, const Hdf5File& file, const std::string& layer) {
  const auto& kernel = file.datasets.at(layer + "/kernel:0").values;
  const auto& bias = file.datasets.at(layer + "/bias:0").values;
  const size_t out = bias.size();
  Numbers y;
  for (size_t r = 0; r + 2 < side; ++r) {
    for (size_t c = 0; c + 2 < side; ++c) {
      for (size_t o = 0; o < out; ++o) {
        double sum = six_bits(bias[o]);
        for (size_t i = 0; i < 9 * in; ++i) {
          const size_t row = r + i / in / 3, column = c + i / in % 3;
          sum += x[(row * side + column) * in + i % in] * six_bits(kernel[i * out + o]);
        }
        y.push_back(six_bits_relu(std::max(sum, 0.0)));
      }
    }
  }
  return y;
}

Numbers pool(const Numbers& x, size_t side, size_t channels) {
  Numbers y;
  for (size_t r = 0; r + 1 < side; r += 2) {
    for (size_t c = 0; c + 1 < side; c += 2) {
      for (size_t k = 0; k < channels; ++k) {
        double most = -1e9;
        for (size_t i = 0; i < 4; ++i)
          most = std::max(most, x[((r + i / 2) * side + c + i % 2) * channels + k]);
        y.push_back(most);
      }
    }
  }
  return y;
}

TEST(KerasModels, AQuantisedDigitReaderAnswersTheFormulas) {
  const auto folder = testing::shared("models/qkeras");
  if (folder.empty()) return;
  const auto model = load_keras(folder / "qkeras_mnist_cnn.json");
  ASSERT_TRUE(model) << text_of(model.errors());
  const Graph graph = logits(*model, {{16, 6, true}});
  const Hdf5File file = hdf5(folder / "qkeras_mnist_cnn_weights.h5");
  const FloatTensor x = random_samples({28, 28, 1}, 3, 1);
  const auto ours = values_of(graph, "q_dense", x);
  ASSERT_EQ(ours.size(), 30U);
  for (size_t sample = 0; sample < 3; ++sample) {
    Numbers y(x.values.begin() + static_cast<std::ptrdiff_t>(sample) * 784,
              x.values.begin() + static_cast<std::ptrdiff_t>(sample + 1) * 784);
    y = pool(convolve(y, 28, 1, file, "/q_conv2d/q_conv2d"), 26, 16);
    y = pool(convolve(y, 13, 16, file, "/q_conv2d_1/q_conv2d_1"), 11, 16);
    y = dense(y, file, "/q_dense/q_dense", six_bits);
    for (size_t o = 0; o < 10; ++o) ASSERT_EQ(ours[sample * 10 + o], y[o]) << sample;
  }
}

}  // namespace
}  // namespace gw
