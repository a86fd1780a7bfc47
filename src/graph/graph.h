#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "layers/all.h"

namespace gw {

/// A node of a graph, by position.
using NodeId = std::int32_t;

/// A stream that the user feeds. Its type is the node's.
struct Input {
  std::optional<Quantizer>
      quantizer;  ///< how real numbers become fixed-point ones; none until the graph is typed
};

/// Weights and other fixed values: real numbers as trained, and the raw ones once the graph is typed.
struct Constant {
  FloatTensor values;
  std::optional<Tensor> fixed;
  std::int64_t overflows = 0;  ///< how many of the values did not fit the type that they were cast to
};

struct Node {
  std::variant<Input, Constant, Layer> op;
  std::vector<NodeId> inputs;
  TensorType type;
  std::string name;
};

/// A network: nodes in an order in which inputs come before their users. Names are unique. Built whole by a
/// GraphBuilder and not changed afterwards; passes build a new one.
class Graph {
 public:
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& operator[](NodeId id) const { return nodes_[static_cast<size_t>(id)]; }
  const std::vector<NodeId>& outputs() const { return outputs_; }
  /// The nodes that the user feeds, in order.
  std::vector<NodeId> inputs() const;
  /// The node of that name, or -1.
  NodeId find(std::string_view name) const;
  /// True if every tensor has a fixed-point type, so that the graph can be evaluated and lowered.
  bool is_typed() const;
  /// Where the network came from, for messages; may be empty.
  const std::string& file() const { return file_; }
  /// The values of a constant, which the graph then no longer has: for who owns a graph and makes another of
  /// it. Types and names stay.
  Constant take_constant(NodeId id);

 private:
  friend class GraphBuilder;
  std::string file_;
  std::vector<Node> nodes_;
  std::map<std::string, NodeId, std::less<>> ids_;  // of the names
  std::vector<NodeId> outputs_;
};

/// The most elements that one tensor may have: windows and matrices count them in an int.
inline constexpr std::int64_t max_elements = std::int64_t{1} << 30;

/// Adds nodes one after the other, inferring each one's type; collects every error, with the node's name as
/// its place. Errors are shapes that do not fit, types that are wider than 63 bits or hold nothing but 0,
/// weights that are not finite, names used twice. A node whose inputs failed is passed over, so that one
/// mistake gives one message.
class GraphBuilder {
 public:
  /// `file` stands in front of every message. A tensor that is no constant has at most `most_elements`: a few
  /// bytes of a file may ask for any number, where constants are as large as the file.
  explicit GraphBuilder(std::string file = {}, std::int64_t most_elements = max_elements)
      : most_elements_(most_elements) {
    graph_.file_ = std::move(file);
  }

  /// The line of the file that what is added next stands in, for messages; 0: none.
  void at_line(int line) { line_ = line; }

  NodeId input(std::string name, Shape shape, std::optional<Quantizer> quantizer = {});
  /// Real values, as many as their shape says; with a quantizer they are quantised here and the node is
  /// typed.
  NodeId constant(std::string name, FloatTensor values, std::optional<Quantizer> quantizer = {});
  /// A constant as it stands in another graph or in a text: its raw values, if it has them, are kept.
  NodeId constant_of(std::string name, Constant constant);
  /// A node as it stands in another graph, its type included, which is not inferred again: the inputs must
  /// have the types and values that they have there.
  NodeId copy(const Node& node, std::vector<NodeId> inputs);
  /// Likewise of a constant node whose values were taken out of it.
  NodeId copy(const Node& node, Constant constant);
  NodeId layer(std::string name, Layer layer, std::vector<NodeId> inputs);
  /// Stands for a node that could not even be described, so that what reads it is passed over. `why` has at
  /// least one entry, each with its place; the name may be empty.
  NodeId failed(std::string name, Diagnostics why);
  /// The answer of this layer leaves the network.
  void output(NodeId id);

  /// The type of a node added before; a node that failed has an empty shape.
  const TensorType& type(NodeId id) const { return graph_[id].type; }

  /// The graph, or everything that was wrong (also: no output, two nodes of one name).
  Result<Graph> build();

 private:
  NodeId add(Node node);
  bool check_shape(const std::string& name, const Shape& shape, std::int64_t most);
  bool check_quantizer(const std::string& name, std::string_view tensor, const Quantizer& quantizer);
  void report(Diagnostic error, std::string item);

  Graph graph_;
  std::int64_t most_elements_;
  Diagnostics errors_;
  int line_ = 0;
};

/// The name in LayerInfo of a layer node, "input" or "constant".
std::string_view kind(const Node& node);

/// "node 'conv1'": how messages name a node.
std::string place_of(std::string_view name);

/// The types of a layer node's inputs, and the values of those that are typed constants, as infer and lower
/// take them.
std::vector<Operand> operands(const Graph& graph, const Node& node);

}  // namespace gw
