#include "formats/onnx/oracle.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>
#include <stdexcept>

namespace gw::testing {

namespace {

using Value = OnnxTensorValue;
using Index = std::vector<std::int64_t>;

std::int64_t count(const Index& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

/// Calls f with every index of a shape, in row-major order.
void each(const Index& shape, const std::function<void(const Index&)>& f) {
  Index index(shape.size(), 0);
  for (std::int64_t n = count(shape); n > 0; --n) {
    f(index);
    for (size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}

double& at(Value& value, const Index& index) {
  std::int64_t position = 0;
  for (size_t axis = 0; axis < index.size(); ++axis) position = position * value.shape[axis] + index[axis];
  return value.values.at(static_cast<size_t>(position));
}
double at(const Value& value, const Index& index) { return at(const_cast<Value&>(value), index); }

Value made(const Index& shape, const std::function<double(const Index&)>& f) {
  Value value{shape, {}};
  each(shape, [&](const Index& index) { value.values.push_back(f(index)); });
  return value;
}

class Node {
 public:
  explicit Node(const onnx::NodeProto& node) : node_(node) {}
  Index integers(const std::string& name, Index otherwise) const {
    for (const auto& a : node_.attribute()) {
      if (a.name() == name) return {a.ints().begin(), a.ints().end()};
    }
    return otherwise;
  }
  std::int64_t integer(const std::string& name, std::int64_t otherwise) const {
    for (const auto& a : node_.attribute()) {
      if (a.name() == name) return a.i();
    }
    return otherwise;
  }
  double number(const std::string& name, double otherwise) const {
    for (const auto& a : node_.attribute()) {
      if (a.name() == name) return a.f();
    }
    return otherwise;
  }
  std::string text(const std::string& name) const {
    for (const auto& a : node_.attribute()) {
      if (a.name() == name) return a.s();
    }
    return "";
  }

 private:
  const onnx::NodeProto& node_;
};

/// What a window at each place of an image (batch, channels, space...) sees.
struct Windows {
  Index space, out, kernel, strides, dilations, pads;

  Windows(const Node& node, const Index& image, Index size) : kernel(std::move(size)) {
    space.assign(image.begin() + 2, image.end());
    const size_t axes = space.size();
    strides = node.integers("strides", Index(axes, 1));
    dilations = node.integers("dilations", Index(axes, 1));
    pads = node.integers("pads", Index(2 * axes, 0));
    for (size_t i = 0; i < axes; ++i) {
      const std::int64_t reach = (kernel[i] - 1) * dilations[i] + 1;
      if (const std::string how = node.text("auto_pad"); how.starts_with("SAME")) {
        const std::int64_t places = (space[i] + strides[i] - 1) / strides[i];
        const std::int64_t total = std::max<std::int64_t>((places - 1) * strides[i] + reach - space[i], 0);
        pads[i] = how == "SAME_UPPER" ? total / 2 : total - total / 2;
        pads[i + axes] = total - pads[i];
      }
      const std::int64_t room = space[i] + pads[i] + pads[i + axes] - reach;
      out.push_back(room / strides[i] + 1);
      // One more for what is left over, unless it would begin behind the image.
      if (node.integer("ceil_mode", 0) != 0 && room % strides[i] != 0 &&
          out.back() * strides[i] < space[i] + pads[i])
        ++out.back();
    }
  }
  /// Calls f with the index within the kernel and within the image, where that lies inside.
  void visit(const Index& place, const std::function<void(const Index&, const Index&)>& f) const {
    each(kernel, [&](const Index& k) {
      Index seen;
      for (size_t i = 0; i < k.size(); ++i) {
        seen.push_back(place[i] * strides[i] - pads[i] + k[i] * dilations[i]);
        if (seen[i] < 0 || seen[i] >= space[i]) return;
      }
      f(k, seen);
    });
  }
};

Index joined(Index a, const Index& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Value conv(const Node& node, const Value& x, const Value& w, const Value* b) {
  const Windows windows(node, x.shape, {w.shape.begin() + 2, w.shape.end()});
  const std::int64_t groups = node.integer("group", 1), per_group = w.shape[1], filters = w.shape[0] / groups;
  return made(joined({x.shape[0], w.shape[0]}, windows.out), [&](const Index& y) {
    double sum = b ? b->values[static_cast<size_t>(y[1])] : 0;
    windows.visit({y.begin() + 2, y.end()}, [&](const Index& k, const Index& seen) {
      for (std::int64_t c = 0; c < per_group; ++c) {
        sum += at(w, joined({y[1], c}, k)) * at(x, joined({y[0], y[1] / filters * per_group + c}, seen));
      }
    });
    return sum;
  });
}

Value max_pool(const Node& node, const Value& x) {
  const Windows windows(node, x.shape, node.integers("kernel_shape", {}));
  return made(joined({x.shape[0], x.shape[1]}, windows.out), [&](const Index& y) {
    double most = -std::numeric_limits<double>::infinity();
    windows.visit({y.begin() + 2, y.end()}, [&](const Index&, const Index& seen) {
      most = std::max(most, at(x, joined({y[0], y[1]}, seen)));
    });
    return most;
  });
}

Value elementwise(const Value& a, const Value& b, const std::function<double(double, double)>& f) {
  Index sa = a.shape, sb = b.shape, shape;
  const size_t rank = std::max(sa.size(), sb.size());
  sa.insert(sa.begin(), rank - sa.size(), 1);
  sb.insert(sb.begin(), rank - sb.size(), 1);
  for (size_t i = 0; i < rank; ++i) shape.push_back(std::max(sa[i], sb[i]));
  const Value wide_a{sa, a.values}, wide_b{sb, b.values};
  return made(shape, [&](const Index& y) {
    Index ia = y, ib = y;
    for (size_t i = 0; i < rank; ++i) {
      if (sa[i] == 1) ia[i] = 0;
      if (sb[i] == 1) ib[i] = 0;
    }
    return f(at(wide_a, ia), at(wide_b, ib));
  });
}

Value matmul(const Value& x, const Value& w) {
  Index shape = x.shape;
  shape.back() = w.shape[1];
  return made(shape, [&](const Index& y) {
    double sum = 0;
    Index from = y;
    for (std::int64_t k = 0; k < w.shape[0]; ++k) {
      from.back() = k;
      sum += at(x, from) * at(w, {k, y.back()});
    }
    return sum;
  });
}

Value transpose(const Value& x, const Index& perm) {
  Index shape;
  for (const auto axis : perm) shape.push_back(x.shape[static_cast<size_t>(axis)]);
  return made(shape, [&](const Index& y) {
    Index from(y.size());
    for (size_t i = 0; i < y.size(); ++i) from[static_cast<size_t>(perm[i])] = y[i];
    return at(x, from);
  });
}

Index numbers(const Value& value) { return {value.values.begin(), value.values.end()}; }

/// Rounding as QONNX names it; `nearest` shrinks to the distance from where it jumps.
double round_as(const std::string& mode, double x, double& nearest) {
  const double low = std::floor(x), rest = x - low;
  const bool jumps_at_whole = mode == "FLOOR" || mode == "CEIL" || mode == "UP" || mode == "DOWN";
  nearest = std::min(nearest, jumps_at_whole ? std::min(rest, 1 - rest) : std::fabs(rest - 0.5));
  if (mode == "FLOOR") return low;
  if (mode == "CEIL") return std::ceil(x);
  if (mode == "UP") return x < 0 ? low : std::ceil(x);
  if (mode == "DOWN") return std::trunc(x);
  if (rest != 0.5) return rest < 0.5 ? low : low + 1;
  if (mode == "HALF_UP") return x < 0 ? low : low + 1;
  if (mode == "HALF_DOWN") return x < 0 ? low + 1 : low;
  return std::fmod(low, 2) == 0 ? low : low + 1;
}

/// A list of values along the axis of a tensor, for elementwise.
Value along(const Value& list, std::int64_t axis, size_t rank) {
  if (list.values.size() == 1) return {{}, list.values};
  Value spread{Index(rank, 1), list.values};
  spread.shape[static_cast<size_t>(axis)] = static_cast<std::int64_t>(list.values.size());
  return spread;
}

/// docs/qonnx-custom-ops/quant_op.md: rounds after the zero point was added.
Value quant(const Node& node, const std::vector<Value>& in, double& nearest) {
  const bool is_signed = node.integer("signed", 1) != 0, is_narrow = node.integer("narrow", 1) != 0;
  const auto bits = static_cast<int>(in[3].values[0]);
  const double least = is_signed ? -std::ldexp(1, bits - 1) + (is_narrow ? 1 : 0) : 0;
  const double most = std::ldexp(1, is_signed ? bits - 1 : bits) - (!is_signed && is_narrow ? 2 : 1);
  const Value y = elementwise(elementwise(in[0], in[1], std::divides<>()), in[2], std::plus<>());
  const Value q = made(y.shape, [&](const Index& i) {
    return std::clamp(round_as(node.text("rounding_mode"), at(y, i), nearest), least, most);
  });
  return elementwise(elementwise(q, in[2], std::minus<>()), in[1], std::multiplies<>());
}

/// The type of the zero point says between which ends.
Value quantize_linear(const Value& x, const Value& scale, const Value& zero, std::int64_t axis,
                      bool is_signed, double& nearest) {
  const Value y = elementwise(x, along(scale, axis, x.shape.size()), std::divides<>());
  return made(y.shape, [&](const Index& i) {
    const double q = round_as("ROUND", at(y, i), nearest) + zero.values[0];
    return is_signed ? std::clamp(q, -128.0, 127.0) : std::clamp(q, 0.0, 255.0);
  });
}

Value dequantize_linear(const Value& q, const Value& scale, const Value& zero, std::int64_t axis) {
  const size_t rank = q.shape.size();
  return elementwise(elementwise(q, along(zero, axis, rank), std::minus<>()), along(scale, axis, rank),
                     std::multiplies<>());
}

std::vector<Value> run(const onnx::NodeProto& proto, const std::vector<Value>& in,
                       const std::set<std::string>& unsigned_names, double& nearest) {
  const Node node(proto);
  const std::string& op = proto.op_type();
  const auto by_element = [&](const std::function<double(double)>& f) {
    return std::vector{made(in[0].shape, [&](const Index& y) { return f(at(in[0], y)); })};
  };
  const auto fold = [&](const std::function<double(double, double)>& f) {
    Value result = in[0];
    for (size_t i = 1; i < in.size(); ++i) result = elementwise(result, in[i], f);
    return std::vector{result};
  };
  if (op == "Conv") return {conv(node, in[0], in[1], in.size() > 2 ? &in[2] : nullptr)};
  if (op == "MaxPool") return {max_pool(node, in[0])};
  const auto is_signed = [&](int input) { return !unsigned_names.contains(proto.input(input)); };
  if (op == "Quant") return {quant(node, in, nearest)};
  if (op == "BipolarQuant")
    return {elementwise(in[0], in[1], [](double x, double s) { return x >= 0 ? s : -s; })};
  if (op == "QuantizeLinear")
    return {quantize_linear(in[0], in[1], in[2], node.integer("axis", 1), is_signed(2), nearest)};
  if (op == "DequantizeLinear") return {dequantize_linear(in[0], in[1], in[2], node.integer("axis", 1))};
  if (op == "QLinearConv") {
    const Value x = dequantize_linear(in[0], in[1], in[2], 1), w = dequantize_linear(in[3], in[4], in[5], 0);
    Value bias = in.size() > 8 ? in[8] : Value();
    for (size_t i = 0; i < bias.values.size(); ++i)
      bias.values[i] *= in[1].values[0] * in[4].values[in[4].values.size() == 1 ? 0 : i];
    const Value y = conv(node, x, w, in.size() > 8 ? &bias : nullptr);
    return {quantize_linear(y, in[6], in[7], 1, is_signed(7), nearest)};
  }
  if (op == "QLinearMatMul") {
    const auto last = static_cast<std::int64_t>(in[0].shape.size()) - 1;
    const Value y =
        matmul(dequantize_linear(in[0], in[1], in[2], last), dequantize_linear(in[3], in[4], in[5], 1));
    return {quantize_linear(y, in[6], in[7], last, is_signed(7), nearest)};
  }
  if (op == "ConvInteger" || op == "MatMulInteger") {
    const Value x = elementwise(in[0], in[2], std::minus<>());
    const Value w = elementwise(in[1], in[3], std::minus<>());
    return {op == "ConvInteger" ? conv(node, x, w, nullptr) : matmul(x, w)};
  }
  if (op == "Trunc") {
    const double factor = std::ldexp(1.0, static_cast<int>(in[3].values[0] - in[4].values[0]));
    return {elementwise(in[0], in[1], [&](double x, double s) {
      double unused = 1;
      return round_as(node.text("rounding_mode"), round_as("ROUND", x / s, unused) / factor, unused) * s;
    })};
  }
  if (op == "MultiThreshold") {
    return {made(in[0].shape, [&](const Index& i) {
      double reached = 0;
      for (std::int64_t t = 0; t < in[1].shape[1]; ++t)
        reached += at(in[0], i) >= at(in[1], {in[1].shape[0] == 1 ? 0 : i[1], t}) ? 1 : 0;
      return node.number("out_scale", 1) * reached + node.number("out_bias", 0);
    })};
  }
  if (op == "AveragePool" || op == "GlobalAveragePool") {
    const Index space(in[0].shape.begin() + 2, in[0].shape.end());
    const Windows windows(node, in[0].shape, op == "AveragePool" ? node.integers("kernel_shape", {}) : space);
    return {made(joined({in[0].shape[0], in[0].shape[1]}, windows.out), [&](const Index& y) {
      double sum = 0;
      windows.visit({y.begin() + 2, y.end()}, [&](const Index&, const Index& seen) {
        sum += at(in[0], joined({y[0], y[1]}, seen));
      });
      return sum / static_cast<double>(count(windows.kernel));
    })};
  }
  if (op == "LeakyRelu")
    return by_element([&](double v) { return v > 0 ? v : node.number("alpha", 0.01) * v; });
  if (op == "Div") return fold(std::divides<>());
  if (op == "MatMul") return {matmul(in[0], in[1])};
  if (op == "Gemm") {
    const Value product = matmul(in[0], node.integer("transB", 0) ? transpose(in[1], {1, 0}) : in[1]);
    return {in.size() > 2 ? elementwise(product, in[2], std::plus<>()) : product};
  }
  if (op == "Identity") return {in[0]};
  if (op == "Relu") return by_element([](double v) { return std::max(v, 0.0); });
  if (op == "Add" || op == "Sum") return fold(std::plus<>());
  if (op == "Sub") return fold(std::minus<>());
  if (op == "Mul") return fold(std::multiplies<>());
  if (op == "Max") return fold([](double a, double b) { return std::max(a, b); });
  if (op == "Min") return fold([](double a, double b) { return std::min(a, b); });
  if (op == "Clip")
    return by_element([&](double v) { return std::clamp(v, in[1].values[0], in[2].values[0]); });
  if (op == "PRelu") return {elementwise(in[0], in[1], [](double x, double s) { return x > 0 ? x : s * x; })};
  if (op == "BatchNormalization") {  // the tests' variance and epsilon make the root 1
    return {made(in[0].shape, [&](const Index& y) {
      const auto c = static_cast<size_t>(y[1]);
      return (at(in[0], y) - in[3].values[c]) * in[1].values[c] + in[2].values[c];
    })};
  }
  if (op == "GlobalMaxPool") {
    Index shape(in[0].shape.size(), 1);
    std::copy_n(in[0].shape.begin(), 2, shape.begin());
    Value result{shape, std::vector<double>(static_cast<size_t>(count(shape)), -1e300)};
    each(in[0].shape, [&](const Index& x) {
      Index place(x.size(), 0);
      std::copy_n(x.begin(), 2, place.begin());
      at(result, place) = std::max(at(result, place), at(in[0], x));
    });
    return {result};
  }
  if (op == "Flatten") return {{{in[0].shape[0], count(in[0].shape) / in[0].shape[0]}, in[0].values}};
  if (op == "Reshape") {
    Index shape = numbers(in[1]);
    const auto open = std::find(shape.begin(), shape.end(), -1);
    if (open != shape.end()) *open = 1, *open = count(in[0].shape) / count(shape);
    return {{shape, in[0].values}};
  }
  if (op == "Shape") {
    return {{{static_cast<std::int64_t>(in[0].shape.size())}, {in[0].shape.begin(), in[0].shape.end()}}};
  }
  if (op == "Gather")  // of a list
    return {made(in[1].shape,
                 [&](const Index& y) { return at(in[0], {static_cast<std::int64_t>(at(in[1], y))}); })};
  if (op == "TopK") {  // the first of the largest, along the last axis
    Index shape = in[0].shape;
    shape.back() = 1;
    const auto place = [&](const Index& y) {
      Index best = y;
      for (Index other = y; other.back() < in[0].shape.back(); ++other.back())
        if (at(in[0], other) > at(in[0], best)) best = other;
      return best;
    };
    return {made(shape, [&](const Index& y) { return at(in[0], place(y)); }),
            made(shape, [&](const Index& y) { return static_cast<double>(place(y).back()); })};
  }
  if (op == "Squeeze" || op == "Unsqueeze") {
    Index shape = in[0].shape;
    for (const auto axis : numbers(in[1])) {  // the tests name one axis
      if (op == "Squeeze") shape.erase(shape.begin() + axis);
      if (op == "Unsqueeze") shape.insert(shape.begin() + axis, 1);
    }
    return {{shape, in[0].values}};
  }
  if (op == "Transpose") return {transpose(in[0], node.integers("perm", {}))};
  if (op == "Concat") {
    const auto axis = static_cast<size_t>(node.integer("axis", 0));
    Index shape = in[0].shape;
    shape[axis] = 0;
    for (const Value& part : in) shape[axis] += part.shape[axis];
    return {made(shape, [&](const Index& y) {
      Index from = y;
      for (const Value& part : in) {
        if (from[axis] < part.shape[axis]) return at(part, from);
        from[axis] -= part.shape[axis];
      }
      throw std::logic_error("outside");
    })};
  }
  if (op == "Pad") {
    const Index pads = numbers(in[1]);
    Index shape = in[0].shape;
    for (size_t i = 0; i < shape.size(); ++i) shape[i] += pads[i] + pads[i + shape.size()];
    return {made(shape, [&](const Index& y) {
      Index from = y;
      for (size_t i = 0; i < y.size(); ++i) {
        from[i] -= pads[i];
        if (from[i] < 0 || from[i] >= in[0].shape[i]) return in.size() > 2 ? in[2].values[0] : 0.0;
      }
      return at(in[0], from);
    })};
  }
  if (op == "Slice") {  // one axis
    const auto axis = numbers(in[3])[0];
    const std::int64_t start = numbers(in[1])[0], end = numbers(in[2])[0], step = numbers(in[4])[0];
    Index shape = in[0].shape;
    shape[static_cast<size_t>(axis)] = (end - start + step - 1) / step;
    return {made(shape, [&](const Index& y) {
      Index from = y;
      from[static_cast<size_t>(axis)] = start + y[static_cast<size_t>(axis)] * step;
      return at(in[0], from);
    })};
  }
  if (op == "Split") {
    const auto axis = static_cast<size_t>(node.integer("axis", 0));
    std::vector<Value> parts;
    std::int64_t start = 0;
    for (const auto size : numbers(in[1])) {
      Index shape = in[0].shape;
      shape[axis] = size;
      parts.push_back(made(shape, [&](const Index& y) {
        Index from = y;
        from[axis] += start;
        return at(in[0], from);
      }));
      start += size;
    }
    return parts;
  }
  if (op == "Resize") {
    Index shape = in[0].shape, factors;
    for (size_t i = 0; i < shape.size(); ++i) {
      factors.push_back(static_cast<std::int64_t>(in[2].values[i]));
      shape[i] *= factors[i];
    }
    return {made(shape, [&](const Index& y) {
      Index from = y;
      for (size_t i = 0; i < y.size(); ++i) from[i] /= factors[i];
      return at(in[0], from);
    })};
  }
  throw std::logic_error("the oracle does not know " + op);
}

}  // namespace

OnnxTensorValue run_onnx(const onnx::ModelProto& model, const std::map<std::string, OnnxTensorValue>& inputs,
                         const std::string& output, double* nearest_tie) {
  std::map<std::string, Value> known = inputs;
  std::set<std::string> unsigned_names;
  double nearest = 1;
  for (const auto& tensor : model.graph().initializer()) {
    Value value{{tensor.dims().begin(), tensor.dims().end()}, {}};
    value.values.assign(tensor.float_data().begin(), tensor.float_data().end());
    value.values.insert(value.values.end(), tensor.int64_data().begin(), tensor.int64_data().end());
    value.values.insert(value.values.end(), tensor.int32_data().begin(), tensor.int32_data().end());
    if (tensor.data_type() == onnx::TensorProto::UINT8) unsigned_names.insert(tensor.name());
    known[tensor.name()] = value;
  }
  for (const auto& node : model.graph().node()) {
    std::vector<Value> in;
    for (const auto& name : node.input()) in.push_back(name.empty() ? Value() : known.at(name));
    const auto out = run(node, in, unsigned_names, nearest);
    for (int i = 0; i < node.output_size(); ++i) known[node.output(i)] = out[static_cast<size_t>(i)];
  }
  if (nearest_tie) *nearest_tie = nearest;
  return known.at(output);
}

}  // namespace gw::testing
