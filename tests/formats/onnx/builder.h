#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "formats/onnx/onnx.h"

namespace gw::testing {

/// Puts an ONNX file together, field by field.
class OnnxBuilder {
 public:
  explicit OnnxBuilder(std::int64_t opset = 13) {
    model_.set_ir_version(7);
    add_opset("", opset);
  }

  OnnxBuilder& add_opset(const std::string& domain, std::int64_t version) {
    auto* opset = model_.add_opset_import();
    opset->set_domain(domain);
    opset->set_version(version);
    return *this;
  }
  /// An extent of -1 is left open.
  OnnxBuilder& input(const std::string& name, const std::vector<std::int64_t>& shape) {
    describe(model_.mutable_graph()->add_input(), name, shape);
    return *this;
  }
  OnnxBuilder& output(const std::string& name) {
    describe(model_.mutable_graph()->add_output(), name, {});
    return *this;
  }
  OnnxBuilder& weights(const std::string& name, const std::vector<std::int64_t>& shape,
                       const std::vector<float>& values) {
    auto* tensor = model_.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    for (const auto extent : shape) tensor->add_dims(extent);
    for (const float value : values) tensor->add_float_data(value);
    return *this;
  }
  OnnxBuilder& numbers(const std::string& name, const std::vector<std::int64_t>& values) {
    auto* tensor = model_.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::INT64);
    tensor->add_dims(static_cast<std::int64_t>(values.size()));
    for (const auto value : values) tensor->add_int64_data(value);
    return *this;
  }
  /// Whole numbers of a type of ONNX: onnx::TensorProto::INT8 and so on.
  OnnxBuilder& whole(const std::string& name, const std::vector<std::int64_t>& shape,
                     const std::vector<std::int64_t>& values, int type) {
    auto* tensor = model_.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    for (const auto extent : shape) tensor->add_dims(extent);
    for (const auto value : values) tensor->add_int32_data(static_cast<std::int32_t>(value));
    return *this;
  }
  /// Attributes are added to the node that was added last.
  OnnxBuilder& node(const std::string& op, const std::vector<std::string>& inputs,
                    const std::vector<std::string>& outputs, const std::string& name = "",
                    const std::string& domain = "") {
    auto* node = model_.mutable_graph()->add_node();
    node->set_op_type(op);
    node->set_name(name);
    node->set_domain(domain);
    for (const auto& input : inputs) node->add_input(input);
    for (const auto& output : outputs) node->add_output(output);
    return *this;
  }
  OnnxBuilder& integer(const std::string& name, std::int64_t value) {
    auto* attribute = add_attribute(name, onnx::AttributeProto::INT);
    attribute->set_i(value);
    return *this;
  }
  OnnxBuilder& integers(const std::string& name, const std::vector<std::int64_t>& values) {
    auto* attribute = add_attribute(name, onnx::AttributeProto::INTS);
    for (const auto value : values) attribute->add_ints(value);
    return *this;
  }
  OnnxBuilder& number(const std::string& name, float value) {
    add_attribute(name, onnx::AttributeProto::FLOAT)->set_f(value);
    return *this;
  }
  OnnxBuilder& text(const std::string& name, const std::string& value) {
    add_attribute(name, onnx::AttributeProto::STRING)->set_s(value);
    return *this;
  }

  onnx::ModelProto& model() { return model_; }
  const onnx::ModelProto& model() const { return model_; }
  std::string bytes() const { return model_.SerializeAsString(); }
  Result<FileModel> read() const { return read_onnx(bytes(), "m.onnx"); }

 private:
  onnx::AttributeProto* add_attribute(const std::string& name, onnx::AttributeProto::AttributeType type) {
    auto* graph = model_.mutable_graph();
    auto* attribute = graph->mutable_node(graph->node_size() - 1)->add_attribute();
    attribute->set_name(name);
    attribute->set_type(type);
    return attribute;
  }
  static void describe(onnx::ValueInfoProto* value, const std::string& name,
                       const std::vector<std::int64_t>& shape) {
    value->set_name(name);
    auto* type = value->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    for (const auto extent : shape) {
      auto* dimension = type->mutable_shape()->add_dim();
      if (extent < 0) {
        dimension->set_dim_param("batch");
      } else {
        dimension->set_dim_value(extent);
      }
    }
  }

  onnx::ModelProto model_;
};

}  // namespace gw::testing
