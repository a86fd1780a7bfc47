// Activations: as layers of their own, as the attribute of another layer, and by name. Each acts on every
// element by itself but for softmax.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "formats/keras/matrix.h"
#include "formats/keras/qkeras.h"
#include "support/messages.h"

namespace gw {

namespace {

using Json = nlohmann::json;

/// An activation without numbers of its own.
struct Named {
  std::string_view name;
  Layer (*make)(KerasCall& call);
};

template <class L>
Layer plain(KerasCall&) {
  return L();
}

// Keras 2 has 0.2 x + 0.5, Keras 3 x / 6 + 0.5.
Layer hard_sigmoid(KerasCall& call) {
  HardSigmoid layer;
  if (call.keras_version() >= 3) layer.slope = 1.0 / 6;
  return layer;
}

/// clip(x, -1, 1)
Layer hard_tanh(KerasCall&) {
  HardTanh layer;
  layer.slope = 0.5;
  layer.slope_type = layer.shift_type = Quantizer{{2, 0, false}};
  return layer;
}

Layer leaky_relu(KerasCall&) {
  LeakyRelu layer;
  layer.alpha = 0.2;
  return layer;
}

constexpr Named named_activations[] = {
    {"relu", plain<Relu>},         {"relu6", plain<ClippedRelu>},
    {"leaky_relu", leaky_relu},    {"elu", plain<Elu>},
    {"selu", plain<Selu>},         {"sigmoid", plain<Sigmoid>},
    {"tanh", plain<Tanh>},         {"softplus", plain<Softplus>},
    {"softsign", plain<Softsign>}, {"hard_sigmoid", hard_sigmoid},
    {"hard_tanh", hard_tanh},      {"swish", plain<Silu>},
    {"silu", plain<Silu>},         {"gelu", plain<Gelu>},
    {"softmax", plain<Softmax>},
};

/// The name, whether said as a text or as an object around it: {"class_name": "function", "config": "relu"}.
std::string name_of(const Json& said) {
  if (said.is_string()) return said.get<std::string>();
  if (!said.is_object()) return "";
  const auto config = said.find("config");
  if (config != said.end() && config->is_string()) return config->get<std::string>();
  return said.contains("class_name") && said["class_name"].is_string() ? said["class_name"].get<std::string>()
                                                                       : "";
}

}  // namespace

NodeId add_keras_activation(KerasCall& call, NodeId x, const Json& said, const std::string& suffix) {
  if (is_qkeras_quantizer(said)) return add_qkeras_activation(call, x, said, suffix);
  const std::string name = name_of(said);
  if (name == "linear") {
    call.note_nothing(call.name() + suffix);
    return x;
  }
  // QKeras's layer of activations has straight lines of its own.
  const bool is_q = call.layer().class_name == "QActivation";
  if (is_q && (name == "hard_sigmoid" || name == "hard_tanh")) {
    Layer layer = hard_tanh(call);
    if (name == "hard_sigmoid") {
      HardSigmoid sigmoid;
      sigmoid.slope = 0.5;
      sigmoid.slope_type = sigmoid.shift_type = Quantizer{{2, 0, false}};
      layer = sigmoid;
    }
    return call.add(std::move(layer), {x}, suffix);
  }
  for (const Named& row : named_activations) {
    if (row.name == name) return call.add(row.make(call), {x}, suffix);
  }
  std::vector<std::string> known{"linear"};
  for (const Named& row : named_activations) known.emplace_back(row.name);
  const std::string seen =
      name.empty() ? said.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60) : name;
  call.refuse_value("activation", seen, fmt::format("one of {}", fmt::join(known, ", ")));
  return -1;
}

void give_activated(KerasCall& call, NodeId x) {
  const Json* said = call.value("activation");
  if (!said || x < 0 || call.shape(x).empty()) {
    return call.give(x);
  }
  const std::string name = is_qkeras_quantizer(*said) ? qkeras_kind(*said) : name_of(*said);
  call.give(add_keras_activation(call, x, *said, "_" + name));
}

