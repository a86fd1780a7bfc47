#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "graph/lower.h"
#include "passes/pass.h"
#include "schedule/schedule.h"
#include "support/check.h"
#include "support/random.h"

namespace gw {

/// A whole design whose price the model has to tell: a network drawn from a seed, scheduled for a part.
struct CostNetwork {
  std::string name;
  Part part;
  Design design;
};

/// Which network to draw, for which part. The clocks of its frame are `slack` times the fewest: what is
/// folded is folded for that.
struct CostNetworkRow {
  const char* part;
  const char* kind;  ///< see NetworkMaker::make
  double slack = 1;
};

/// Draws a network of one kind: its sizes, types and weights.
class NetworkMaker {
 public:
  explicit NetworkMaker(std::uint64_t seed) : random_(seed) {}

  Graph make(const std::string& kind, bool is_small) {
    is_small_ = is_small;
    if (kind == "jets") {
      input({16}, pick(4, 6));
      weight_bits_ = pick(3, 5);
      for (const int units : {64, 32, 32}) relu(dense(units));
      dense(5);
    } else if (kind == "sparse mlp") {
      input({is_small ? 16 : 32}, 2);
      for (const int units : {is_small ? 16 : 64, 32}) relu(sparse_dense(units, pick(3, 4)));
      sparse_dense(5, 6);
    } else if (kind == "mlp" || kind == "mlp softmax") {
      input({pick(8, is_small ? 12 : 24)}, pick(4, 8));
      for (int n = pick(1, 2); n > 0; --n) relu(dense(pick(6, is_small ? 10 : 20)));
      dense(pick(3, 10), kind == "mlp softmax");
      if (kind == "mlp softmax") softmax();
    } else if (kind == "cnn" || kind == "cnn softmax") {
      input({pick(8, 14), pick(8, 14), pick(1, is_small ? 1 : 3)}, pick(4, 8));
      relu(conv(3, pick(2, is_small ? 4 : 8), false));
      max_pool();
      if (!is_small) relu(conv(2, pick(2, 6), false));
      flatten();
      dense(pick(3, is_small ? 5 : 10), kind == "cnn softmax");
      if (kind == "cnn softmax") softmax();
    } else if (kind == "residual") {
      input({8, 8, pick(2, is_small ? 2 : 4)}, pick(4, 8));
      const int channels = builder_.type(at_).shape[2];
      const NodeId before = relu(conv(3, channels, true));
      conv(3, channels, true);
      at_ = add(Add{some_type()}, {at_, before});
      relu(at_);
      at_ = add(GlobalMaxPool{}, {at_});
      dense(pick(3, 6));
    } else if (kind == "sequence") {
      input({pick(16, 40), pick(1, is_small ? 2 : 4)}, pick(4, 8));
      relu(conv1d(pick(3, 5), pick(3, is_small ? 4 : 8)));
      at_ = add(MaxPool1D{}, {at_});
      relu(conv1d(3, pick(2, 5)));
      at_ = add(GlobalAveragePool{.out = some_type()}, {at_});
      dense(pick(2, 6));
    } else if (kind == "branches") {
      input({8, 8, pick(1, 3)}, pick(4, 8));
      const NodeId start = at_;
      const NodeId one = relu(conv(1, pick(2, 4), true));
      at_ = start;
      const NodeId other = relu(conv(3, pick(2, 4), true));
      at_ = add(Concatenate{}, {one, other});
      at_ = add(AveragePool2D{.out = some_type()}, {at_});
      flatten();
      dense(pick(2, 6));
    } else if (kind == "wide mlp" || kind == "wide mlp softmax") {
      fixed16_ = true;
      input({pick(8, 16)}, 16);
      relu(dense(pick(8, is_small ? 10 : 24)));
      dense(pick(4, 10));
      if (kind == "wide mlp softmax") softmax();
    } else if (kind == "wide cnn") {
      fixed16_ = true;
      input({pick(8, 12), pick(8, 12), pick(1, 2)}, 16);
      relu(conv(3, pick(3, 6), false));
      max_pool();
      flatten();
      dense(pick(4, 10));
    } else if (kind == "picture mlp") {
      input({8, 8, pick(1, 2)}, pick(4, 8));
      flatten();
      relu(dense(pick(8, is_small ? 8 : 16)));
      dense(pick(4, 10));
    } else {
      GW_CHECK(kind == "activations");
      input({8, 8, pick(4, 8)}, pick(6, 12));
      max_pool();
      at_ = add(LeakyRelu{.alpha = 0.25, .out = some_type()}, {at_});
      at_ = add(UpSample{{2, 2}}, {at_});
      relu(at_);
    }
    builder_.output(at_);
    auto graph = builder_.build();
    if (!graph) std::fprintf(stderr, "%s\n", to_string(graph.errors().front()).c_str());
    GW_CHECK(graph);
    return std::move(*graph);
  }

