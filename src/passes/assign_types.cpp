// Every tensor gets its fixed-point type from the configuration, layer by layer in the order of the graph,
// since an exact type (`auto`) depends on the types before it. Beside each tensor stands the type that hls4ml
// would have declared for it (hls4ml_types.h).
//
// Weights and the network's input are real numbers, and no fixed-point type holds those exactly. There `auto`
// is the type that the model states, or else the model's default; without one it is an error.

#include <map>
#include <utility>

#include "graph/attributes.h"
#include "passes/give_types.h"
#include "passes/pass.h"
#include "support/messages.h"

namespace gw {

namespace {

class Typing {
 public:
  /// Takes the values of the constants of `graph`.
  Typing(Graph graph, const Config& config)
      : graph_(std::move(graph)), config_(config), builder_(graph_.file()), readers_(graph_.nodes().size()) {
    for (NodeId id = 0; id < static_cast<NodeId>(graph_.nodes().size()); ++id) {
      for (const NodeId input : graph_[id].inputs) readers_[static_cast<size_t>(input)].push_back(id);
    }
    for (const NodeId output : graph_.outputs()) readers_[static_cast<size_t>(output)].push_back(-1);
  }

  Result<Graph> run() {
    for (NodeId id = 0; id < static_cast<NodeId>(graph_.nodes().size()); ++id) {
      const Node& node = graph_[id];
      if (const auto* input = std::get_if<Input>(&node.op)) made_[id] = add_input(node, *input);
      if (const auto* layer = std::get_if<Layer>(&node.op)) made_[id] = add_layer(id, *layer);
    }
    for (const NodeId id : graph_.outputs()) builder_.output(made_.at(id));
    auto typed = builder_.build();
    if (!typed) errors_.insert(errors_.end(), typed.errors().begin(), typed.errors().end());
    if (!errors_.empty()) return std::move(errors_);
    return typed;
  }

 private:
  NodeId add_input(const Node& node, const Input& input) {
    const TypeSite site{config_, "input", node.name};
    PrecisionChoice type = site.unless_stated(input.quantizer, "result");
    if (!type) type = site.model_default();
    if (!type) report_real(place_of(node.name), node.name, "result");
    return declare(builder_.input(node.name, node.type.shape, type.value_or(placeholder)), type);
  }

  NodeId add_layer(NodeId id, Layer layer) {
    const Node& node = graph_[id];
    TypeSite site{config_, kind(node), node.name};
    if (config_.setting(site.kind, site.name, &LayerSettings::skip).value_or(false))
      return made_.at(node.inputs[0]);
    const std::vector<std::string> tensors = configured_inputs(layer);
    std::vector<NodeId> inputs;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const NodeId from = node.inputs[i];
      const auto* constant = std::get_if<Constant>(&graph_[from].op);
      const std::string tensor = i < tensors.size() ? tensors[i] : "";
      inputs.push_back(constant ? add_constant(site, from, *constant, tensor) : made_.at(from));
      site.inputs.push_back(declared_.at(inputs.back()));
      site.shapes.push_back(graph_[from].type.shape);
    }
    const auto& readers = readers_[static_cast<size_t>(id)];
    site.is_cast_next = readers.size() == 1 && readers[0] >= 0 && kind(graph_[readers[0]]) == "quantize";

    const std::optional<Quantizer> declared = give_types(layer, site);
    const auto cast = cast_behind(layer, site);
    if (!cast) return declare(builder_.layer(node.name, std::move(layer), std::move(inputs)), declared);
    const NodeId moved = builder_.layer(node.name + ".moved", std::move(layer), std::move(inputs));
    Quantize quantize;
    quantize.out = *cast;
    return declare(builder_.layer(node.name, quantize, {moved}), cast);
  }

  /// Notes the type that hls4ml would declare for a node: the given one, or the exact one.
  NodeId declare(NodeId id, const std::optional<Quantizer>& type) {
    declared_[id] = type ? *type : Quantizer{builder_.type(id).fixed.value_or(placeholder.to)};
    return id;
  }

  /// Values that several layers share may be given several types; each is a node of its own.
  NodeId add_constant(const TypeSite& reader, NodeId from, const Constant& constant,
                      const std::string& tensor) {
    const PrecisionChoice type = type_of_constant(reader, from, constant, tensor);
    if (!type) {
      const std::string item =
          tensor.empty() ? place_of(graph_[from].name) : fmt::format("{}, {}", place_of(reader.name), tensor);
      if (tensor.empty()) {
        report_real(item, graph_[from].name, "result");
      } else {
        report_real(item, std::string(reader.name), tensor);
      }
    }
    auto& versions = constants_[from];
    for (const auto& [quantizer, id] : versions) {
      if (quantizer == type) return id;
    }
    const std::string& name = graph_[from].name;
    const std::string own = versions.empty() ? name : fmt::format("{}.{}", name, reader.name);
    const bool is_kept = constant.fixed && type->to == constant.fixed->type();
    const bool is_last = readers_[static_cast<size_t>(from)].size() == 1;
    Constant values = is_last ? graph_.take_constant(from) : constant;
    const NodeId id = is_kept ? builder_.constant_of(own, std::move(values))
                              : builder_.constant(own, std::move(values.values), type.value_or(placeholder));
    versions.emplace_back(type, id);
    return declare(id, type);
  }

  /// What is said of the layer that reads the values, or of the values by their own name; then what the model
  /// states; then what is said of all.
  PrecisionChoice type_of_constant(const TypeSite& reader, NodeId from, const Constant& constant,
                                   const std::string& tensor) const {
    if (!tensor.empty()) {
      const PrecisionChoice* said = config_.precision.of_layer(reader.kind, reader.name, tensor);
      if (said && *said) return *said;
    }
    const PrecisionChoice* own = config_.precision.of_layer("constant", graph_[from].name, "result");
    if (own && *own) return *own;
    if (constant.fixed) return Quantizer{constant.fixed->type()};
    PrecisionChoice type =
        tensor.empty() ? TypeSite{config_, "constant", graph_[from].name}("result") : reader(tensor);
    if (!type && tensor == "param" && !reader.inputs.empty()) type = reader.inputs[0];
    return type ? type : reader.model_default();
  }

  void report_real(std::string item, const std::string& layer, const std::string& tensor) {
    errors_.push_back(diagnose(messages::real_without_type, {graph_.file(), 0, std::move(item)},
                               fmt::format("LayerName.{}.Precision.{}", layer, tensor)));
  }

  /// Stands where a type is missing, so that what follows can be checked all the same; the graph is never
  /// handed out.
  static constexpr Quantizer placeholder{{16, 6, true}, Rounding::Trn, Overflow::Wrap};

  Graph graph_;
  const Config& config_;
  GraphBuilder builder_;
  Diagnostics errors_;
  std::vector<std::vector<NodeId>> readers_;  // of each node; -1: the network's user
  std::map<NodeId, NodeId> made_;             // nodes of the new graph
  std::map<NodeId, Quantizer> declared_;      // by node of the new graph
  std::map<NodeId, std::vector<std::pair<PrecisionChoice, NodeId>>> constants_;
};

Result<Graph> run_assign(Graph graph, const Config& config) { return Typing(std::move(graph), config).run(); }

}  // namespace

const Pass assign_types{
    "assign_types",
    "Every input, weight and layer has the type that the configuration asks for; `auto` is the exact one",
    run_assign, false};

}  // namespace gw