namespace {

void read_activation(KerasCall& call) {
  const Json* said = call.value("activation");
  if (!said || name_of(*said) == "linear") return call.pass_through();
  call.give(add_keras_activation(call, call.x(), *said, ""));
}

/// The narrowest signed type that holds a slope or threshold up to the usual 10 bits behind the point.
Quantizer parameter_type(double value) {
  Quantizer type{{16, 6, true}};
  while (type.to.integer < 32 && std::fabs(value) >= std::ldexp(1.0, type.to.integer - 1)) {
    ++type.to.integer;
    ++type.to.width;
  }
  return type;
}

/// x from max_value on is max_value, below the threshold slope * (x - threshold).
void read_relu(KerasCall& call) {
  const double slope = call.number("negative_slope", 0), threshold = call.number("threshold", 0);
  std::optional<double> most;
  if (const Json* said = call.value("max_value")) {
    if (!said->is_string()) most = call.number("max_value", 6);  // a text is Python's infinity
  }
  if (slope < 0) call.refuse_value("negative_slope", fmt::format("{}", slope), "0 or more");
  if (threshold < 0) call.refuse_value("threshold", fmt::format("{}", threshold), "0 or more");
  if (slope != 0 && threshold != 0)
    call.refuse_value("threshold", fmt::format("{}", threshold), "0 where there is a negative_slope");
  if (most && *most <= threshold)
    call.refuse_value("max_value", fmt::format("{}", *most), "above the threshold");
  if (call.failed()) return;
  if (slope == 0 && threshold == 0) {
    if (!most) return call.give(call.add(Relu(), {call.x()}));
    ClippedRelu layer;
    layer.max = *most;
    return call.give(call.add(layer, {call.x()}));
  }
  Layer layer;
  if (slope != 0) {
    LeakyRelu leaky;
    leaky.alpha = slope;
    leaky.parameter = parameter_type(slope);
    layer = leaky;
  } else {
    ThresholdedRelu cut;
    cut.theta = threshold;
    cut.parameter = parameter_type(threshold);
    layer = cut;
  }
  if (!most) return call.give(call.add(std::move(layer), {call.x()}));
  const NodeId open = call.add(std::move(layer), {call.x()}, "_unbounded");
  call.give(call.add(Minimum(), {open, keras_number(call, call.x(), "most", *most)}));
}

void read_leaky_relu(KerasCall& call) {
  LeakyRelu layer;
  layer.alpha = call.number("negative_slope", call.number("alpha", 0.3));
  layer.parameter = parameter_type(layer.alpha);
  if (!call.failed()) call.give(call.add(layer, {call.x()}));
}

void read_thresholded_relu(KerasCall& call) {
  ThresholdedRelu layer;
  layer.theta = call.number("theta", 1);
  layer.parameter = parameter_type(layer.theta);
  if (layer.theta < 0) call.refuse_value("theta", fmt::format("{}", layer.theta), "0 or more");
  if (!call.failed()) call.give(call.add(layer, {call.x()}));
}

void read_elu(KerasCall& call) {
  Elu layer;
  layer.alpha = call.number("alpha", 1);
  if (!call.failed()) call.give(call.add(layer, {call.x()}));
}

void read_prelu(KerasCall& call) {
  call.value("shared_axes");  // said again by the shape of alpha
  auto variables = call.variables({"alpha"});
  if (call.failed()) return;
  FloatTensor alpha = std::move(variables["alpha"]);
  const Shape& x = call.shape(call.x());
  bool fits = alpha.shape.size() == x.size();
  for (size_t axis = 0; fits && axis < x.size(); ++axis)
    fits = alpha.shape[axis] == x[axis] || alpha.shape[axis] == 1;
  if (!fits) {
    return call.refuse_shape(fmt::format("slopes of shape {} on {}", to_string(alpha.shape), to_string(x)));
  }
  // One a channel is said as such; what is shared otherwise is repeated.
  const bool is_per_channel =
      element_count(alpha.shape) == alpha.shape.back() && alpha.shape.back() == x.back();
  if (is_per_channel) {
    alpha.shape = {x.back()};
  } else if (alpha.shape != x) {
    FloatTensor whole{x, 1, {}};
    for (std::int64_t i = 0; i < element_count(x); ++i)
      whole.values.push_back(alpha.values[static_cast<size_t>(broadcast_index(i, x, alpha.shape))]);
    alpha = std::move(whole);
  }
  call.give(call.add(PRelu(), {call.x(), call.constant("alpha", std::move(alpha))}));
}

void read_softmax(KerasCall& call) {
  Softmax layer;
  const auto rank = static_cast<std::int64_t>(call.rank());
  const Json* said = call.value("axis");
  if (said) {
    const Json& axis = said->is_array() && said->size() == 1 ? (*said)[0] : *said;
    const std::int64_t number = axis.is_number_integer() ? axis.get<std::int64_t>() : 0;
    if (number == 0 || number > rank || number < -rank) {
      return call.refuse_value("axis", said->dump(), fmt::format("1 to {}, or from -{} to -1", rank, rank));
    }
    const std::int64_t ours = number > 0 ? number - 1 : number + rank;
    layer.axis = ours == rank - 1 ? -1 : static_cast<int>(ours);
  }
  call.give(call.add(layer, {call.x()}));
}

}  // namespace

std::span<const KerasClass> keras_activation_classes() {
  static const KerasClass rows[] = {
      {"Activation", read_activation},
      {"ReLU", read_relu},
      {"LeakyReLU", read_leaky_relu},
      {"ThresholdedReLU", read_thresholded_relu},
      {"ELU", read_elu},
      {"PReLU", read_prelu},
      {"Softmax", read_softmax},
  };
  return rows;
}

}  // namespace gw
