// Requests of whole tensors: each kind of layer carries what is asked of its answer back to its inputs, and a
// tensor with several readers is asked for what they look at together.
//
// The casts at the end of a layer come first; what is left is exact arithmetic. There
//
//     moves, concatenations     carry requests element by element; what is dropped is not asked for
//     maxima, minima, ReLU      exchange with truncation and saturation, not with a wrap
//     sums, products            exchange with a wrap, and with a truncation that only one operand feels
//
// A matrix gives one request per input channel, from the weights that meet it: a weight that is a multiple of
// 2^n moves what a wrap forgets n bits down, and a channel that meets zeros alone is not read.

#include "passes/tensor_request.h"

#include <algorithm>
#include <bit>

#include "layers/elementwise.h"
#include "passes/moves.h"

namespace gw {

namespace {

using High = Request::High;

/// Values of which nothing is known.
const Interval anything{-~(Int128{1} << 127), ~(Int128{1} << 127), 1 << 20};

const Request& at(const TensorRequest& request, std::int64_t element) {
  return request[static_cast<size_t>(element) % request.size()];
}

/// As few requests as say the same.
TensorRequest compact(TensorRequest request, int channels) {
  for (const size_t period : {size_t{1}, static_cast<size_t>(channels)}) {
    size_t i = period;
    while (i < request.size() && request[i] == request[i - period]) ++i;
    if (i < request.size()) continue;
    request.resize(std::min(period, request.size()));
    break;
  }
  return request;
}

TensorRequest unite(const TensorRequest& a, const TensorRequest& b) {
  TensorRequest both;
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i)
    both.push_back(gw::unite(a[i % a.size()], b[i % b.size()]));
  return both;
}

/// One request per channel, or, with one channel, for all.
TensorRequest per_channel(const TensorRequest& request, int channels) {
  TensorRequest folded(static_cast<size_t>(channels));
  const size_t count = std::max(request.size(), folded.size());
  for (size_t i = 0; i < count; ++i)
    folded[i % folded.size()] = gw::unite(folded[i % folded.size()], request[i % request.size()]);
  return folded;
}

/// The bits below the point that any element has.
int fraction_of(const TensorType& type) {
  if (type.ranges.empty()) return type.fixed->fraction();
  const Interval all = whole_range(type);
  return all.lo == 0 && all.hi == 0 ? -Request::every_bit : all.fraction;
}

class Walk {
 public:
  explicit Walk(const Graph& graph) : graph_(graph), requests_(graph.nodes().size(), {Request{}}) {}

  std::vector<TensorRequest> run() {
    for (const NodeId id : graph_.outputs()) ask(id, {everything()});
    for (auto id = static_cast<NodeId>(graph_.nodes().size()) - 1; id >= 0; --id) {
      const auto* layer = std::get_if<Layer>(&graph_[id].op);
      if (!layer) continue;
      node_ = &graph_[id];
      const TensorRequest y = std::move(requests_[static_cast<size_t>(id)]);
      std::visit([&](const auto& l) { carry(l, y); }, *layer);
      requests_[static_cast<size_t>(id)] = y;
    }
    return std::move(requests_);
  }

 private:
  void ask(NodeId id, const TensorRequest& request) {
    TensorRequest& all = requests_[static_cast<size_t>(id)];
    all = compact(unite(all, request), graph_[id].type.shape.back());
  }

  NodeId input(size_t i = 0) const { return node_->inputs[i]; }
  const TensorType& type(size_t i = 0) const { return graph_[input(i)].type; }
  const Tensor* constant(size_t i) const {
    const auto* found = std::get_if<Constant>(&graph_[input(i)].op);
    return found ? &*found->fixed : nullptr;
  }

  /// Requests of x where `step(y, values of x, element)` is what is asked of one element.
  template <class Step>
  TensorRequest each(const TensorRequest& y, const TensorType& x, const Step& step) const {
    TensorRequest asked;
    const size_t count = std::max({y.size(), x.ranges.size(), size_t{1}});
    for (size_t i = 0; i < count; ++i)
      asked.push_back(step(y[i % y.size()], x.range(static_cast<std::int64_t>(i)), i));
    return asked;
  }

