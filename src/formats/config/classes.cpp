// What hls4ml calls its layers. A configuration's LayerType speaks of classes: those of hls4ml, of Keras and
// of QKeras, which are not cut as ours are (one Activation for all plain functions, two classes for
// convolutions of one layer here).

#include "formats/config/classes.h"

#include <algorithm>
#include <cctype>

#include "graph/attributes.h"

namespace gw {

namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

const std::vector<std::string> plain_activations{
    "relu", "clipped_relu", "sigmoid", "tanh", "softplus", "softsign", "selu", "silu", "gelu", "binary_tanh"};
const std::vector<std::string> merges{"add", "subtract", "multiply", "average", "maximum", "minimum"};

std::vector<LayerClass> made() {
  std::vector<LayerClass> classes{
      {"Input", {"input"}},
      {"InputLayer", {"input"}},
      {"Dense", {"dense"}},
      {"QDense", {"dense"}},
      {"BinaryDense", {"dense"}},
      {"TernaryDense", {"dense"}},
      {"Conv1D", {"conv1d"}},
      {"QConv1D", {"conv1d"}},
      {"PointwiseConv1D", {"conv1d"}},
      {"DepthwiseConv1D", {"conv1d"}, true},
      {"Conv2D", {"conv2d"}},
      {"QConv2D", {"conv2d"}},
      {"PointwiseConv2D", {"conv2d"}},
      {"Conv2DBatchnorm", {"conv2d"}},
      {"QConv2DBatchnorm", {"conv2d"}},
      {"DepthwiseConv2D", {"conv2d"}, true},
      {"QDepthwiseConv2D", {"conv2d"}, true},
      {"BatchNormalization", {"batch_norm"}, false, true},
      {"QBatchNormalization", {"batch_norm"}, false, true},
      {"ApplyAlpha", {"batch_norm"}, false, true},
      {"Activation", plain_activations},
      {"ParametrizedActivation", {"leaky_relu", "thresholded_relu", "elu"}},
      {"LeakyReLU", {"leaky_relu"}},
      {"ThresholdedReLU", {"thresholded_relu"}},
      {"HardActivation", {"hard_sigmoid", "hard_tanh"}},
      {"TernaryTanh", {"ternary_tanh"}},
      {"Pooling1D", {"max_pool1d", "average_pool1d"}},
      {"Pooling2D", {"max_pool2d", "average_pool2d"}},
      {"MaxPooling1D", {"max_pool1d"}},
      {"MaxPooling2D", {"max_pool2d"}},
      {"AveragePooling1D", {"average_pool1d"}},
      {"AveragePooling2D", {"average_pool2d"}},
      {"GlobalPooling1D", {"global_max_pool", "global_average_pool"}},
      {"GlobalPooling2D", {"global_max_pool", "global_average_pool"}},
      {"GlobalMaxPooling1D", {"global_max_pool"}},
      {"GlobalMaxPooling2D", {"global_max_pool"}},
      {"GlobalAveragePooling1D", {"global_average_pool"}},
      {"GlobalAveragePooling2D", {"global_average_pool"}},
      {"Merge", merges},
      {"Flatten", {"flatten"}, false, true},
      {"Reshape", {"flatten", "reshape"}, false, true},
      {"Transpose", {"permute"}, false, true},
      {"ZeroPadding1D", {"pad"}, false, true},
      {"ZeroPadding2D", {"pad"}, false, true},
      {"Cropping1D", {"crop"}},
      {"Cropping2D", {"crop"}},
      {"Resize", {"up_sample"}},
      {"UpSampling1D", {"up_sample"}},
      {"UpSampling2D", {"up_sample"}},
      {"QActivation",
       {"quantize", "relu", "clipped_relu", "leaky_relu", "hard_sigmoid", "hard_tanh", "binary_tanh",
        "ternary_tanh", "sigmoid", "tanh"}},
      {"Quant", {"quantize"}, false, true},
      {"BipolarQuant", {"quantize"}, false, true},
      {"FixedPointQuantizer", {"quantize"}, false, true},
      {"Constant", {}, false, true},
  };
  // A class of Keras that is named as our kind, "Softmax", "Add", needs no row of its own.
  for (const std::string& kind : layer_kinds()) {
    const bool named = std::any_of(classes.begin(), classes.end(),
                                   [&](const LayerClass& c) { return lower_case(c.name) == kind; });
    if (!named) classes.push_back({kind, {kind}});
  }
  return classes;
}

const std::vector<LayerClass>& all_classes() {
  static const std::vector<LayerClass> classes = made();
  return classes;
}

}  // namespace

const LayerClass* find_class(std::string_view name) {
  const std::string wanted = lower_case(name);
  for (const LayerClass& layer_class : all_classes()) {
    if (lower_case(layer_class.name) == wanted) return &layer_class;
  }
  return nullptr;
}

std::vector<std::string> class_names() {
  std::vector<std::string> names;
  for (const LayerClass& layer_class : all_classes()) names.push_back(layer_class.name);
  return names;
}

bool is_depthwise(const Graph& graph, const Node& node) {
  const std::string_view of = kind(node);
  if (of != "conv1d" && of != "conv2d") return false;
  const Shape& weight = graph[node.inputs[1]].type.shape;  // (kernel.., channels / groups, filters)
  const int channels = graph[node.inputs[0]].type.shape.back();
  return channels > 1 && weight[weight.size() - 2] == 1;
}

std::vector<NodeId> nodes_of(const LayerClass& layer_class, const Graph& graph) {
  std::vector<NodeId> found;
  for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes().size()); ++id) {
    const Node& node = graph[id];
    const auto& kinds = layer_class.kinds;
    if (std::find(kinds.begin(), kinds.end(), kind(node)) != kinds.end() &&
        is_depthwise(graph, node) == layer_class.depthwise)
      found.push_back(id);
  }
  return found;
}

std::vector<IdleTensor> idle_tensors(std::string_view kind) {
  const Quantizer table{{18, 8, true}, Rounding::Trn, Overflow::Wrap};
  const auto is_one_of = [&](const std::vector<std::string>& kinds) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  };
  std::vector<IdleTensor> idle;
  if (is_one_of(plain_activations) ||
      is_one_of({"leaky_relu", "thresholded_relu", "elu", "prelu", "hard_sigmoid", "hard_tanh",
                 "ternary_tanh", "softmax", "quantize"}))
    idle.push_back({"table", table});
  if (is_one_of({"max_pool1d", "max_pool2d", "global_max_pool", "average_pool1d", "average_pool2d",
                 "global_average_pool"}))
    idle.push_back({"accum", std::nullopt});
  if (is_one_of({"flatten", "reshape", "permute", "pad", "crop", "slice", "up_sample"}))
    idle.push_back({"result", std::nullopt});
  return idle;
}

}  // namespace gw
