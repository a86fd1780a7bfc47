// Layers of HGQ 2 (github.com/calad0i/HGQ2): layers of Keras 3 that carry quantizers for their inputs,
// kernel, bias and answer, each with a sign k, bits before the point i and behind it f for every element,
// channel or the whole tensor. The variables hold i and f (or all bits b) as training left them, real
// numbers, rounded half to even before they count. What has no bits is 0. The widths are all there is to the
// types of streams; kernel and bias are kept as the values that their quantizers make of them.
//
// An archive numbers variables in the order in which Keras saves them, those that training changes first, so
// that the order depends on how a quantizer overflows.

#include <algorithm>
#include <cmath>

#include "formats/convolution.h"
#include "formats/holding_type.h"
#include "formats/keras/hgq.h"
#include "formats/keras/matrix.h"
#include "support/messages.h"

namespace gw {

namespace {

using Json = nlohmann::json;

/// A quantizer as a layer's config describes it.
struct Hgq2Quantizer {
  std::string prefix;       ///< where its variables lie: "kq/quantizer/"
  bool counts_all = false;  ///< b and i, else i and f
  Rounding rounding = Rounding::Rnd;
  Overflow overflow = Overflow::Wrap;

  /// Its variables, in the order of the archive.
  std::vector<std::string> names() const {
    std::vector<std::string> parts =
        overflow != Overflow::Wrap
            ? (counts_all ? std::vector<std::string>{"b", "i", "k"} : std::vector<std::string>{"i", "f", "k"})
            : std::vector<std::string>{counts_all ? "b" : "f", "k", "i", "i_decay_speed"};
    for (std::string& part : parts) part = prefix + part;
    return parts;
  }
};

using Variables = std::map<std::string, FloatTensor>;

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

/// The config of a quantizer at a key of the layer, or within a list there.
std::optional<Hgq2Quantizer> quantizer_of(KerasCall& call, const Json* said, const std::string& key,
                                          const std::string& place) {
  const Json* config = said && said->is_object() && said->contains("config") ? &(*said)["config"] : nullptr;
  const auto text = [&](const char* name) {
    return config && config->is_object() && config->contains(name) && (*config)[name].is_string()
               ? upper((*config)[name].get<std::string>())
               : std::string();
  };
  const auto refuse = [&](const std::string& what, const std::string& seen, const std::string& wanted) {
    call.refuse_value(key + "." + what, seen.empty() ? "missing" : seen, wanted);
    return std::nullopt;
  };
  Hgq2Quantizer made;
  const std::string kind = text("q_type");
  if (kind != "KIF" && kind != "KBI") return refuse("q_type", kind, "kif or kbi");
  made.counts_all = kind == "KBI";
  std::string mode = text("round_mode");
  if (mode.starts_with("S_")) mode = mode.substr(2);  // at random in training, to the nearest afterwards
  const auto rounding = hgq_rounding(mode);
  if (!rounding) return refuse("round_mode", mode, "TRN, RND or RND_CONV");
  made.rounding = *rounding;
  const auto overflow = hgq_overflow(text("overflow_mode"));
  if (!overflow) return refuse("overflow_mode", text("overflow_mode"), "WRAP, SAT or SAT_SYM");
  made.overflow = *overflow;
  for (const char* name : {"scaler", "affine"}) {
    if (config->contains(name) && !(*config)[name].is_null())
      return refuse(name, (*config)[name].dump(), "null");
  }
  const std::string path = place.empty() ? "quantizer" : place + "/quantizer";
  for (const char* hidden : {"", "_"}) {  // a property of the layer, or what lies behind it
    made.prefix = hidden + path + "/";
    if (call.has_numbered(hidden + path)) return made;
  }
  call.refuse(
      diagnose(messages::keras_variable, {}, path,
               "the bits of quantizers are told apart in .keras archives only; save the model as one"));
  return std::nullopt;
}

/// The type of each element, as far as elements have types of their own.
std::optional<std::vector<Quantizer>> types_of(KerasCall& call, const Hgq2Quantizer& quantizer,
                                               const Variables& variables, Shape& shape) {
  const FloatTensor &signs = variables.at(quantizer.prefix + "k"),
                    &integers = variables.at(quantizer.prefix + "i"),
                    &others = variables.at(quantizer.prefix + (quantizer.counts_all ? "b" : "f"));
  shape = signs.shape;
  if (integers.shape != shape || others.shape != shape) {
    call.refuse_shape(fmt::format("the bits of {} differ in shape", quantizer.prefix));
    return std::nullopt;
  }
  std::vector<Quantizer> types;
  for (size_t i = 0; i < signs.values.size(); ++i) {
    constexpr float farthest = 1000;
    const float sign = signs.values[i], first = std::nearbyint(integers.values[i]),
                second = std::nearbyint(others.values[i]);
    if ((sign != 0 && sign != 1) || !(std::fabs(first) <= farthest) || !(std::fabs(second) <= farthest)) {
      call.refuse_shape(fmt::format("{} bits before the point, {} {}, sign {}", first, second,
                                    quantizer.counts_all ? "in all" : "behind it", sign));
      return std::nullopt;
    }
    const int k = static_cast<int>(sign),
              f = static_cast<int>(quantizer.counts_all ? second - first : second);
    const int whole = static_cast<int>(first);
    Quantizer type{{0, 0, k == 1}, quantizer.rounding, quantizer.overflow};
    if (k + whole + f > 0) {
      const int integer = std::max(whole, -f);
      type.to = {k + integer + f, k + integer, k == 1};
    }
    if (type.to.width > max_width) {
      call.refuse_shape(fmt::format("a type of {} bits", type.to.width));
      return std::nullopt;
    }
    types.push_back(type);
  }
  return types;
}

/// Values as their quantizer makes them, in the narrowest type that holds them.
std::optional<NodeId> quantised_constant(KerasCall& call, const std::string& suffix, FloatTensor values,
                                         const Hgq2Quantizer& quantizer, const Variables& variables) {
  Shape shape;
  const auto types = types_of(call, quantizer, variables, shape);
  if (!types) return std::nullopt;
  bool fits = shape.size() == values.shape.size();
  for (size_t axis = 0; fits && axis < shape.size(); ++axis)
    fits = shape[axis] == 1 || shape[axis] == values.shape[axis];
  if (!fits) {
    call.refuse_shape(fmt::format("bits of shape {} on {}", to_string(shape), to_string(values.shape)));
    return std::nullopt;
  }
  for (size_t i = 0; i < values.values.size(); ++i) {
    const auto index = broadcast_index(static_cast<std::int64_t>(i), values.shape, shape);
    const Quantizer& type = (*types)[static_cast<size_t>(index)];
    float& value = values.values[i];
    if (!std::isfinite(value)) continue;  // told where the graph is built
    value =
        type.to.width == 0
            ? 0
            : static_cast<float>(to_double(quantize(type, static_cast<double>(value)), type.to.fraction()));
  }
  const auto held = holding_type(values.values);
  if (!held) {
    call.refuse_shape(fmt::format("no type of up to {} bits holds all of {}", max_width, suffix));
    return std::nullopt;
  }
  return call.constant(suffix, std::move(values), held);
}

/// What layers of HGQ 2 have beside what they compute: quantizers of inputs and of the answer.
class Hgq2Layer {
 public:
  explicit Hgq2Layer(KerasCall& call) : call_(call) {
    // Only what training costs.
    for (const char* key :
         {"ebops_factor", "beta0", "parallelization_factor", "ebops_scaler", "rank", "lora_rank"})
      call.value(key);
    counts_cost_ = call.flag("enable_ebops", true);
    quantises_input_ = call.flag("enable_iq", true);
    const Json* input = call.value("iq_conf");
    const Json* inputs = call.value("iq_confs");
    if (quantises_input_ && call.inputs().size() == 1 && !inputs)
      inputs_.push_back(quantizer_of(call, input, "iq_conf", "iq"));
    for (size_t i = 0; quantises_input_ && inputs && i < call.inputs().size(); ++i) {
      const Json* one = inputs->is_array() && i < inputs->size() ? &(*inputs)[i] : inputs;
      inputs_.push_back(quantizer_of(call, one, "iq_confs",
                                     "iq/quantizers/quantizer" + (i == 0 ? "" : "_" + std::to_string(i))));
    }
    const Json* answer = call.value("oq_conf");
    if (call.flag("enable_oq", false)) answer_ = quantizer_of(call, answer, "oq_conf", "oq");
  }