  /// What is asked of an answer before the cast at its end; nothing is known of its values.
  static TensorRequest uncast(TensorRequest y, const std::optional<Quantizer>& out) {
    if (out) {
      for (Request& request : y) request = before_cast(request, *out, anything);
    }
    return y;
  }

  template <class L>
  void carry(const L&, const TensorRequest&) {
    for (const NodeId id : node_->inputs) ask(id, {everything()});
  }

  void carry(const Quantize& layer, const TensorRequest& y) {
    const TensorType& x = type();
    TensorRequest asked(std::max({y.size(), x.ranges.size(), layer.elements.size(), size_t{1}}));
    for (size_t i = 0; i < asked.size(); ++i) {
      Interval values = x.range(static_cast<std::int64_t>(i));
      if (layer.elements.empty()) {
        asked[i] = before_cast(y[i % y.size()], layer.out, values);
        continue;
      }
      const Quantizer& own = layer.elements[i % layer.elements.size()];
      if (own.to.width == 0) continue;
      const Request between = before_cast(y[i % y.size()], layer.out, quantize(own, values));
      asked[i] = before_cast(between, own, values);
    }
    ask(input(), asked);
  }

  void carry(const Relu& layer, const TensorRequest& y) {
    carry_activation(
        layer.out, y, [](const Interval& x) { return maximum(x, {}); }, before_rectifier);
  }

  void carry(const ClippedRelu& layer, const TensorRequest& y) {
    const Term max = exactly(layer.max);
    const Interval ends{0, max.raw, max.fraction}, top = interval_of(max.raw, max.fraction);
    carry_activation(
        layer.out, y, [&](const Interval& x) { return maximum(minimum(x, top), {}); },
        [&](const Request& asked) { return before_clamp(asked, ends); });
  }

  void carry(const BinaryTanh&, const TensorRequest& y) {
    ask(input(),
        each(y, type(), [](const Request& asked, const Interval&, size_t) { return before_sign(asked); }));
  }

  template <class Image, class Before>
  void carry_activation(const std::optional<Quantizer>& out, const TensorRequest& y, const Image& image,
                        const Before& before) {
    ask(input(), each(y, type(), [&](const Request& asked, const Interval& x, size_t) {
          return before(out ? before_cast(asked, *out, image(x)) : asked);
        }));
  }

  template <class L>
  void carry_pool(const L& layer, const TensorRequest& y) {
    const int channels = type().shape.back();
    TensorType x = type();
    std::vector<Interval> ranges;  // per channel
    for (size_t i = 0; i < x.ranges.size(); ++i) {
      const auto channel = i % static_cast<size_t>(channels);
      if (ranges.size() <= channel) {
        ranges.push_back(x.ranges[i]);
      } else {
        ranges[channel] = unite(ranges[channel], x.ranges[i]);
      }
    }
    x.ranges = std::move(ranges);
    ask(input(), each(per_channel(y, channels), x, [&](Request asked, const Interval& values, size_t) {
          Interval between = values;
          if (layer.accumulator) between = quantize(*layer.accumulator, values);
          if (layer.out) asked = before_cast(asked, *layer.out, between);
          if (layer.accumulator) asked = before_cast(asked, *layer.accumulator, values);
          return before_choice(asked);
        }));
  }

  void carry(const MaxPool1D& layer, const TensorRequest& y) { carry_pool(layer, y); }
  void carry(const MaxPool2D& layer, const TensorRequest& y) { carry_pool(layer, y); }
  void carry(const GlobalMaxPool& layer, const TensorRequest& y) { carry_pool(layer, y); }

  template <MergeOp op>
  void carry_merge(const Merge<op>& layer, const TensorRequest& answer) {
    const TensorRequest y = uncast(answer, layer.out);
    for (size_t k = 0; k < node_->inputs.size(); ++k) {
      if (constant(k)) continue;
      TensorRequest asked = y;
      for (Request& one : asked) {
        if (op == MergeOp::Maximum || op == MergeOp::Minimum) {
          one = before_choice(one);
        } else {
          one = before_sum(one, k, op == MergeOp::Subtract && k > 0);
        }
      }
      if (type(k).shape != node_->type.shape) asked = per_channel(asked, 1);
      ask(input(k), asked);
    }
  }

