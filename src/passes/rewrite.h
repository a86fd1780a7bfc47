#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "graph/graph.h"

namespace gw {

struct Replacement;

/// A graph and who reads each of its nodes.
class Sight {
 public:
  /// `graph` must outlive it.
  explicit Sight(const Graph& graph);

  const Graph& graph() const { return graph_; }
  const Node& operator[](NodeId id) const { return graph_[id]; }
  /// The layers that read a node, one entry a read.
  const std::vector<NodeId>& readers(NodeId id) const { return readers_[static_cast<size_t>(id)]; }
  bool is_output(NodeId id) const { return is_output_[static_cast<size_t>(id)]; }
  /// True if one layer reads the node, once, and it leaves the network nowhere: then it can be joined with
  /// its reader.
  bool has_one_reader(NodeId id) const { return !is_output(id) && readers(id).size() == 1; }

  const Layer* layer(NodeId id) const { return std::get_if<Layer>(&graph_[id].op); }
  const Constant* constant(NodeId id) const { return std::get_if<Constant>(&graph_[id].op); }
  /// The node as a layer of kind L, or null.
  template <class L>
  const L* get(NodeId id) const {
    const Layer* found = layer(id);
    return found ? std::get_if<L>(found) : nullptr;
  }

  /// True if another type that holds the same values could stand in the node's place: neither an answer of
  /// the network nor a table that is addressed by the bits of its input depends on it. Nodes behind it that
  /// are being replaced count as what they will be.
  bool type_is_free(NodeId id) const;
  /// Likewise, where the type stays and only the ranges that are known of its elements change.
  bool ranges_are_free(NodeId id) const;
  /// For the sweep, which goes from the last node to the first: what has become of a node.
  void decide(NodeId id, const Replacement* replacement);

 private:
  const Graph& graph_;
  std::vector<std::vector<NodeId>> readers_;
  std::vector<bool> is_output_;
  std::vector<bool> sees_type_, sees_ranges_;         ///< of its inputs, for each node that was decided on
  std::vector<bool> type_is_seen_, ranges_are_seen_;  ///< of a node, by what replaced a later one
};

/// True for layers that see of their inputs nothing but the values, and answer the cast to `out` of what they
/// answer without it.
bool sees_values_only(const Layer& layer);

/// The attribute `out` of a layer that need not have one; null if it has none or always one.
std::optional<Quantizer>* optional_out(Layer& layer);
const std::optional<Quantizer>* optional_out(const Layer& layer);

/// What stands in the place of a node of the old graph.
struct Replacement {
  struct NewNode {
    std::string name;  ///< if the name is taken, underscores are added
    std::variant<Layer, Constant> op;
    std::vector<NodeId> inputs = {};  ///< nodes of the old graph before the replaced one, or fresh(i)
  };
  std::vector<NewNode> nodes;
  NodeId answer = -1;  ///< whose answer the readers get; a node of the old graph or fresh(i)
};

/// Number i of a replacement's own nodes.
constexpr NodeId fresh(int i) { return -1 - i; }

/// Asked for every layer that something depends on, from the last to the first.
using Rule = std::function<std::optional<Replacement>(const Sight&, NodeId)>;

/// What an answer of the network is called once its layer was replaced by new ones: as before, or, where
/// configurations go by the names of layers, as the rule says.
enum class OutputNames { Stay, MayChange };

/// Applies a rule until it has nothing left to replace, and drops what no output depends on (inputs stay). An
/// answer of the network is never replaced by a node that was there before. A graph to which nothing applies
/// comes back as it is.
Result<Graph> rewrite(Graph graph, const Rule& rule, OutputNames names = OutputNames::Stay);

}  // namespace gw
