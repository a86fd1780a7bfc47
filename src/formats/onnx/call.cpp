// What an operator's handler sees of the file: its inputs, its attributes, errors with its place, and the
// layers that it becomes, with tensors brought into the order that each layer wants.

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "formats/onnx/names.h"
#include "formats/onnx/reader.h"
#include "formats/onnx/rescale.h"
#include "support/messages.h"

namespace gw {

namespace {

OnnxShape to_onnx(const Shape& shape) { return {shape.begin(), shape.end()}; }

}  // namespace

std::int64_t OnnxCall::batch() const {
  std::int64_t batch = 1;
  for (const OnnxPort& port : reader_.file().inputs) {
    if (!port.shape.empty()) batch = std::max(batch, port.shape[0]);
  }
  return batch;
}

bool OnnxCall::batch_is_one() const {
  const auto& inputs = reader_.file().inputs;
  return std::any_of(inputs.begin(), inputs.end(),
                     [](const OnnxPort& port) { return !port.shape.empty() && port.shape[0] == 1; });
}

bool OnnxCall::is_used(size_t output) const {
  if (output >= node_.outputs.size() || node_.outputs[output].empty()) return false;
  const std::string& name = node_.outputs[output];
  const auto& ends = reader_.file().outputs;
  return reader_.is_read(name) ||
         std::any_of(ends.begin(), ends.end(), [&](const OnnxPort& port) { return port.name == name; });
}

bool OnnxCall::ends_network() const {
  return std::none_of(node_.outputs.begin(), node_.outputs.end(),
                      [&](const std::string& output) { return reader_.is_read(output); });
}

std::int64_t OnnxCall::opset() const { return reader_.file().opset(); }

std::string OnnxCall::item() const { return place_of(node_.name.empty() ? name_ : node_.name); }

void OnnxCall::refuse(Diagnostic error) {
  failed_ = true;
  reader_.report(std::move(error), item());
}

bool OnnxCall::can_make(const OnnxShape& shape) {
  const bool can = reader_.take_steps(is_sane(shape) ? static_cast<std::uint64_t>(element_count(shape))
                                                     : std::numeric_limits<std::uint64_t>::max(),
                                      item());
  failed_ = failed_ || !can;
  return can;
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

std::optional<OnnxStream> OnnxCall::numbers(size_t index) {
  GW_CHECK(has_input(index));
  if (const auto* found = std::get_if<OnnxStream>(&input(index))) {
    met_affine_ = met_affine_ || found->affine;
    return *found;
  }
  refuse(diagnose(messages::onnx_wants_stream, {}, static_cast<std::int64_t>(index), node_.op));
  return std::nullopt;
}

std::optional<OnnxStream> OnnxCall::stream(size_t index) {
  const auto found = numbers(index);
  return found ? std::optional(settled(*this, *found)) : std::nullopt;
}

std::optional<OnnxStream> OnnxCall::moved(size_t index) {
  auto found = numbers(index);
  if (found) moved_whole_ = found->whole;
  if (!found || !found->affine) return found;
  if (!found->affine->is_scalar()) return settled(*this, *found);
  moved_ = std::exchange(found->affine, std::nullopt);
  return found;
}

const OnnxArray* OnnxCall::constant(size_t index) const {
  if (!has_input(index)) return nullptr;
  const auto* found = std::get_if<OnnxArray>(&input(index));
  if (!found || found->scales.empty()) return found;
  return &reader_.settled_constant(node_.inputs[index]);
}

const OnnxArray* OnnxCall::scaled_constant(size_t index) {
  GW_CHECK(has_input(index));
  if (const auto* found = std::get_if<OnnxArray>(&input(index))) return found;
  refuse(diagnose(messages::onnx_wants_constant, {}, static_cast<std::int64_t>(index), node_.op));
  return nullptr;
}

const OnnxArray* OnnxCall::needed_constant(size_t index) {
  return scaled_constant(index) ? constant(index) : nullptr;
}

const Shape& OnnxCall::shape(const OnnxStream& stream) const {
  return reader_.builder().type(stream.id).shape;
}

const std::optional<FixedType>& OnnxCall::type(const OnnxStream& stream) const {
  return reader_.type(stream.id).fixed;
}

double OnnxCall::unit_behind() const { return reader_.unit_behind(node_.outputs[0]); }

void OnnxCall::give(OnnxTensor output, size_t index) {
  if (auto* stream = std::get_if<OnnxStream>(&output)) {
    if (moved_ && !stream->affine) stream->affine = moved_;
    if (moved_whole_) stream->whole = moved_whole_;
    if (stream->affine && stream->affine->is_identity()) stream->affine.reset();
    const bool is_small =
        !stream->affine || (can_make(stream->affine->factor.shape) && can_make(stream->affine->shift.shape));
    if (!is_small || shape(*stream).empty()) output = OnnxFailed{};
  }
  reader_.set(node_.outputs[index], std::move(output), item());
}

void OnnxCall::begin_part(const std::string& suffix) {
  name_ = suffix.empty() ? own_name_ : reader_.free_name(own_name_ + suffix);
}

NodeId OnnxCall::add(Layer layer, const std::vector<NodeId>& inputs, const std::string& suffix) {
  has_layer_ = has_layer_ || suffix.empty();
  const std::string name = suffix.empty() ? name_ : reader_.free_name(name_ + suffix);
  if (met_affine_) reader_.state_type(layer, inputs);
  return reader_.add(name, std::move(layer), inputs);
}

NodeId OnnxCall::add_exact(Layer layer, const std::vector<NodeId>& inputs, const std::string& suffix) {
  reader_.state_type(layer, inputs);
  return add(std::move(layer), inputs, suffix);
}

OnnxStream OnnxCall::elementwise(Layer layer, const OnnxStream& like, std::vector<NodeId> more_inputs) {
  more_inputs.insert(more_inputs.begin(), like.id);
  return {add(std::move(layer), more_inputs), like.view, std::nullopt, like.whole};
}

OnnxStream OnnxCall::spatial(Layer layer, const std::vector<NodeId>& inputs) {
  OnnxStream made{add(std::move(layer), inputs), {}};
  OnnxShape ours = to_onnx(shape(made));
  if (is_channels_last_) {
    made.view = plain_view(ours);
  } else {
    std::rotate(ours.begin(), ours.end() - (ours.empty() ? 0 : 1), ours.end());
    made.view = permuted_view(ours, last_first(ours.size()));
  }
  return made;
}

OnnxStream OnnxCall::plain(Layer layer, const std::vector<NodeId>& inputs) {
  OnnxStream made{add(std::move(layer), inputs), {}};
  made.view = plain_view(to_onnx(shape(made)));
  return made;
}

NodeId OnnxCall::weights(const OnnxArray& array, const Shape& wanted) {
  const auto is_endless = [](double value) { return !std::isfinite(value); };
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
    OnnxArray rest_of = array;
    std::replace_if(rest_of.values.begin(), rest_of.values.end(), is_endless, 0.0);
    return reader_.constant(rest_of, name_, std::move(values));
  }
  return reader_.constant(array, name_, std::move(values));
}

std::optional<NodeId> OnnxCall::beside(const OnnxArray& given, const OnnxStream& stream) {
  const auto array = laid(given, stream);
  if (!array) return std::nullopt;
  return weights(*array, Shape(array->shape.begin(), array->shape.end()));
}

std::optional<OnnxArray> OnnxCall::laid(const OnnxArray& given, const OnnxStream& stream) {
  OnnxArray array = given;
  const OnnxShape& whole = stream.view.shape;
  if (array.shape.size() == whole.size() + 1 && array.shape[0] == 1) array.shape.erase(array.shape.begin());
  if (!broadcasts(array.shape, whole)) {
    refuse_shape(fmt::format("'{}' of shape {} is not broadcast to {} without the batch", array.name,
                             to_string(given.shape), to_string(whole)));
    return std::nullopt;
  }
  const Shape& ours = shape(stream);
  const auto shaped = [&](OnnxShape extents) {
    array.shape = std::move(extents);
    return std::move(array);
  };
  if (array.values.size() == 1) return shaped(OnnxShape(ours.size(), 1));
  // Where our axes are the file's, extents of 1 stay as they are.
  for (const std::vector<int>& axes : {axes_in_order(whole.size()), last_first(whole.size())}) {
    if (ours.size() != whole.size()) break;
    const OnnxView view = permuted_view(whole, axes);
    if (Shape(view.extents) != ours || view.extents != stream.view.extents || view.order != stream.view.order)
      continue;
    array.shape.insert(array.shape.begin(), whole.size() - array.shape.size(), 1);
    return transposed(std::move(array), axes);
  }
  array = laid_out(std::move(array), stream.view);
  return shaped(to_onnx(ours));
}

OnnxStream OnnxCall::arranged(const OnnxStream& stream, const std::vector<int>& axes) {
  const auto steps = rearrangement(stream.view, shape(stream), axes);
  if (!steps) {  // moved to the file's order first, where every reshape is a plain one
    OnnxStream flat = stream;
    flat.view.shape.clear();
    for (const int digit : stream.view.order) {
      flat.view.shape.push_back(stream.view.extents[static_cast<size_t>(digit)]);
    }
    OnnxStream moved = arranged(flat, axes_in_order(flat.view.shape.size()));
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
  return arranged(stream, axes_in_order(stream.view.shape.size()));
}

OnnxStream OnnxCall::channels_last(const OnnxStream& stream) {
  return is_channels_last_ ? as_file(stream) : arranged(stream, last_first(stream.view.shape.size()));
}

OnnxStream OnnxCall::by_axes(const OnnxStream& stream, std::vector<int>& axes) {
  OnnxView view = stream.view;
  std::vector<std::vector<int>> digits;
  axes = axes_in_order(view.shape.size());
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

}  // namespace gw
