// A TensorFlow Lite file operator by operator. Tensors are (batch, height, width, channels) there as here, so
// that nothing is moved. A whole-number tensor q of the file is kept as q - zero point: padding is then 0,
// sums are sums of products, and the next operator takes it as it is; inputs and outputs of the network are
// q.
//
// Requantisation is that of the reference kernels (tensorflow/lite/kernels/internal/common.h): a product with
// a constant of 31 bits is rounded half up to whole numbers, then shifted right and rounded half away from
// zero. Both are casts of types here, so that the bits are the same.

#include "formats/tflite/reader.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "formats/holding_type.h"
#include "formats/tflite/tflite.h"
#include "formats/whole_range.h"
#include "support/messages.h"

namespace gw {

TfliteMultiplier tflite_multiplier(double real) {
  constexpr int bits = 31;
  TfliteMultiplier made;
  const double part = std::frexp(real, &made.shift);
  made.value = std::llround(std::ldexp(part, bits));
  if (made.value == std::int64_t{1} << bits) {
    made.value /= 2;
    ++made.shift;
  }
  if (made.shift < -bits) made = {};
  return made;
}

void TfliteReader::refuse(std::string why) {
  const std::string item = op_ ? fmt::format("{} that gives '{}'", op_->name, output().name) : "";
  errors_.push_back(diagnose(messages::tflite_refused, {file_.path, 0, item}, std::move(why)));
}

std::string TfliteReader::name(const std::string& suffix) {
  std::string made = output().name.substr(0, output().name.find(';'));
  for (char& c : made) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  if (made.empty()) made = "layer";
  return names_.take_free(made + part_ + suffix);
}

NodeId TfliteReader::stream(size_t index) {
  if (!has_input(index)) {
    refuse(fmt::format("input {} is left out", index));
    return -1;
  }
  const auto found = streams_.find(op_->inputs[index]);
  if (found != streams_.end()) return found->second;
  refuse(fmt::format("'{}' is {}, but must be computed from the network's input", input(index).name,
                     input(index).values.empty() ? "given by nothing before it" : "a constant"));
  return -1;
}

const TfliteTensor* TfliteReader::constant(size_t index) {
  if (has_input(index) && !input(index).values.empty()) return &input(index);
  refuse(fmt::format("input {} is no constant", index));
  return nullptr;
}

NodeId TfliteReader::typed(const std::string& name, const Shape& shape, const std::vector<double>& values) {
  const auto type = holding_type(values);
  if (!type ||
      !std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); })) {
    refuse(fmt::format("no type of up to {} bits holds all of its constants", max_width));
    return builder_.failed("", {});
  }
  Constant made;
  made.values.shape = shape;
  made.values.values.assign(values.begin(), values.end());
  Tensor fixed(shape, type->to);
  const double unit = std::ldexp(1.0, type->to.fraction());  // the type holds every value
  for (size_t i = 0; i < values.size(); ++i)
    fixed.set(static_cast<std::int64_t>(i), static_cast<std::int64_t>(values[i] * unit));
  made.fixed = std::move(fixed);
  return builder_.constant_of(name, std::move(made));
}

TfliteReader::Ends TfliteReader::ends_of(const TfliteTensor& tensor, int activation) {
  const FixedType whole = tensor.whole().value_or(FixedType{8, 8, true});
  Ends ends{whole.lowest() - tensor.zero(), whole.highest() - tensor.zero()};
  const auto number = [&](float value) {
    return static_cast<std::int64_t>(std::llround(std::clamp(value / tensor.scales[0], -1e9F, 1e9F)));
  };
  if (activation == tflite_relu || activation == tflite_relu_six)
    ends.least = std::max<std::int64_t>(ends.least, 0);
  if (activation == tflite_relu_six) ends.most = std::min(ends.most, number(6));
  if (activation == tflite_relu_one)
    ends = {std::max(ends.least, number(-1)), std::min(ends.most, number(1))};
  if (activation < 0 || activation > tflite_relu_six)
    refuse(fmt::format("its fused activation {} is not understood", activation));
  if (ends.least > ends.most || (ends.least == 0 && ends.most == 0))
    refuse("its activation leaves one number only");
  return ends;
}

