// Names. A configuration speaks of layers by the names of the tool that wrote it: PyTorch's modules, or what
// is left after qonnx has cleaned a file up. Both can be told from the file.

#include "formats/onnx/names.h"

#include <algorithm>
#include <set>

#include "formats/free_names.h"
#include "support/check.h"

namespace gw {

namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Dots, slashes and colons separate parts of names; ours have one part.
std::string plain(std::string name, const std::string& kind) {
  for (char& c : name) {
    if (c == '.' || c == '/' || c == ':') c = '_';
  }
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name = lower(kind) + name;
  return name;
}

/// A name as PyTorch's exporter writes it, "/features/features.0/Conv": where in the tree of modules the
/// operator is, and the operator with a number behind it if there are several.
struct ModuleName {
  bool is_module = false;         ///< the name is of that kind
  std::vector<std::string> path;  ///< "features", "0"
  std::string number;             ///< "_1" of "Conv_1", or ""
};

ModuleName parse_module(const OnnxNode& node) {
  ModuleName found;
  if (!node.name.starts_with('/')) return found;
  std::vector<std::string> parts;
  for (size_t at = 1; at <= node.name.size();) {
    const size_t end = std::min(node.name.find('/', at), node.name.size());
    parts.push_back(node.name.substr(at, end - at));
    at = end + 1;
  }
  constexpr size_t deepest = 64;
  if (parts.size() > deepest || !parts.back().starts_with(node.op)) return found;
  found.is_module = true;
  found.number = parts.back().substr(node.op.size());
  parts.pop_back();
  // The members of a list repeat the list's name: "/features/features.0".
  std::string before;
  for (const std::string& part : parts) {
    const bool repeats = !before.empty() && part.starts_with(before + ".");
    found.path.push_back(repeats ? part.substr(before.size() + 1) : part);
    before = part;
  }
  return found;
}

std::string join(const std::vector<std::string>& path) {
  std::string name;
  for (const std::string& part : path) name += (name.empty() ? "" : "_") + part;
  return name;
}

/// What torch.fx calls a function that the exporter wrote as this operator.
std::string function_name(const std::string& op) {
  static const std::map<std::string, std::string> names = {{"Concat", "cat"},
                                                           {"Div", "truediv"},
                                                           {"Gemm", "linear"},
                                                           {"LeakyRelu", "leaky_relu"},
                                                           {"MatMul", "matmul"},
                                                           {"MaxPool", "max_pool2d"},
                                                           {"AveragePool", "avg_pool2d"},
                                                           {"HardSigmoid", "hardsigmoid"},
                                                           {"Clip", "clamp"},
                                                           {"Max", "maximum"},
                                                           {"Min", "minimum"}};
  const auto found = names.find(op);
  return found == names.end() ? lower(op) : found->second;
}

bool is_matrix(const std::string& op) { return op == "Conv" || op == "Gemm" || op == "MatMul"; }

/// For each module that holds operators itself: the node that goes by its name, which is the one with
/// weights, or the last.
std::map<std::string, size_t> main_nodes(const OnnxFile& file, const std::vector<ModuleName>& modules) {
  std::map<std::string, size_t> found;
  for (size_t i = 0; i < file.nodes.size(); ++i) {
    if (!modules[i].is_module || modules[i].path.empty() || file.nodes[i].op == "Constant") continue;
    const auto [entry, is_new] = found.try_emplace(join(modules[i].path), i);
    if (!is_new && !is_matrix(file.nodes[entry->second].op)) entry->second = i;
  }
  return found;
}

/// Modules that hold other modules: an operator in one is a function that its code calls.
std::set<std::string> outer_modules(const std::vector<ModuleName>& modules) {
  std::set<std::string> outer;
  for (const ModuleName& module : modules) {
    for (size_t size = 1; size < module.path.size(); ++size) {
      outer.insert(join({module.path.begin(), module.path.begin() + static_cast<std::ptrdiff_t>(size)}));
    }
  }
  return outer;
}

}  // namespace

std::string onnx_tensor_name(const std::string& name, const std::string& kind) {
  return kind == "constant" && !name.empty() ? name : plain(name, kind);
}

