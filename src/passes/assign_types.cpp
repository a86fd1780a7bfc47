// Every tensor gets its fixed-point type from the configuration, layer by layer in the order of the graph,
// since an exact type (`auto`) depends on the types before it.
//
// What the model's default does not reach, as in hls4ml: the tables of a softmax, which have types of their
// own, and max pooling, whose answer is one of its inputs and keeps their type. A type that the model file
// itself states stands likewise until the configuration speaks of that layer, by name or by kind.
//
// Weights and the network's input are real numbers, and no fixed-point type holds those exactly: there `auto`
// is an error.

#include <map>
#include <utility>

#include "graph/attributes.h"
#include "passes/pass.h"
#include "support/messages.h"

namespace gw {

namespace {

/// What the configuration says of one layer.
class Types {
 public:
  Types(const PrecisionConfig& config, std::string_view kind, std::string_view name)
      : config_(config), kind_(kind), name_(name) {}

  PrecisionChoice operator()(const std::string& tensor) const { return config_.lookup(kind_, name_, tensor); }

  /// Of a tensor whose type the model may state.
  PrecisionChoice unless_stated(const PrecisionChoice& stated, const std::string& tensor) const {
    if (!stated) return (*this)(tensor);
    return keeping(stated, tensor);
  }
  /// Of a tensor that keeps its type until the configuration speaks of the layer.
  PrecisionChoice keeping(const PrecisionChoice& own, const std::string& tensor) const {
    const PrecisionChoice* said = config_.of_layer(kind_, name_, tensor);
    return said ? *said : own;
  }
  /// Of a tensor that keeps its type until the configuration speaks of that very tensor; `auto` leaves it,
  /// too.
  Quantizer keeping_named(const Quantizer& own, const std::string& tensor) const {
    const PrecisionChoice* said = config_.of_tensor(kind_, name_, tensor);
    return said && *said ? **said : own;
  }

 private:
  const PrecisionConfig& config_;
  std::string_view kind_, name_;
};

/// A layer whose answer and sum may be cast.
template <class Matrix>
void give_matrix_types(Matrix& layer, const Types& types) {
  layer.out = types.unless_stated(layer.out, "result");
  layer.accumulator = types.unless_stated(layer.accumulator, "accum");
}

void give_types(Dense& layer, const Types& types) { give_matrix_types(layer, types); }
void give_types(Conv1D& layer, const Types& types) { give_matrix_types(layer, types); }
void give_types(Conv2D& layer, const Types& types) { give_matrix_types(layer, types); }
void give_types(BatchNorm& layer, const Types& types) {
  layer.out = types.unless_stated(layer.out, "result");
}
void give_types(Relu& layer, const Types& types) { layer.out = types.unless_stated(layer.out, "result"); }
void give_types(MaxPool1D& layer, const Types& types) { layer.out = types.keeping(layer.out, "result"); }
void give_types(MaxPool2D& layer, const Types& types) { layer.out = types.keeping(layer.out, "result"); }
void give_types(GlobalMaxPool& layer, const Types& types) { layer.out = types.keeping(layer.out, "result"); }
void give_types(AveragePool1D& layer, const Types& types) { give_matrix_types(layer, types); }
void give_types(AveragePool2D& layer, const Types& types) { give_matrix_types(layer, types); }
void give_types(GlobalAveragePool& layer, const Types& types) { give_matrix_types(layer, types); }
template <MergeOp op>
void give_types(Merge<op>& layer, const Types& types) {
  layer.out = types.unless_stated(layer.out, "result");
}
void give_types(Dot& layer, const Types& types) { give_matrix_types(layer, types); }
void give_types(Concatenate& layer, const Types& types) {
  layer.out = types.unless_stated(layer.out, "result");
}
void give_types(Flatten&, const Types&) {}
void give_types(Reshape&, const Types&) {}
void give_types(Permute&, const Types&) {}
void give_types(Pad&, const Types&) {}
void give_types(Crop&, const Types&) {}
void give_types(Slice&, const Types&) {}
void give_types(UpSample&, const Types&) {}
void give_types(Quantize& layer, const Types& types) {
  layer.out = types.keeping(layer.out, "result").value_or(layer.out);
}
void give_types(Softmax& layer, const Types& types) {
  layer.exp_type = types.keeping_named(layer.exp_type, "exp_table");
  layer.inverse_type = types.keeping_named(layer.inverse_type, "inv_table");
  if (!layer.inverse_input) layer.inverse_input = layer.exp_type;
  layer.inverse_input = types.keeping_named(*layer.inverse_input, "inv_inp");
  layer.out = types.unless_stated(layer.out, "result");
}

/// Activations: the configuration speaks of the answer as of any layer's; the types of their attributes stay
/// until it names them.
template <class Activation>
void give_types(Activation& layer, const Types& types) {
  Activation::fields(layer, [&]<class Field>(std::string_view name, Field& field) {
    if constexpr (std::is_same_v<Field, Quantizer>)
      field = types.keeping_named(field, *configured_name(name));
  });
  layer.out = types.unless_stated(layer.out, "result");
}

class Typing {
 public:
  Typing(const Graph& graph, const Config& config) : graph_(graph), config_(config), builder_(graph.file()) {}

