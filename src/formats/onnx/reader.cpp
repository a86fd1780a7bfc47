// Reading a file node by node. Each tensor of the file is a constant, whose values are known and computed
// with here, or a stream, which a node of our graph makes; a node is handed to the row of the table that has
// its operator. What is wrong is collected; a node that reads something wrong is passed over in silence.

#include "formats/onnx/reader.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "formats/file_model.h"
#include "formats/onnx/names.h"
#include "formats/onnx/rescale.h"
#include "support/messages.h"

namespace gw {

namespace {

constexpr std::int64_t oldest_opset = 6, newest_opset = 25;

/// Numbers that may be computed with while the file is read: a few for each that it holds. Constants that are
/// broadcast or joined with themselves grow without bounds.
std::uint64_t most_steps(const OnnxFile& file) {
  constexpr std::uint64_t each = 24, at_least = std::uint64_t{1} << 22;
  return at_least + each * file.values;
}

constexpr std::string_view channels_last_domain = "qonnx.custom_op.channels_last";
constexpr std::string_view runtime_domain = "com.microsoft";
constexpr std::string_view channels_last_operators[] = {"Conv", "MaxPool", "BatchNormalization"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// All operators of the standard domain.
const std::vector<OnnxOperator>& standard_operators() {
  static const std::vector<OnnxOperator> all = [] {
    std::vector<OnnxOperator> rows;
    for (const auto family : {onnx_matrix_operators(), onnx_pool_operators(), onnx_reduce_operators(),
                              onnx_activation_operators(), onnx_merge_operators(), onnx_shape_operators(),
                              onnx_move_operators(), onnx_constant_operators(), onnx_linear_operators()}) {
      rows.insert(rows.end(), family.begin(), family.end());
    }
    return rows;
  }();
  return all;
}

const OnnxOperator* find_operator(const OnnxNode& node) {
  std::span<const OnnxOperator> table;
  if (is_onnx_quantizer(node)) table = onnx_quantizer_operators();
  if (node.domain == runtime_domain) table = onnx_runtime_operators();
  const bool is_wrapped = node.domain == channels_last_domain && is_one_of(channels_last_operators, node.op);
  if (node.domain.empty() || is_wrapped) table = standard_operators();
  const auto row = std::find_if(table.begin(), table.end(), [&](const auto& r) { return r.op == node.op; });
  return row == table.end() ? nullptr : &*row;
}

std::string full_name(const OnnxNode& node) {
  return node.domain.empty() ? node.op : node.domain + "." + node.op;
}

std::vector<std::string> operator_names() {
  std::vector<std::string> names;
  for (const auto& row : standard_operators()) names.emplace_back(row.op);
  for (const auto& row : onnx_quantizer_operators()) {
    names.push_back(fmt::format("qonnx.custom_op.general.{}", row.op));
  }
  for (const auto& row : onnx_runtime_operators())
    names.push_back(fmt::format("{}.{}", runtime_domain, row.op));
  return names;
}

/// The tensors that the file treats as pictures or series with their channels first: they meet a layer that
/// looks at channels before anything that moves axes. From the last node to the first, since each comes
/// before those that read it.
std::set<std::string_view> meet_channels(const OnnxFile& file) {
  static constexpr std::string_view spatial[] = {"Conv",          "MaxPool",           "AveragePool",
                                                 "GlobalMaxPool", "GlobalAveragePool", "BatchNormalization",
                                                 "Resize",        "Upsample",          "PRelu"};
  static constexpr std::string_view moving[] = {"Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze",
                                                "MatMul",    "Gemm",    "Shape",   "Softmax"};
  std::set<std::string_view> met;
  for (auto node = file.nodes.rbegin(); node != file.nodes.rend(); ++node) {
    const bool is_first = is_one_of(spatial, node->op) && node->domain != channels_last_domain;
    const bool passes_on = !is_one_of(spatial, node->op) && !is_one_of(moving, node->op) &&
                           std::any_of(node->outputs.begin(), node->outputs.end(),
                                       [&](const std::string& output) { return met.contains(output); });
    if (is_first || passes_on) met.insert(node->inputs.begin(), node->inputs.end());
  }
  return met;
}

/// True if the inputs are lists and each operator acts on every element by itself: then there is no batch.
bool is_of_lists(const OnnxFile& file) {
  static constexpr std::string_view ops[] = {"Abs", "Add",       "Cast",     "Clip",           "Constant",
                                             "Div", "Dropout",   "Elu",      "Gelu",           "HardSigmoid",
                                             "Max", "HardSwish", "Identity", "LeakyRelu",      "Min",
                                             "Mul", "Neg",       "Pow",      "Relu",           "Selu",
                                             "Sub", "Sigmoid",   "Softplus", "Softsign",       "Swish",
                                             "Sum", "Tanh",      "Mean",     "ThresholdedRelu"};
  return std::all_of(file.nodes.begin(), file.nodes.end(),
                     [](const OnnxNode& node) { return is_one_of(ops, node.op); }) &&
         std::all_of(file.inputs.begin(), file.inputs.end(),
                     [](const OnnxPort& port) { return port.shape.size() == 1; });
}

}  // namespace

bool is_understood(const OnnxNode& node) { return find_operator(node) != nullptr; }

std::vector<bool> are_channels_first(const OnnxFile& file) {
  const auto met = meet_channels(file);
  std::vector<bool> found;
  for (const OnnxPort& input : file.inputs)
    found.push_back(input.shape.size() > 2 && met.contains(input.name));
  return found;
}

OnnxReader::OnnxReader(const OnnxFile& file, std::vector<std::string> layer_names,
                       std::vector<bool> is_channels_first)
    : file_(file),
      names_(std::move(layer_names)),
      is_channels_first_(std::move(is_channels_first)),
      steps_left_(most_steps(file)),
      builder_(file.path, most_stream_elements),
      layers_(file.nodes.size()) {
  for (const std::string& name : names_) taken_.take(name);
  for (const OnnxPort& port : file.inputs) taken_.take(onnx_tensor_name(port.name, "input"));
  for (const auto& [name, array] : file.initializers) taken_.take(name);
  for (size_t i = 0; i < file.nodes.size(); ++i) {
    for (const std::string& input : file.nodes[i].inputs) readers_.emplace(input, i);
  }
}

const OnnxTensor& OnnxReader::tensor(const std::string& name) const { return tensors_.at(name); }

void OnnxReader::report(Diagnostic error, std::string item) {
  error.place = {file_.path, 0, std::move(item)};
  errors_.push_back(std::move(error));
}

void OnnxReader::set(const std::string& name, OnnxTensor value, const std::string& item) {
  if (!tensors_.try_emplace(name, std::move(value)).second) {
    report(diagnose(messages::onnx_tensor_twice, {}, name), item);
  }
}

NodeId OnnxReader::constant(const OnnxArray& array, const std::string& reader, FloatTensor values) {
  const std::string name = onnx_tensor_name(array.name, "constant");
  auto& versions = constants_[name];
  for (const auto& version : versions) {
    if (version.shape == values.shape && version.values == array.values && version.type == array.type)
      return version.id;
  }
  std::string wanted = versions.empty() ? name : name + "." + reader;
  versions.push_back({-1, values.shape, array.values, array.type});
  if (!array.type) return versions.back().id = builder_.constant(std::move(wanted), std::move(values));
  Tensor fixed(values.shape, array.type->to);
  for (size_t i = 0; i < array.values.size(); ++i)
    fixed.set(static_cast<std::int64_t>(i), quantize(*array.type, array.values[i]));
  const NodeId id = builder_.constant_of(std::move(wanted), {std::move(values), fixed, 0});
  typed_.emplace(id, std::move(fixed));
  return versions.back().id = id;
}

const OnnxArray& OnnxReader::settled_constant(const std::string& name) {
  const auto found = settled_.find(name);
  if (found != settled_.end()) return found->second;
  return settled_.emplace(name, gw::settled(std::get<OnnxArray>(tensors_.at(name)))).first->second;
}

const TensorType& OnnxReader::type(NodeId id) const {
  const auto found = known_.find(id);
  return found == known_.end() ? builder_.type(id) : found->second;
}

std::optional<std::vector<Operand>> OnnxReader::typed_operands(const std::vector<NodeId>& inputs) const {
  std::vector<Operand> operands;
  for (const NodeId input : inputs) {
    operands.push_back({type(input)});
    if (!operands.back().type.fixed) return std::nullopt;
    if (const auto found = typed_.find(input); found != typed_.end())
      operands.back().constant = &found->second;
  }
  return operands;
}

void OnnxReader::state_type(Layer& layer, const std::vector<NodeId>& inputs) const {
  const auto operands = typed_operands(inputs);
  if (!operands) return;
  std::visit(
      [&](auto& l) {
        if constexpr (requires { l.out = std::optional<Quantizer>(); }) {
          if (l.out) return;
          const auto exact = infer(l, *operands);
          if (exact && exact->fixed && exact->fixed->width >= 1 && exact->fixed->width <= max_width)
            l.out = Quantizer{*exact->fixed};
        }
      },
      layer);
}

NodeId OnnxReader::add(const std::string& name, Layer layer, const std::vector<NodeId>& inputs) {
  const auto operands = typed_operands(inputs);
  std::optional<FixedType> said;
  std::visit(
      [&](const auto& l) {
        if constexpr (requires { l.out; }) {
          if constexpr (requires { l.out.to; }) {
            said = l.out.to;
          } else if (l.out) {
            said = l.out->to;
          }
        }
      },
      layer);
  const NodeId id = builder_.layer(name, layer, inputs);
  const TensorType& built = builder_.type(id);
  if (built.fixed || built.shape.empty()) return id;
  if (operands) {
    const auto exact = std::visit([&](const auto& l) { return infer(l, *operands); }, layer);
    if (exact && exact->fixed) known_.emplace(id, *exact);
  } else if (said) {
    known_.emplace(id, TensorType{built.shape, said});
  }
  return id;
}

double OnnxReader::unit_behind(const std::string& tensor) const {
  static constexpr std::string_view keeping[] = {"Relu",    "LeakyRelu", "PRelu",     "MaxPool",  "Add",
                                                 "Concat",  "Reshape",   "Flatten",   "Identity", "Dropout",
                                                 "Squeeze", "Unsqueeze", "Transpose", "Clip",     "Sub"};
  constexpr size_t far = 32;
  std::vector<std::string> pending{tensor};
  size_t seen = 0;
  for (size_t i = 0; i < pending.size() && i < far; ++i) {
    const auto [first, last] = readers_.equal_range(pending[i]);
    for (auto reader = first; reader != last && seen < far * far; ++reader, ++seen) {
      const OnnxNode& node = file_.nodes[reader->second];
      const bool is_quantizer = node.op == "Quant" || node.op == "IntQuant" || node.op == "QuantizeLinear";
      if (is_quantizer && node.inputs.size() > 1 && node.inputs[0] == pending[i]) {
        const auto found = tensors_.find(node.inputs[1]);
        const auto* scale = found == tensors_.end() ? nullptr : std::get_if<OnnxArray>(&found->second);
        if (scale && scale->values.size() == 1 && std::isfinite(scale->at(0)) && scale->at(0) > 0)
          return std::ldexp(scale->at(0), -near_exponent(scale->at(0)));
      } else if (is_one_of(keeping, node.op) && pending.size() < far) {
        pending.insert(pending.end(), node.outputs.begin(), node.outputs.end());
      }
    }
  }
  return 1;
}

void OnnxReader::read_input(size_t index) {
  const OnnxPort& port = file_.inputs[index];
  const std::string name = onnx_tensor_name(port.name, "input");
  constexpr std::int64_t real_types[] = {0, 1, 10, 11, 16};  // not said, float, half, double, bfloat16
  const bool is_number = port.whole || std::find(std::begin(real_types), std::end(real_types),
                                                 port.element) != std::end(real_types);
  const std::ptrdiff_t batch_axes = is_of_lists(file_) ? 0 : 1;
  const auto is_open = [](std::int64_t extent) { return extent < 1; };
  const auto is_endless = [](std::int64_t extent) { return extent > most_stream_elements; };
  OnnxTensor made = OnnxFailed{};
  if (!is_number) {
    report(diagnose(
               messages::onnx_tensor, {},
               fmt::format("its elements are of type {}, which is no number of up to 32 bits", port.element)),
           place_of(name));
  } else if (std::ssize(port.shape) < batch_axes + 1 ||
             std::any_of(port.shape.begin() + batch_axes, port.shape.end(), is_open)) {
    std::vector<std::string> extents;
    for (const std::int64_t extent : port.shape) extents.push_back(extent < 0 ? "?" : std::to_string(extent));
    report(diagnose(messages::onnx_input_shape, {}, fmt::format("{}", fmt::join(extents, "x"))),
           place_of(name));
  } else if (std::any_of(port.shape.begin(), port.shape.end(), is_endless)) {
    report(diagnose(messages::tensor_too_large, {}, to_string(port.shape), most_stream_elements),
           place_of(name));
  } else {
    const OnnxShape shape(port.shape.begin() + batch_axes, port.shape.end());
    const bool is_first = is_channels_first_[index];
    const OnnxView view =
        permuted_view(shape, is_first ? last_first(shape.size()) : axes_in_order(shape.size()));
    std::optional<Quantizer> type;
    if (port.whole) type = Quantizer{*port.whole, Rounding::Trn, Overflow::Sat};
    const OnnxStream stream{builder_.input(name, view.extents, type), view, std::nullopt, port.whole};
    inputs_.push_back(stream);
    if (!builder_.type(stream.id).shape.empty()) made = stream;
  }
  set(port.name, std::move(made), place_of(name));
}

void OnnxReader::read_node(size_t index) {
  const OnnxNode& node = file_.nodes[index];
  const std::string& name = names_[index];
  const std::string item = place_of(node.name.empty() ? name : node.name);
  const auto fail = [&] {
    for (const std::string& output : node.outputs) {
      if (!output.empty()) tensors_.try_emplace(output, OnnxFailed{});
    }
  };

  const OnnxOperator* row = find_operator(node);
  if (!row) {
    const bool is_whole = is_onnx_quantizer(node) || node.domain == runtime_domain;
    report(diagnose(messages::onnx_operator, {}, full_name(node),
                    nearest(is_whole ? full_name(node) : node.op, operator_names())),
           item);
    return fail();
  }
  bool is_good = true;
  for (const auto& [attribute, value] : node.attributes) {
    if (is_one_of(row->attributes, attribute)) continue;
    is_good = false;
    report(diagnose(messages::onnx_attribute, {}, attribute, node.op), item);
  }
  if (node.inputs.size() < row->least_inputs || node.inputs.size() > row->most_inputs ||
      node.outputs.empty()) {
    is_good = false;
    report(diagnose(messages::onnx_input_count, {}, node.op, static_cast<std::int64_t>(node.inputs.size())),
           item);
  }
  bool has_stream = false;
  std::vector<const OnnxArray*> constants;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const std::string& input = node.inputs[i];
    if (input.empty()) {
      if (i < row->least_inputs && is_good) {
        is_good = false;
        report(diagnose(messages::onnx_input_count, {}, node.op, static_cast<std::int64_t>(i)), item);
      }
      continue;
    }
    const auto found = tensors_.find(input);
    if (found == tensors_.end()) {
      report(diagnose(messages::onnx_tensor_missing, {}, input), item);
      set(input, OnnxFailed{}, item);  // told once
      is_good = false;
    } else if (std::holds_alternative<OnnxFailed>(found->second)) {
      is_good = false;
    } else if (const auto* array = std::get_if<OnnxArray>(&found->second)) {
      constants.push_back(array);
    } else {
      has_stream = true;
    }
  }
  for (const OnnxArray* array : constants) is_good = is_good && take_steps(array->values.size(), item);
  if (!is_good) return fail();