  /// Of operand k of a sum. It is rounded down alone if no other operand has bits there; if it is subtracted,
  /// that would round up.
  Request before_sum(const Request& y, size_t k, bool is_subtracted) const {
    Request x = before_product(y, 0);
    if (!x.is_read || is_subtracted || y.fraction == Request::every_bit) return x;
    for (size_t other = 0; other < node_->inputs.size(); ++other) {
      if (other != k && fraction_of(type(other)) > y.fraction) return x;
    }
    x.fraction = y.fraction;
    return x;
  }

  void carry(const Add& layer, const TensorRequest& y) { carry_merge(layer, y); }
  void carry(const Subtract& layer, const TensorRequest& y) { carry_merge(layer, y); }
  void carry(const Maximum& layer, const TensorRequest& y) { carry_merge(layer, y); }
  void carry(const Minimum& layer, const TensorRequest& y) { carry_merge(layer, y); }

  template <class L>
  void carry_matrix(const L& layer, int groups, const TensorRequest& answer) {
    const Tensor* weight = constant(1);
    const int channels = type().shape.back();
    if (!weight || layer.accumulator) return ask(input(), {everything()});
    const int outputs = weight->shape().back();
    const TensorRequest y = per_channel(uncast(answer, layer.out), outputs);
    TensorRequest asked(static_cast<size_t>(channels));
    const std::int64_t members = channels / groups, rows = weight->size() / outputs;
    for (std::int64_t row = 0; row < rows; ++row) {
      for (int o = 0; o < outputs; ++o) {
        if (!y[static_cast<size_t>(o)].is_read) continue;
        const std::int64_t raw = weight->at(row * outputs + o);
        if (raw == 0) continue;
        Request& x = asked[static_cast<size_t>(o / (outputs / groups) * members + row % members)];
        x = gw::unite(x, before_product(y[static_cast<size_t>(o)], unit_of(raw, weight->type())));
        if (groups == 1 && x == everything()) break;
      }
    }
    ask(input(), asked);
  }

  void carry(const Dense& layer, const TensorRequest& y) { carry_matrix(layer, 1, y); }
  void carry(const Conv1D& layer, const TensorRequest& y) { carry_matrix(layer, layer.groups, y); }
  void carry(const Conv2D& layer, const TensorRequest& y) { carry_matrix(layer, layer.groups, y); }

  /// The n for which a value is an odd multiple of 2^-n.
  static int unit_of(std::int64_t raw, const FixedType& type) {
    return type.fraction() - std::countr_zero(static_cast<std::uint64_t>(raw));
  }

  void carry(const BatchNorm& layer, const TensorRequest& answer) {
    const Tensor *scale = constant(1), *bias = constant(2);
    if (!scale || !bias) return ask(input(), {everything()});
    const int channels = type().shape.back();
    TensorRequest y = per_channel(uncast(answer, layer.out), channels);
    // Rounding down goes through a shift, not through other products.
    for (std::int64_t c = 0; c < channels; ++c) {
      Request& one = y[static_cast<size_t>(c)];
      const std::int64_t raw = scale->at(c % scale->size());
      if (raw == 0) one = {};
      if (!one.is_read) continue;
      const int unit = unit_of(raw, scale->type()), fraction = one.fraction;
      const std::int64_t shift = bias->at(c % bias->size());
      const bool is_shift = raw > 0 && std::has_single_bit(static_cast<std::uint64_t>(raw));
      one = before_product(one, unit);
      if (is_shift && fraction != Request::every_bit &&
          (shift == 0 || unit_of(shift, bias->type()) <= fraction))
        one.fraction = fraction - unit;
    }
    ask(input(), y);
  }

  void carry(const Pad& layer, const TensorRequest& y) {
    const Shape &from = type().shape, &to = node_->type.shape;
    move(y,
         index_map(
             from, [&](size_t axis, int i) { return i + layer.before[axis]; }, to),
         from);
  }

