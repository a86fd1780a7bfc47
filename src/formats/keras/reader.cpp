// Reading a model call by call. Every call of a layer is handed to the row of the table that has its class,
// once all that goes in is known; models in the model are read in place. What is wrong is collected; what
// reads something wrong is passed over in silence.

#include "formats/keras/reader.h"

#include <algorithm>
#include <cmath>
#include <queue>

#include <fmt/format.h>

#include "formats/file_model.h"
#include "support/messages.h"

namespace gw {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t most_calls = 20'000;

/// All classes that are understood.
const std::vector<KerasClass>& all_classes() {
  static const std::vector<KerasClass> all = [] {
    std::vector<KerasClass> rows;
    for (const auto family :
         {keras_matrix_classes(), keras_pool_classes(), keras_activation_classes(), keras_merge_classes(),
          keras_shape_classes(), qkeras_classes(), keras_hgq_classes(), keras_hgq2_classes()}) {
      rows.insert(rows.end(), family.begin(), family.end());
    }
    return rows;
  }();
  return all;
}

const KerasClass* find_class_of(const KerasLayer& layer) {
  if (layer.is_operation) return nullptr;
  const auto& all = all_classes();
  const auto row =
      std::find_if(all.begin(), all.end(), [&](const auto& r) { return r.name == layer.class_name; });
  return row == all.end() ? nullptr : &*row;
}

std::string short_text(const Json& json) {
  // Text that is no UTF-8 is shown as far as it is.
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

/// Attributes that only say how a layer was trained, or again what the variables say.
bool is_of_training(const std::string& key) {
  static const std::set<std::string> keys{"name",
                                          "trainable",
                                          "dtype",
                                          "batch_input_shape",
                                          "batch_shape",
                                          "autocast",
                                          "build_config",
                                          "activity_regularizer",
                                          "kernel_range",
                                          "bias_range",
                                          "depthwise_range",
                                          "pointwise_range",
                                          "gamma_range",
                                          "beta_range",
                                          "momentum",
                                          "renorm",
                                          "renorm_clipping",
                                          "renorm_momentum",
                                          "fused",
                                          "virtual_batch_size",
                                          "adjustment",
                                          "synchronized",
                                          "ema_freeze_delay",
                                          "input_dim",
                                          "input_shape",
                                          "input_dtype",
                                          "sparse",
                                          "ragged",
                                          "optional",
                                          "seed",
                                          "noise_shape",
                                          "__passive_serialization__",
                                          "shared_object_id"};
  static constexpr std::string_view endings[] = {"_initializer", "_regularizer", "_constraint"};
  return keys.contains(key) ||
         std::any_of(std::begin(endings), std::end(endings), [&](auto end) { return key.ends_with(end); });
}

/// Names have one part here, and do not begin with a digit.
std::string plain(std::string name, const std::string& class_name) {
  for (char& c : name) {
    if (c == '.' || c == '/' || c == ':' || c == ' ') c = '_';
  }
  if (name[0] >= '0' && name[0] <= '9') name = keras_group_name(class_name) + "_" + name;
  return name;
}

}  // namespace

bool is_understood(const KerasLayer& layer) { return find_class_of(layer) != nullptr; }

std::int64_t broadcast_index(std::int64_t index, const Shape& whole, const Shape& part) {
  std::int64_t found = 0, stride = 1;
  for (size_t axis = whole.size(); axis-- > 0; index /= whole[axis], stride *= part[axis]) {
    if (part[axis] != 1) found += index % whole[axis] * stride;
  }
  return found;
}

// The call --------------------------------------------------------------------------------

int KerasCall::keras_version() const { return reader_.version(); }

void KerasCall::refuse(Diagnostic error) {
  failed_ = true;
  reader_.report(std::move(error), layer_.name);
}

void KerasCall::refuse_value(const std::string& key, std::string seen, std::string wanted) {
  refuse(diagnose(messages::keras_attribute_value, {}, key, std::move(seen), std::move(wanted)));
}

void KerasCall::refuse_shape(std::string why) { refuse(diagnose(messages::keras_shape, {}, std::move(why))); }

const Json* KerasCall::value(const std::string& key) {
  read_.insert(key);
  if (!layer_.config.is_object()) return nullptr;
  const auto found = layer_.config.find(key);
  return found == layer_.config.end() || found->is_null() ? nullptr : &*found;
}

std::int64_t KerasCall::integer(const std::string& key, std::int64_t otherwise, std::int64_t least,
                                std::int64_t most) {
  const Json* said = value(key);
  if (!said) return otherwise;
  const double number = said->is_number() ? said->get<double>() : std::nan("");
  if (number >= static_cast<double>(least) && number <= static_cast<double>(most) &&
      number == std::trunc(number))
    return static_cast<std::int64_t>(number);
  refuse_value(key, short_text(*said), fmt::format("a whole number from {} to {}", least, most));
  return otherwise;
}

// Keras has rounded what the user wrote, 0.3, to single precision; the shortest decimal number that rounds to
// it is what was written.
double KerasCall::number(const std::string& key, double otherwise) {
  const Json* said = value(key);
  if (!said) return otherwise;
  const auto number = said->is_number() ? static_cast<float>(said->get<double>()) : NAN;
  if (std::isfinite(number)) return std::stod(fmt::format("{}", number));
  refuse_value(key, short_text(*said), "a finite number");
  return otherwise;
}

bool KerasCall::flag(const std::string& key, bool otherwise) {
  const Json* said = value(key);
  if (!said) return otherwise;
  if (said->is_boolean()) return said->get<bool>();
  if (said->is_number() && (*said == 0 || *said == 1)) return *said == 1;
  refuse_value(key, short_text(*said), "true or false");
  return otherwise;
}

std::string KerasCall::text(const std::string& key, const std::string& otherwise) {
  const Json* said = value(key);
  if (!said) return otherwise;
  if (said->is_string()) return said->get<std::string>();
  refuse_value(key, short_text(*said), "a text");
  return otherwise;
}

Shape KerasCall::per_axis(const std::string& key, size_t axes, int otherwise, int least) {
  constexpr double most = 1 << 20;
  const Json* said = value(key);
  if (!said) return Shape(axes, otherwise);
  const Json list = said->is_array() ? *said : Json::array({*said});
  Shape found;
  for (const Json& part : list) {
    const double number = part.is_number() ? part.get<double>() : -1;
    if (number >= least && number <= most && number == std::trunc(number))
      found.push_back(static_cast<int>(number));
  }
  if (found.size() == list.size() && found.size() == 1) found.resize(axes, found[0]);
  if (found.size() == axes && list.size() <= axes) return found;
  refuse_value(key, short_text(*said), fmt::format("{} numbers from {} to {}", axes, least, most));
  return Shape(axes, std::max(least, otherwise));
}

void KerasCall::check_config() {
  if (is_config_ignored_ || failed_ || !layer_.config.is_object()) return;
  for (const auto& [key, said] : layer_.config.items()) {
    if (read_.contains(key) || said.is_null() || is_of_training(key)) continue;
    refuse(diagnose(messages::keras_attribute, {}, key, layer_.class_name, short_text(said)));
  }
}

const Shape& KerasCall::shape(NodeId id) const { return reader_.builder().type(id).shape; }

std::map<std::string, FloatTensor> KerasCall::variables(const std::vector<std::string>& names,
                                                        const std::set<std::string>& optional) {
  std::map<std::string, FloatTensor> found;
  const auto variables = reader_.weights().variables(layer_, names);
  for (size_t i = 0; i < names.size(); ++i) {
    const auto& [values, path] = variables[i];
    if (!values) {
      if (optional.contains(names[i])) continue;
      refuse(diagnose(messages::keras_variable, {}, names[i],
                      fmt::format("the file has no values at '{}'", path)));
      continue;
    }
    if (!values->unusable.empty()) {
      refuse(diagnose(messages::keras_variable, {}, names[i], values->unusable));
      continue;
    }
    FloatTensor tensor{{}, 1, values->values};
    for (const std::int64_t extent : values->shape) tensor.shape.push_back(static_cast<int>(extent));
    found[names[i]] = std::move(tensor);
  }
  for (const std::string& other : reader_.weights().others(layer_, names)) {
    refuse(diagnose(messages::keras_variable, {}, other,
                    fmt::format("{} has no such variable here", layer_.class_name)));
  }
  return found;
}

bool KerasCall::has_numbered(const std::string& prefix) const {
  return reader_.weights().has_numbered(layer_, prefix);
}

NodeId KerasCall::add(Layer layer, std::vector<NodeId> inputs, const std::string& suffix) {
  const std::string name = suffix.empty() ? name_ : reader_.free_name(name_ + suffix);
  return reader_.builder().layer(name, std::move(layer), std::move(inputs));
}

NodeId KerasCall::constant(const std::string& suffix, FloatTensor values, std::optional<Quantizer> type) {
  return reader_.constant(layer_, suffix, std::move(values), type);
}

bool KerasCall::has_typed_weights() const { return reader_.has_typed_weights(layer_); }

void KerasCall::note_nothing(const std::string& name) { reader_.add_alias(name, ""); }

void KerasCall::pass_through() {
  note_nothing(name_);
  give(x());
}

// The reader --------------------------------------------------------------------------------

KerasReader::KerasReader(const KerasModel& model, const KerasWeights& weights, std::string file, int version)
    : model_(model),
      weights_(weights),
      version_(version),
      file_(std::move(file)),
      builder_(file_, most_stream_elements) {
  reserve_names(model, "");
}

/// Layers of a model inside keep their names, unless another layer has them.
void KerasReader::reserve_names(const KerasModel& model, const std::string& owner) {
  for (const KerasLayer& layer : model.layers) {
    std::string name = plain(layer.name, layer.class_name);
    if (!taken_.take(name)) name = free_name(owner.empty() ? name : plain(owner + "_" + layer.name, ""));
    names_[&layer] = name;
    if (name != layer.name) add_alias(layer.name, name);
  }
  for (const KerasLayer& layer : model.layers) {
    if (layer.model) reserve_names(*layer.model, layer.name);
    // HGQ's quantizers say which types the layers around them have.
    const Json* said =
        layer.config.is_object() && layer.config.contains("overrides") ? &layer.config["overrides"] : nullptr;
    if (!said || !said->is_object() || !said->contains("layers") || !(*said)["layers"].is_object()) continue;
    for (const auto& [name, types] : (*said)["layers"].items()) typed_.insert(name);
  }
}

void KerasReader::report(Diagnostic error, const std::string& layer) {
  error.place = {file_, 0, layer.empty() ? "" : place_of(layer)};
  errors_.push_back(std::move(error));
}

NodeId KerasReader::constant(const KerasLayer& layer, const std::string& suffix, FloatTensor values,
                             std::optional<Quantizer> type) {
  const auto [entry, is_new] = constants_.try_emplace({&layer, suffix}, -1);
  if (is_new)
    entry->second = builder_.constant(free_name(names_.at(&layer) + "." + suffix), std::move(values), type);
  return entry->second;
}

namespace {

/// The shape of an input without its batch, or nothing and how it is written.
std::optional<Shape> input_shape(const KerasLayer& layer, std::string& seen) {
  seen = "?";
  if (!layer.config.is_object()) return std::nullopt;
  const Json* said = nullptr;
  for (const char* key : {"batch_input_shape", "batch_shape"}) {
    if (const auto found = layer.config.find(key); found != layer.config.end() && found->is_array())
      said = &*found;
  }
  if (const auto build = layer.config.find("build_config");
      !said && build != layer.config.end() && build->is_object()) {
    if (const auto found = build->find("input_shape"); found != build->end() && found->is_array())
      said = &*found;
  }
  if (!said) return std::nullopt;
  Shape shape;
  std::vector<std::string> extents;
  bool is_fixed = said->size() >= 2;
  for (size_t i = 0; i < said->size(); ++i) {
    const Json& extent = (*said)[i];
    const std::int64_t number = extent.is_number_integer() ? extent.get<std::int64_t>() : -1;
    extents.push_back(number < 0 ? "?" : std::to_string(number));
    if (i == 0) continue;
    is_fixed = is_fixed && number > 0 && number <= max_elements;
    shape.push_back(is_fixed ? static_cast<int>(number) : 0);
  }
  seen = fmt::format("{}", fmt::join(extents, "x"));
  return is_fixed ? std::optional(shape) : std::nullopt;
}

/// Whole numbers have a type of their own.
std::optional<Quantizer> input_type(const KerasLayer& layer) {
  const auto said = layer.config.is_object() ? layer.config.find("dtype") : layer.config.end();
  if (said == layer.config.end() || !said->is_string()) return std::nullopt;
  const std::string name = said->get<std::string>();
  for (const int width : {8, 16, 32}) {
    if (name == "int" + std::to_string(width)) return Quantizer{{width, width, true}};
    if (name == "uint" + std::to_string(width)) return Quantizer{{width, width, false}};
  }
  return std::nullopt;
}

}  // namespace

NodeId KerasReader::read_input(const KerasLayer& layer) {
  // A Sequential without an InputLayer is fed what its first layer was built for.
  const bool is_own = layer.class_name == "InputLayer";
  const std::string name = is_own ? names_.at(&layer) : free_name("input1");
  std::string seen;
  const auto shape = input_shape(layer, seen);
  if (!shape) {
    report(diagnose(messages::keras_input_shape, {}, seen), layer.name);
    return -1;
  }
  const NodeId id = builder_.input(name, *shape, input_type(layer));
  inputs_.push_back(id);
  input_names_.push_back(is_own ? layer.name : name);
  return id;
}

NodeId KerasReader::read_call(const KerasLayer& layer, std::vector<NodeId> inputs) {
  const bool is_bad = std::any_of(inputs.begin(), inputs.end(),
                                  [&](NodeId id) { return id < 0 || builder_.type(id).shape.empty(); });
  if (layer.model) {
    if (is_bad) inputs.assign(inputs.size(), -1);
    const auto answers = read_model(*layer.model, inputs);
    if (answers.size() == 1) return answers[0];
    report(diagnose(messages::keras_graph, {},
                    fmt::format("the model inside has {} answers; one is understood", answers.size())),
           layer.name);
    return -1;
  }
  const KerasClass* row = find_class_of(layer);
  if (!row) {
    if (!is_unknown_.try_emplace(&layer, true).second) return -1;  // told, once
    const auto absent = keras_absent_classes();
    const std::string shown = layer.is_operation ? "keras.ops." + layer.class_name : layer.class_name;
    if (!layer.is_operation && std::find(absent.begin(), absent.end(), layer.class_name) != absent.end()) {
      report(diagnose(messages::keras_layer_absent, {}, shown), layer.name);
      return -1;
    }
    std::vector<std::string> known;
    for (const KerasClass& one : all_classes()) known.emplace_back(one.name);
    report(diagnose(messages::keras_layer, {}, shown, nearest(layer.class_name, known)), layer.name);
    return -1;
  }
  if (inputs.size() < row->least_inputs || inputs.size() > row->most_inputs) {
    report(diagnose(messages::keras_graph, {},
                    fmt::format("{} does not take {} inputs", layer.class_name, inputs.size())),
           layer.name);
    return -1;
  }
  if (is_bad) return -1;
  const int uses = uses_[&layer]++;
  std::string name = names_.at(&layer);
  if (uses > 0) name = free_name(name + "_" + std::to_string(uses));
  KerasCall call(*this, layer, name, std::move(inputs));
  row->read(call);
  call.check_config();
  if (call.failed()) return -1;
  return call.answer();
}

std::vector<NodeId> KerasReader::read_model(const KerasModel& model, std::span<const NodeId> given) {
  // Each call, and which others wait for it.
  std::vector<std::vector<NodeId>> answers(model.layers.size());
  std::vector<std::vector<size_t>> waits(model.layers.size());
  using Call = std::pair<size_t, size_t>;
  std::map<Call, std::vector<Call>> readers;
  std::priority_queue<Call, std::vector<Call>, std::greater<>> ready;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const KerasLayer& layer = model.layers[i];
    const size_t calls = layer.class_name == "InputLayer" ? 1 : layer.calls.size();
    answers[i].assign(calls, -1);
    waits[i].assign(calls, 0);
    for (size_t call = 0; call < layer.calls.size() && call < calls; ++call) {
      if (layer.class_name == "InputLayer") break;
      waits[i][call] = layer.calls[call].size();
      for (const KerasTensor& input : layer.calls[call])
        readers[{input.layer, input.call}].emplace_back(i, call);
    }
    for (size_t call = 0; call < calls; ++call) {
      if (waits[i][call] == 0) ready.emplace(i, call);
    }
  }
  size_t pending = 0;
  for (const auto& calls : waits) pending += calls.size();

