#pragma once

#include <map>
#include <string>
#include <vector>

#include "formats/onnx/file.h"

namespace gw {

/// The name of the layer that each node of the file becomes, unique among themselves and beside those of
/// inputs and initializers:
///   "/block/block.0/Conv", as PyTorch's exporter writes a module's operator, is "block_0", the module's name
///   as hls4ml's PyTorch converter says it; where a module has several operators the last one has that name
///   and the others add their own, "p1_pad";
///   "/Add", "/Concat_1", functions outside any module, are "add", "cat_1", as torch.fx calls them;
///   another name stays as it is, with "_" for "."; no name at all is operator and number, "Gemm_0".
std::vector<std::string> onnx_layer_names(const OnnxFile& file);

/// The name of an input or an initializer in the graph.
std::string onnx_tensor_name(const std::string& name, const std::string& kind);

/// The names that qonnx's clean-up and with it hls4ml's ONNX converter gives: nodes are counted by operator
/// ("Conv_0") in topological order, each generation by position; what feeds them is "Conv_0_param0", the
/// network's input "global_in" (with a number if there are several); a Gemm is a MatMul and an Add.
struct QonnxNames {
  std::vector<std::string> nodes;              ///< by the file's nodes; "" if it is computed of constants
  std::map<std::string, size_t> second;        ///< further names of nodes: the Add of a Gemm
  std::map<std::string, std::string> tensors;  ///< inputs and constants, by their names in the graph
  std::vector<std::string> others;             ///< nodes that only the clean-up adds
};
/// `is_channels_first` says so of each input: the clean-up puts a Transpose in front of it.
QonnxNames qonnx_names(const OnnxFile& file, const std::vector<bool>& is_channels_first);

}  // namespace gw
