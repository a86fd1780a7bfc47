// Writing graphs as text. What a layer says comes from the list of its attributes, each compared with what
// the layer has by itself, so that a new layer and a new attribute need no line here.
//
// Values are exact. Real ones are the shortest decimals that give the same float; fixed-point ones are
// decimals as long as a double holds them, and `raw p -fraction` beyond 53 bits.

#include "graph/text.h"

#include <algorithm>
#include <cstdlib>

#include "graph/attributes.h"
#include "support/overload.h"

namespace gw {

namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '/' || c == '-';
}

/// A name as it is, or in quotes if the grammar could not tell where it ends.
std::string print_name(std::string_view name) {
  if (!name.empty() && std::all_of(name.begin(), name.end(), is_plain)) return std::string(name);
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    if (static_cast<unsigned char>(c) < ' ') {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      text += c;
    }
  }
  return text + '"';
}

/// A type of no bits, which only a list may have: the element is 0.
std::string print_element(const Quantizer& quantizer) {
  return quantizer.to.width == 0 ? "0" : to_string(quantizer);
}

std::string print_raw(std::int64_t raw, int fraction) {
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  if (raw > exact || raw < -exact) return fmt::format("{}p{}", raw, -fraction);
  return fmt::format("{}", to_double(raw, fraction));
}

template <class At>
std::string print_list(std::size_t size, std::size_t longest, const At& at) {
  std::string text = "[";
  for (std::size_t i = 0; i < std::min(size, longest); ++i) {
    if (i > 0) text += ", ";
    text += at(i);
  }
  return text + (size > longest ? ", ...]" : "]");
}

std::string print_values(const Constant& constant, const TextOptions& options) {
  if (!constant.fixed) {
    const std::vector<float>& values = constant.values.values;
    return print_list(values.size(), options.values,
                      [&](std::size_t i) { return fmt::format("{}", values[i]); });
  }
  const Tensor& fixed = *constant.fixed;
  return print_list(static_cast<std::size_t>(fixed.size()), options.values, [&](std::size_t i) {
    return print_raw(fixed.at(static_cast<std::int64_t>(i)), fixed.type().fraction());
  });
}

/// Empty: a type that is not given.
std::string print_attribute(const Attribute& attribute) {
  return std::visit(Overload{
                        [](const int* value) { return fmt::format("{}", *value); },
                        [](const bool* value) { return std::string(*value ? "true" : "false"); },
                        [](const double* value) { return fmt::format("{}", *value); },
                        [](const std::vector<int>* list) {
                          return print_list(list->size(), list->size(),
                                            [&](size_t i) { return std::to_string((*list)[i]); });
                        },
                        [](const ChoiceRef& choice) { return std::string(choice.name()); },
                        [](const Quantizer* quantizer) { return to_string(*quantizer); },
                        [](const std::optional<Quantizer>* quantizer) {
                          return *quantizer ? to_string(**quantizer) : std::string();
                        },
                        [](const std::vector<Quantizer>* list) {
                          return print_list(list->size(), list->size(),
                                            [&](size_t i) { return print_element((*list)[i]); });
                        },
                    },
                    attribute.value);
}

/// " {stride_h: 2, out: ap_fixed<16,6>}" of what differs from the layer as it comes.
std::string print_attributes(Layer layer) {
  Layer plain = *make_layer(kind_of(layer));
  const std::vector<Attribute> said = attributes(layer), usual = attributes(plain);
  std::string text;
  for (size_t i = 0; i < said.size(); ++i) {
    const std::string value = print_attribute(said[i]);
    if (value == print_attribute(usual[i])) continue;
    // A type that a layer has by itself and that is taken away.
    text += fmt::format("{}{}: {}", text.empty() ? " {" : ", ", said[i].name, value.empty() ? "none" : value);
  }
  return text.empty() ? text : text + "}";
}

std::string print_layer(const Graph& graph, const Node& node, const Layer& layer) {
  std::string text = fmt::format("{}(", kind(node));
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    text += (i > 0 ? ", " : "") + print_name(graph[node.inputs[i]].name);
  }
  return text + ")" + print_attributes(layer) + " -> " + to_string(node.type);
}

}  // namespace

std::string print_graph(const Graph& graph, const TextOptions& options) {
  std::string text;
  for (const Node& node : graph.nodes()) {
    text += print_name(node.name) + ": ";
    if (const auto* input = std::get_if<Input>(&node.op)) {
      text += fmt::format("input {} {}", to_string(node.type.shape),
                          input->quantizer ? to_string(*input->quantizer) : "float");
    } else if (const auto* constant = std::get_if<Constant>(&node.op)) {
      text += fmt::format("constant {} {}", to_string(node.type), print_values(*constant, options));
      if (constant->overflows > 0) text += fmt::format(" {{overflows: {}}}", constant->overflows);
    } else {
      text += print_layer(graph, node, std::get<Layer>(node.op));
    }
    text += '\n';
  }
  for (const NodeId id : graph.outputs()) text += fmt::format("output {}\n", print_name(graph[id].name));
  return text;
}

}  // namespace gw
