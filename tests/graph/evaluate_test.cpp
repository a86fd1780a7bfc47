// The fast answer of whole graphs against the interpreter on their stages, bit for bit; and that neither
// threads, blocks nor an observer change it.

#include "graph/evaluate.h"

#include <gtest/gtest.h>

#include "graph/lower.h"
#include "graph/random_branches.h"
#include "graph/random_graph.h"
#include "layers/kernels.h"
#include "num/real_cast.h"

namespace gw {
namespace {

using testing::GraphMaker;

Quantizer fixed(int width, int integer) { return {{width, integer, true}, Rounding::Trn, Overflow::Wrap}; }

TEST(Evaluate, RandomNetworksEqualTheInterpreterBitForBit) {
  Random random(21);
  int networks = 0;
  for (int n = 0; n < 400; ++n) {
    const auto graph = GraphMaker(random, true).network();
    if (!graph) continue;
    ++networks;
    const Pipeline pipeline = lower(*graph);
    const std::vector<Tensor> in{testing::random_input(random, pipeline.inputs[0])};
    const std::vector<Tensor> wanted = run(pipeline, in);
    EXPECT_EQ(evaluate(*graph, in), wanted) << "network " << n;
    std::map<std::string, std::int64_t> overflows;
    EXPECT_EQ(evaluate(*graph, in, {.overflows = &overflows}), wanted)
        << "network " << n << ", counting overflows";
  }
  EXPECT_GE(networks, 250);
}

// Several inputs and outputs, branches that meet again, streams that are broadcast or in another order; and
// what joining stages does to them.
TEST(Evaluate, RandomBranchesEqualTheInterpreterBitForBit) {
  Random random(23);
  int networks = 0, joined = 0, several = 0;
  for (int n = 0; n < 500; ++n) {
    const auto graph = testing::BranchMaker(random, true).branches();
    if (!graph) continue;
    ++networks;
    const Pipeline pipeline = lower(*graph), fused = fuse_pointwise(pipeline);
    std::vector<Tensor> in;
    for (const TensorType& type : pipeline.inputs) in.push_back(testing::random_input(random, type, 5));
    const std::vector<Tensor> wanted = run(pipeline, in);
    EXPECT_EQ(evaluate(*graph, in), wanted) << "network " << n;
    EXPECT_EQ(run(fused, in), wanted) << "network " << n << ", joined";
    joined += static_cast<int>(pipeline.stages.size() - fused.stages.size());
    if (in.size() > 1 && wanted.size() > 1) ++several;
  }
  EXPECT_GE(networks, 250);
  EXPECT_GE(joined, 50);
  EXPECT_GE(several, 30);
}

/// x -> conv1 -> relu1 -> dense1, with several blocks' worth of samples.
struct Whole {
  Whole() {
    GraphBuilder b;
    const NodeId x = b.input("x", {6, 6, 1}, fixed(8, 3));
    const NodeId w1 = b.constant("w1", testing::random_values(random, {3, 3, 1, 2}), fixed(6, 1));
    const NodeId relu1 = b.layer("relu1", Relu{}, {b.layer("conv1", Conv2D{.out = fixed(7, 2)}, {x, w1})});
    const NodeId w2 = b.constant("w2", testing::random_values(random, {32, 3}), fixed(8, 3));
    b.output(b.layer("dense1", Dense{}, {b.layer("flatten1", Flatten{}, {relu1}), w2}));
    b.output(relu1);
    graph = b.build().value();
    for (int i = 0; i < 333 * 36; ++i) reals.values.push_back(static_cast<float>(random.unit() * 12 - 6));
    raw = quantize(fixed(8, 3), reals);
  }
  Random random{22};
  Graph graph;
  FloatTensor reals{{6, 6, 1}, 333, {}};
  Tensor raw;
};

TEST(Evaluate, ThreadsAndBlocksChangeNothing) {
  const Whole whole;
  const std::vector<Tensor> wanted = run(lower(whole.graph), std::vector{whole.raw});
  for (const int threads : {1, 2, 5}) {
    EXPECT_EQ(evaluate(whole.graph, std::vector{whole.raw}, {.threads = threads}), wanted);
    EXPECT_EQ(evaluate(whole.graph, std::vector{whole.reals}, {.threads = threads}), wanted);
    for (const int block : {1, 7, 64, 65, 332, 333, 1000}) {
      EXPECT_EQ(evaluate(whole.graph, std::vector{whole.raw}, {.threads = threads, .block = block}), wanted);
    }
  }
}

TEST(Evaluate, EverySetOfKernelsGivesTheSameBits) {
  const Whole whole;
  const std::vector<Tensor> wanted = run(lower(whole.graph), std::vector{whole.raw});
  for (const Kernels* kernels :
       {plain_kernels(), sse2_kernels(), avx2_kernels(), avx512_kernels(), vnni_kernels()}) {
    if (!kernels) continue;
    EXPECT_EQ(evaluate(whole.graph, std::vector{whole.raw}, {.kernels = kernels}), wanted) << kernels->name;
    NodeCounts overflows;
    EXPECT_EQ(evaluate(whole.graph, std::vector{whole.raw}, {.overflows = &overflows, .kernels = kernels}),
              wanted)
        << kernels->name;
  }
}

TEST(Evaluator, AnswersEveryBatchAsIfItWereTheOnlyOne) {
  const Whole whole;
  NodeCounts counted, wanted_counts;
  Evaluator plain(whole.graph, {.threads = 2}), counting(whole.graph, {.overflows = &counted, .block = 20});
  for (const int count : {333, 1, 100}) {
    const Tensor part = samples(whole.raw, 333 - count, count);
    const std::vector<Tensor> wanted = run(lower(whole.graph), std::vector{part});
    evaluate(whole.graph, std::vector{part}, {.overflows = &wanted_counts});
    EXPECT_EQ(plain.run(std::vector{part}), wanted);
    EXPECT_EQ(counting.run(std::vector{part}), wanted);
    DoubleTensor reals{part.shape(), count, std::vector<double>(static_cast<size_t>(count * part.size()))};
    dequantize_run(part, 0, std::span(reals.values));
    EXPECT_EQ(plain.run(std::vector{reals}), wanted);
  }
  EXPECT_GT(counted["conv1"], 0);
  wanted_counts.erase("w1");  // a constant, which no batch counts
  EXPECT_EQ(counted, wanted_counts);
}

TEST(Evaluate, ObserverSeesEveryLayerInOrder) {
  const Whole whole;
  std::vector<std::string> names;
  std::map<std::string, std::int64_t> samples;
  std::map<std::string, std::vector<std::int64_t>> seen;
  const auto observe = [&](const Node& node, const Tensor& y) {
    names.push_back(node.name);
    samples[node.name] += y.batch();
    for (std::int64_t i = 0; i < y.batch() * y.size(); ++i) seen[node.name].push_back(y.at(i));
  };
  const std::vector<Tensor> answers =
      evaluate(whole.graph, std::vector{whole.raw}, {.threads = 3, .observer = observe, .block = 64});
  ASSERT_GT(names.size(), 3u);  // several blocks
  for (size_t i = 0; i < names.size(); ++i)
    EXPECT_EQ(names[i], (std::vector{"conv1", "relu1", "flatten1", "dense1"})[i % 4]);
  EXPECT_EQ(samples, (std::map<std::string, std::int64_t>{
                         {"conv1", 333}, {"relu1", 333}, {"flatten1", 333}, {"dense1", 333}}));
  for (size_t i = 0; i < seen["dense1"].size(); ++i) {
    ASSERT_EQ(seen["dense1"][i], answers[0].at(static_cast<std::int64_t>(i)));
  }
}

TEST(Evaluate, CountsWhatOverflows) {
  GraphBuilder b;
  const NodeId x = b.input("x", {2}, fixed(8, 4));  // [-8, 8)
  FloatTensor w{{2, 1}, 1, {1.0f, 9.0f}};           // the second wraps to -7
  const NodeId dense1 = b.layer("dense1", Dense{fixed(8, 4), {}}, {x, b.constant("w", w, fixed(8, 4))});
  b.output(b.layer("relu1", Relu{}, {dense1}));
  const Graph graph = b.build().value();
  // Rows: 8 is out of range and reads -8; 1 and -2 give 15, which is out of range; 1 and 0 fit.
  const FloatTensor reals{{2}, 3, {8.0f, 0.0f, 1.0f, -2.0f, 1.0f, 0.0f}};
  for (const int threads : {1, 2}) {
    std::map<std::string, std::int64_t> overflows{{"w", 5}};
    evaluate(graph, std::vector{reals}, {.threads = threads, .overflows = &overflows});
    EXPECT_EQ(overflows, (std::map<std::string, std::int64_t>{{"x", 1}, {"w", 6}, {"dense1", 1}}));
  }
}

}  // namespace
}  // namespace gw
