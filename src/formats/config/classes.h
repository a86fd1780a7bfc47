#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/config.h"
#include "graph/graph.h"

namespace gw {

/// A class of layers as hls4ml and Keras name it ("Conv2D", "Activation"), and which of our nodes are of it.
struct LayerClass {
  std::string name;
  std::vector<std::string> kinds;  ///< LayerInfo names and "input"; none: it leaves no layer here
  bool depthwise = false;          ///< only convolutions of one input channel a group; else only others
  /// A network's reader may drop such layers, so that a file that names the class may come to nothing.
  bool may_vanish = false;
};

/// The class of that name in any case; a kind of ours ("max_pool2d") is a class as well. Null: there is none.
const LayerClass* find_class(std::string_view name);
/// All names, for the nearest one.
std::vector<std::string> class_names();

/// The nodes of the graph that are of the class.
std::vector<NodeId> nodes_of(const LayerClass& layer_class, const Graph& graph);

/// True if the node is a convolution of one input channel a group, and of several groups.
bool is_depthwise(const Graph& graph, const Node& node);

/// A tensor for which hls4ml writes a type although the layer makes no use of it, or none that could be
/// chosen: such a type is let pass. "table" of a ReLU, "accum" of a pool.
struct IdleTensor {
  std::string tensor;
  PrecisionChoice only;  ///< the type that may be said
};
/// Those of a kind of node.
std::vector<IdleTensor> idle_tensors(std::string_view kind);

}  // namespace gw
