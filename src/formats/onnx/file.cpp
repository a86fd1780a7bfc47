// The only file that knows protobuf. Messages of onnx.proto become plain structures; everything that could be
// wrong with a tensor by itself is found here, and what is left to the readers of operators is meaning.

#include "formats/onnx/file.h"

#include <bit>
#include <cmath>
#include <cstring>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include "formats/onnx/decode.h"
#include "support/messages.h"

namespace gw {

namespace {

static_assert(std::endian::native == std::endian::little);

double from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double size = std::ldexp(exponent == 0 ? fraction : fraction + 1024, std::max(exponent, 1) - 25);
  if (exponent == 31) size = fraction == 0 ? HUGE_VAL : std::nan("");
  return bits >> 15 ? -size : size;
}

double from_bfloat(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

constexpr int type_uint4 = 21, type_int4 = 22;  // which ONNX 1.12 has no name for yet

}  // namespace

std::optional<FixedType> onnx_whole_type(std::int64_t element) {
  using onnx::TensorProto;
  const auto of = [](int width, bool is_signed) { return FixedType{width, width, is_signed}; };
  switch (element) {
    case TensorProto::UINT8:
      return of(8, false);
    case TensorProto::INT8:
      return of(8, true);
    case TensorProto::UINT16:
      return of(16, false);
    case TensorProto::INT16:
      return of(16, true);
    case TensorProto::INT32:
      return of(32, true);
    case TensorProto::UINT32:
      return of(32, false);
    case TensorProto::BOOL:
      return of(1, false);
    case type_uint4:
      return of(4, false);
    case type_int4:
      return of(4, true);
    default:
      return std::nullopt;
  }
}

namespace {

constexpr size_t longest_shape = 100;  // as it is shown

/// Numbers of 4 bits, two to a byte, the lower half first.
void decode_halves(const std::string& bytes, size_t count, bool is_signed, std::vector<double>& values) {
  for (size_t i = 0; i < count && i / 2 < bytes.size(); ++i) {
    const int half = static_cast<unsigned char>(bytes[i / 2]) >> (i % 2 * 4) & 15;
    values.push_back(is_signed && half > 7 ? half - 16 : half);
  }
}

/// The elements of raw_data, each of C++ type T.
template <class T, class Convert>
void decode(const std::string& raw, std::vector<double>& values, Convert convert) {
  for (size_t at = 0; at + sizeof(T) <= raw.size(); at += sizeof(T)) {
    T element;
    std::memcpy(&element, raw.data() + at, sizeof(T));
    values.push_back(static_cast<double>(convert(element)));
  }
}

/// Fills array.values; "" or why it cannot.
std::string decode(const onnx::TensorProto& tensor, OnnxArray& array) {
  using onnx::TensorProto;
  if (tensor.data_location() == TensorProto::EXTERNAL || tensor.external_data_size() > 0) {
    return "its values are in another file; save the model with its weights inside";
  }
  if (tensor.has_segment()) return "it is cut into segments";
  array.shape.assign(tensor.dims().begin(), tensor.dims().end());
  if (!is_sane(array.shape)) return "its shape is " + to_string(array.shape).substr(0, longest_shape);
  const std::int64_t count = element_count(array.shape);

  std::vector<double>& values = array.values;
  size_t element_size = 0;
  const std::string& raw = tensor.raw_data();
  const auto same = [](auto value) { return value; };
  const auto take = [&]<class T>(T, const auto& listed, auto convert) {
    element_size = sizeof(T);
    if (tensor.has_raw_data()) return decode<T>(raw, values, convert);
    for (const auto element : listed) values.push_back(static_cast<double>(convert(static_cast<T>(element))));
  };
  array.is_integer = true;
  array.whole = onnx_whole_type(tensor.data_type());
  switch (tensor.data_type()) {
    case type_uint4:
    case type_int4: {
      std::string bytes = raw;
      if (!tensor.has_raw_data()) {
        for (const auto element : tensor.int32_data()) bytes.push_back(static_cast<char>(element));
      }
      decode_halves(bytes, static_cast<size_t>(count), tensor.data_type() == type_int4, values);
      if (bytes.size() == static_cast<size_t>(count + 1) / 2) return "";
      return fmt::format("it holds {} bytes, but its shape is {}", bytes.size(), to_string(array.shape));
    }
    case TensorProto::FLOAT:
      array.is_integer = false;
      take(float{}, tensor.float_data(), same);
      break;
    case TensorProto::DOUBLE:
      array.is_integer = false;
      take(double{}, tensor.double_data(), same);
      break;
    case TensorProto::FLOAT16:
      array.is_integer = false;
      take(std::uint16_t{}, tensor.int32_data(), from_half);
      break;
    case TensorProto::BFLOAT16:
      array.is_integer = false;
      take(std::uint16_t{}, tensor.int32_data(), from_bfloat);
      break;
    case TensorProto::INT8:
      take(std::int8_t{}, tensor.int32_data(), same);
      break;
    case TensorProto::INT16:
      take(std::int16_t{}, tensor.int32_data(), same);
      break;
    case TensorProto::INT32:
      take(std::int32_t{}, tensor.int32_data(), same);
      break;
    case TensorProto::INT64:
      take(std::int64_t{}, tensor.int64_data(), same);
      break;
    case TensorProto::UINT8:
    case TensorProto::BOOL:
      take(std::uint8_t{}, tensor.int32_data(), same);
      break;
    case TensorProto::UINT16:
      take(std::uint16_t{}, tensor.int32_data(), same);
      break;
    case TensorProto::UINT32:
      take(std::uint32_t{}, tensor.uint64_data(), same);
      break;
    case TensorProto::UINT64:
      take(std::uint64_t{}, tensor.uint64_data(), same);
      break;
    default:
      return fmt::format("its elements are of type {}, which is no plain number", tensor.data_type());
  }
  const bool is_whole = tensor.has_raw_data() ? raw.size() == static_cast<size_t>(count) * element_size
                                              : values.size() == static_cast<size_t>(count);
  if (!is_whole) {
    return fmt::format("it holds {} values, but its shape is {}",
                       tensor.has_raw_data() ? raw.size() / element_size : values.size(),
                       to_string(array.shape));
  }
  return "";
}

}  // namespace

std::string decode_numbers(int element, std::string bytes, const OnnxShape& shape, OnnxArray& array) {
  onnx::TensorProto tensor;
  tensor.set_data_type(element);
  tensor.set_raw_data(std::move(bytes));
  for (const std::int64_t extent : shape) tensor.add_dims(extent);
  return decode(tensor, array);
}

namespace {

class Parser {
 public:
  explicit Parser(OnnxFile& file) : file_(file) {}

