#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "formats/onnx/export.h"
#include "num/interval.h"

namespace gw {

/// A file of ONNX that grows node by node, while a graph is written to it.
class OnnxWriter {
 public:
  using Attributes = std::map<std::string, OnnxAttribute>;

  OnnxWriter(const Graph& graph, const OnnxExportOptions& options);

  bool is_float() const { return options_.is_float; }
  const Graph& graph() const { return graph_; }
  OnnxFile& file() { return made_.file; }

  /// What is written next belongs to this node of the graph: names come from it, and places of messages.
  void at(NodeId id);

  /// Adds an operator; gives the name of its answer.
  std::string add(const std::string& op, std::vector<std::string> inputs, Attributes attributes = {},
                  const std::string& domain = "");
  /// Whole numbers that an operator takes as an input: shapes, pads.
  std::string numbers(std::vector<std::int64_t> values);
  /// Real numbers of an operator's own, without a type: bounds, scales. Errors: values that single precision
  /// does not hold, unless the file is of reals.
  std::string reals(OnnxShape shape, std::vector<double> values);
  /// One value (as often as the shape says) that operators compute with, exact, with a type of its own unless
  /// the file is of reals.
  std::string scalar(double value, const OnnxShape& shape = {1});
  /// A constant node's values in that shape; `order` moves its axes. With its type, if it has one.
  std::string weights(NodeId id, const OnnxShape& shape, const std::vector<int>& order = {});
  /// The stream or constant that this node of the graph is; a constant is broadcast beside a batch.
  std::string tensor(NodeId id);
  /// The node at hand answers with this tensor.
  void set_node(std::string name) { names_[id_] = std::move(name); }
  /// The answers that leave the network.
  void write_outputs();

  /// The tensor cast, exactly as the quantizer does it to values of that range.
  std::string cast(std::string x, const Quantizer& quantizer, const Interval& range);
  /// Likewise of real numbers, of which any may come.
  std::string cast_input(const std::string& x, const Quantizer& quantizer);

  /// The network cannot be written.
  void refuse(std::string why);
  /// Another engine may compute other bits.
  void warn(std::string what);

  Result<OnnxExport> finish();

 private:
  const Node& node() const { return graph_[id_]; }
  std::string free_name(const std::string& wanted);
  std::string initializer(OnnxArray array);
  /// Values of the type as they are, or rounded into it and held at its ends.
  std::string quant(const std::string& x, const FixedType& type, const std::string& rounding,
                    bool is_narrow = false);

  const Graph& graph_;
  OnnxExportOptions options_;
  NodeId id_ = -1;
  OnnxExport made_;
  Diagnostics errors_;
  std::map<NodeId, std::string> names_;
  std::set<std::string> taken_, node_names_;
};

}  // namespace gw