  int bits() const { return weight_bits_; }

 private:
  int pick(int low, int high) { return static_cast<int>(random_.between(low, high)); }

  NodeId add(Layer layer, std::vector<NodeId> inputs) {
    return builder_.layer(fmt::format("layer{}", ++count_), std::move(layer), std::move(inputs));
  }

  void input(Shape shape, int bits) {
    weight_bits_ = fixed16_ ? 16 : pick(3, 8);
    value_bits_ = bits;
    const Quantizer type = fixed16_ ? sixteen() : Quantizer{{bits, 2, false}, Rounding::Rnd, Overflow::Sat};
    at_ = builder_.input("x", std::move(shape), type);
  }

  static Quantizer sixteen() { return {{16, 6, true}, Rounding::Trn, Overflow::Wrap}; }

  // What a layer answers in: the type that hls4ml gives everything, or one of a few bits.
  Quantizer some_type() {
    if (fixed16_) return sixteen();
    return {{value_bits_ + pick(0, 2), 3, true},
            random_.below(2) == 0 ? Rounding::Trn : Rounding::Rnd,
            random_.below(2) == 0 ? Overflow::Wrap : Overflow::Sat};
  }

  NodeId constant(Shape shape, double scale) {
    FloatTensor values{std::move(shape), 1, {}};
    for (std::int64_t i = 0; i < element_count(values.shape); ++i) {
      // About normal; one in eight was pruned.
      double value = -6;
      for (int n = 0; n < 12; ++n) value += random_.unit();
      values.values.push_back(random_.below(8) == 0 ? 0.0f : static_cast<float>(value * scale));
    }
    const Quantizer type =
        fixed16_ ? sixteen() : Quantizer{{weight_bits_, 1, true}, Rounding::RndConv, Overflow::Sat};
    return builder_.constant(fmt::format("weight{}", ++count_), std::move(values), type);
  }

  NodeId dense(int units, bool typed = false) {
    const int inputs = builder_.type(at_).shape[0];
    const NodeId weight = constant({inputs, units}, std::max(0.25, 1.5 / std::sqrt(inputs)));
    const NodeId bias = constant({units}, 0.25);
    Dense layer;
    if (fixed16_ || typed || random_.below(2) == 0) layer.out = some_type();
    return at_ = add(layer, {at_, weight, bias});
  }

  // Each unit reads a few inputs, and each input is read about as often as any other.
  NodeId sparse_dense(int units, int read) {
    const int inputs = builder_.type(at_).shape[0];
    FloatTensor values{{inputs, units}, 1, std::vector<float>(static_cast<size_t>(inputs * units), 0.0f)};
    for (int n = 0; n < units * read; ++n) {
      const int input = (n + n / inputs) % inputs;
      const double weight = (0.2 + random_.unit()) * (random_.below(2) == 0 ? 1 : -1);
      values.values[static_cast<size_t>(input * units + n / read)] = static_cast<float>(weight);
    }
    const Quantizer type{{6, 1, true}, Rounding::RndConv, Overflow::Sat};
    const NodeId weight = builder_.constant(fmt::format("weight{}", ++count_), std::move(values), type);
    return at_ = add(Dense{}, {at_, weight, constant({units}, 0.25)});
  }

  NodeId conv(int kernel, int filters, bool same) {
    const int channels = builder_.type(at_).shape[2];
    const NodeId weight = constant({kernel, kernel, channels, filters}, 0.35);
    Conv2D layer;
    layer.padding = same ? Padding::Same : Padding::Explicit;
    if (fixed16_ || random_.below(2) == 0) layer.out = some_type();
    return at_ = add(layer, {at_, weight, constant({filters}, 0.25)});
  }

  NodeId conv1d(int kernel, int filters) {
    const NodeId weight = constant({kernel, builder_.type(at_).shape[1], filters}, 0.35);
    return at_ = add(Conv1D{}, {at_, weight, constant({filters}, 0.25)});
  }

