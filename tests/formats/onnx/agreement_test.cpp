// Claim: a network that was read computes what its file says, whatever its layouts: random files of every
// operator that moves, joins or multiplies tensors, with whole numbers, against an interpreter that follows
// the words of the specification; equal in every value.

#include <gtest/gtest.h>

#include "common/layout.h"
#include "formats/onnx/random_onnx.h"
#include "graph/evaluate.h"
#include "passes/pass.h"

namespace gw {
namespace {

using testing::OnnxBuilder;
using testing::OnnxTensorValue;
using Dims = std::vector<std::int64_t>;

/// A random file that grows by one node at a time; the shape of its last tensor is known by running it.
class RandomFile : public testing::RandomOnnx {
 public:
  explicit RandomFile(std::uint64_t seed) : RandomOnnx(seed) {
    take_input(random_.below(4) == 0   ? Dims{1, 1 + below(6)}
               : random_.below(3) == 0 ? Dims{1, 1 + below(4), 1 + below(6)}
                                       : Dims{1, 1 + below(4), 1 + below(5), 1 + below(5)},
               -8, 7, 1);
    add("Relu", {"x"});  // so that no network is empty
    for (std::uint64_t steps = 1 + random_.below(6); steps > 0; --steps) grow();
    builder_.output(last_);
  }

 private:
  std::string weights(const Dims& shape) {
    std::vector<float> values;
    for (std::int64_t i = 0; i < count(shape); ++i)
      values.push_back(static_cast<float>(random_.between(-2, 2)));
    const std::string name = fresh("w");
    builder_.weights(name, shape, values);
    return name;
  }
  std::string list(const Dims& values) {
    const std::string name = fresh("k");
    builder_.numbers(name, values);
    return name;
  }

