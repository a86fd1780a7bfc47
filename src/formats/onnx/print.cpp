// The other direction of onnx_file: plain structures to the message that ONNX defines. Whole numbers are
// written as INT64, reals as FLOAT, both as raw little-endian bytes.

#include "formats/onnx/print.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx/onnx_pb.h>

#include "support/overload.h"

namespace gw {
namespace {

template <class T>
std::string raw_bytes(const std::vector<double>& values) {
  std::string bytes;
  bytes.reserve(values.size() * sizeof(T));
  for (const double value : values) {
    const T element = static_cast<T>(value);
    bytes.append(reinterpret_cast<const char*>(&element), sizeof element);
  }
  return bytes;
}

void fill(onnx::TensorProto& tensor, const OnnxArray& array) {
  tensor.set_name(array.name);
  for (const std::int64_t extent : array.shape) tensor.add_dims(extent);
  tensor.set_data_type(array.is_integer ? onnx::TensorProto::INT64 : onnx::TensorProto::FLOAT);
  tensor.set_raw_data(array.is_integer ? raw_bytes<std::int64_t>(array.values)
                                       : raw_bytes<float>(array.values));
}

void fill(onnx::ValueInfoProto& value, const OnnxPort& port) {
  value.set_name(port.name);
  auto* const type = value.mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t extent : port.shape) {
    auto* const dimension = type->mutable_shape()->add_dim();
    if (extent < 0) {
      dimension->set_dim_param("batch");
    } else {
      dimension->set_dim_value(extent);
    }
  }
}

void fill(onnx::AttributeProto& attribute, const std::string& name, const OnnxAttribute& value) {
  using onnx::AttributeProto;
  attribute.set_name(name);
  std::visit(Overload{[&](std::int64_t number) {
                        attribute.set_type(AttributeProto::INT);
                        attribute.set_i(number);
                      },
                      [&](float number) {
                        attribute.set_type(AttributeProto::FLOAT);
                        attribute.set_f(number);
                      },
                      [&](const std::string& text) {
                        attribute.set_type(AttributeProto::STRING);
                        attribute.set_s(text);
                      },
                      [&](const std::vector<std::int64_t>& numbers) {
                        attribute.set_type(AttributeProto::INTS);
                        for (const std::int64_t number : numbers) attribute.add_ints(number);
                      },
                      [&](const std::vector<float>& numbers) {
                        attribute.set_type(AttributeProto::FLOATS);
                        for (const float number : numbers) attribute.add_floats(number);
                      },
                      [&](const std::vector<std::string>& texts) {
                        attribute.set_type(AttributeProto::STRINGS);
                        for (const std::string& text : texts) attribute.add_strings(text);
                      },
                      [&](const OnnxArray& array) {
                        attribute.set_type(AttributeProto::TENSOR);
                        fill(*attribute.mutable_t(), array);
                      },
                      [](const OnnxOther&) { GW_CHECK(false); }},
             value);
}

}  // namespace

std::string print_onnx(const OnnxFile& file) {
  constexpr int ir_version = 7;
  onnx::ModelProto model;
  model.set_ir_version(ir_version);
  model.set_producer_name("gatewright");
  for (const auto& [domain, version] : file.opsets) {
    auto* const opset = model.add_opset_import();
    opset->set_domain(domain);
    opset->set_version(version);
  }
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name("network");
  for (const OnnxPort& port : file.inputs) fill(*graph.add_input(), port);
  for (const OnnxPort& port : file.outputs) fill(*graph.add_output(), port);
  for (const auto& [name, array] : file.initializers) fill(*graph.add_initializer(), array);
  for (const OnnxNode& node : file.nodes) {
    onnx::NodeProto& added = *graph.add_node();
    added.set_op_type(node.op);
    added.set_domain(node.domain);
    added.set_name(node.name);
    for (const std::string& input : node.inputs) added.add_input(input);
    for (const std::string& output : node.outputs) added.add_output(output);
    for (const auto& [name, value] : node.attributes) fill(*added.add_attribute(), name, value);
  }
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    model.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace gw