std::vector<std::string> onnx_layer_names(const OnnxFile& file) {
  FreeNames used;
  for (const OnnxPort& port : file.inputs) used.take(onnx_tensor_name(port.name, "input"));
  for (const auto& [name, array] : file.initializers) used.take(name);

  std::vector<ModuleName> modules;
  for (const OnnxNode& node : file.nodes) modules.push_back(parse_module(node));
  const auto mains = main_nodes(file, modules);
  const auto outer = outer_modules(modules);

  std::vector<std::string> names;
  std::map<std::string, int> unnamed;
  for (size_t i = 0; i < file.nodes.size(); ++i) {
    const OnnxNode& node = file.nodes[i];
    const ModuleName& module = modules[i];
    const std::string path = join(module.path);
    std::string name;
    if (node.name.empty()) {
      name = node.op + "_" + std::to_string(unnamed[node.op]++);
    } else if (!module.is_module) {
      name = plain(node.name, node.op);
    } else if (module.path.empty() || outer.contains(path)) {
      name = function_name(node.op) + (module.path.empty() ? module.number : "");
    } else {
      const auto main = mains.find(path);
      const bool is_main = main != mains.end() && main->second == i;
      name = plain(is_main ? path : path + "_" + lower(node.op) + module.number, node.op);
    }
    names.push_back(used.take_free(name));
  }
  return names;
}

namespace {

/// A node of the cleaned-up file.
struct CleanNode {
  std::string op;
  size_t origin;  ///< the node of the file
  std::vector<std::string> inputs;
  std::string output;
  int generation = 0;
};

}  // namespace

QonnxNames qonnx_names(const OnnxFile& file, const std::vector<bool>& is_channels_first) {
  GW_CHECK(is_channels_first.size() == file.inputs.size());
  QonnxNames names;
  names.nodes.resize(file.nodes.size());
  std::map<std::string, int> counts;
  const auto numbered = [&](const std::string& op) { return op + "_" + std::to_string(counts[op]++); };
  for (size_t i = 0; i < file.inputs.size(); ++i) {
    if (is_channels_first[i]) names.others.push_back(numbered("Transpose"));
    const std::string number = file.inputs.size() == 1 ? "" : "_" + std::to_string(i);
    names.tensors["global_in" + number] = onnx_tensor_name(file.inputs[i].name, "input");
  }

  // What is computed of constants is gone; each generation of nodes reads only those before it.
  std::map<std::string, std::string> constants;  // the graph's name for each
  for (const auto& [name, array] : file.initializers) constants[name] = name;
  std::map<std::string, int> generations;
  std::vector<CleanNode> nodes;
  for (size_t i = 0; i < file.nodes.size(); ++i) {
    const OnnxNode& node = file.nodes[i];
    if (node.outputs.empty()) continue;
    const auto is_constant = [&](const std::string& input) {
      return input.empty() || constants.contains(input);
    };
    if (!is_onnx_quantizer(node) && std::all_of(node.inputs.begin(), node.inputs.end(), is_constant)) {
      for (const std::string& output : node.outputs) {
        constants[output] = node.inputs.empty() ? output : node.inputs[0];
      }
      continue;
    }
    const auto add = [&](std::string op, std::vector<std::string> inputs, std::string output) {
      CleanNode made{std::move(op), i, std::move(inputs), std::move(output)};
      for (const std::string& input : made.inputs) {
        if (const auto from = generations.find(input); from != generations.end()) {
          made.generation = std::max(made.generation, from->second + 1);
        }
      }
      generations[made.output] = made.generation;
      nodes.push_back(std::move(made));
    };
    if (node.op == "Gemm" && node.inputs.size() == 3) {
      const std::string product = node.outputs[0] + " before the bias";
      add("MatMul", {node.inputs[0], node.inputs[1]}, product);
      add("Add", {product, node.inputs[2]}, node.outputs[0]);
    } else {
      add(node.op == "Gemm" ? "MatMul" : node.op, node.inputs, node.outputs[0]);
    }
  }
  std::stable_sort(nodes.begin(), nodes.end(),
                   [](const CleanNode& a, const CleanNode& b) { return a.generation < b.generation; });
  for (const CleanNode& node : nodes) {
    const std::string name = numbered(node.op);
    if (names.nodes[node.origin].empty()) {
      names.nodes[node.origin] = name;
    } else {
      names.second[name] = node.origin;
    }
    int parameter = 0;
    for (const std::string& input : node.inputs) {
      const auto found = constants.find(input);
      if (found != constants.end())
        names.tensors[name + "_param" + std::to_string(parameter++)] = found->second;
    }
  }
  return names;
}

}  // namespace gw