  Result<Graph> run() {
    for (NodeId id = 0; id < static_cast<NodeId>(graph_.nodes().size()); ++id) {
      const Node& node = graph_[id];
      if (const auto* input = std::get_if<Input>(&node.op)) made_[id] = add_input(node, *input);
      if (const auto* layer = std::get_if<Layer>(&node.op)) made_[id] = add_layer(node, *layer);
    }
    for (const NodeId id : graph_.outputs()) builder_.output(made_.at(id));
    auto typed = builder_.build();
    if (!typed) errors_.insert(errors_.end(), typed.errors().begin(), typed.errors().end());
    if (!errors_.empty()) return std::move(errors_);
    return typed;
  }

 private:
  NodeId add_input(const Node& node, const Input& input) {
    const PrecisionChoice type =
        Types(config_.precision, "input", node.name).unless_stated(input.quantizer, "result");
    if (!type) report_real(place_of(node.name), node.name, "result");
    return builder_.input(node.name, node.type.shape, type.value_or(placeholder));
  }

  NodeId add_layer(const Node& node, Layer layer) {
    const Types types(config_.precision, kind(node), node.name);
    const std::vector<std::string> tensors = input_names(layer);
    std::vector<NodeId> inputs;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const NodeId from = node.inputs[i];
      const auto* constant = std::get_if<Constant>(&graph_[from].op);
      inputs.push_back(
          constant ? add_constant(node, from, *constant, types, tensors[std::min(i, tensors.size() - 1)])
                   : made_.at(from));
    }
    std::visit([&](auto& l) { give_types(l, types); }, layer);
    return builder_.layer(node.name, std::move(layer), std::move(inputs));
  }

  /// Values that several layers share may be given several types; each is a node of its own.
  NodeId add_constant(const Node& reader, NodeId from, const Constant& constant, const Types& types,
                      const std::string& tensor) {
    const PrecisionChoice type = types(tensor);
    if (!type) report_real(fmt::format("{}, {}", place_of(reader.name), tensor), reader.name, tensor);
    auto& versions = constants_[from];
    for (const auto& [quantizer, id] : versions) {
      if (quantizer == type) return id;
    }
    const std::string& name = graph_[from].name;
    const NodeId id = builder_.constant(versions.empty() ? name : fmt::format("{}.{}", name, reader.name),
                                        constant.values, type.value_or(placeholder));
    versions.emplace_back(type, id);
    return id;
  }

  void report_real(std::string item, const std::string& layer, const std::string& tensor) {
    errors_.push_back(diagnose(messages::real_without_type, {graph_.file(), 0, std::move(item)},
                               fmt::format("LayerName.{}.Precision.{}", layer, tensor)));
  }

  /// Stands where a type is missing, so that what follows can be checked all the same; the graph is never
  /// handed out.
  static constexpr Quantizer placeholder{{16, 6, true}, Rounding::Trn, Overflow::Wrap};

  const Graph& graph_;
  const Config& config_;
  GraphBuilder builder_;
  Diagnostics errors_;
  std::map<NodeId, NodeId> made_;  // nodes of the new graph
  std::map<NodeId, std::vector<std::pair<PrecisionChoice, NodeId>>> constants_;
};

Result<Graph> run_assign(const Graph& graph, const Config& config) { return Typing(graph, config).run(); }

}  // namespace

const Pass assign_types{
    "assign_types",
    "Every input, weight and layer has the type that the configuration asks for; `auto` is the exact one",
    run_assign, false};

}  // namespace gw
