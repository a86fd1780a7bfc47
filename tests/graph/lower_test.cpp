// Stages of a graph: their windows and sources, and that joining them keeps every bit of random networks.

#include "graph/lower.h"

#include <gtest/gtest.h>

#include "graph/expect.h"
#include "graph/random_graph.h"
#include "layers/shapes.h"

namespace gw {
namespace {

using testing::GraphMaker;

constexpr Quantizer q8{{8, 4, true}, Rounding::Trn, Overflow::Wrap};

/// conv1 -> relu1 -> pool1 -> flatten1 -> dense1 -> relu2
Graph small_network() {
  Random random(1);
  GraphBuilder b;
  const NodeId x = b.input("x", {6, 7, 2}, q8);
  const NodeId w1 = b.constant("w1", testing::random_values(random, {3, 3, 2, 4}), q8);
  const NodeId conv1 = b.layer("conv1", Conv2D{.out = q8}, {x, w1});
  const NodeId relu1 = b.layer("relu1", Relu{q8}, {conv1});
  const NodeId pool1 = b.layer("pool1", MaxPool2D{}, {relu1});
  const NodeId flatten1 = b.layer("flatten1", Flatten{}, {pool1});
  const NodeId w2 = b.constant("w2", testing::random_values(random, {16, 5}), q8);
  const NodeId dense1 = b.layer("dense1", Dense{q8, {}}, {flatten1, w2});
  b.output(b.layer("relu2", Relu{q8}, {dense1}));
  return b.build().value();
}

std::vector<std::string> names(const Pipeline& pipeline) {
  std::vector<std::string> found;
  for (const StageLink& link : pipeline.stages) found.push_back(link.stage.name);
  return found;
}

TEST(Lower, EveryLayerButFlattenIsAStage) {
  const Pipeline p = lower(small_network());
  EXPECT_EQ(names(p), (std::vector<std::string>{"conv1", "relu1", "pool1", "dense1", "relu2"}));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(p.stages[static_cast<size_t>(i)].sources, std::vector<int>{i - 1});
  EXPECT_EQ(p.input_names, std::vector<std::string>{"x"});
  EXPECT_EQ(p.inputs, (std::vector<TensorType>{{{6, 7, 2}, q8.to}}));
  EXPECT_EQ(p.outputs, std::vector<int>{4});
}

TEST(Lower, DenseBehindAFlattenReadsTheStreamWhole) {
  const Pipeline p = lower(small_network());
  Window whole;
  whole.height = 2, whole.width = 2, whole.channels = 4;
  whole.kernel_h = 2, whole.kernel_w = 2;
  EXPECT_EQ(p.stages[3].stage.windows, std::vector<Window>{whole});
  EXPECT_EQ(to_string(p.stages[3].stage.output), "5 ap_fixed<8,4>");
}

TEST(Lower, FlattenThatLeavesTheNetworkIsAStage) {
  GraphBuilder b;
  const NodeId x = b.input("x", {2, 3, 2}, q8);
  b.output(b.layer("flatten1", Flatten{}, {b.layer("relu1", Relu{}, {x})}));
  const Pipeline p = lower(b.build().value());
  EXPECT_EQ(names(p), (std::vector<std::string>{"relu1", "flatten1"}));
  EXPECT_EQ(p.outputs, std::vector<int>{1});
  Random random(2);
  const Tensor in = testing::random_input(random, p.inputs[0]);
  const Tensor out = run(p, std::vector{in})[0];
  for (std::int64_t i = 0; i < out.batch() * out.size(); ++i)
    EXPECT_EQ(out.at(i), std::max<std::int64_t>(in.at(i), 0));
}

// A reshape is a stage only for a reader that takes its pixels one by one.
TEST(Lower, ReshapeIsAStageOnlyWhereItMustBe) {
  Random random(6);
  GraphBuilder b;
  const NodeId x = b.input("x", {2, 3, 2}, q8);
  const NodeId reshaped = b.layer("reshape1", Reshape{{3, 2, 2}}, {x});
  const NodeId flat = b.layer("flatten1", Flatten{}, {reshaped});
  const NodeId w = b.constant("w", testing::random_values(random, {12, 3}), q8);
  b.output(b.layer("dense1", Dense{q8, {}}, {flat, w}));
  Pipeline p = lower(b.build().value());
  EXPECT_EQ(names(p), std::vector<std::string>{"dense1"});
  EXPECT_EQ(p.stages[0].stage.windows, std::vector<Window>{whole_window({2, 3, 2})});

  GraphBuilder c;
  const NodeId y = c.layer("reshape1", Reshape{{3, 2, 2}}, {c.input("x", {2, 3, 2}, q8)});
  c.output(c.layer("relu1", Relu{}, {y}));
  c.output(c.layer("pool1", MaxPool2D{}, {y}));
  p = lower(c.build().value());
  EXPECT_EQ(names(p), (std::vector<std::string>{"reshape1", "relu1", "pool1"}));
  EXPECT_EQ(p.stages[2].sources, std::vector<int>{0});
  // Nothing is joined with a stage that gives all pixels at once.
  EXPECT_EQ(names(fuse_pointwise(p)), names(p));
}

// The same pixels under a shape of other extents.
TEST(Lower, ReshapeThatKeepsThePixelsIsNoStage) {
  GraphBuilder b;
  const NodeId x = b.input("x", {1, 4, 2}, q8);
  b.output(b.layer("relu1", Relu{}, {b.layer("reshape1", Reshape{{4, 2}}, {x})}));
  EXPECT_EQ(names(lower(b.build().value())), std::vector<std::string>{"relu1"});
}

TEST(Lower, AStreamFeedsBothSidesOfASum) {
  GraphBuilder b;
  const NodeId x = b.input("x", {4}, q8);
  const NodeId relu1 = b.layer("relu1", Relu{}, {x});
  b.output(b.layer("add1", Add{}, {relu1, x}));
  const Pipeline p = lower(b.build().value());
  EXPECT_EQ(p.stages[1].sources, (std::vector<int>{0, -1}));
}

TEST(Lower, LayersThatNoOutputDependsOnAreLeftOut) {
  GraphBuilder b;
  const NodeId x = b.input("x", {4}, q8);
  b.layer("unused", Relu{}, {x});
  b.output(b.layer("used", Relu{}, {x}));
  EXPECT_EQ(names(lower(b.build().value())), std::vector<std::string>{"used"});
}

TEST(FusePointwise, JoinsElementwiseStagesUnderBothNames) {
  const Pipeline p = fuse_pointwise(lower(small_network()));
  EXPECT_EQ(names(p), (std::vector<std::string>{"conv1+relu1", "pool1", "dense1+relu2"}));
  EXPECT_EQ(p.stages[0].sources, std::vector<int>{-1});
  EXPECT_EQ(p.stages[1].sources, std::vector<int>{0});
  EXPECT_EQ(p.stages[2].sources, std::vector<int>{1});
  EXPECT_EQ(p.outputs, std::vector<int>{2});
  EXPECT_EQ(to_string(p.stages[2].stage.output), "5 ap_fixed<8,4>");
}

TEST(FusePointwise, KeepsAStreamThatTwoRead) {
  Random random(3);
  GraphBuilder b;
  const NodeId x = b.input("x", {4}, q8);
  const NodeId w = b.constant("w", testing::random_values(random, {4, 3}), q8);
  const NodeId dense1 = b.layer("dense1", Dense{q8, {}}, {x, w});
  b.output(dense1);
  b.output(b.layer("relu1", Relu{q8}, {dense1}));
  EXPECT_EQ(names(fuse_pointwise(lower(b.build().value()))), (std::vector<std::string>{"dense1", "relu1"}));
}

TEST(FusePointwise, LeavesLayersThatMixChannelsAlone) {
  Random random(4);
  GraphBuilder b;
  const NodeId x = b.input("x", {4}, q8);
  const NodeId w = b.constant("w", testing::random_values(random, {4, 4}), q8);
  const NodeId dense1 = b.layer("dense1", Dense{q8, {}}, {x, w});
  const NodeId dense2 = b.layer("dense2", Dense{q8, {}}, {dense1, w});
  b.output(b.layer("softmax1", Softmax{}, {dense2}));
  EXPECT_EQ(names(fuse_pointwise(lower(b.build().value()))),
            (std::vector<std::string>{"dense1", "dense2", "softmax1"}));
}

// A scale of many digits behind a matrix would make each of its weights as long; one that shifts does not.
TEST(FusePointwise, LeavesScalesOfManyDigitsBehindSumsAlone) {
  const auto stages = [](double scale, int inputs) {
    Random random(6);
    GraphBuilder b;
    const NodeId x = b.input("x", {inputs}, q8);
    const NodeId w = b.constant("w", testing::random_values(random, {inputs, 2}), q8);
    const NodeId dense1 = b.layer("dense1", Dense{}, {x, w});
    const Quantizer wide{{24, 1, true}, Rounding::Trn, Overflow::Wrap};
    const auto both = [](double value) {
      return FloatTensor{{2}, 1, std::vector<float>(2, static_cast<float>(value))};
    };
    const NodeId scales = b.constant("scales", both(scale), wide),
                 shifts = b.constant("shifts", both(0.25), wide);
    b.output(b.layer("norm1", BatchNorm{q8}, {dense1, scales, shifts}));
    return names(fuse_pointwise(lower(b.build().value())));
  };
  const std::vector<std::string> apart{"dense1", "norm1"}, joined{"dense1+norm1"};
  EXPECT_EQ(stages(0.7071, 16), apart);
  EXPECT_EQ(stages(0.5, 16), joined);
  EXPECT_EQ(stages(0.7071, 1), joined);
  EXPECT_EQ(stages(0.625, 2), joined);  // 5 / 8: an addition more, and no stage
}

TEST(FusePointwise, RandomNetworksKeepEveryBit) {
  Random random(5);
  int joined = 0, networks = 0;
  for (int n = 0; n < 300; ++n) {
    const auto graph = GraphMaker(random, true).network();
    if (!graph) continue;
    ++networks;
    const Pipeline plain = lower(*graph);
    const Pipeline fused = fuse_pointwise(plain);
    joined += static_cast<int>(plain.stages.size() - fused.stages.size());
    const std::vector<Tensor> in{testing::random_input(random, plain.inputs[0])};
    EXPECT_EQ(run(plain, in), run(fused, in)) << "network " << n;
  }
  EXPECT_GE(networks, 200);
  EXPECT_GE(joined, 100);
}

TEST(SeparateMaxima, TakesRowsFirst) {
  const Pipeline p = separate_maxima(fuse_pointwise(lower(small_network())));
  EXPECT_EQ(names(p), (std::vector<std::string>{"conv1+relu1", "pool1.rows", "pool1", "dense1+relu2"}));
  EXPECT_EQ(p.stages[1].stage.output, (TensorType{{4, 2, 4}, q8.to}));
  EXPECT_EQ(p.stages[1].stage.windows[0].kernel_h, 1);
  EXPECT_EQ(p.stages[2].stage.windows[0].kernel_w, 1);
  EXPECT_EQ(p.stages[2].sources, std::vector<int>{1});
  EXPECT_EQ(p.stages[3].sources, std::vector<int>{2});
  EXPECT_EQ(p.outputs, std::vector<int>{3});
}

TEST(SeparateMaxima, LeavesPoolsThatSaveNothing) {
  const auto pools = [](const MaxPool2D& pool, const Shape& shape) {
    GraphBuilder b;
    b.output(b.layer("pool1", pool, {b.input("x", shape, q8)}));
    return names(separate_maxima(lower(b.build().value()))).size();
  };
  MaxPool2D pool;
  EXPECT_EQ(pools(pool, {6, 6, 4}), 2u);
  EXPECT_EQ(pools(pool, {6, 6, 3}), 1u);  // 24 bits are saved, which is less than a stage takes
  pool.pool_h = 1, pool.pool_w = 3;
  EXPECT_EQ(pools(pool, {6, 6, 16}), 1u);
  pool = {};
  pool.pad_top = pool.pad_left = 1;
  EXPECT_EQ(pools(pool, {6, 6, 16}), 1u);
}

TEST(SeparateMaxima, RandomPoolsKeepEveryBit) {
  Random random(6);
  int separate = 0;
  for (int n = 0; n < 300; ++n) {
    const auto small = [&](int most) { return static_cast<int>(random.between(1, most)); };
    MaxPool2D pool;
    pool.pool_h = small(4), pool.pool_w = small(4);
    pool.stride_h = small(4), pool.stride_w = small(4);
    if (random.below(2) == 0) pool.out = Quantizer{{5, 3, true}, Rounding::Rnd, Overflow::Sat};
    GraphBuilder b;
    const NodeId x = b.input("x", {pool.pool_h + small(5), pool.pool_w + small(5), small(6)}, q8);
    const NodeId pool1 = b.layer("pool1", pool, {x});
    b.output(b.layer("relu1", Relu{}, {pool1}));
    if (random.below(3) == 0) b.output(pool1);
    const Pipeline plain = fuse_pointwise(lower(b.build().value()));
    const Pipeline apart = separate_maxima(plain);
    separate += apart.stages.size() > plain.stages.size();
    const std::vector<Tensor> in{testing::random_input(random, plain.inputs[0])};
    EXPECT_EQ(run(plain, in), run(apart, in)) << "pool " << n;
  }
  EXPECT_GE(separate, 50);
}

}  // namespace
}  // namespace gw