  while (!ready.empty()) {
    const auto [index, number] = ready.top();
    ready.pop();
    --pending;
    const KerasLayer& layer = model.layers[index];
    if (++calls_ > most_calls) {
      if (calls_ == most_calls + 1)
        report(diagnose(messages::keras_graph, {}, "there are too many calls"), layer.name);
      return {-1};
    }
    const auto place = std::find(model.inputs.begin(), model.inputs.end(), index);
    NodeId& answer = answers[index][number];
    if (layer.class_name == "InputLayer") {
      const auto position = static_cast<size_t>(place - model.inputs.begin());
      answer = position < given.size() ? given[position] : -1;
    } else {
      std::vector<NodeId> inputs;
      for (const KerasTensor& input : layer.calls[number]) inputs.push_back(answers[input.layer][input.call]);
      if (model.adds_input && index == 0) inputs.assign(given.begin(), given.end());
      answer = read_call(layer, std::move(inputs));
    }
    const auto waiting = readers.find({index, number});
    if (waiting == readers.end()) continue;
    for (const auto& [reader, call] : waiting->second) {
      if (--waits[reader][call] == 0) ready.emplace(reader, call);
    }
  }
  if (pending > 0) {
    for (size_t i = 0; i < model.layers.size(); ++i) {
      if (std::all_of(waits[i].begin(), waits[i].end(), [](size_t n) { return n == 0; })) continue;
      report(diagnose(messages::keras_graph, {}, "it waits for itself in a circle"), model.layers[i].name);
      break;
    }
  }
  std::vector<NodeId> found;
  for (const KerasTensor& output : model.outputs) found.push_back(answers[output.layer][output.call]);
  return found;
}

void KerasReader::read() {
  // A model whose first layer is a model is fed what that one is fed.
  const KerasModel* fed = &model_;
  while (fed->adds_input && fed->layers[0].model) fed = fed->layers[0].model.get();
  std::vector<NodeId> inputs;
  if (fed->adds_input) {
    inputs.push_back(read_input(fed->layers[0]));
  } else {
    for (const size_t index : fed->inputs) inputs.push_back(read_input(fed->layers[index]));
  }
  const std::vector<NodeId> answers = read_model(model_, inputs);
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i] < 0) continue;
    outputs_.emplace_back(answers[i],
                          i < model_.outputs.size() ? model_.layers[model_.outputs[i].layer].name : "");
    builder_.output(answers[i]);
  }
}

}  // namespace gw