  OnnxCall call(*this, node, name, node.domain == channels_last_domain);
  const bool is_linear = node.op == "QuantizeLinear" || node.op == "DequantizeLinear";
  if (has_stream || is_onnx_quantizer(node) || is_linear) {
    row->read(call);
  } else if (auto array = fold_constants(call, constants)) {
    call.give(*std::move(array));
  } else if (!call.failed() && steps_left_ > 0) {
    call.refuse(diagnose(messages::only_constants, {}));
  }
  if (call.has_layer()) layers_[index] = name;
  for (size_t i = 1; i < node.outputs.size() && !call.failed(); ++i) {
    if (call.is_used(i) && !tensors_.contains(node.outputs[i]))
      call.refuse(diagnose(messages::onnx_tensor, {},
                           fmt::format("no layer computes its output '{}'", node.outputs[i])));
  }
  fail();  // gives what the call has not given
}

bool OnnxReader::take_steps(std::uint64_t count, const std::string& item) {
  if (steps_left_ == 0) return false;  // told, once
  if (count < steps_left_) {
    steps_left_ -= count;
    return true;
  }
  steps_left_ = 0;
  report(diagnose(messages::onnx_tensor, {}, "what the file computes of constants is too much for its size"),
         item);
  return false;
}

void OnnxReader::read_output(const OnnxPort& port) {
  const auto found = tensors_.find(port.name);
  if (found == tensors_.end()) {
    report(diagnose(messages::onnx_tensor_missing, {}, port.name), "outputs");
    return;
  }
  if (std::holds_alternative<OnnxArray>(found->second)) {
    report(diagnose(messages::output_not_computed, {}), place_of(port.name));
  }
  const auto* stream = std::get_if<OnnxStream>(&found->second);
  if (!stream) return;
  const OnnxNode no_node;
  OnnxCall call(*this, no_node, onnx_tensor_name(port.name, "output"), false);
  std::vector<int> axes;
  const OnnxStream real = settled(call, *stream);
  const bool is_input = std::any_of(inputs_.begin(), inputs_.end(),
                                    [&](const OnnxStream& input) { return input.id == real.id; });
  // What only moves the input's axes is a network for which something has to be moved.
  outputs_.push_back(is_input ? call.as_file(real) : call.by_axes(real, axes));
  builder_.output(outputs_.back().id);
}

void OnnxReader::read() {
  if (file_.opset() < oldest_opset || file_.opset() > newest_opset) {
    report(diagnose(messages::onnx_opset, {}, file_.opset(), oldest_opset, newest_opset), "");
  }
  for (const auto& [name, array] : file_.initializers) tensors_.try_emplace(name, array);
  for (size_t index = 0; index < file_.inputs.size(); ++index) read_input(index);
  for (const OnnxPort& port : file_.inputs) {
    const auto batch_of = [](const OnnxPort& p) { return p.shape.size() < 2 ? -1 : p.shape[0]; };
    const std::int64_t batch = batch_of(port), first = batch_of(file_.inputs[0]);
    if (batch > 0 && first > 0 && batch != first) {
      report(diagnose(
                 messages::onnx_shape, {},
                 fmt::format("its batch is {}, and that of '{}' is {}", batch, file_.inputs[0].name, first)),
             place_of(onnx_tensor_name(port.name, "input")));
    }
  }
  for (size_t index = 0; index < file_.nodes.size(); ++index) read_node(index);
  for (const OnnxPort& port : file_.outputs) read_output(port);
}

}  // namespace gw
