// An ONNX file in four steps: bytes to plain structures (onnx_file), names for the layers (onnx_names), node
// by node into a graph (onnx_reader and the tables of operators), and the account of how the file sees its
// ends.

#include "formats/onnx/onnx.h"

#include <algorithm>

#include "formats/onnx/names.h"
#include "formats/onnx/reader.h"
#include "support/check.h"
#include "support/files.h"
#include "support/messages.h"

namespace gw {

namespace {

/// The end of a stream whose axes are the file's, one by one.
FilePort port_of(const OnnxPort& port, const OnnxView& view) {
  FilePort made{port.name, view.shape, std::vector<int>(view.order.size())};
  for (size_t axis = 0; axis < view.order.size(); ++axis) {
    made.axes[static_cast<size_t>(view.order[axis])] = static_cast<int>(axis);
  }
  return made;
}

/// Every name that is not a node's own, with the node that it means.
std::map<std::string, std::string> find_aliases(const Graph& graph, const std::vector<std::string>& layers,
                                                const std::vector<std::string>& own,
                                                const QonnxNames& clean) {
  std::map<std::string, std::string> found;
  const auto add = [&](const std::string& name, const std::string& node) {
    if (!name.empty() && name != node) found.try_emplace(name, graph.find(node) < 0 ? "" : node);
  };
  for (size_t i = 0; i < layers.size(); ++i) add(clean.nodes[i], layers[i]);
  for (const auto& [name, node] : clean.second) add(name, layers[node]);
  for (const auto& [name, tensor] : clean.tensors) add(name, tensor);
  for (const std::string& name : clean.others) add(name, "");
  for (size_t i = 0; i < layers.size(); ++i) add(own[i], layers[i]);
  return found;
}

}  // namespace

Result<FileModel> network_of(const OnnxFile& contents) {
  const std::vector<bool> is_first = are_channels_first(contents);
  const std::vector<std::string> own = onnx_layer_names(contents);
  const QonnxNames clean = qonnx_names(contents, is_first);
  std::vector<std::string> names = own;
  if (std::any_of(contents.nodes.begin(), contents.nodes.end(), is_onnx_quantizer)) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (!clean.nodes[i].empty()) names[i] = clean.nodes[i];  // the others are constants
    }
  }
  OnnxReader reader(contents, names, is_first);
  reader.read();
  auto graph = reader.builder().build();
  Diagnostics errors = reader.take_errors();
  if (!graph) add_builder_errors(errors, graph.errors());
  if (!errors.empty()) return errors;
  GW_CHECK(reader.inputs().size() == contents.inputs.size() &&
           reader.outputs().size() == contents.outputs.size());

  FileModel model{*std::move(graph), {}, {}, {}};
  for (size_t i = 0; i < contents.inputs.size(); ++i) {
    model.inputs.push_back(port_of(contents.inputs[i], reader.inputs()[i].view));
  }
  for (size_t i = 0; i < contents.outputs.size(); ++i) {
    model.outputs.push_back(port_of(contents.outputs[i], reader.outputs()[i].view));
  }
  model.aliases = find_aliases(model.graph, reader.layers(), own, clean);
  return model;
}

Result<FileModel> read_onnx(std::string_view bytes, const std::string& file) {
  const auto contents = parse_onnx(bytes, file);
  if (!contents) return contents.errors();
  return network_of(*contents);
}

Result<FileModel> load_onnx(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  if (!bytes) return bytes.errors();
  return read_onnx(*bytes, path.string());
}

namespace {

/// "Quant(6 bits, scale 0.03125, signed, ROUND)", as far as its numbers are in the file.
std::string quantizer_text(const OnnxFile& file, const OnnxNode& node) {
  const auto number = [&](size_t input) -> std::string {
    const auto found =
        input < node.inputs.size() ? file.initializers.find(node.inputs[input]) : file.initializers.end();
    if (found == file.initializers.end()) return "?";
    const auto& values = found->second.values;
    return values.size() == 1 ? fmt::format("{}", values[0]) : fmt::format("of {} values", values.size());
  };
  const auto flag = [&](const char* name, bool otherwise) {
    const auto found = node.attributes.find(name);
    const auto* value = found == node.attributes.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
    return value ? *value != 0 : otherwise;
  };
  if (node.op == "BipolarQuant") return fmt::format("BipolarQuant(scale {})", number(1));
  if (node.op != "Quant" && node.op != "IntQuant") return fmt::format("{}(scale {})", node.op, number(1));
  const auto mode = node.attributes.find("rounding_mode");
  const auto* rounding = mode == node.attributes.end() ? nullptr : std::get_if<std::string>(&mode->second);
  return fmt::format("{}({} bits, scale {}, {}{}, {})", node.op, number(3), number(1),
                     flag("signed", true) ? "signed" : "unsigned", flag("narrow", true) ? ", narrow" : "",
                     rounding ? *rounding : "ROUND");
}

}  // namespace

FileInspection inspection_of(const OnnxFile& contents, std::string format) {
  FileInspection found;
  found.format = std::move(format);
  for (const OnnxNode& node : contents.nodes) {
    const std::string name = node.domain.empty() ? node.op : node.domain + "." + node.op;
    count_by(found.operators, &FileInspection::Operators::name, {name, 1, is_understood(node)});
    if (is_onnx_quantizer(node) || node.op == "QuantizeLinear")
      count_by(found.quantizers, &FileInspection::Quantizers::text, {quantizer_text(contents, node), 1});
  }
  for (const auto& [name, array] : contents.initializers)
    found.parameters += static_cast<std::int64_t>(array.values.size());
  auto model = network_of(contents);
  if (model) found.model = *std::move(model);
  if (!model) found.problems = model.errors();
  return found;
}

Result<FileInspection> inspect_onnx(std::string_view bytes, const std::string& file) {
  const auto contents = parse_onnx(bytes, file);
  if (!contents) return contents.errors();
  return inspection_of(*contents, fmt::format("ONNX model, operators of version {}", contents->opset()));
}

}  // namespace gw
