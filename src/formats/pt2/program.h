#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "formats/onnx/file.h"
#include "support/result.h"

namespace gw {

/// The value at a key of an object; null if it is none, or null.
const nlohmann::json* json_member(const nlohmann::json* json, const char* key);
/// The text there, or "".
std::string json_text(const nlohmann::json* json, const char* key);
/// Sizes as PyTorch's schema has them, [{"as_int": 3}, ..]; -1 where one is an expression.
std::vector<std::int64_t> pt2_sizes(const nlohmann::json* list);

/// Tensors that an operator has changed in place, with the names of what they are since.
using Pt2Changes = std::map<std::string, std::string>;

/// One node of an exported program while it is turned into operators of ONNX: its arguments by their names in
/// PyTorch's schema of the operator, and what came of it.
class Pt2Call {
 public:
  Pt2Call(OnnxFile& file, const nlohmann::json& graph, const nlohmann::json& node, Pt2Changes& changes,
          Diagnostics& errors);

  const std::string& target() const {
    return target_;
  }  ///< "aten.conv2d.default", also of "aten.conv2d_.default"
  /// Tells those behind what the node has changed in place.
  void note_changes();
  bool failed() const { return failed_; }
  void refuse(Diagnostic error);
  void refuse_value(const std::string& argument, std::string seen, std::string wanted);

  // Arguments. What is left out or None is the default; one of another kind is an error.
  bool has(const char* name) const { return argument(name) != nullptr; }
  /// The name of a tensor; a number becomes a constant.
  std::string tensor(const char* name);
  std::vector<std::string> tensors(const char* name);
  double number(const char* name, double otherwise);
  std::int64_t integer(const char* name, std::int64_t otherwise);
  bool flag(const char* name, bool otherwise);
  std::string text(const char* name, const std::string& otherwise);
  /// A list; extents that are not known are -1.
  std::vector<std::int64_t> integers(const char* name, std::vector<std::int64_t> otherwise);
  /// One number for each axis, where PyTorch takes one for all.
  std::vector<std::int64_t> per_axis(const char* name, size_t axes, std::int64_t otherwise);

  /// The extents of a tensor, the batch first; -1 where they are not fixed. Empty if it is not described.
  std::vector<std::int64_t> shape(const std::string& tensor) const;
  size_t rank(const char* name);
  const std::string& output() const { return output_; }

  // What the node becomes.
  /// An operator on tensors that gives the node's answer, or another tensor on the way.
  OnnxNode& emit(const std::string& op, std::vector<std::string> inputs);
  OnnxNode& emit_part(const std::string& op, std::vector<std::string> inputs, const std::string& gives);
  /// A name for a tensor on the way.
  std::string part(const std::string& suffix) const { return output_ + "." + suffix; }
  std::string constant(const std::string& suffix, OnnxShape shape, std::vector<double> values,
                       bool is_integer);
  /// The values of a parameter, or null.
  OnnxArray* parameter(const std::string& name);

 private:
  const nlohmann::json* argument(const char* name) const;
  std::string changed(std::string name) const;
  OnnxNode& add(const std::string& op, std::vector<std::string> inputs, const std::string& gives);

  OnnxFile& file_;
  const nlohmann::json &graph_, &node_;
  Pt2Changes& changes_;
  Diagnostics& errors_;
  std::string target_, output_, module_;
  bool failed_ = false, is_in_place_ = false;
};

/// Turns a node into operators. False if there is no row for it.
bool emit_pt2_operator(Pt2Call& call);
/// The names of all operators that are understood.
std::vector<std::string> pt2_operator_names();

}  // namespace gw