  void grow() {
    const Dims shape = value(last_).shape;
    const std::string x = last_;
    const size_t rank = shape.size();
    const auto any_axis = [&] { return 1 + below(static_cast<std::int64_t>(rank) - 1); };
    switch (random_.below(19)) {
      case 0:
      case 1:
        return rank > 2 && rank < 5 ? conv(shape) : dense(shape);
      case 2: {
        if (rank < 3 || rank > 4) return;
        const size_t axes = rank - 2;
        Dims kernel;
        for (size_t i = 0; i < axes; ++i) kernel.push_back(1 + below(shape[i + 2]));
        add("MaxPool", {x}).integers("kernel_shape", kernel);
        Dims strides;
        for (size_t i = 0; i < axes; ++i) strides.push_back(1 + below(2));
        builder_.integers("strides", strides);
        if (random_.below(2) == 0) {
          builder_.text("auto_pad", random_.below(2) == 0 ? "SAME_UPPER" : "SAME_LOWER");
        } else {
          Dims pads;
          for (size_t i = 0; i < 2 * axes; ++i) pads.push_back(below(kernel[i % axes]));
          builder_.integers("pads", pads);
          builder_.integer("ceil_mode", below(2));
        }
        return;
      }
      case 3:
        return dense(shape);
      case 4: {
        static const char* const ops[] = {"Add", "Sub", "Mul", "Max", "Min"};
        Dims other;  // broadcast: some extents 1, some left out
        for (const auto extent : shape) other.push_back(random_.below(2) == 0 ? 1 : extent);
        other.erase(other.begin(), other.begin() + below(static_cast<std::int64_t>(rank)));
        const std::string w = weights(other);
        const bool is_first = random_.below(2) == 0;
        add(ops[random_.below(5)], is_first ? std::vector{x, w} : std::vector{w, x});
        return;
      }
      case 5: {  // two ways of one tensor, one of them transposed there and back
        Dims perm(rank), back(rank);
        for (size_t i = 0; i < rank; ++i) perm[i] = static_cast<std::int64_t>(i);
        for (size_t i = rank - 1; i > 1; --i) std::swap(perm[i], perm[1 + random_.below(i)]);
        for (size_t i = 0; i < rank; ++i) back[static_cast<size_t>(perm[i])] = static_cast<std::int64_t>(i);
        add("Transpose", {x}).integers("perm", perm);
        add("Relu", {last_});
        add("Transpose", {last_}).integers("perm", back);
        add(random_.below(2) == 0 ? "Add" : "Sum", {x, last_});
        return;
      }
      case 6:
        add("Concat", {x, x}).integer("axis", any_axis());
        return;
      case 7:
        add("Flatten", {x});
        return;
      case 8: {  // split one axis or join two
        Dims target = shape;
        const auto axis = static_cast<size_t>(any_axis());
        if (random_.below(2) == 0 && axis + 1 < rank) {
          target[axis] *= target[axis + 1];
          target.erase(target.begin() + static_cast<std::ptrdiff_t>(axis) + 1);
        } else if (target[axis] % 2 == 0) {
          target.insert(target.begin() + static_cast<std::ptrdiff_t>(axis), 2);
          target[axis + 1] /= 2;
        }
        add("Reshape", {x, list(target)});
        return;
      }
      case 9: {
        Dims perm(rank);
        for (size_t i = 0; i < rank; ++i) perm[i] = static_cast<std::int64_t>(i);
        for (size_t i = rank - 1; i > 1; --i) std::swap(perm[i], perm[1 + random_.below(i)]);
        add("Transpose", {x}).integers("perm", perm);
        return;
      }
      case 10: {
        const auto one = std::find(shape.begin() + 1, shape.end(), 1) - shape.begin();
        if (one < static_cast<std::ptrdiff_t>(rank) && rank > 2) {
          add("Squeeze", {x, list({one})});
        } else if (rank < 5) {
          add("Unsqueeze", {x, list({1 + below(static_cast<std::int64_t>(rank))})});
        }
        return;
      }
      case 11: {
        Dims pads(2 * rank, 0);
        for (size_t i = 0; i < rank; ++i) {
          if (i > 0) pads[i] = below(2), pads[i + rank] = below(2);
        }
        add("Pad", {x, list(pads)});
        return;
      }
      case 12: {
        const auto axis = any_axis();
        const auto extent = shape[static_cast<size_t>(axis)];
        const auto start = below(extent);
        const auto end = start + 1 + below(extent - start);
        add("Slice", {x, list({start}), list({end}), list({axis}),
                      list({1 + below(std::min<std::int64_t>(2, extent))})});
        return;
      }
      case 13: {
        const auto axis = any_axis();
        const auto extent = shape[static_cast<size_t>(axis)];
        if (extent < 2) return;
        const auto part = 1 + below(extent - 1);
        const std::string a = fresh("t"), b = fresh("t");
        builder_.node("Split", {x, list({part, extent - part})}, {a, b}, fresh("n")).integer("axis", axis);
        add("Concat", {b, a}).integer("axis", axis);
        return;
      }
      case 14: {
        if (rank < 3 || rank > 4) return;
        std::vector<float> scales{1, 1};
        for (size_t i = 2; i < rank; ++i) scales.push_back(static_cast<float>(1 + below(2)));
        const std::string w = fresh("w");
        builder_.weights(w, {static_cast<std::int64_t>(rank)}, scales);
        add("Resize", {x, "", w})
            .text("mode", "nearest")
            .text("coordinate_transformation_mode", "asymmetric");
        builder_.text("nearest_mode", "floor");
        return;
      }
      case 15: {
        const Dims channels{shape[1]};
        const std::string name = fresh("v"), mean = weights(channels);
        builder_.weights(name, channels, std::vector<float>(static_cast<size_t>(shape[1]), 1));
        const std::string scale = weights(channels), shift = weights(channels);
        add("BatchNormalization", {x, scale, shift, mean, name}).number("epsilon", 0);
        return;
      }
      case 16:
        if (rank < 3) return;
        add("GlobalMaxPool", {x});
        return;
      case 17: {
        Dims slopes(rank - 1, 1);
        slopes[0] = shape[1];
        add("PRelu", {x, weights(slopes)});
        return;
      }
      default: {
        const std::string low = fresh("w"), high = fresh("w");
        builder_.weights(low, {}, {static_cast<float>(-below(4))})
            .weights(high, {}, {static_cast<float>(1 + below(9))});
        add("Clip", {x, low, high});
        return;
      }
    }
  }

  void conv(const Dims& shape) {
    const size_t axes = shape.size() - 2;
    const std::int64_t groups = random_.below(2) == 0 ? shape[1] : 1, filters = groups * (1 + below(3));
    Dims kernel{filters, shape[1] / groups}, dilations, strides, pads(2 * axes, 0);
    for (size_t i = 0; i < axes; ++i) {
      const auto extent = shape[i + 2];
      dilations.push_back(1 + below(2));
      kernel.push_back(1 + below(std::min<std::int64_t>(3, (extent - 1) / dilations[i] + 1)));
      strides.push_back(1 + below(2));
      pads[i] = below(2);
      pads[i + axes] = below(2);
    }
    std::vector<std::string> inputs{last_, weights(kernel)};
    if (random_.below(2) == 0) inputs.push_back(weights({filters}));
    add("Conv", inputs)
        .integers("strides", strides)
        .integers("dilations", dilations)
        .integer("group", groups);
    if (random_.below(3) == 0) {
      builder_.text("auto_pad", random_.below(2) == 0 ? "SAME_UPPER" : "SAME_LOWER");
    } else {
      builder_.integers("pads", pads);
    }
  }

