// Reading a file node by node. Each tensor of the file is a constant, whose values are known and computed
// with here, or a stream, which a node of our graph makes; a node is handed to the row of the table that has
// its operator. What is wrong is collected; a node that reads something wrong is passed over in silence.

#include "formats/onnx_reader.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "formats/onnx_names.h"
#include "support/messages.h"

namespace gw {

namespace {

constexpr std::int64_t oldest_opset = 6, newest_opset = 21;

constexpr std::string_view channels_last_domain = "qonnx.custom_op.channels_last";
constexpr std::string_view channels_last_operators[] = {"Conv", "MaxPool", "BatchNormalization"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// All operators of the standard domain.
const std::vector<OnnxOperator>& standard_operators() {
  static const std::vector<OnnxOperator> all = [] {
    std::vector<OnnxOperator> rows;
    for (const auto family : {onnx_matrix_operators(), onnx_pool_operators(), onnx_activation_operators(),
                              onnx_merge_operators(), onnx_shape_operators()}) {
      rows.insert(rows.end(), family.begin(), family.end());
    }
    return rows;
  }();
  return all;
}

const OnnxOperator* find_operator(const OnnxNode& node) {
  std::span<const OnnxOperator> table;
  if (is_onnx_quantizer(node)) table = onnx_quantizer_operators();
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
  return names;
}

/// Whether the file treats this tensor as a picture or a series with its channels first: it meets a layer
/// that looks at channels before anything that moves axes.
bool meets_channels(const OnnxFile& file, const std::string& tensor) {
  static constexpr std::string_view spatial[] = {"Conv",          "MaxPool",           "AveragePool",
                                                 "GlobalMaxPool", "GlobalAveragePool", "BatchNormalization",
                                                 "Resize",        "Upsample",          "PRelu"};
  static constexpr std::string_view moving[] = {"Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze",
                                                "MatMul",    "Gemm",    "Shape",   "Softmax"};
  std::vector<std::string> pending{tensor};
  for (size_t i = 0; i < pending.size(); ++i) {
    for (const OnnxNode& node : file.nodes) {
      if (std::find(node.inputs.begin(), node.inputs.end(), pending[i]) == node.inputs.end()) continue;
      if (is_one_of(spatial, node.op) && node.domain != channels_last_domain) return true;
      if (is_one_of(spatial, node.op) || is_one_of(moving, node.op)) continue;
      for (const std::string& output : node.outputs) {
        if (std::find(pending.begin(), pending.end(), output) == pending.end()) pending.push_back(output);
      }
    }
  }
  return false;
}

std::vector<int> identity(size_t rank) {
  std::vector<int> axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

/// (1, 2, ..., 0)
std::vector<int> first_to_last(size_t rank) {
  std::vector<int> axes = identity(rank);
  std::rotate(axes.begin(), axes.begin() + (rank > 0 ? 1 : 0), axes.end());
  return axes;
}

OnnxShape to_onnx(const Shape& shape) { return {shape.begin(), shape.end()}; }

}  // namespace

bool is_understood(const OnnxNode& node) { return find_operator(node) != nullptr; }

bool is_channels_first(const OnnxFile& file, const OnnxPort& input) {
  return input.shape.size() > 2 && meets_channels(file, input.name);
}

// The call --------------------------------------------------------------------------------

std::int64_t OnnxCall::opset() const { return reader_.file().opset(); }

std::string OnnxCall::item() const { return place_of(node_.name.empty() ? name_ : node_.name); }

void OnnxCall::refuse(Diagnostic error) {
  failed_ = true;
  reader_.report(std::move(error), item());
}

void OnnxCall::refuse_value(const std::string& attribute, std::string seen, std::string wanted) {
  refuse(diagnose(messages::onnx_attribute_value, {}, attribute, std::move(seen), std::move(wanted)));
}

void OnnxCall::refuse_shape(std::string why) { refuse(diagnose(messages::onnx_shape, {}, std::move(why))); }

namespace {

template <class T>
const T* find_attribute(OnnxCall& call, const std::string& name, const char* wanted) {
  const auto found = call.node().attributes.find(name);
  if (found == call.node().attributes.end()) return nullptr;
  const T* value = std::get_if<T>(&found->second);
  if (!value) call.refuse_value(name, "of another kind", wanted);
  return value;
}

}  // namespace

std::int64_t OnnxCall::integer(const std::string& attribute, std::int64_t otherwise) {
  const auto* value = find_attribute<std::int64_t>(*this, attribute, "a whole number");
  return value ? *value : otherwise;
}

// An exporter has rounded what the user wrote, 0.1, to single precision; the shortest decimal number that
// rounds to it is what was written.
double OnnxCall::number(const std::string& attribute, double otherwise) {
  const auto* value = find_attribute<float>(*this, attribute, "a number");
  if (!value) return otherwise;
  if (!std::isfinite(*value)) {
    refuse_value(attribute, fmt::format("{}", *value), "a finite number");
    return otherwise;
  }
  return std::stod(fmt::format("{}", *value));
}

std::string OnnxCall::text(const std::string& attribute, const std::string& otherwise) {
  const auto* value = find_attribute<std::string>(*this, attribute, "a text");
  return value ? *value : otherwise;
}

std::vector<std::int64_t> OnnxCall::integers(const std::string& attribute,
                                             std::vector<std::int64_t> otherwise) {
  const auto* value = find_attribute<std::vector<std::int64_t>>(*this, attribute, "a list of whole numbers");
  return value ? *value : otherwise;
}

std::vector<float> OnnxCall::numbers(const std::string& attribute) {
  const auto* value = find_attribute<std::vector<float>>(*this, attribute, "a list of numbers");
  return value ? *value : std::vector<float>();
}

const OnnxArray* OnnxCall::array(const std::string& attribute) {
  return find_attribute<OnnxArray>(*this, attribute, "a tensor");
}

const OnnxTensor& OnnxCall::input(size_t index) const { return reader_.tensor(node_.inputs[index]); }

std::optional<OnnxStream> OnnxCall::stream(size_t index) {
  GW_CHECK(has_input(index));
  if (const auto* found = std::get_if<OnnxStream>(&input(index))) return *found;
  refuse(diagnose(messages::onnx_wants_stream, {}, static_cast<std::int64_t>(index), node_.op));
  return std::nullopt;
}

const OnnxArray* OnnxCall::needed_constant(size_t index) {
  GW_CHECK(has_input(index));
  if (const auto* found = constant(index)) return found;
  refuse(diagnose(messages::onnx_wants_constant, {}, static_cast<std::int64_t>(index), node_.op));
  return nullptr;
}

const Shape& OnnxCall::shape(const OnnxStream& stream) const {
  return reader_.builder().type(stream.id).shape;
}

void OnnxCall::give(OnnxTensor output, size_t index) {
  if (const auto* stream = std::get_if<OnnxStream>(&output); stream && shape(*stream).empty())
    output = OnnxFailed{};
  reader_.set(node_.outputs[index], std::move(output), item());
}

NodeId OnnxCall::add(Layer layer, const std::vector<NodeId>& inputs, const std::string& suffix) {
  has_layer_ = has_layer_ || suffix.empty();
  const std::string name = suffix.empty() ? name_ : reader_.free_name(name_ + suffix);
  return reader_.builder().layer(name, std::move(layer), inputs);
}

OnnxStream OnnxCall::elementwise(Layer layer, const OnnxStream& like, std::vector<NodeId> more_inputs) {
  more_inputs.insert(more_inputs.begin(), like.id);
  return {add(std::move(layer), more_inputs), like.view};
}

OnnxStream OnnxCall::spatial(Layer layer, const std::vector<NodeId>& inputs) {
  OnnxStream made{add(std::move(layer), inputs), {}};
  OnnxShape ours = to_onnx(shape(made));
  if (is_channels_last_) {
    made.view = plain_view(ours);
  } else {
    std::rotate(ours.begin(), ours.end() - (ours.empty() ? 0 : 1), ours.end());
    made.view = permuted_view(ours, first_to_last(ours.size()));
  }
  return made;
}

OnnxStream OnnxCall::plain(Layer layer, const std::vector<NodeId>& inputs) {
  OnnxStream made{add(std::move(layer), inputs), {}};
  made.view = plain_view(to_onnx(shape(made)));
  return made;
}

NodeId OnnxCall::weights(const OnnxArray& array, const Shape& wanted) {
  FloatTensor values = to_float_tensor(array, wanted);
  const auto is_bad = [](float value) { return !std::isfinite(value); };
  const auto bad = std::find_if(values.values.begin(), values.values.end(), is_bad) - values.values.begin();
  if (bad < static_cast<std::ptrdiff_t>(values.values.size())) {
    OnnxShape index(array.shape.size());
    std::int64_t rest = bad;
    for (size_t axis = index.size(); axis-- > 0; rest /= array.shape[axis]) {
      index[axis] = rest % array.shape[axis];
    }
    refuse(diagnose(messages::onnx_not_finite, {}, array.name, fmt::format("{}", fmt::join(index, ", ")),
                    fmt::format("{}", array.at(bad))));
    std::replace_if(values.values.begin(), values.values.end(), is_bad, 0.0F);  // told, once
  }
  return reader_.constant(array.name, name_, std::move(values), array.type);
}

std::optional<NodeId> OnnxCall::beside(const OnnxArray& given, const OnnxStream& stream) {
  OnnxArray array = given;
  const OnnxShape& whole = stream.view.shape;
  if (array.shape.size() == whole.size() + 1 && array.shape[0] == 1) array.shape.erase(array.shape.begin());
  if (!broadcast(array, whole)) {
    refuse_shape(fmt::format("'{}' of shape {} is not broadcast to {} without the batch", array.name,
                             to_string(given.shape), to_string(whole)));
    return std::nullopt;
  }
  const Shape& ours = shape(stream);
  if (array.values.size() == 1) return weights(array, Shape(ours.size(), 1));
  // Where our axes are the file's, extents of 1 stay as they are.
  for (const std::vector<int>& axes : {identity(whole.size()), first_to_last(whole.size())}) {
    if (ours.size() != whole.size()) break;
    const OnnxView view = permuted_view(whole, axes);
    if (Shape(view.extents) != ours || view.extents != stream.view.extents || view.order != stream.view.order)
      continue;
    array.shape.insert(array.shape.begin(), whole.size() - array.shape.size(), 1);
    array = transposed(std::move(array), axes);
    return weights(array, Shape(array.shape.begin(), array.shape.end()));
  }
  return weights(laid_out(std::move(array), stream.view), ours);
}

OnnxStream OnnxCall::arranged(const OnnxStream& stream, const std::vector<int>& axes) {
  const auto steps = rearrangement(stream.view, shape(stream), axes);
  if (!steps) {  // moved to the file's order first, where every reshape is a plain one
    OnnxStream flat = stream;
    flat.view.shape.clear();
    for (const int digit : stream.view.order) {
      flat.view.shape.push_back(stream.view.extents[static_cast<size_t>(digit)]);
    }
    OnnxStream moved = arranged(flat, identity(flat.view.shape.size()));
    moved.view = plain_view(stream.view.shape);
    return arranged(moved, axes);
  }
  OnnxStream result = stream;
  if (!steps->digits.empty()) result.id = add(Reshape{steps->digits}, {result.id}, "_digits");
  if (!steps->axes.empty()) result.id = add(Permute{steps->axes}, {result.id}, "_transpose");
  if (steps->is_reshaped) result.id = add(Reshape{steps->shape}, {result.id}, "_reshape");
  result.view = permuted_view(stream.view.shape, axes);
  return result;
}

OnnxStream OnnxCall::as_file(const OnnxStream& stream) {
  return arranged(stream, identity(stream.view.shape.size()));
}

OnnxStream OnnxCall::channels_last(const OnnxStream& stream) {
  return is_channels_last_ ? as_file(stream) : arranged(stream, first_to_last(stream.view.shape.size()));
}

OnnxStream OnnxCall::by_axes(const OnnxStream& stream, std::vector<int>& axes) {
  OnnxView view = stream.view;
  std::vector<std::vector<int>> digits;
  axes = identity(view.shape.size());
  if (!split_by_axes(view, digits)) return as_file(stream);
  for (const auto& part : digits) {
    for (size_t i = 1; i < part.size(); ++i) {
      if (part[i] != part[i - 1] + 1) return as_file(stream);
    }
  }
  const auto first = [&](int axis) {
    const auto& part = digits[static_cast<size_t>(axis)];
    return part.empty() ? -1 : part[0];
  };
  std::stable_sort(axes.begin(), axes.end(), [&](int a, int b) { return first(a) < first(b); });
  return arranged(stream, axes);
}

bool OnnxCall::is_last(const OnnxStream& stream, int axis) const {
  OnnxView view = stream.view;
  std::vector<std::vector<int>> digits;
  if (!split_by_axes(view, digits)) return false;
  // The axis is our last one if its digits, in their order, are those that run fastest with us.
  const auto& part = digits[static_cast<size_t>(axis)];
  auto digit = static_cast<int>(view.extents.size());
  for (auto own = part.rbegin(); own != part.rend();) {
    if (--digit < 0) return false;
    if (*own == digit) {
      ++own;
    } else if (view.extents[static_cast<size_t>(digit)] != 1) {
      return false;
    }
  }
  return shape(stream).back() == stream.view.shape[static_cast<size_t>(axis)];
}

// The reader --------------------------------------------------------------------------------

OnnxReader::OnnxReader(const OnnxFile& file, std::vector<std::string> layer_names)
    : file_(file), names_(std::move(layer_names)), builder_(file.path), layers_(file.nodes.size()) {
  taken_.insert(names_.begin(), names_.end());
  for (const OnnxPort& port : file.inputs) taken_.insert(onnx_tensor_name(port.name, "input"));
  for (const auto& [name, array] : file.initializers) taken_.insert(name);
}

std::string OnnxReader::free_name(const std::string& wanted) {
  std::string name = wanted;
  for (int number = 1; !taken_.insert(name).second; ++number) name = wanted + "_" + std::to_string(number);
  return name;
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

NodeId OnnxReader::constant(std::string name, const std::string& reader, FloatTensor values,
                            std::optional<Quantizer> type) {
  name = onnx_tensor_name(name, "constant");
  auto& versions = constants_[name];
  for (const auto& [id, made, made_type] : versions) {
    if (made.shape == values.shape && made.values == values.values && made_type == type) return id;
  }
  std::string wanted = versions.empty() ? name : name + "." + reader;
  versions.push_back({-1, values, type});
  return versions.back().id = builder_.constant(std::move(wanted), std::move(values), type);
}

void OnnxReader::read_input(const OnnxPort& port) {
  const std::string name = onnx_tensor_name(port.name, "input");
  const auto is_open = [](std::int64_t extent) { return extent < 1; };
  OnnxTensor made = OnnxFailed{};
  if (port.shape.size() < 2 || std::any_of(port.shape.begin() + 1, port.shape.end(), is_open)) {
    std::vector<std::string> extents;
    for (const std::int64_t extent : port.shape) extents.push_back(extent < 0 ? "?" : std::to_string(extent));
    report(diagnose(messages::onnx_input_shape, {}, fmt::format("{}", fmt::join(extents, "x"))),
           place_of(name));
  } else {
    const OnnxShape shape(port.shape.begin() + 1, port.shape.end());
    const bool is_first = is_channels_first(file_, port);
    const OnnxView view =
        permuted_view(shape, is_first ? first_to_last(shape.size()) : identity(shape.size()));
    const OnnxStream stream{builder_.input(name, view.extents), view};
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
    const bool is_quantizer = is_onnx_quantizer(node);
    report(diagnose(messages::onnx_operator, {}, full_name(node),
                    nearest(is_quantizer ? full_name(node) : node.op, operator_names())),
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
  std::vector<OnnxArray> constants;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const std::string& input = node.inputs[i];
    if (input.empty()) {
      is_good = is_good && i >= row->least_inputs;
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
      constants.push_back(*array);
    } else {
      has_stream = true;
    }
  }
  if (!is_good) return fail();

  OnnxCall call(*this, node, name, node.domain == channels_last_domain);
  if (has_stream || is_onnx_quantizer(node)) {
    row->read(call);
  } else if (auto array = fold_constants(call, constants)) {
    call.give(*std::move(array));
  } else if (!call.failed()) {
    call.refuse(diagnose(messages::only_constants, {}));
  }
  if (call.has_layer()) layers_[index] = name;
  fail();  // gives what the call has not given
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
  outputs_.push_back(call.by_axes(*stream, axes));
  builder_.output(outputs_.back().id);
}

void OnnxReader::read() {
  if (file_.opset() < oldest_opset || file_.opset() > newest_opset) {
    report(diagnose(messages::onnx_opset, {}, file_.opset(), oldest_opset, newest_opset), "");
  }
  for (const auto& [name, array] : file_.initializers) tensors_.try_emplace(name, array);
  for (const OnnxPort& port : file_.inputs) read_input(port);
  for (size_t index = 0; index < file_.nodes.size(); ++index) read_node(index);
  for (const OnnxPort& port : file_.outputs) read_output(port);
}

}  // namespace gw