  void carry(const Concatenate& layer, const TensorRequest& answer) {
    const auto rank = static_cast<int>(node_->type.shape.size());
    const auto along = static_cast<size_t>(layer.axis < 0 ? layer.axis + rank : layer.axis);
    int begin = 0;
    for (size_t k = 0; k < node_->inputs.size(); ++k) {
      const TensorType& x = type(k);
      const auto map = index_map(
          x.shape, [&](size_t axis, int i) { return axis == along ? i + begin : i; }, node_->type.shape);
      begin += x.shape[along];
      if (constant(k)) continue;
      TensorRequest asked;
      for (size_t i = 0; i < map.size(); ++i) {
        const Request& y = at(answer, map[i]);
        asked.push_back(layer.out ? before_cast(y, *layer.out, x.range(static_cast<std::int64_t>(i))) : y);
      }
      ask(input(k), asked);
    }
  }

  /// For each element of a tensor, its place in a larger one; `place` maps an index along an axis.
  template <class Place>
  static std::vector<std::int64_t> index_map(const Shape& from, const Place& place, const Shape& to) {
    std::vector<std::int64_t> map{0};
    for (size_t axis = 0; axis < from.size(); ++axis) {
      std::vector<std::int64_t> finer;
      finer.reserve(map.size() * static_cast<size_t>(from[axis]));
      for (const std::int64_t row : map) {
        for (int i = 0; i < from[axis]; ++i) finer.push_back(row * to[axis] + place(axis, i));
      }
      map = std::move(finer);
    }
    return map;
  }

  void move(const TensorRequest& y, const std::vector<std::int64_t>& place, const Shape& from) {
    TensorRequest asked;
    for (const std::int64_t element : place) asked.push_back(at(y, element));
    GW_CHECK(static_cast<std::int64_t>(asked.size()) == element_count(from));
    ask(input(), asked);
  }

  template <class L>
  void carry_move(const L& layer, const TensorRequest& y) {
    const Shape& from = type().shape;
    const bool loses_none = element_count(from) <= element_count(node_->type.shape);
    if (y.size() == 1 && loses_none) return ask(input(), y);
    TensorRequest asked(static_cast<size_t>(element_count(from)));
    const std::vector<std::int64_t> sources = source_of_each(Layer(layer), from);
    for (size_t i = 0; i < sources.size(); ++i) {
      Request& x = asked[static_cast<size_t>(sources[i])];
      x = gw::unite(x, at(y, static_cast<std::int64_t>(i)));
    }
    ask(input(), asked);
  }

  void carry(const Flatten& layer, const TensorRequest& y) { carry_move(layer, y); }
  void carry(const Reshape& layer, const TensorRequest& y) { carry_move(layer, y); }
  void carry(const Permute& layer, const TensorRequest& y) { carry_move(layer, y); }
  void carry(const Crop& layer, const TensorRequest& y) { carry_move(layer, y); }
  void carry(const Slice& layer, const TensorRequest& y) { carry_move(layer, y); }
  void carry(const UpSample& layer, const TensorRequest& y) { carry_move(layer, y); }

  const Graph& graph_;
  std::vector<TensorRequest> requests_;
  const Node* node_ = nullptr;
};

}  // namespace

std::vector<TensorRequest> requests_of(const Graph& graph) { return Walk(graph).run(); }

std::optional<Quantizer> narrower_cast(const TensorRequest& request, const TensorType& type) {
  Request all;
  std::optional<Interval> values;
  const size_t count = std::max({request.size(), type.ranges.size(), size_t{1}});
  for (size_t i = 0; i < count; ++i) {
    const Request& one = request[i % request.size()];
    if (!one.is_read) continue;
    const Interval range = type.range(static_cast<std::int64_t>(i));
    all = unite(all, one);
    values = values ? unite(*values, range) : range;
  }
  if (!values) return std::nullopt;
  const auto cast = cast_for(all, *values);
  return cast && cast->to.width < type.fixed->width ? cast : std::nullopt;
}

}  // namespace gw
