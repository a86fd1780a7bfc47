#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "graph/probe.h"
#include "support/random.h"

namespace gw::testing {

/// Small random networks and inputs for tests that hold two ways of computing to each other.

inline int pick(Random& random, int low, int high) { return static_cast<int>(random.between(low, high)); }

inline Quantizer random_quantizer(Random& random) {
  const int width = pick(random, 3, 12);
  return {{width, pick(random, -1, width + 1), random.below(4) != 0},
          static_cast<Rounding>(random.below(7)),
          static_cast<Overflow>(random.below(4))};
}

inline std::optional<Quantizer> maybe(Random& random) {
  return random.below(2) == 0 ? std::nullopt : std::optional(random_quantizer(random));
}

inline FloatTensor random_values(Random& random, Shape shape) {
  FloatTensor values{std::move(shape), 1, {}};
  for (std::int64_t i = 0; i < element_count(values.shape); ++i) {
    values.values.push_back(random.below(5) == 0 ? 0.0f : static_cast<float>(random.unit() * 4 - 2));
  }
  return values;
}

/// Adds layers to a builder. Typed: every input and weight gets a random type, every layer some random
/// attributes; otherwise no type is given anywhere.
class GraphMaker {
 public:
  GraphMaker(Random& random, bool typed) : random_(random), typed_(typed) {}

  /// A convolutional network of random layers: (height, width, channels) first, flat at its end. Some have a
  /// sum that outgrows 63 bits or a layer that is always 0 and fail.
  Result<Graph> network() {
    const Shape shape{pick(random_, 5, 8), pick(random_, 5, 8), pick(random_, 1, 3)};
    NodeId x = builder.input("x", shape, typed_ ? std::optional(random_quantizer(random_)) : std::nullopt);
    bool has_stream_output = false;
    for (int n = pick(random_, 1, 4); n > 0; --n) {
      x = pixel_layer(x);
      if (failed(x)) return builder.build();
      if (!has_stream_output && random_.below(4) == 0) {
        builder.output(x);
        has_stream_output = true;
      }
    }
    x = add("flatten", Flatten{}, {x});
    for (int n = pick(random_, 0, 3); n > 0 && !failed(x); --n) x = flat_layer(x);
    builder.output(x);
    return builder.build();
  }

  GraphBuilder builder;

 protected:
  bool failed(NodeId x) const { return builder.type(x).shape.empty(); }

  std::optional<Quantizer> out() { return typed_ ? maybe(random_) : std::nullopt; }

  NodeId add(const std::string& kind, Layer layer, std::vector<NodeId> inputs) {
    return builder.layer(fmt::format("{}{}", kind, ++count_), std::move(layer), std::move(inputs));
  }

  NodeId constant(Shape shape) {
    return builder.constant(fmt::format("w{}", ++count_), random_values(random_, std::move(shape)),
                            typed_ ? std::optional(random_quantizer(random_)) : std::nullopt);
  }

  NodeId elementwise(NodeId x) {
    const int channels = builder.type(x).shape.back();
    switch (random_.below(typed_ ? 3 : 2)) {
      case 0:
        return add("relu", Relu{out()}, {x});
      case 1: {
        const NodeId scale = constant({channels});
        const NodeId bias = constant({channels});
        return add("norm", BatchNorm{out()}, {x, scale, bias});
      }
      default:
        return add("cast", Quantize{random_quantizer(random_)}, {x});
    }
  }

  NodeId pixel_layer(NodeId x) {
    const Shape shape = builder.type(x).shape;
    switch (random_.below(3)) {
      case 0: {
        const int outputs = pick(random_, 1, 3);
        const NodeId weight = constant({pick(random_, 1, std::min(3, shape[0])),
                                        pick(random_, 1, std::min(3, shape[1])), shape[2], outputs});
        std::vector<NodeId> inputs{x, weight};
        if (random_.below(2) == 0) inputs.push_back(constant({outputs}));
        Conv2D conv{.stride_h = pick(random_, 1, 2), .stride_w = pick(random_, 1, 2)};
        conv.out = matrix_out();
        conv.accumulator = out();
        return add("conv", conv, std::move(inputs));
      }
      case 1: {
        MaxPool2D pool;
        pool.pool_h = pick(random_, 1, std::min(3, shape[0]));
        pool.pool_w = pick(random_, 1, std::min(3, shape[1]));
        pool.stride_h = pick(random_, 1, 3);
        pool.stride_w = pick(random_, 1, 3);
        pool.out = out();
        return add("pool", pool, {x});
      }
      default:
        return elementwise(x);
    }
  }

  NodeId flat_layer(NodeId x) {
    const int in = builder.type(x).shape[0];
    switch (random_.below(4)) {
      case 0:
      case 1: {
        const int outputs = pick(random_, 2, 5);
        std::vector<NodeId> inputs{x, constant({in, outputs})};
        if (random_.below(2) == 0) inputs.push_back(constant({outputs}));
        return add("dense", Dense{matrix_out(), out()}, std::move(inputs));
      }
      case 2:
        return elementwise(x);
      default:
        if (in > 12 || !typed_) return elementwise(x);
        Softmax softmax;
        softmax.table_size = 1 << pick(random_, 2, 7);
        softmax.out = out();
        return add("softmax", softmax, {x});
    }
  }

  /// Sums grow with every layer; casting most of them keeps whole networks below 63 bits.
  std::optional<Quantizer> matrix_out() {
    if (!typed_ || random_.below(5) == 0) return std::nullopt;
    return random_quantizer(random_);
  }

  Random& random_;
  bool typed_;
  int count_ = 0;
};

/// Inputs for a typed graph.
inline Tensor random_input(Random& random, const TensorType& type, int samples = 6) {
  return probe(random, type, samples);
}

}  // namespace gw::testing
