// Operators that join tensors element by element, and concatenation. A constant among them is laid over the
// stream as the file broadcasts it. Streams that the file sees in the same way but that lie in another order
// with us are brought to the order of the first.

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "formats/holding_type.h"
#include "formats/onnx/axes.h"
#include "formats/onnx/joint.h"
#include "formats/onnx/rescale.h"
#include "support/messages.h"

namespace gw {

namespace {

/// The streams with their axes in one order; an error if their ranks differ.
std::optional<std::vector<OnnxStream>> alike(OnnxCall& call, std::vector<OnnxStream> streams,
                                             std::vector<int>& axes) {
  for (const OnnxStream& stream : streams) {
    if (stream.view.shape.size() == streams[0].view.shape.size()) continue;
    call.refuse_shape(fmt::format("tensors of shapes {} and {} without the batch are joined",
                                  to_string(streams[0].view.shape), to_string(stream.view.shape)));
    return std::nullopt;
  }
  const auto is_same = [&](const OnnxStream& stream) {
    return stream.view.extents == streams[0].view.extents && stream.view.order == streams[0].view.order &&
           call.shape(stream) == call.shape(streams[0]);
  };
  const auto largest = std::max_element(streams.begin(), streams.end(), [](const auto& a, const auto& b) {
    return element_count(a.view.shape) < element_count(b.view.shape);
  });
  const OnnxStream kept = call.by_axes(*largest, axes);
  if (std::all_of(streams.begin(), streams.end(), is_same) && kept.id == largest->id) return streams;
  for (OnnxStream& stream : streams) stream = call.arranged(stream, axes);
  return streams;
}

/// The constant at an input as NumPy would broadcast it. Before version 7 `axis` said where the shape of the
/// second input lies in that of the first, counting the batch.
std::optional<OnnxArray> laid_beside(OnnxCall& call, size_t index, const OnnxStream& stream) {
  OnnxArray array = *call.constant(index);
  if (!call.has("axis")) return array;
  const std::int64_t axis = call.integer("axis", 0);
  const auto rank = static_cast<std::int64_t>(stream.view.shape.size()) + 1;
  const std::int64_t behind = rank - axis - static_cast<std::int64_t>(array.shape.size());
  if (call.opset() >= 7 || index == 0 || axis < 0 || behind < 0) {
    call.refuse_value("axis", std::to_string(axis),
                      "left out, or before version 7 where the second input lies");
    return std::nullopt;
  }
  array.shape.resize(array.shape.size() + static_cast<size_t>(behind), 1);
  return array;
}

/// A constant that joins a stream with an affine goes into that: true if it could, and the answer is given.
template <class L>
bool joins_affine(OnnxCall& call) {
  constexpr bool is_sum = std::is_same_v<L, Add>, is_difference = std::is_same_v<L, Subtract>;
  constexpr bool is_product = std::is_same_v<L, Multiply>;
  if (!(is_sum || is_difference || is_product) || call.input_count() != 2) return false;
  const size_t at = std::holds_alternative<OnnxStream>(call.input(0)) ? 0 : 1;
  const auto x = call.numbers(at);
  const OnnxArray* other = call.constant(1 - at);
  // A number without a type that joins a quantised stream would need one from the configuration.
  if (!other || (!x->affine && (!call.type(*x) || other->type))) return false;
  auto array = laid_beside(call, 1 - at, *x);
  if (!array) return true;
  const double sign = is_difference && at == 1 ? -1 : 1;  // constant - x
  for (double& value : array->values) value *= is_difference && at == 0 ? -1 : 1;
  auto made = is_product ? absorbed(*x, *std::move(array), onnx_number(0))
                         : absorbed(*x, onnx_number(sign), *std::move(array));
  if (made) call.give(*std::move(made));
  return made.has_value();
}

/// Streams whose numbers stand for the same; their common affine is `joint`. Sums take one without a shift,
/// and add up those that there are.
template <class L>
std::vector<OnnxStream> in_one_unit(OnnxCall& call, std::vector<OnnxStream> streams,
                                    std::optional<OnnxAffine>& joint) {
  constexpr bool is_sum = std::is_same_v<L, Add>, is_difference = std::is_same_v<L, Subtract>;
  constexpr bool chooses = std::is_same_v<L, Maximum> || std::is_same_v<L, Minimum>;
  const auto has_affine = [](const OnnxStream& stream) { return stream.affine.has_value(); };
  if (std::none_of(streams.begin(), streams.end(), has_affine)) return streams;
  const auto affine_of = [](const OnnxStream& stream) { return stream.affine.value_or(OnnxAffine{}); };
  const bool has_constants = streams.size() < call.input_count();
  joint = affine_of(streams[0]);
  if constexpr (std::is_same_v<L, Multiply>) {
    bool is_plain = !has_constants;
    for (const OnnxStream& stream : streams) {
      is_plain = is_plain && affine_of(stream).is_scalar() && !affine_of(stream).has_shift();
    }
    if (is_plain) {
      for (size_t i = 1; i < streams.size(); ++i)
        joint->factor.values[0] *= affine_of(streams[i]).factor.at(0);
    } else {
      for (OnnxStream& stream : streams) stream = settled(call, stream);
      joint.reset();
    }
  } else if constexpr (is_sum || is_difference || chooses) {
    bool is_same = !has_constants;
    for (const OnnxStream& stream : streams) {
      const OnnxAffine own = affine_of(stream);
      is_same = is_same && own.is_scalar() && is_like(own.factor, joint->factor) &&
                (chooses ? own.is_increasing() && is_like(own.shift, joint->shift) : !own.has_shift());
    }
    if (!is_same) {
      const double unit = has_constants ? 1 : call.unit_behind();
      for (OnnxStream& stream : streams) stream = in_units(call, stream, unit);
      joint = OnnxAffine{onnx_number(unit), onnx_number(0)};
    }
  } else {
    for (OnnxStream& stream : streams) stream = settled(call, stream);
    joint.reset();
  }
  for (OnnxStream& stream : streams) stream.affine.reset();
  return streams;
}

/// Streams of one layout, and what they are broadcast to.
struct LaidTogether {
  std::vector<OnnxStream> streams;
  OnnxShape shape;