NodeId TfliteReader::clamped(NodeId id, bool cuts_least, bool cuts_most, const Ends& ends) {
  if (builder_.type(id).shape.empty()) return id;  // told
  const Shape ones(builder_.type(id).shape.size(), 1);
  Quantizer kept = whole_range(ends.least, ends.most, 0, Rounding::Trn).quantizer;
  kept.overflow = Overflow::Sat;
  if (cuts_least) {
    Maximum layer;
    FixedType wide = kept.to;
    if (cuts_most) wide = FixedType{32, 32, true};
    layer.out = Quantizer{wide, Rounding::Trn, Overflow::Sat};
    const NodeId least = typed(name(".min"), ones, {static_cast<double>(ends.least)});
    id = builder_.layer(name(cuts_most ? "_min" : ""), layer, {id, least});
  }
  if (cuts_most) {
    Minimum layer;
    layer.out = kept;
    const NodeId most = typed(name(".max"), ones, {static_cast<double>(ends.most)});
    id = builder_.layer(name(), layer, {id, most});
  }
  return id;
}

NodeId TfliteReader::requantised(NodeId sums, int bits, const std::vector<double>& real, const Ends& ends) {
  std::vector<double> factors;
  std::vector<int> rights;
  int left = 0;
  for (const double factor : real) {
    const TfliteMultiplier multiplier = tflite_multiplier(factor);
    factors.push_back(std::ldexp(static_cast<double>(multiplier.value), multiplier.shift - 31));
    rights.push_back(std::max(0, -multiplier.shift));
    left = std::max(left, multiplier.shift);
  }
  const int right = *std::max_element(rights.begin(), rights.end()), whole = bits + left + 1;
  const auto first_of = [&](int r) {  // the numbers before the shift, as what they are after it
    return Quantizer{{whole + r, whole, true}, Rounding::Rnd, Overflow::Wrap};
  };
  const auto held = holding_type(factors);
  const Shape shape = builder_.type(sums).shape;
  if (shape.empty()) return -1;
  if (!held || bits + held->to.width > max_width || whole + right > max_width) {
    refuse(fmt::format("its sums of {} bits times its scales need more than {} bits", bits, max_width));
    return -1;
  }
  const bool is_even = std::all_of(rights.begin(), rights.end(), [&](int r) { return r == right; });
  NodeId id = -1;
  if (real.size() == 1) {
    Multiply layer;
    layer.out = first_of(right);
    const NodeId factor = typed(name(".scale"), Shape(shape.size(), 1), factors);
    id = builder_.layer(name("_scaled"), layer, {sums, factor});
  } else {
    BatchNorm layer;
    layer.out = is_even ? first_of(right) : Quantizer{{bits + held->to.width, bits + held->to.integer, true}};
    const Shape channels{shape.back()};
    const NodeId factor = typed(name(".scale"), channels, factors);
    const NodeId zero = typed(name(".shift"), channels, std::vector<double>(factors.size(), 0));
    id = builder_.layer(name("_scaled"), layer, {sums, factor, zero});
    if (!is_even) {
      Quantize each;
      each.out = Quantizer{first_of(right).to};
      for (const int r : rights) each.elements.push_back(first_of(r));
      id = builder_.layer(name("_rounded"), each, {id});
    }
  }
  const WholeRange range = whole_range(ends.least, ends.most, 0, Rounding::RndInf);
  Quantize last;
  last.out = range.quantizer;
  const bool cuts = range.cuts_least || range.cuts_most;
  id = builder_.layer(name(cuts ? "_shifted" : ""), last, {id});
  return clamped(id, range.cuts_least, range.cuts_most, ends);
}

