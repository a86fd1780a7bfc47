#pragma once

#include <algorithm>

#include "graph/random_graph.h"

namespace gw::testing {

/// Networks that branch: one to three inputs of different shapes, layers that read any tensor made before,
/// residual sums, merges that broadcast, concatenations, layers that move elements, and one to four outputs.
class BranchMaker : public GraphMaker {
 public:
  using GraphMaker::GraphMaker;

  /// Some have a type that outgrows 63 bits or a layer that is always 0 and fail.
  Result<Graph> branches() {
    const Shape image{pick(random_, 2, 5), pick(random_, 2, 5), pick(random_, 1, 3)};
    const Shape shapes[] = {image, {1, 1, image[2]}, {image[2]}, {image[0], image[1], 1}, image};
    for (int n = pick(random_, 1, 3); n > 0; --n) {
      const Shape& shape = made_.empty() ? image : shapes[random_.below(5)];
      made_.push_back(builder.input(fmt::format("x{}", made_.size()), shape,
                                    typed_ ? std::optional(random_quantizer(random_)) : std::nullopt));
    }
    const size_t inputs = made_.size();
    for (int n = pick(random_, 3, 9); n > 0; --n) {
      const NodeId next = layer_on(any_tensor());
      if (failed(next)) return builder.build();
      made_.push_back(next);
    }
    builder.output(made_.back());
    for (size_t k = inputs; k + 1 < made_.size(); ++k) {
      if (random_.below(5) == 0) builder.output(made_[k]);
    }
    return builder.build();
  }

 private:
  // More often a late one than an early one.
  NodeId any_tensor() { return made_[std::max(random_.below(made_.size()), random_.below(made_.size()))]; }

  const Shape& shape(NodeId x) const { return builder.type(x).shape; }

  static bool go_together(const Shape& a, const Shape& b) {
    for (size_t i = 1; i <= std::min(a.size(), b.size()); ++i) {
      const int m = a[a.size() - i], n = b[b.size() - i];
      if (m != n && m != 1 && n != 1) return false;
    }
    return true;
  }

  // Another tensor (or the same again) that broadcasts with x; not so large that tests take long.
  NodeId partner(NodeId x) {
    for (int tries = 0; tries < 8; ++tries) {
      const NodeId other = any_tensor();
      if (go_together(shape(x), shape(other))) return other;
    }
    return x;
  }

  NodeId merge(std::vector<NodeId> inputs) {
    const auto cast = matrix_out();
    switch (random_.below(inputs.size() == 2 ? 6 : 5)) {
      case 0:
        return add("add", Add{cast}, inputs);
      case 1:
        return add("multiply", Multiply{cast}, inputs);
      case 2:
        return add("average", Average{cast}, inputs);
      case 3:
        return add("maximum", Maximum{out()}, inputs);
      case 4:
        return add("minimum", Minimum{out()}, inputs);
      default:
        return add("subtract", Subtract{cast}, inputs);
    }
  }

  NodeId concatenation(NodeId x) {
    const int axis = pick(random_, 0, static_cast<int>(shape(x).size()) - 1);
    NodeId other = x;
    for (int tries = 0; tries < 8; ++tries) {
      const NodeId next = any_tensor();
      Shape beside = shape(next);
      if (beside.size() != shape(x).size()) continue;
      beside[static_cast<size_t>(axis)] = shape(x)[static_cast<size_t>(axis)];
      if (beside == shape(x)) other = next;
    }
    return add("concatenate", Concatenate{axis, out()}, {x, other});
  }