  /// The variables of the quantizers, behind those that the layer has itself: what training changes, and the
  /// rest.
  std::optional<Variables> read(std::vector<std::string> trained, const std::vector<std::string>& others,
                                const std::vector<std::optional<Hgq2Quantizer>>& more = {}) {
    if (call_.failed()) return std::nullopt;
    std::vector<std::string> names = std::move(trained);
    if (counts_cost_) names.insert(names.end(), {"beta", "ebops"});
    names.insert(names.end(), others.begin(), others.end());
    for (const auto& quantizer : inputs_) add(names, quantizer);
    for (const auto& quantizer : more) add(names, quantizer);
    add(names, answer_);
    Variables variables = call_.variables(names);
    return call_.failed() ? std::nullopt : std::optional(std::move(variables));
  }

  /// The inputs as the layer takes them.
  std::vector<NodeId> inputs(const Variables& variables) {
    std::vector<NodeId> made = call_.inputs();
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const std::string suffix = inputs_.size() == 1 ? "_iq" : "_iq" + std::to_string(i);
      made[i] = quantised(made[i], *inputs_[i], variables, suffix);
    }
    return made;
  }

  /// The answer behind its activation, if the layer has one.
  void give(NodeId id, const Variables& variables, bool has_activation) {
    if (has_activation) give_activated(call_, id);
    if (has_activation) id = call_.answer();
    if (call_.failed() || id < 0) return;
    call_.give(answer_ ? quantised(id, *answer_, variables, "_oq") : id);
  }