void TfliteReader::read_input(int id) {
  const TfliteTensor& tensor = file_.tensors[static_cast<size_t>(id)];
  TfliteOperator ends;
  ends.name = "input";
  ends.outputs = {id};
  op_ = &ends;
  streams_[id] = -1;
  const auto is_open = [](std::int64_t extent) { return extent < 1 || extent > max_elements; };
  if (tensor.shape.size() < 2 || std::any_of(tensor.shape.begin() + 1, tensor.shape.end(), is_open)) {
    return refuse("its shape must be a batch and at least one more extent, all but the batch fixed");
  }
  if (!tensor.is_real() && !tensor.is_quantised()) {
    return refuse("it is neither of real numbers nor of whole numbers with a scale");
  }
  const Shape shape(tensor.shape.begin() + 1, tensor.shape.end());
  std::optional<Quantizer> type;
  if (tensor.whole()) type = Quantizer{*tensor.whole(), Rounding::Rnd, Overflow::Sat};
  const NodeId input = builder_.input(name(), shape, type);
  if (builder_.type(input).shape.empty()) return;  // told
  streams_[id] = input;
  if (!type || tensor.zero() == 0) return;
  Subtract layer;
  layer.out = whole_range(ends_of(tensor, 0).least, ends_of(tensor, 0).most, 0, Rounding::Trn).quantizer;
  const NodeId zero = typed(name(".zero"), Shape(shape.size(), 1), {static_cast<double>(tensor.zero())});
  streams_[id] = builder_.layer(name("_centred"), layer, {streams_[id], zero});
}

namespace {

FilePort port_of(const std::string& name, const Shape& shape) {
  FilePort port{name, {shape.begin(), shape.end()}, {}};
  for (size_t axis = 0; axis < shape.size(); ++axis) port.axes.push_back(static_cast<int>(axis));
  return port;
}

}  // namespace

void TfliteReader::read_output(int id, FileModel& model) {
  const TfliteTensor& tensor = file_.tensors[static_cast<size_t>(id)];
  TfliteOperator ends;
  ends.name = "output";
  ends.outputs = {id};
  op_ = &ends;
  const auto found = streams_.find(id);
  if (found == streams_.end()) return refuse("nothing before it gives it");
  NodeId stream = found->second;
  if (stream < 0) return;
  const Shape shape = builder_.type(stream).shape;
  if (!tensor.is_real() && tensor.zero() != 0 && !shape.empty()) {
    Add layer;
    layer.out = Quantizer{*tensor.whole(), Rounding::Trn, Overflow::Sat};
    const NodeId zero = typed(name(".zero"), Shape(shape.size(), 1), {static_cast<double>(tensor.zero())});
    stream = builder_.layer(name("_output"), layer, {stream, zero});
  }
  builder_.output(stream);
  model.outputs.push_back(port_of(tensor.name, shape));
}

Result<FileModel> TfliteReader::read() {
  FileModel model;
  if (file_.has_more_graphs) refuse("it has several subgraphs");
  for (const int id : file_.inputs) {
    read_input(id);
    const TfliteTensor& tensor = file_.tensors[static_cast<size_t>(id)];
    if (streams_[id] >= 0)
      model.inputs.push_back(port_of(tensor.name, Shape(tensor.shape.begin() + 1, tensor.shape.end())));
  }
  for (const TfliteOperator& op : file_.operators) read_operator(op);
  for (const int id : file_.outputs) read_output(id, model);
  op_ = nullptr;
  auto graph = builder_.build();
  if (!graph) add_builder_errors(errors_, graph.errors());
  if (!errors_.empty()) return std::move(errors_);
  model.graph = *std::move(graph);
  return model;
}

Result<FileModel> read_tflite(std::string_view bytes, const std::string& file) {
  FlatReading reading(bytes);
  const auto contents = parse_tflite(reading, file);
  if (!contents) return contents.errors();
  return TfliteReader(*contents).read();
}

Result<FileInspection> inspect_tflite(std::string_view bytes, const std::string& file) {
  FlatReading reading(bytes);
  const auto contents = parse_tflite(reading, file);
  if (!contents) return contents.errors();
  FileInspection found;
  found.format = "TensorFlow Lite model";
  for (const TfliteOperator& op : contents->operators)
    count_by(found.operators, &FileInspection::Operators::name,
             {op.name, 1, TfliteReader::is_understood(op)});
  for (const TfliteTensor& tensor : contents->tensors) {
    found.parameters += static_cast<std::int64_t>(tensor.values.size());
    if (!tensor.is_quantised()) continue;
    const std::string text = fmt::format(
        "{} of {} bits, {}", tensor.whole()->is_signed ? "signed" : "unsigned", tensor.whole()->width,
        tensor.scales.size() == 1 ? "one scale" : "a scale for each channel");
    count_by(found.quantizers, &FileInspection::Quantizers::text, {text, 1});
  }
  auto model = TfliteReader(*contents).read();
  if (model) found.model = *std::move(model);
  if (!model) found.problems = model.errors();
  return found;
}

}  // namespace gw