  const OnnxStream& widest() const {
    return *std::max_element(streams.begin(), streams.end(), [](const auto& a, const auto& b) {
      return element_count(a.view.shape) < element_count(b.view.shape);
    });
  }
  /// The answer of a layer on them.
  OnnxStream answer(OnnxCall& call, NodeId id) const {
    OnnxStream made{id, widest().view};
    if (shape != made.view.shape) {  // each of two tensors is wider along another axis
      std::vector<int> axes;
      call.by_axes(widest(), axes);
      made.view = permuted_view(shape, axes);
    }
    return made;
  }
};

std::optional<LaidTogether> laid_together(OnnxCall& call, std::vector<OnnxStream> streams) {
  LaidTogether laid{std::move(streams), {}};
  laid.shape = laid.streams[0].view.shape;
  if (laid.streams.size() == 1) return laid;
  std::vector<int> axes;
  auto same = alike(call, laid.streams, axes);
  if (!same) return std::nullopt;
  laid.streams = *std::move(same);
  for (const OnnxStream& stream : laid.streams) {
    auto wider = broadcast_shape(laid.shape, stream.view.shape);
    if (!wider) {
      call.refuse_shape(fmt::format("tensors of shapes {} and {} without the batch are joined",
                                    to_string(laid.shape), to_string(stream.view.shape)));
      return std::nullopt;
    }
    laid.shape = *std::move(wider);
  }
  return laid;
}

/// The type of all streams, if the file computes with whole numbers as such.
std::optional<FixedType> common_whole(const OnnxCall& call) {
  std::optional<FixedType> whole;
  for (size_t i = 0; i < call.input_count(); ++i) {
    const auto* stream = std::get_if<OnnxStream>(&call.input(i));
    if (!stream) continue;
    if (!stream->whole || stream->affine || (whole && *whole != *stream->whole)) return std::nullopt;
    whole = stream->whole;
  }
  return whole;
}

/// Any number of streams and constants by one layer, in the order of the file.
template <class L>
void read_merge(OnnxCall& call) {
  if (call.input_count() == 1) return call.pass_through();
  const auto whole = common_whole(call);
  if ((!whole && joins_affine<L>(call)) || call.failed()) return;
  std::vector<OnnxStream> streams;
  for (size_t i = 0; i < call.input_count(); ++i) {
    if (std::holds_alternative<OnnxStream>(call.input(i))) streams.push_back(*call.numbers(i));
  }
  std::optional<OnnxAffine> joint;
  streams = in_one_unit<L>(call, std::move(streams), joint);
  const auto laid = laid_together(call, std::move(streams));
  if (!laid) return;
  const OnnxStream& widest = laid->widest();
  std::vector<NodeId> inputs;
  size_t next = 0;
  for (size_t i = 0; i < call.input_count(); ++i) {
    if (call.constant(i)) {
      auto array = laid_beside(call, i, widest);
      if (array && whole) array->type = holding_type(array->values);
      const auto values = array ? call.beside(*array, widest) : std::nullopt;
      if (!values) return;
      inputs.push_back(*values);
    } else {
      inputs.push_back(laid->streams[next++].id);
    }
  }
  L layer;
  if (whole) layer.out = Quantizer{*whole, Rounding::Trn, Overflow::Wrap};
  OnnxStream made = laid->answer(call, call.add(layer, inputs));
  made.affine = joint;
  made.whole = whole;
  call.give(std::move(made));
}

/// x / c = x * (1 / c), the factor rounded to single precision.
void read_div(OnnxCall& call) {
  const auto x = call.numbers(0);
  call.needed_constant(1);
  if (x && x->whole) call.refuse_shape("whole numbers are divided");
  if (call.failed()) return;
  auto factor = laid_beside(call, 1, *x);
  if (!factor) return;
  factor->type.reset();
  if (x->affine || call.type(*x)) {
    OnnxArray by = *factor;
    for (double& value : by.values) value = 1 / value;
    if (auto made = absorbed(*x, std::move(by), onnx_number(0))) return call.give(*std::move(made));
  }
  for (double& value : factor->values) value = 1 / static_cast<float>(value);
  const OnnxStream from = settled(call, *x);
  if (const auto values = call.beside(*factor, from))
    call.give(call.elementwise(Multiply(), from, {*values}));
}

/// A constant of the network, whose axes are the file's in the given order; an error if it has no batch of 1.
std::optional<OnnxStream> constant_stream(OnnxCall& call, OnnxArray array, const std::vector<int>& axes,
                                          bool is_typed) {
  if (array.shape.size() != axes.size() + 1 || array.shape[0] != 1) {
    call.refuse_shape(fmt::format("'{}' of shape {} is joined with tensors of {} axes and a batch",
                                  array.name, to_string(array.shape), axes.size() + 1));
    return std::nullopt;
  }
  array.shape.erase(array.shape.begin());
  const OnnxView view = permuted_view(array.shape, axes);
  array = transposed(std::move(array), axes);
  if (is_typed) array.type = holding_type(array.values);
  return OnnxStream{call.weights(array, Shape(array.shape.begin(), array.shape.end())), view};
}

void read_concat(OnnxCall& call) {
  std::vector<OnnxStream> streams;
  std::vector<size_t> constants;
  for (size_t i = 0; i < call.input_count(); ++i) {
    if (call.constant(i)) {
      constants.push_back(i);
    } else if (const auto stream = call.numbers(i)) {
      streams.push_back(*stream);
    }
  }
  if (call.failed()) return;
  if (!constants.empty()) {  // they lie as the streams do, whose numbers are themselves
    std::vector<int> axes;
    for (OnnxStream& stream : streams) stream = settled(call, stream);
    const bool is_typed = call.type(streams[0]).has_value();
    streams[0] = call.by_axes(streams[0], axes);
    for (const size_t i : constants) {
      const auto made = constant_stream(call, *call.constant(i), axes, is_typed);
      if (!made) return;
      streams.insert(streams.begin() + static_cast<std::ptrdiff_t>(i), *made);
    }
  }
  if (auto made = concatenated(call, std::move(streams))) call.give(*std::move(made));
}

}  // namespace

std::optional<OnnxStream> absorbed(const OnnxStream& x, OnnxArray by, OnnxArray plus) {
  for (OnnxArray* array : {&by, &plus}) {
    if (array->shape.size() == x.view.shape.size() + 1 && array->shape[0] == 1)
      array->shape.erase(array->shape.begin());
    if (!broadcasts(array->shape, x.view.shape)) return std::nullopt;
  }
  const auto is_good = [](double value) { return std::isfinite(value) && value != 0; };
  if (!std::all_of(by.values.begin(), by.values.end(), is_good)) return std::nullopt;
  auto affine = then_affine(x.affine.value_or(OnnxAffine{}), by, plus);
  if (!affine) return std::nullopt;
  return OnnxStream{x.id, x.view, *std::move(affine)};
}

OnnxStream times(OnnxCall& call, const OnnxStream& x, double factor, const std::string& suffix) {
  if (x.affine || (call.type(x) && !x.whole)) {
    if (auto made = absorbed(x, onnx_number(factor), onnx_number(0))) return *std::move(made);
  }
  const OnnxStream from = settled(call, x);
  OnnxArray array = onnx_number(factor);
  array.name = call.name() + suffix + ".factor";
  array.type = holding_type(array.values);
  Multiply layer;
  if (x.whole) layer.out = Quantizer{*x.whole, Rounding::Trn, Overflow::Wrap};
  const NodeId values = call.weights(array, Shape(call.shape(from).size(), 1));
  return {call.add(layer, {from.id, values}, suffix), from.view, std::nullopt, x.whole};
}

std::optional<OnnxStream> joined(OnnxCall& call, Layer layer, std::vector<OnnxStream> streams) {
  const auto laid = laid_together(call, std::move(streams));
  if (!laid) return std::nullopt;
  std::vector<NodeId> inputs;
  for (const OnnxStream& stream : laid->streams) inputs.push_back(stream.id);
  return laid->answer(call, call.add(std::move(layer), inputs));
}

std::optional<OnnxStream> concatenated(OnnxCall& call, std::vector<OnnxStream> streams) {
  const auto rank = static_cast<std::int64_t>(streams[0].view.shape.size()) + 1;
  const std::int64_t said = call.integer("axis", 1);
  const std::int64_t axis = said < 0 ? said + rank : said;
  if (axis < 1 || axis >= rank) {
    call.refuse_value("axis", std::to_string(said), fmt::format("1 to {}", rank - 1));
    return std::nullopt;
  }
  if (streams.size() == 1) return streams[0];
  std::optional<OnnxAffine> joint;
  streams = in_one_unit<Maximum>(call, std::move(streams), joint);
  // Flat tensors may have their elements in an order of their own: then they are joined as the file has them.
  std::vector<int> axes;
  call.by_axes(streams[0], axes);
  OnnxShape shape = streams[0].view.shape;
  shape[static_cast<size_t>(axis) - 1] = 0;
  std::vector<NodeId> inputs;
  for (const OnnxStream& stream : streams) {
    OnnxShape other = stream.view.shape;
    const bool is_alike = other.size() == shape.size();
    if (is_alike)
      shape[static_cast<size_t>(axis) - 1] += std::exchange(other[static_cast<size_t>(axis) - 1], 0);
    OnnxShape rest = shape;
    rest[static_cast<size_t>(axis) - 1] = 0;
    if (other != rest) {
      call.refuse_shape(fmt::format("tensors of shapes {} and {} without the batch are joined at axis {}",
                                    to_string(streams[0].view.shape), to_string(stream.view.shape), said));
      return std::nullopt;
    }
    inputs.push_back(call.arranged(stream, axes).id);
  }
  OnnxStream made = put_behind(call, inputs, axes, static_cast<int>(axis) - 1, "");
  made.affine = joint;
  return made;
}

OnnxStream put_behind(OnnxCall& call, const std::vector<NodeId>& parts, const std::vector<int>& axes,
                      int axis, const std::string& suffix) {
  const auto ours = std::find(axes.begin(), axes.end(), axis) - axes.begin();
  Concatenate layer;
  layer.axis = ours == static_cast<std::ptrdiff_t>(axes.size()) - 1 ? -1 : static_cast<int>(ours);
  OnnxStream made{call.add(layer, parts, suffix), {}};
  made.view = view_by_axes(call.shape(made), axes);
  return made;
}

std::span<const OnnxOperator> onnx_merge_operators() {
  constexpr size_t any = 1 << 20;
  static const OnnxOperator rows[] = {
      {"Add", read_merge<Add>, 2, 2, {"axis", "broadcast", "consumed_inputs"}},
      {"Sub", read_merge<Subtract>, 2, 2, {"axis", "broadcast", "consumed_inputs"}},
      {"Mul", read_merge<Multiply>, 2, 2, {"axis", "broadcast", "consumed_inputs"}},
      {"Div", read_div, 2, 2, {"axis", "broadcast", "consumed_inputs"}},
      {"Max", read_merge<Maximum>, 1, any},
      {"Min", read_merge<Minimum>, 1, any},
      {"Sum", read_merge<Add>, 1, any},
      {"Mean", read_merge<Average>, 1, any},
      {"Concat", read_concat, 1, any, {"axis"}},
  };
  return rows;
}

}  // namespace gw
