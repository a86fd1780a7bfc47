// What a network means before any type is given to it: layer by layer over a whole batch, in double
// precision, each layer the sentence of its LayerInfo. It is a yardstick, not a road to hardware, so it is
// written to be seen right: one overload a layer, no kernels.
//
// Layers that only move elements already say where each one comes from: they are run once on the numbers of
// the elements, exactly, and what they answer is the map. Matrix layers and pools walk the same windows that
// hardware does. A layer without an overload does not compile.

#include "graph/evaluate_real.h"

#include <algorithm>
#include <cmath>

#include "layers/average.h"
#include "layers/broadcast.h"
#include "layers/conv_window.h"
#include "layers/pool.h"
#include "num/function_table.h"
#include "num/real_cast.h"
#include "support/threads.h"

namespace gw {

namespace {

using Reals = std::vector<double>;

/// A layer's inputs and the place of its answer.
struct RealStep {
  std::vector<const DoubleTensor*> in;  ///< constants have a batch of 1
  DoubleTensor out;                     ///< its shape is set; its values are 0
  int threads = 1;

  std::int64_t size() const { return element_count(out.shape); }
  /// Sample n of an input.
  std::span<const double> sample(size_t input, int n) const {
    const DoubleTensor& x = *in[input];
    const auto size = static_cast<size_t>(element_count(x.shape));
    return std::span(x.values).subspan(x.batch == 1 ? 0 : static_cast<size_t>(n) * size, size);
  }
  std::span<double> answer(int n) {
    return std::span(out.values).subspan(static_cast<size_t>(n * size()), static_cast<size_t>(size()));
  }
  /// work(n) for every sample.
  template <class Work>
  void for_samples(const Work& work) {
    parallel_for(out.batch, threads, [&](std::int64_t n) { work(static_cast<int>(n)); });
  }
  /// y = f(x, i), element by element of the first input; i counts within a sample.
  template <class F>
  void map(const F& f) {
    for_samples([&](int n) {
      const auto x = sample(0, n);
      const auto y = answer(n);
      for (size_t i = 0; i < y.size(); ++i) y[i] = f(x[i], i);
    });
  }
};

double cast(const Quantizer& q, double value) {
  return std::isfinite(value) ? to_double(quantize(q, value), q.to.fraction()) : value;
}

// Matrices ---------------------------------------------------------------------------------------------

/// y[position, o] = bias[o] + sum over the window; weight (rows of one group, outputs).
void matrix(RealStep& step, const Window& window, int groups) {
  const auto weight = step.sample(1, 0);
  const int outputs = step.in[1]->shape.back();
  const int group_channels = window.channels / groups, group_outputs = outputs / groups;
  step.for_samples([&](int n) {
    const auto x = step.sample(0, n);
    double* y = step.answer(n).data();
    for (int r = 0; r < window.output_height(); ++r) {
      for (int c = 0; c < window.output_width(); ++c, y += outputs) {
        if (step.in.size() > 2) std::copy_n(step.sample(2, 0).begin(), outputs, y);
        for (int i = 0; i < window.elements(); ++i) {
          const int row = window.input_row(r, i), column = window.input_column(c, i);
          if (row < 0 || row >= window.height || column < 0 || column >= window.width) continue;
          const int channel = i % window.channels;
          const double value =
              x[(static_cast<size_t>(row) * static_cast<size_t>(window.width) + static_cast<size_t>(column)) *
                    static_cast<size_t>(window.channels) +
                static_cast<size_t>(channel)];
          if (value == 0) continue;
          const int group = channel / group_channels;
          const int weight_row = i / window.channels * group_channels + channel % group_channels;
          const double* w = weight.data() + static_cast<size_t>(weight_row) * static_cast<size_t>(outputs);
          for (int o = group * group_outputs; o < (group + 1) * group_outputs; ++o) y[o] += value * w[o];
        }
      }
    }
  });
}

void compute(const Dense&, RealStep& step) {
  Window window;  // every vector along the last axis is a pixel
  window.channels = step.in[0]->shape.back();
  window.width = static_cast<int>(element_count(step.in[0]->shape) / window.channels);
  matrix(step, window, 1);
}
template <class L>
requires requires(const L& layer) { conv_window(layer, {}, {}); }
void compute(const L& layer, RealStep& step) {
  matrix(step, conv_window(layer, step.in[0]->shape, step.in[1]->shape), layer.groups);
}

void compute(const Dot&, RealStep& step) {
  step.for_samples([&](int n) {
    const auto a = step.sample(0, n), b = step.sample(1, n);
    for (size_t i = 0; i < a.size(); ++i) step.answer(n)[0] += a[i] * b[i];
  });
}

// Pools ------------------------------------------------------------------------------------------------

/// visit(y, pixel values of one channel in the window, output row, output column).
template <class L, class Visit>
void pool(const L& layer, RealStep& step, const Visit& visit) {
  const Window window = pool_window(layer, step.in[0]->shape);
  const int channels = step.in[0]->shape.back();
  step.for_samples([&](int n) {
    const auto x = step.sample(0, n);
    size_t at = 0;
    Reals seen;
    for (int r = 0; r < window.output_height(); ++r) {
      for (int c = 0; c < window.output_width(); ++c) {
        for (int k = 0; k < channels; ++k) {
          seen.clear();
          for (int i = k; i < window.elements(); i += channels) {
            const int row = window.input_row(r, i), column = window.input_column(c, i);
            if (row < 0 || row >= window.height || column < 0 || column >= window.width) continue;
            seen.push_back(x[static_cast<size_t>((row * window.width + column) * channels + k)]);
          }
          step.answer(n)[at++] = visit(seen, r, c);
        }
      }
    }
  });
}

template <class L>
requires std::is_same_v<L, MaxPool1D> || std::is_same_v<L, MaxPool2D> || std::is_same_v<L, GlobalMaxPool>
void compute(const L& layer, RealStep& step) {
  pool(layer, step, [](const Reals& seen, int, int) { return *std::max_element(seen.begin(), seen.end()); });
}
template <class L>
requires std::is_same_v<L, AveragePool1D> || std::is_same_v<L, AveragePool2D> ||
    std::is_same_v<L, GlobalAveragePool>
void compute(const L& layer, RealStep& step) {
  bool counts_padding = false;
  if constexpr (requires { layer.count_include_pad; }) counts_padding = layer.count_include_pad;
  const AverageStep average =
      average_step(pool_window(layer, step.in[0]->shape), counts_padding, std::nullopt, std::nullopt);
  pool(layer, step, [&](const Reals& seen, int r, int c) {
    double sum = 0;
    for (const double value : seen) sum += value;
    return sum / (average.rows[static_cast<size_t>(r)] * average.columns[static_cast<size_t>(c)]);
  });
}

// Merges and moves -------------------------------------------------------------------------------------

double merged(MergeOp op, const Reals& values) {
  double y = values[0];
  for (size_t k = 1; k < values.size(); ++k) {
    switch (op) {
      case MergeOp::Add:
      case MergeOp::Average:
        y += values[k];
        break;
      case MergeOp::Subtract:
        y -= values[k];
        break;
      case MergeOp::Multiply:
        y *= values[k];
        break;
      case MergeOp::Maximum:
        y = std::max(y, values[k]);
        break;
      case MergeOp::Minimum:
        y = std::min(y, values[k]);
        break;
    }
  }
  return op == MergeOp::Average ? y / static_cast<double>(values.size()) : y;
}
template <MergeOp op>
void compute(const Merge<op>&, RealStep& step) {
  std::vector<IndexMap> maps;
  for (const DoubleTensor* x : step.in) maps.push_back(broadcast_map(x->shape, step.out.shape));
  step.for_samples([&](int n) {
    const auto y = step.answer(n);
    Reals values(step.in.size());
    for (size_t i = 0; i < y.size(); ++i) {
      for (size_t k = 0; k < values.size(); ++k)
        values[k] = step.sample(k, n)[static_cast<size_t>(maps[k][i])];
      y[i] = merged(op, values);
    }
  });
}

/// For each element of the answer which element of all inputs one after the other it is, counted from 1; 0
/// where it comes from nowhere.
template <class L>
Tensor sources(const L& layer, const RealStep& step) {
  const FixedType number{32, 32, false};
  std::vector<Tensor> numbers;
  std::int64_t next = 1;
  for (const DoubleTensor* x : step.in) {
    numbers.emplace_back(x->shape, number);
    for (std::int64_t i = 0; i < numbers.back().size(); ++i) numbers.back().set(i, next++);
  }
  std::vector<const Tensor*> inputs;
  std::vector<Operand> operands;
  for (const Tensor& t : numbers) {
    inputs.push_back(&t);
    operands.push_back({{t.shape(), number}});
  }
  const auto type = infer(layer, operands);
  GW_CHECK(type);
  return eval(layer, inputs, *type, {});
}
template <class L>
void move(const L& layer, RealStep& step, double elsewhere = 0) {
  const Tensor from = sources(layer, step);
  step.for_samples([&](int n) {
    Reals all{elsewhere};
    for (size_t k = 0; k < step.in.size(); ++k) {
      const auto x = step.sample(k, n);
      all.insert(all.end(), x.begin(), x.end());
    }
    const auto y = step.answer(n);
    for (size_t i = 0; i < y.size(); ++i)
      y[i] = all[static_cast<size_t>(from.at(static_cast<std::int64_t>(i)))];
  });
}
template <class L>
requires std::is_same_v<L, Flatten> || std::is_same_v<L, Reshape> || std::is_same_v<L, Permute> ||
    std::is_same_v<L, Crop> || std::is_same_v<L, Slice> || std::is_same_v<L, UpSample>
void compute(const L& layer, RealStep& step) { move(layer, step); }
void compute(const Concatenate& layer, RealStep& step) { move(Concatenate{.axis = layer.axis}, step); }
void compute(const Pad& layer, RealStep& step) {
  move(Pad{.before = layer.before, .after = layer.after}, step, layer.value);
}

// Element by element -----------------------------------------------------------------------------------

void compute(const BatchNorm&, RealStep& step) {
  const auto scale = step.sample(1, 0), bias = step.sample(2, 0);
  step.map([&](double x, size_t i) { return x * scale[i % scale.size()] + bias[i % bias.size()]; });
}
void compute(const Quantize& layer, RealStep& step) {
  const auto& elements = layer.elements;
  step.map([&](double x, size_t i) { return elements.empty() ? x : cast(elements[i % elements.size()], x); });
}
void compute(const Relu&, RealStep& step) {
  step.map([](double x, size_t) { return std::max(x, 0.0); });
}
void compute(const ClippedRelu& layer, RealStep& step) {
  step.map([&](double x, size_t) { return std::clamp(x, 0.0, layer.max); });
}
void compute(const LeakyRelu& layer, RealStep& step) {
  step.map([&](double x, size_t) { return x > 0 ? x : layer.alpha * x; });
}
void compute(const ThresholdedRelu& layer, RealStep& step) {
  step.map([&](double x, size_t) { return x > layer.theta ? x : 0; });
}
void compute(const PRelu&, RealStep& step) {
  const auto alpha = step.sample(1, 0);
  step.map([&](double x, size_t i) { return x > 0 ? x : alpha[i % alpha.size()] * x; });
}
void compute(const Lookup& layer, RealStep& step) {
  const auto values = step.sample(1, 0);
  step.map([&](double x, size_t) {
    const double at = std::floor(std::ldexp(x, layer.fraction)) - layer.first;
    return values[static_cast<size_t>(std::clamp(at, 0.0, static_cast<double>(values.size() - 1)))];
  });
}
void compute(const HardSigmoid& layer, RealStep& step) {
  step.map([&](double x, size_t) { return std::clamp(layer.slope * x + layer.shift, 0.0, 1.0); });
}
void compute(const HardTanh& layer, RealStep& step) {
  step.map([&](double x, size_t) { return 2 * std::clamp(layer.slope * x + layer.shift, 0.0, 1.0) - 1; });
}
void compute(const BinaryTanh& layer, RealStep& step) {
  const double negative = layer.out && layer.out->to == FixedType{1, 1, false} ? 0 : -1;
  step.map([&](double x, size_t) { return x >= 0 ? 1 : negative; });
}
void compute(const TernaryTanh& layer, RealStep& step) {
  step.map([&](double x, size_t) { return x > layer.threshold ? 1 : x <= -layer.threshold ? -1 : 0; });
}

double exact(Function function, double x) {
  return static_cast<double>(exact_value(function, static_cast<long double>(x)));
}
void compute(const Elu& layer, RealStep& step) {
  step.map([&](double x, size_t) { return x >= 0 ? x : layer.alpha * exact(Function::Elu, x); });
}
/// The others are a straight line and what is left beside it.
template <std::derived_from<TableFunction> L>
void compute(const L&, RealStep& step) {
  constexpr TableShape shape = L::shape;
  step.map([&](double x, size_t) {
    const double above = std::max(x, 0.0);
    const double straight = shape.sized_straight == Straight::None ? 0
                            : shape.sized_straight == Straight::Identity
                                ? above
                                : static_cast<double>(selu_scale) * above;
    return straight + exact(shape.sized, x);
  });
}

void compute(const Softmax& layer, RealStep& step) {
  const Shape& shape = step.in[0]->shape;
  const size_t axis =
      static_cast<size_t>(layer.axis < 0 ? layer.axis + static_cast<int>(shape.size()) : layer.axis);
  size_t stride = 1;
  for (size_t a = axis + 1; a < shape.size(); ++a) stride *= static_cast<size_t>(shape[a]);
  const auto extent = static_cast<size_t>(shape[axis]);
  step.for_samples([&](int n) {
    const auto x = step.sample(0, n);
    const auto y = step.answer(n);
    for (size_t first = 0; first < x.size(); ++first) {
      if (first / stride % extent != 0) continue;
      size_t largest = first;
      for (size_t i = 0; i < extent; ++i) {
        if (x[first + i * stride] > x[largest]) largest = first + i * stride;
      }
      if (layer.implementation == SoftmaxImplementation::Argmax) {
        y[largest] = 1;
        continue;
      }
      double sum = 0;
      for (size_t i = 0; i < extent; ++i)
        sum += y[first + i * stride] = std::exp(layer.scale * (x[first + i * stride] - x[largest]));
      for (size_t i = 0; i < extent; ++i) y[first + i * stride] /= sum;
    }
  });
}

/// The cast of the result, where the graph states one.
template <class L>
void cast_result(const L& layer, RealStep& step) {
  L::fields(layer, [&]<class T>(std::string_view name, const T& value) {
    if (name != "out") return;
    const Quantizer* q = nullptr;
    if constexpr (std::is_same_v<T, Quantizer>) q = &value;
    if constexpr (std::is_same_v<T, std::optional<Quantizer>>) q = value ? &*value : nullptr;
    if (!q) return;
    for (double& y : step.out.values) y = cast(*q, y);
  });
}

DoubleTensor values_of(const Constant& constant, const Shape& shape) {
  DoubleTensor x{shape, 1, Reals(static_cast<size_t>(element_count(shape)))};
  if (constant.fixed) {
    dequantize_run(*constant.fixed, 0, std::span(x.values));
  } else {
    std::copy(constant.values.values.begin(), constant.values.values.end(), x.values.begin());
  }
  return x;
}

}  // namespace

std::vector<DoubleTensor> evaluate_real(const Graph& graph, std::span<const DoubleTensor> inputs,
                                        const RealObserver& observer, int threads) {
  GW_CHECK(inputs.size() == graph.inputs().size() && !inputs.empty());
  const size_t count = graph.nodes().size();
  std::vector<size_t> last_user(count, 0);
  for (size_t id = 0; id < count; ++id) {
    for (const NodeId from : graph.nodes()[id].inputs) last_user[static_cast<size_t>(from)] = id;
  }
  for (const NodeId id : graph.outputs()) last_user[static_cast<size_t>(id)] = count;

  std::vector<DoubleTensor> values(count);
  size_t next_input = 0;
  for (size_t id = 0; id < count; ++id) {
    const Node& node = graph.nodes()[id];
    if (const auto* constant = std::get_if<Constant>(&node.op)) {
      values[id] = values_of(*constant, node.type.shape);
      continue;
    }
    if (const auto* input = std::get_if<Input>(&node.op)) {
      values[id] = inputs[next_input++];
      GW_CHECK(values[id].shape == node.type.shape && values[id].batch == inputs[0].batch);
      if (input->quantizer) {
        for (double& x : values[id].values) x = cast(*input->quantizer, x);
      }
    } else {
      RealStep step{{}, {node.type.shape, inputs[0].batch, {}}, threads};
      step.out.values.resize(static_cast<size_t>(step.out.batch * step.size()));
      for (const NodeId from : node.inputs) step.in.push_back(&values[static_cast<size_t>(from)]);
      std::visit(
          [&](const auto& layer) {
            compute(layer, step);
            cast_result(layer, step);
          },
          std::get<Layer>(node.op));
      values[id] = std::move(step.out);
    }
    if (observer) observer(node, values[id]);
    for (const NodeId from : node.inputs) {
      if (last_user[static_cast<size_t>(from)] == id) values[static_cast<size_t>(from)] = {};
    }
  }
  std::vector<DoubleTensor> answers;
  for (const NodeId id : graph.outputs()) answers.push_back(values[static_cast<size_t>(id)]);
  return answers;
}

}  // namespace gw
