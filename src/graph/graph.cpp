// A graph is built node by node, and each node's type is inferred as it comes: every check needs only what is
// known of the nodes before it, and a graph that was built is right. A node that failed stays in its place
// with an empty shape; whatever reads it is passed over in silence, since its own trouble is only a
// consequence.

#include "graph/graph.h"

#include <algorithm>
#include <cmath>

#include "graph/attributes.h"
#include "support/messages.h"
#include "support/overload.h"

namespace gw {

namespace {

bool is_failed(const TensorType& type) { return type.shape.empty(); }

}  // namespace

std::vector<NodeId> Graph::inputs() const {
  std::vector<NodeId> found;
  for (size_t id = 0; id < nodes_.size(); ++id) {
    if (std::holds_alternative<Input>(nodes_[id].op)) found.push_back(static_cast<NodeId>(id));
  }
  return found;
}

NodeId Graph::find(std::string_view name) const {
  const auto found = ids_.find(name);
  return found == ids_.end() ? -1 : found->second;
}

Constant Graph::take_constant(NodeId id) {
  return std::move(std::get<Constant>(nodes_[static_cast<size_t>(id)].op));
}

bool Graph::is_typed() const {
  return std::all_of(nodes_.begin(), nodes_.end(),
                     [](const Node& node) { return node.type.fixed.has_value(); });
}

std::string_view kind(const Node& node) {
  return std::visit(
      Overload{
          [](const Input&) -> std::string_view { return "input"; },
          [](const Constant&) -> std::string_view { return "constant"; },
          [](const Layer& layer) { return std::visit([](const auto& l) { return l.info.name; }, layer); },
      },
      node.op);
}

std::string place_of(std::string_view name) { return fmt::format("node '{}'", name); }

std::vector<Operand> operands(const Graph& graph, const Node& node) {
  std::vector<Operand> found;
  for (const NodeId id : node.inputs) {
    const auto* constant = std::get_if<Constant>(&graph[id].op);
    found.push_back({graph[id].type, constant && constant->fixed ? &*constant->fixed : nullptr});
  }
  return found;
}

void GraphBuilder::report(Diagnostic error, std::string item) {
  error.place = {graph_.file_, line_, std::move(item)};
  errors_.push_back(std::move(error));
}

bool GraphBuilder::check_shape(const std::string& name, const Shape& shape, std::int64_t most) {
  if (shape.empty() || std::any_of(shape.begin(), shape.end(), [](int extent) { return extent < 1; })) {
    report(diagnose(messages::tensor_empty, {}, to_string(shape)), place_of(name));
    return false;
  }
  std::int64_t count = 1;
  for (const int extent : shape) {
    if (count > most / extent) {
      report(diagnose(messages::tensor_too_large, {}, to_string(shape), most), place_of(name));
      return false;
    }
    count *= extent;
  }
  return true;
}

bool GraphBuilder::check_quantizer(const std::string& name, std::string_view tensor,
                                   const Quantizer& quantizer) {
  const int width = quantizer.to.width;
  if (width >= 1 && width <= max_width) return true;
  report(diagnose(messages::quantizer_too_wide, {}, to_string(quantizer), width, max_width),
         fmt::format("{}, {}", place_of(name), tensor));
  return false;
}

NodeId GraphBuilder::add(Node node) {
  const auto id = static_cast<NodeId>(graph_.nodes_.size());
  if (!node.name.empty() && !graph_.ids_.try_emplace(node.name, id).second) {
    report(diagnose(messages::name_used_twice, {}), place_of(node.name));
    node.type = {};
  }
  graph_.nodes_.push_back(std::move(node));
  return id;
}

NodeId GraphBuilder::input(std::string name, Shape shape, std::optional<Quantizer> quantizer) {
  TensorType type;
  const bool fits = check_shape(name, shape, most_elements_);
  if (fits && (!quantizer || check_quantizer(name, "type", *quantizer))) {
    type = {std::move(shape), quantizer ? std::optional(quantizer->to) : std::nullopt};
  }
  return add({Input{quantizer}, {}, std::move(type), std::move(name)});
}

NodeId GraphBuilder::constant(std::string name, FloatTensor values, std::optional<Quantizer> quantizer) {
  TensorType type;
  Constant constant;
  const auto bad =
      std::count_if(values.values.begin(), values.values.end(), [](float v) { return !std::isfinite(v); });
  if (bad > 0) {
    report(diagnose(messages::values_not_finite, {}, bad), place_of(name));
  } else if (check_shape(name, values.shape, max_elements) &&
             (!quantizer || check_quantizer(name, "type", *quantizer))) {
    GW_CHECK(static_cast<std::int64_t>(values.values.size()) == element_count(values.shape) &&
             values.batch == 1);
    type.shape = values.shape;
    if (quantizer) {
      type.fixed = quantizer->to;
      constant.fixed = quantize(*quantizer, values, &constant.overflows);
    }
  }
  constant.values = std::move(values);
  return add({std::move(constant), {}, std::move(type), std::move(name)});
}

NodeId GraphBuilder::constant_of(std::string name, Constant constant) {
  if (!constant.fixed) return this->constant(std::move(name), std::move(constant.values));
  TensorType type;
  if (check_shape(name, constant.fixed->shape(), max_elements)) {
    GW_CHECK(constant.fixed->batch() == 1);
    type = {constant.fixed->shape(), constant.fixed->type()};
  }
  return add({std::move(constant), {}, std::move(type), std::move(name)});
}

NodeId GraphBuilder::copy(const Node& node, std::vector<NodeId> inputs) {
  GW_CHECK(inputs.size() == node.inputs.size());
  return add({node.op, std::move(inputs), node.type, node.name});
}

NodeId GraphBuilder::copy(const Node& node, Constant constant) {
  return add({std::move(constant), {}, node.type, node.name});
}

NodeId GraphBuilder::layer(std::string name, Layer layer, std::vector<NodeId> inputs) {
  Node node{std::move(layer), std::move(inputs), {}, std::move(name)};
  bool is_whole = true;
  for (const NodeId id : node.inputs) {
    GW_CHECK(id >= 0 && id < static_cast<NodeId>(graph_.nodes_.size()));
    is_whole = is_whole && !is_failed(graph_[id].type);
  }
  for (const Attribute& attribute : attributes(std::get<Layer>(node.op))) {
    // One type of many may hold nothing: that element is 0.
    const bool is_list = std::holds_alternative<std::vector<Quantizer>*>(attribute.value);
    for (const Quantizer* quantizer : quantizers(attribute.value)) {
      if (is_list && quantizer->to.width == 0) continue;
      is_whole = check_quantizer(node.name, attribute.name, *quantizer) && is_whole;
    }
  }
  if (!is_whole) return add(std::move(node));

  const std::vector<Operand> from = operands(graph_, node);
  // Real constants may be computed with: a pass does, before anything is typed.
  if (std::all_of(from.begin(), from.end(),
                  [](const Operand& operand) { return operand.constant != nullptr; }) &&
      !from.empty()) {
    report(diagnose(messages::only_constants, {}), place_of(node.name));
    return add(std::move(node));
  }
  auto type = std::visit([&](const auto& l) { return infer(l, from); }, std::get<Layer>(node.op));
  if (!type) {
    for (const Diagnostic& error : type.errors()) report(error, place_of(node.name));
  } else if (check_shape(node.name, type->shape, most_elements_)) {
    const bool all_typed = std::all_of(from.begin(), from.end(),
                                       [](const Operand& operand) { return operand.type.fixed.has_value(); });
    if (all_typed && !type->fixed) {
      report(diagnose(messages::weights_not_constant, {}), place_of(node.name));
    } else if (type->fixed && type->fixed->width == 0) {
      report(diagnose(messages::type_zero_width, {}), place_of(node.name));
    } else {
      node.type = std::move(*type);
    }
  }
  return add(std::move(node));
}

NodeId GraphBuilder::failed(std::string name, Diagnostics why) {
  errors_.insert(errors_.end(), why.begin(), why.end());
  return add({Layer(), {}, {}, std::move(name)});
}

void GraphBuilder::output(NodeId id) {
  GW_CHECK(id >= 0 && id < static_cast<NodeId>(graph_.nodes_.size()));
  if (!std::holds_alternative<Layer>(graph_[id].op)) {
    report(diagnose(messages::output_not_computed, {}), place_of(graph_[id].name));
  }
  graph_.outputs_.push_back(id);
}

Result<Graph> GraphBuilder::build() {
  if (graph_.inputs().empty()) report(diagnose(messages::graph_without_input, {}), {});
  if (graph_.outputs_.empty()) report(diagnose(messages::graph_without_output, {}), {});
  if (!errors_.empty()) return std::move(errors_);
  return std::move(graph_);
}

}  // namespace gw