  NodeId pool(NodeId x) {
    const Shape& at = shape(x);
    if (at.size() < 2) return elementwise(x);
    const auto image = [&](auto layer) {
      layer.pool_h = pick(random_, 1, std::min(3, at[0]));
      layer.pool_w = pick(random_, 1, std::min(3, at[1]));
      layer.stride_h = layer.stride_w = pick(random_, 1, 2);
      if (random_.below(2) == 0) layer.padding = Padding::Same;
      layer.accumulator = random_.below(3) == 0 ? out() : std::nullopt;
      layer.out = matrix_out();
      return layer;
    };
    switch (random_.below(at.size() == 3 ? 4 : 2)) {
      case 0:
        return add("gmax", GlobalMaxPool{random_.below(2) == 0, {}, out()}, {x});
      case 1:
        return add("gavg", GlobalAveragePool{random_.below(2) == 0, {}, matrix_out()}, {x});
      case 2:
        return add("max", image(MaxPool2D{}), {x});
      default:
        return add("avg", image(AveragePool2D{}), {x});
    }
  }

  std::vector<int> per_axis(size_t axes, int most) {
    std::vector<int> list;
    for (size_t a = 0; a < axes; ++a) list.push_back(random_.below(2) == 0 ? 0 : pick(random_, 0, most));
    return list;
  }

  NodeId move(NodeId x) {
    const Shape& at = shape(x);
    const size_t axes = at.size();
    switch (random_.below(element_count(at) > 150 ? 5 : 7)) {
      case 0:
        return add("flatten", Flatten{}, {x});
      case 1: {
        std::vector<int> to(at.rbegin(), at.rend());
        if (random_.below(2) == 0) to.insert(to.begin(), 1);
        return add("reshape", Reshape{to}, {x});
      }
      case 2: {
        std::vector<int> order;
        for (size_t a = 0; a < axes; ++a) order.push_back(static_cast<int>((a + 1) % axes));
        return add("permute", Permute{order}, {x});
      }
      case 3: {
        std::vector<int> begin, end, step;
        for (const int extent : at) {
          begin.push_back(pick(random_, 0, extent - 1));
          end.push_back(pick(random_, begin.back() + 1, extent));
          step.push_back(pick(random_, 1, 2));
        }
        return add("slice", Slice{begin, end, step}, {x});
      }
      case 4: {
        std::vector<int> before(axes, 0), after(axes, 0);
        (random_.below(2) == 0 ? before : after)[0] = at[0] > 1 ? 1 : 0;
        return add("crop", Crop{before, after}, {x});
      }
      case 5:
        return add("pad", Pad{per_axis(axes, 1), per_axis(axes, 1), random_.below(2) == 0 ? 0 : 0.75}, {x});
      default:
        return add("up", UpSample{std::vector<int>(axes - 1, 2)}, {x});
    }
  }

  NodeId layer_on(NodeId x) {
    switch (random_.below(10)) {
      case 0:
        return shape(x).size() == 3 ? pixel_layer(x) : elementwise(x);
      case 1:
        return elementwise(x);
      case 2:
        return merge({x, partner(x)});
      case 3:
        return merge({x, partner(x), x});
      case 4: {
        // A constant for every channel, or one that differs from pixel to pixel.
        const NodeId other = constant(random_.below(2) == 0 ? Shape{shape(x).back()} : shape(x));
        return random_.below(2) == 0 ? merge({x, other}) : merge({other, x});
      }
      case 5: {
        const NodeId inner = elementwise(x);
        return failed(inner) ? inner : add("residual", Add{matrix_out()}, {x, inner});
      }
      case 6:
        return concatenation(x);
      case 7:
        return pool(x);
      case 8: {
        if (!typed_) return move(x);
        std::vector<Quantizer> elements;
        const auto types = random_.below(2) == 0 ? shape(x).back() : element_count(shape(x));
        for (std::int64_t i = 0; i < types; ++i) elements.push_back(random_quantizer(random_));
        elements[0].to.width = random_.below(2) == 0 ? 0 : elements[0].to.width;
        return add("cast", Quantize{{{20, 10, true}, Rounding::Rnd, Overflow::Sat}, elements}, {x});
      }
      default:
        return move(x);
    }
  }

  std::vector<NodeId> made_;
};

}  // namespace gw::testing