 private:
  static void add(std::vector<std::string>& names, const std::optional<Hgq2Quantizer>& quantizer) {
    if (!quantizer) return;
    const auto own = quantizer->names();
    names.insert(names.end(), own.begin(), own.end());
  }

  NodeId quantised(NodeId x, const Hgq2Quantizer& quantizer, const Variables& variables,
                   const std::string& suffix) {
    Shape shape;
    auto types = types_of(call_, quantizer, variables, shape);
    if (!types || call_.shape(x).empty()) return x;
    const NodeId made = add_hgq_quantizer(call_, x, shape, *std::move(types), suffix);
    return made < 0 ? x : made;
  }

  KerasCall& call_;
  bool counts_cost_ = true, quantises_input_ = true;
  std::vector<std::optional<Hgq2Quantizer>> inputs_;
  std::optional<Hgq2Quantizer> answer_;
};

void read_quantizer(KerasCall& call) {
  const Json* config = call.value("config");
  const auto quantizer = quantizer_of(call, config, "config", "");
  if (!quantizer) return;
  const Variables variables = call.variables(quantizer->names());
  if (call.failed()) return;
  Shape shape;
  auto types = types_of(call, *quantizer, variables, shape);
  if (!types) return;
  const NodeId made = add_hgq_quantizer(call, call.x(), shape, *std::move(types), "");
  if (made >= 0) call.give(made);
}

/// Which batch norm a matrix has in it. Both fold it in a way of their own; the answers are those of the
/// folded kernel.
enum class Folded { No, Behind, Before };

std::optional<Hgq2Quantizer> kernel_quantizer(KerasCall& call) {
  return quantizer_of(call, call.value("kq_conf"), "kq_conf", "kq");
}

/// Kernel (.., in, out) and bias (out) through their batch norm and quantizers, and the layer on them.
void give_matrix(KerasCall& call, Layer layer, const Shape& kernel_shape, bool has_bias, Folded folded) {
  const int outputs = kernel_shape.back();
  Hgq2Layer quantised(call);
  const auto kernel_by = kernel_quantizer(call);
  const Json* bias_conf = call.value("bq_conf");
  const auto bias_by = has_bias ? quantizer_of(call, bias_conf, "bq_conf", "bq") : std::nullopt;
  const bool has_gamma = folded != Folded::No && call.flag("scale", true);
  const std::string gamma = folded == Folded::Before ? "bn_gamma" : "gamma";
  std::vector<std::string> trained{"kernel"}, others;
  if (has_bias) trained.emplace_back("bias");
  if (has_gamma) trained.push_back(gamma);
  if (folded != Folded::No) others = {"moving_mean", "moving_variance"};
  auto epsilon = static_cast<float>(call.number("epsilon", 1e-3));
  if (folded == Folded::Behind) {
    epsilon = 1e-7F;  // Keras's own, whatever the layer says
    call.flag("center", true);
    call.value("normalize_axes");
  }
  auto variables = quantised.read(trained, others, {kernel_by, bias_by});
  if (!variables) return;
  FloatTensor kernel = std::move((*variables)["kernel"]), bias;
  if (has_bias) bias = std::move((*variables)["bias"]);
  const Shape normed{folded == Folded::Before ? kernel_shape[kernel_shape.size() - 2] : outputs};
  const auto fits = [&](const FloatTensor& values, const Shape& shape, const char* name) {
    if (values.shape != shape)
      call.refuse_shape(fmt::format("variable '{}' is {}, but should be {}", name, to_string(values.shape),
                                    to_string(shape)));
    return values.shape == shape;
  };
  if (!fits(kernel, kernel_shape, "kernel") || (has_bias && !fits(bias, {outputs}, "bias"))) return;
  if (folded != Folded::No) {
    const FloatTensor &mean = (*variables)["moving_mean"], &variance = (*variables)["moving_variance"];
    if (!fits(mean, normed, "moving_mean") || !fits(variance, normed, "moving_variance") ||
        (has_gamma && !fits((*variables)[gamma], normed, "gamma")))
      return;
    std::vector<float> scale;
    for (size_t c = 0; c < mean.values.size(); ++c) {
      const float root = std::sqrt(variance.values[c] + epsilon);
      scale.push_back((has_gamma ? (*variables)[gamma].values[c] : 1.0F) / root);
    }
    const auto columns = static_cast<size_t>(outputs);
    if (folded == Folded::Before) {
      std::vector<float> offset(columns, 0);
      for (size_t i = 0; i < kernel.values.size(); ++i)
        offset[i % columns] += mean.values[i / columns % scale.size()] * kernel.values[i];
      for (size_t c = 0; c < columns; ++c) bias.values[c] -= offset[c];
      for (size_t i = 0; i < kernel.values.size(); ++i) kernel.values[i] *= scale[i / columns % scale.size()];
    } else {
      for (size_t i = 0; i < kernel.values.size(); ++i) kernel.values[i] *= scale[i % columns];
      for (size_t c = 0; c < columns; ++c) {
        const float offset = -mean.values[c] * scale[c];
        bias.values[c] += offset;
      }
    }
  }
  std::vector<NodeId> inputs = quantised.inputs(*variables);
  const auto weight = quantised_constant(call, "weight", std::move(kernel), *kernel_by, *variables);
  if (!weight) return;
  inputs.push_back(*weight);
  if (has_bias) {
    const auto shift = quantised_constant(call, "bias", std::move(bias), *bias_by, *variables);
    if (!shift) return;
    inputs.push_back(*shift);
  }
  if (call.failed()) return;
  quantised.give(call.add(std::move(layer), std::move(inputs)), *variables, true);
}

void read_dense(KerasCall& call, Folded folded) {
  const int units = static_cast<int>(call.integer("units", 0, 1, max_elements));
  const bool has_bias = call.flag("use_bias", true);
  if (folded != Folded::No && !has_bias) call.refuse_value("use_bias", "false", "true");
  if (call.failed()) return;
  give_matrix(call, Dense(), {call.shape(call.x()).back(), units}, has_bias, folded);
}

/// "...c,cC->...C": a matrix on the last axis. Other contractions have no layer.
void read_einsum(KerasCall& call, Folded folded) {
  const std::string equation = call.text("equation", "");
  const size_t comma = equation.find(','), arrow = equation.find("->");
  const std::string from = equation.substr(0, comma);
  bool is_matrix = comma != equation.npos && arrow == comma + 3 && from.size() >= 2;
  if (is_matrix) {
    const char in = equation[comma + 1], out = equation[comma + 2];
    const std::string kept = from.substr(0, from.size() - 1);
    is_matrix = in != out && from.back() == in && kept.find(in) == kept.npos && kept.find(out) == kept.npos &&
                equation.substr(arrow + 2) == kept + out;
  }
  if (!is_matrix)
    return call.refuse_value("equation", equation,
                             "a matrix on the last axis, like bc,cC->bC or ...x,xy->...y");
  const std::string out(1, equation[comma + 2]), bias_axes = call.text("bias_axes", "");
  if (!bias_axes.empty() && bias_axes != out) call.refuse_value("bias_axes", bias_axes, out);
  if (folded != Folded::No && bias_axes.empty()) call.refuse_value("bias_axes", "null", out);
  const Json* shape = call.value("output_shape");
  const Json* last = shape && shape->is_array() && !shape->empty() ? &shape->back() : shape;
  const std::int64_t units = last && last->is_number_integer() ? last->get<std::int64_t>() : 0;
  if (units < 1 || units > max_elements)
    call.refuse_value("output_shape", shape ? shape->dump() : "missing", "whole numbers");
  if (call.failed()) return;
  give_matrix(call, Dense(), {call.shape(call.x()).back(), static_cast<int>(units)}, !bias_axes.empty(),
              folded);
}

template <size_t axes>
void read_conv(KerasCall& call) {
  const KerasWindow window = read_keras_window(call, axes, "kernel_size");
  const auto filters = static_cast<int>(call.integer("filters", 0, 1, max_elements)),
             groups = static_cast<int>(call.integer("groups", 1, 1, max_elements));
  const bool has_bias = call.flag("use_bias", true);
  if (call.failed() || !has_rank(call, axes + 1)) return;
  Shape shape = window.kernel;
  shape.insert(shape.end(), {call.shape(call.x()).back() / groups, filters});
  give_matrix(call, make_convolution(window.strides, window.dilations, groups, window.padding), shape,
              has_bias, Folded::No);
}

template <class L>
void read_merge(KerasCall& call) {
  Hgq2Layer quantised(call);
  const auto variables = quantised.read({}, {});
  if (!variables) return;
  const std::vector<NodeId> inputs = quantised.inputs(*variables);
  if (!call.failed()) quantised.give(call.add(L(), inputs), *variables, false);
}

}  // namespace

std::span<const KerasClass> keras_hgq2_classes() {
  constexpr size_t any = 64;
  static const KerasClass rows[] = {
      {"hgq>Quantizer", read_quantizer},
      {"hgq>QDense", [](KerasCall& call) { read_dense(call, Folded::No); }},
      {"hgq>QBatchNormDense", [](KerasCall& call) { read_dense(call, Folded::Before); }},
      {"hgq>QEinsumDense", [](KerasCall& call) { read_einsum(call, Folded::No); }},
      {"hgq>QEinsumDenseBatchnorm", [](KerasCall& call) { read_einsum(call, Folded::Behind); }},
      {"hgq>QConv1D", read_conv<1>},
      {"hgq>QConv2D", read_conv<2>},
      {"hgq>QAdd", read_merge<Add>, 2, any},
      {"hgq>QSubtract", read_merge<Subtract>, 2, 2},
      {"hgq>QMultiply", read_merge<Multiply>, 2, any},
      {"hgq>QMaximum", read_merge<Maximum>, 2, any},
      {"hgq>QMinimum", read_merge<Minimum>, 2, any},
  };
  return rows;
}

}  // namespace gw
