#pragma once

#include <string>
#include <utility>
#include <vector>

#include "formats/onnx/builder.h"

namespace gw::testing {

/// A file around one operator, as ONNX's own operator tests have them, and whether it is read. Its input is
/// x and its answer y, of single precision, unless others are said.
class SweepCase {
 public:
  using Dims = std::vector<std::int64_t>;
  using Names = std::vector<std::string>;

  explicit SweepCase(std::string said, std::int64_t opset = 13) : name(std::move(said)), file(opset) {}

  SweepCase& x(const Dims& shape, int type = onnx::TensorProto::FLOAT, const std::string& called = "x") {
    file.input(called, shape);
    auto* graph = file.model().mutable_graph();
    set_type(graph->mutable_input(graph->input_size() - 1), type);
    return *this;
  }
  SweepCase& y(const std::string& called, int type = onnx::TensorProto::FLOAT) {
    file.output(called);
    auto* graph = file.model().mutable_graph();
    set_type(graph->mutable_output(graph->output_size() - 1), type);
    return *this;
  }
  /// Constants: those given, or numbers between -1.25 and 1.25.
  SweepCase& w(const std::string& called, const Dims& shape, std::vector<float> values = {}) {
    std::int64_t count = 1;
    for (const auto extent : shape) count *= extent;
    for (std::int64_t i = 0; static_cast<std::int64_t>(values.size()) < count; ++i)
      values.push_back(static_cast<float>((i * 7 + 3) % 11 - 5) / 4);
    file.weights(called, shape, values);
    return *this;
  }
  SweepCase& n(const std::string& called, const Dims& values) {
    file.numbers(called, values);
    return *this;
  }
  SweepCase& whole(const std::string& called, const Dims& shape, const Dims& values, int type) {
    file.whole(called, shape, values, type);
    return *this;
  }
  SweepCase& op(const std::string& op, const Names& inputs = {"x"}, const Names& outputs = {"y"},
                const std::string& domain = "") {
    file.node(op, inputs, outputs, "n" + std::to_string(file.model().graph().node_size()), domain);
    return *this;
  }
  SweepCase& i(const std::string& attribute, std::int64_t value) {
    file.integer(attribute, value);
    return *this;
  }
  SweepCase& is(const std::string& attribute, const Dims& values) {
    file.integers(attribute, values);
    return *this;
  }
  SweepCase& f(const std::string& attribute, float value) {
    file.number(attribute, value);
    return *this;
  }
  SweepCase& s(const std::string& attribute, const std::string& value) {
    file.text(attribute, value);
    return *this;
  }
  SweepCase& refused() {
    is_read = false;
    return *this;
  }

  std::string name;
  OnnxBuilder file;
  bool is_read = true;

 private:
  static void set_type(onnx::ValueInfoProto* value, int type) {
    value->mutable_type()->mutable_tensor_type()->set_elem_type(type);
  }
};

/// Matrices, pools, activations, and what joins tensors.
std::vector<SweepCase> sweep_of_layers();
/// What moves elements, reduces them, or is computed while a file is read.
std::vector<SweepCase> sweep_of_shapes();
/// Whole numbers with scales.
std::vector<SweepCase> sweep_of_scales();

/// All cases, of every operator of docs/onnx.md and of its neighbours.
std::vector<SweepCase> sweep_cases();

}  // namespace gw::testing