  void dense(const Dims& shape) {
    const std::int64_t outputs = 1 + below(4);
    if (shape.size() > 2 || random_.below(2) == 0) {
      add("MatMul", {last_, weights({shape.back(), outputs})});
      return;
    }
    std::vector<std::string> inputs{last_, weights({outputs, shape[1]})};
    if (random_.below(2) == 0) inputs.push_back(weights({outputs}));
    add("Gemm", inputs).integer("transB", 1);
  }
};

TEST(OnnxAgreement, RandomFilesComputeWhatTheySay) {
  Config config;
  const Quantizer whole{{8, 8, true}, Rounding::Trn, Overflow::Wrap};
  config.precision.model = {{"default", whole}, {"result", std::nullopt}, {"accum", std::nullopt}};
  config.precision.by_kind["input"] = {{"result", Quantizer{{4, 4, true}, Rounding::Trn, Overflow::Wrap}}};
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    RandomFile random(seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + random.operators());
    const OnnxTensorValue expected = random.answer();
    const auto model = random.file().read();
    ASSERT_TRUE(model) << to_string(model.errors()[0]);
    const auto graph = compile(model->graph, config);
    if (!graph) {  // values may grow beyond 63 bits, or be nothing but 0
      const std::string& id = std::string(graph.errors()[0].id);
      ASSERT_TRUE(id == "type-too-wide" || id == "type-zero-width") << to_string(graph.errors()[0]);
      continue;
    }
    const std::vector<FloatTensor> inputs{testing::to_ours(model->inputs[0], random.input().values)};
    const auto y = evaluate(*graph, inputs);
    const FilePort& out = model->outputs[0];
    ASSERT_EQ(y[0].shape(), out.our_shape());
    EXPECT_EQ(out.shape, Dims(expected.shape.begin() + 1, expected.shape.end()));
    EXPECT_EQ(testing::to_file(out, y[0]), expected.values);
    ++compared;
    if (HasFailure()) break;
  }
  EXPECT_GT(compared, 300);
}

/// The constant beside the input of the only layer, in our order.
std::vector<float> constant_beside(const OnnxBuilder& b) {
  const auto model = b.read();
  EXPECT_TRUE(model) << to_string(model.errors()[0]);
  const NodeId id = model->graph.find("w");
  EXPECT_GE(id, 0);
  const auto& values = std::get<Constant>(model->graph[id].op).values;
  EXPECT_EQ(values.shape.back(), 2) << "one a channel, which is the last axis with us";
  return values.values;
}

// What a constant of two values beside two channels of two columns means has changed over the versions.
TEST(OnnxAgreement, OlderVersionsSayWhereAConstantLies) {
  const std::vector<float> each_channel{1, 2}, each_column{1, 1, 2, 2};
  const auto file = [](std::int64_t opset) {
    OnnxBuilder b(opset);
    b.input("x", {1, 2, 1, 2}).output("y").weights("w", {2}, {1, 2});
    b.node("GlobalMaxPool", {"x"}, {"p"}, "p");  // so that the file is channels first
    return b;
  };
  OnnxBuilder slope = file(6), axis = file(6);
  slope.node("PRelu", {"x", "w"}, {"y"}, "n");
  EXPECT_EQ(constant_beside(slope), each_channel);
  axis.node("Add", {"x", "w"}, {"y"}, "n").integer("broadcast", 1).integer("axis", 1);
  EXPECT_EQ(constant_beside(axis), each_channel);
  OnnxBuilder newer = file(13), refused = file(13);
  newer.node("PRelu", {"x", "w"}, {"y"}, "n");
  EXPECT_EQ(constant_beside(newer), each_column);
  refused.node("Add", {"x", "w"}, {"y"}, "n").integer("axis", 1);
  EXPECT_EQ(
      to_string(refused.read().errors()[0]),
      "m.onnx: node 'n': error: 'axis' is 1, but must be left out, or before version 7 where the second input "
      "lies [onnx-attribute-value]");
}

}  // namespace
}  // namespace gw