  NodeId relu(NodeId x) {
    Quantizer type = some_type();
    if (!fixed16_) type.to.is_signed = false;
    return at_ = add(Relu{type}, {x});
  }

  void max_pool() { at_ = add(MaxPool2D{}, {at_}); }
  void flatten() { at_ = add(Flatten{}, {at_}); }
  void softmax() {
    Softmax layer;
    layer.table_size = layer.inverse_table_size = 1 << pick(6, 10);
    layer.out = Quantizer{{fixed16_ ? 16 : 8, fixed16_ ? 6 : 1, fixed16_}};
    at_ = add(layer, {at_});
  }

  Random random_;
  GraphBuilder builder_;
  NodeId at_ = -1;
  int count_ = 0, weight_bits_ = 8, value_bits_ = 8;
  bool is_small_ = false, fixed16_ = false;
};

inline std::vector<CostNetworkRow> cost_network_rows() {
  constexpr const char* large = "xcu250-figd2104-2L-e";
  constexpr const char* edge = "xczu3eg-sbva484-1-e";
  constexpr const char* zynq = "xc7z020clg400-1";
  constexpr const char* artix = "xc7a35tcpg236-1";
  constexpr const char* lattice = "lfe5u-25f-6bg381c";
  constexpr const char* ice = "ice40hx8k-ct256";
  return {{large, "jets"},
          {large, "mlp"},
          {large, "mlp softmax"},
          {large, "cnn"},
          {large, "cnn softmax"},
          {large, "residual"},
          {large, "sequence"},
          {large, "branches"},
          {large, "wide mlp"},
          {large, "wide mlp softmax", 40},
          {large, "wide cnn"},
          {large, "picture mlp"},
          {large, "activations"},
          {edge, "jets", 16},
          {edge, "mlp", 8},
          {edge, "cnn", 4},
          {edge, "cnn softmax", 2},
          {edge, "residual", 6},
          {edge, "sequence", 10},
          {edge, "wide mlp", 60},
          {edge, "wide mlp softmax", 200},
          {edge, "wide cnn", 10},
          {edge, "picture mlp", 3},
          {edge, "wide mlp", 10},
          {zynq, "mlp"},
          {zynq, "cnn"},
          {zynq, "residual", 2},
          {zynq, "wide cnn", 6},
          {zynq, "mlp softmax", 8},
          {artix, "picture mlp"},
          {artix, "sequence"},
          {artix, "wide mlp", 30},
          {lattice, "mlp"},
          {lattice, "cnn"},
          {lattice, "residual"},
          {lattice, "sequence", 4},
          {lattice, "picture mlp", 2},
          {lattice, "branches"},
          {lattice, "wide mlp", 40},
          {ice, "mlp"},
          {ice, "cnn"},
          {ice, "residual"},
          {ice, "sequence", 4},
          {ice, "picture mlp", 4},
          {ice, "branches"},
          {ice, "activations"},
          {large, "sparse mlp"},
          {zynq, "sparse mlp"},
          {lattice, "sparse mlp"},
          {ice, "sparse mlp"}};
}

/// The network of a row. `seed`: its place in the table.
inline CostNetwork cost_network(const CostNetworkRow& row, std::uint64_t seed) {
  const Part part = *find_part(row.part);
  const bool is_small = part.lut < 30000;
  NetworkMaker maker(seed);
  const auto graph = simplify(maker.make(row.kind, is_small));
  GW_CHECK(graph);
  const Pipeline pipeline = separate_maxima(fuse_pointwise(lower(*graph)));
  ScheduleOptions options{.clock_ns = part.family == "xcup" ? 5.0 : part.family == "xc7" ? 8.0 : 20.0};
  options.adders.effort = 0.1;
  auto design = schedule("top", pipeline, part, options);
  GW_CHECK(design);
  if (row.slack != 1) {
    options.interval = static_cast<std::int64_t>(row.slack * static_cast<double>(design->interval));
    design = schedule("top", pipeline, part, options);
    GW_CHECK(design);
  }
  std::string shape;
  for (const int extent : pipeline.inputs.front().shape)
    shape += (shape.empty() ? "" : "x") + std::to_string(extent);
  return {fmt::format("{}, {} in, {} bits", row.kind, shape, maker.bits()), part, std::move(*design)};
}

}  // namespace gw
