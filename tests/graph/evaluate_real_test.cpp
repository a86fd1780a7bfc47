// Claim: where a typed graph rounds nowhere that it does not say, its meaning in real numbers is the
// emulation, value by value; and functions, means and softmax are those of their textbooks.

#include "graph/evaluate_real.h"

#include <cmath>

#include <gtest/gtest.h>

#include "graph/evaluate.h"
#include "graph/random_branches.h"
#include "num/real_cast.h"

namespace gw {
namespace {

DoubleTensor reals(const Tensor& x) {
  DoubleTensor y{x.shape(), x.batch(), std::vector<double>(static_cast<size_t>(x.batch() * x.size()))};
  dequantize_run(x, 0, std::span(y.values));
  return y;
}

/// Whether doubles hold every value, and no layer has an accumulator's type, a table or a truncated mean.
bool is_exact(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    if (node.type.fixed->width > 50) return false;
    const std::string_view of = kind(node);
    if (of.starts_with("average") || of == "global_average_pool" || of == "softmax") return false;
    const auto* layer = std::get_if<Layer>(&node.op);
    bool has_accumulator = false;
    const auto look = [&]<class L>(const L& l) {
      if constexpr (std::is_base_of_v<TableFunction, L>) has_accumulator = true;
      L::fields(l, [&]<class T>(std::string_view name, const T& value) {
        if constexpr (std::is_same_v<T, std::optional<Quantizer>>)
          has_accumulator = has_accumulator || (name == "accumulator" && value.has_value());
      });
    };
    if (layer) std::visit(look, *layer);
    if (has_accumulator) return false;
  }
  return true;
}

void expect_same(const Graph& graph, const std::vector<Tensor>& in, int n) {
  std::vector<DoubleTensor> real_in;
  for (const Tensor& x : in) real_in.push_back(reals(x));
  std::map<std::string, std::vector<double>> seen;
  const auto answers = evaluate_real(
      graph, real_in, [&](const Node& node, const DoubleTensor& y) { seen[node.name] = y.values; }, 2);
  std::map<std::string, std::vector<double>> wanted;
  EvaluateOptions options;
  options.block = in[0].batch();
  options.observer = [&](const Node& node, const Tensor& y) { wanted[node.name] = reals(y).values; };
  const auto fixed = evaluate(graph, in, options);
  ASSERT_EQ(answers.size(), fixed.size());
  for (size_t k = 0; k < fixed.size(); ++k) EXPECT_EQ(answers[k].values, reals(fixed[k]).values) << n;
  for (const auto& [name, values] : wanted)
    EXPECT_EQ(seen.at(name), values) << "network " << n << ", " << name;
}

TEST(EvaluateReal, ExactNetworksEqualTheEmulation) {
  Random random(31);
  int networks = 0;
  for (int n = 0; n < 500; ++n) {
    const auto graph = n % 2 == 0 ? testing::GraphMaker(random, true).network()
                                  : testing::BranchMaker(random, true).branches();
    if (!graph || !is_exact(*graph)) continue;
    ++networks;
    std::vector<Tensor> in;
    for (const NodeId id : graph->inputs()) {
      // Real numbers go through the input's quantizer, which AP_SAT_SYM keeps from the lowest raw value.
      const Node& node = (*graph)[id];
      in.push_back(quantize(*std::get<Input>(node.op).quantizer,
                            dequantize(testing::random_input(random, node.type))));
    }
    expect_same(*graph, in, n);
  }
  EXPECT_GE(networks, 60);
}

std::vector<double> answer_of(const Layer& layer, const Shape& shape, std::vector<double> x) {
  GraphBuilder builder;
  const NodeId in = builder.input("x", shape);
  builder.output(builder.layer("y", layer, {in}));
  const Graph graph = builder.build().value();
  const std::vector<DoubleTensor> fed{{shape, 1, std::move(x)}};
  return evaluate_real(graph, fed)[0].values;
}

TEST(EvaluateReal, FunctionsAreThoseOfTextbooks) {
  const std::vector<double> points{-20, -3, -0.5, 0, 0.25, 1, 6.5, 20};
  const auto expect = [&](const Layer& layer, const std::function<double(double)>& f) {
    const auto y = answer_of(layer, {static_cast<int>(points.size())}, points);
    for (size_t i = 0; i < points.size(); ++i)
      EXPECT_NEAR(y[i], f(points[i]), 1e-14 * std::max(1.0, std::abs(f(points[i])))) << points[i];
  };
  expect(Sigmoid{}, [](double x) { return 1 / (1 + std::exp(-x)); });
  expect(Tanh{}, [](double x) { return std::tanh(x); });
  expect(Softplus{}, [](double x) { return std::log1p(std::exp(x)); });
  expect(Softsign{}, [](double x) { return x / (1 + std::abs(x)); });
  Elu elu;
  elu.alpha = 0.5;
  expect(elu, [](double x) { return x >= 0 ? x : 0.5 * std::expm1(x); });
  expect(Selu{},
         [](double x) { return 1.0507009873554805 * (x >= 0 ? x : 1.6732632423543772 * std::expm1(x)); });
  expect(Silu{}, [](double x) { return x / (1 + std::exp(-x)); });
  expect(Gelu{}, [](double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); });
  LeakyRelu leaky;
  leaky.alpha = 0.3;
  expect(leaky, [](double x) { return x > 0 ? x : 0.3 * x; });
  expect(ClippedRelu{}, [](double x) { return std::min(std::max(x, 0.0), 6.0); });
}

TEST(EvaluateReal, MeansAndSoftmax) {
  AveragePool1D pool{.pool = 3, .stride = 3, .pad_left = 1};
  EXPECT_EQ(answer_of(pool, {5, 1}, {1, 2, 4, 8, 9}), (std::vector<double>{1.5, 7}));
  pool.count_include_pad = true;
  EXPECT_EQ(answer_of(pool, {5, 1}, {1, 2, 4, 8, 9}), (std::vector<double>{1, 7}));
  Softmax first_axis;
  first_axis.axis = 0;
  const auto y = answer_of(first_axis, {2, 2}, {0, 1000, std::log(3.0), 1000});
  EXPECT_NEAR(y[0], 0.25, 1e-15);
  EXPECT_NEAR(y[2], 0.75, 1e-15);
  EXPECT_EQ(y[1], 0.5);
  Softmax largest;
  largest.implementation = SoftmaxImplementation::Argmax;
  EXPECT_EQ(answer_of(largest, {3}, {1, 5, 5}), (std::vector<double>{0, 1, 0}));
}

}  // namespace
}  // namespace gw
