#pragma once

#include <string>
#include <utility>
#include <vector>

#include "formats/onnx/builder.h"
#include "formats/onnx/oracle.h"
#include "support/random.h"

namespace gw::testing {

/// What random files of ONNX have in common: an input x and its values, names that no two things share, and
/// nodes in a chain, each of which reads what the one before it gives.
class RandomOnnx {
 public:
  using Dims = std::vector<std::int64_t>;

  explicit RandomOnnx(std::uint64_t seed) : random_(seed) {}

  const OnnxBuilder& file() const { return builder_; }
  const OnnxTensorValue& input() const { return input_; }
  /// The operators of all nodes, to tell one file from another.
  std::string operators() {
    std::string text;
    for (const auto& node : builder_.model().graph().node()) text += node.op_type() + " ";
    return text;
  }
  /// What the oracle gives for a tensor; `nearest` as in run_onnx.
  OnnxTensorValue value(const std::string& name, double* nearest = nullptr) {
    return run_onnx(builder_.model(), {{"x", input_}}, name, nearest);
  }
  OnnxTensorValue answer(double* nearest = nullptr) { return value(last_, nearest); }

 protected:
  /// The input, of multiples of `unit` between the two ends.
  void take_input(const Dims& shape, int least, int most, double unit) {
    builder_.input("x", shape);
    input_.shape = shape;
    for (std::int64_t i = 0; i < count(shape); ++i)
      input_.values.push_back(static_cast<double>(random_.between(least, most)) * unit);
  }
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(bound)));
  }
  static std::int64_t count(const Dims& shape) {
    std::int64_t product = 1;
    for (const auto extent : shape) product *= extent;
    return product;
  }
  std::string fresh(const std::string& kind) { return kind + std::to_string(next_++); }
  OnnxBuilder& add(const std::string& op, const std::vector<std::string>& inputs,
                   const std::string& domain = "") {
    last_ = fresh("t");
    return builder_.node(op, inputs, {last_}, fresh("n"), domain);
  }

  Random random_;
  OnnxBuilder builder_;
  OnnxTensorValue input_;
  std::string last_ = "x";

 private:
  int next_ = 0;
};

}  // namespace gw::testing