  void parse(const onnx::ModelProto& model) {
    for (const auto& opset : model.opset_import()) file_.opsets[domain(opset.domain())] = opset.version();
    const onnx::GraphProto& graph = model.graph();
    for (const auto& tensor : graph.initializer()) {
      auto array = read(tensor, fmt::format("initializer '{}'", tensor.name()));
      array.name = tensor.name();
      if (!file_.initializers.try_emplace(tensor.name(), std::move(array)).second) {
        refuse(fmt::format("initializer '{}'", tensor.name()), "it stands there twice");
      }
    }
    for (const auto& tensor : graph.sparse_initializer()) {
      refuse(fmt::format("initializer '{}'", tensor.values().name()), "it is sparse");
    }
    for (const auto& port : graph.input()) {
      if (!file_.initializers.contains(port.name())) file_.inputs.push_back(read(port));
    }
    for (const auto& port : graph.output()) file_.outputs.push_back(read(port));
    for (const auto& node : graph.node()) {
      OnnxNode& added = file_.nodes.emplace_back();
      added.op = node.op_type();
      added.domain = domain(node.domain());
      added.name = node.name();
      added.inputs.assign(node.input().begin(), node.input().end());
      added.outputs.assign(node.output().begin(), node.output().end());
      for (const auto& attribute : node.attribute()) {
        added.attributes[attribute.name()] =
            read(attribute, fmt::format("node '{}', attribute '{}'", node.name(), attribute.name()));
      }
    }
  }

  Diagnostics take_errors() { return std::move(errors_); }

 private:
  static std::string domain(const std::string& name) { return name == "ai.onnx" ? "" : name; }

  void refuse(std::string item, std::string why) {
    errors_.push_back(diagnose(messages::onnx_tensor, {file_.path, 0, std::move(item)}, std::move(why)));
  }

  OnnxArray read(const onnx::TensorProto& tensor, const std::string& item) {
    OnnxArray array;
    if (std::string why = decode(tensor, array); !why.empty()) {
      refuse(item, std::move(why));
      array = {};
    }
    file_.values += array.values.size();
    return array;
  }

  static OnnxPort read(const onnx::ValueInfoProto& value) {
    OnnxPort port{value.name(), {}, std::nullopt, 0};
    const auto& type = value.type().tensor_type();
    constexpr int most_axes = 32;
    if (type.shape().dim_size() > most_axes) return port;  // as if it had none
    for (const auto& extent : type.shape().dim()) {
      port.shape.push_back(extent.has_dim_value() ? extent.dim_value() : -1);
    }
    port.whole = onnx_whole_type(type.elem_type());
    port.element = type.elem_type();
    return port;
  }

  OnnxAttribute read(const onnx::AttributeProto& attribute, const std::string& item) {
    using onnx::AttributeProto;
    switch (attribute.type()) {
      case AttributeProto::INT:
        return attribute.i();
      case AttributeProto::FLOAT:
        return attribute.f();
      case AttributeProto::STRING:
        return attribute.s();
      case AttributeProto::INTS:
        return std::vector<std::int64_t>(attribute.ints().begin(), attribute.ints().end());
      case AttributeProto::FLOATS:
        return std::vector<float>(attribute.floats().begin(), attribute.floats().end());
      case AttributeProto::STRINGS:
        return std::vector<std::string>(attribute.strings().begin(), attribute.strings().end());
      case AttributeProto::TENSOR:
        return read(attribute.t(), item);
      default:
        return OnnxOther{};
    }
  }

  OnnxFile& file_;
  Diagnostics errors_;
};

}  // namespace

bool is_onnx_quantizer(const OnnxNode& node) {
  return node.domain == "qonnx.custom_op.general" || node.domain == "onnx.brevitas" ||
         node.domain == "finn.custom_op.general";
}

Result<OnnxFile> parse_onnx(std::string_view bytes, const std::string& path) {
  const auto refuse = [&](const char* why) { return diagnose(messages::onnx_unreadable, {path}, why); };
  google::protobuf::LogSilencer silence;  // what protobuf would print is said by the message
  onnx::ModelProto model;
  google::protobuf::io::ArrayInputStream array(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedInputStream stream(&array);
  if (bytes.size() > INT32_MAX) return refuse("it has more than 2 GB");
  if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    return refuse("its bytes are no protobuf message of that kind; is it cut short?");
  }
  // Nearly any short run of bytes is a protobuf message of fields that are not known.
  if (!model.has_graph() || model.ir_version() < 1) return refuse("it holds no network");
  OnnxFile file;
  file.path = path;
  Parser parser(file);
  parser.parse(model);
  if (auto errors = parser.take_errors(); !errors.empty()) return errors;
  return file;
}

}  // namespace gw
