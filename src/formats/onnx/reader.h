#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/free_names.h"
#include "formats/onnx/affine.h"
#include "formats/onnx/file.h"
#include "formats/onnx/view.h"
#include "graph/graph.h"
#include "layers/shapes.h"

namespace gw {

/// A tensor of the file while it is read: known values, or a stream that a node of ours makes.
struct OnnxStream {
  NodeId id = -1;
  OnnxView view;
  std::optional<OnnxAffine> affine = {};  ///< what its numbers stand for; none: themselves
  /// Of whole numbers that the file computes with as such: their type, in which sums and products wrap.
  std::optional<FixedType> whole = {};
};
struct OnnxFailed {};  ///< what made it is wrong, and that has been told
using OnnxTensor = std::variant<OnnxFailed, OnnxArray, OnnxStream>;

class OnnxReader;

/// One node of the file while it is read: its inputs, its attributes, and what came of it. An operator's
/// handler sees nothing else of the file.
class OnnxCall {
 public:
  OnnxCall(OnnxReader& reader, const OnnxNode& node, std::string name, bool is_channels_last)
      : reader_(reader),
        node_(node),
        own_name_(name),
        name_(std::move(name)),
        is_channels_last_(is_channels_last) {}

  const std::string& name() const { return name_; }  ///< of the layer that the node becomes
  const OnnxNode& node() const { return node_; }
  std::int64_t opset() const;
  /// True for the operators of qonnx.custom_op.channels_last, whose tensors are channels last in the file.
  bool is_channels_last() const { return is_channels_last_; }

  // Attributes. One of another kind than asked for is an error, and the default is given.
  bool has(const std::string& attribute) const { return node_.attributes.contains(attribute); }
  std::int64_t integer(const std::string& attribute, std::int64_t otherwise);
  double number(const std::string& attribute, double otherwise);
  std::string text(const std::string& attribute, const std::string& otherwise);
  std::vector<std::int64_t> integers(const std::string& attribute, std::vector<std::int64_t> otherwise);
  std::vector<float> numbers(const std::string& attribute);
  const OnnxArray* array(const std::string& attribute);

  // Inputs.
  size_t input_count() const { return node_.inputs.size(); }
  bool has_input(size_t index) const { return index < node_.inputs.size() && !node_.inputs[index].empty(); }
  const OnnxTensor& input(size_t index) const;
  /// The constant at this input, without scales; null if it is a stream or left out.
  const OnnxArray* constant(size_t index) const;
  /// The stream at this input, real values without an affine; an error if it is a constant.
  std::optional<OnnxStream> stream(size_t index);
  /// Likewise as it stands, its affine beside its numbers.
  std::optional<OnnxStream> numbers(size_t index);
  /// Likewise for an operator that moves elements: numbers with one affine for all, which stays that of what
  /// the node gives.
  std::optional<OnnxStream> moved(size_t index);
  /// Says that this node computes with numbers that stand for something else, so that `add` states types.
  void meet_affine() { met_affine_ = true; }
  /// The constant at this input, without scales; an error if it is computed by the network.
  const OnnxArray* needed_constant(size_t index);
  /// Likewise as it stands, its scales beside its values.
  const OnnxArray* scaled_constant(size_t index);

  // Errors, with the node as their place, by its name in the file if it has one.
  bool failed() const { return failed_; }
  /// False, and an error, if a constant of that shape is too large for the file (OnnxReader::take_steps).
  bool can_make(const OnnxShape& shape);
  void refuse(Diagnostic error);
  void refuse_value(const std::string& attribute, std::string seen, std::string wanted);
  void refuse_shape(std::string why);

  // What the node becomes.
  /// A layer on streams and constants.
  NodeId add(Layer layer, const std::vector<NodeId>& inputs, const std::string& suffix = "");
  /// Likewise, its result of the exact type if that is known already: no configuration rounds it by a type
  /// that is meant for values. `add` does so by itself once an affine was met.
  NodeId add_exact(Layer layer, const std::vector<NodeId>& inputs, const std::string& suffix = "");
  /// A layer that changes values only: the file sees its answer as it sees `like`.
  OnnxStream elementwise(Layer layer, const OnnxStream& like, std::vector<NodeId> more_inputs = {});
  /// A layer whose answer is (space..., channels) and that the file sees as its domain has it.
  OnnxStream spatial(Layer layer, const std::vector<NodeId>& inputs);
  /// A layer whose answer the file sees as it is.
  OnnxStream plain(Layer layer, const std::vector<NodeId>& inputs);
  /// A constant of the graph, of that shape; an error if a value is not finite.
  NodeId weights(const OnnxArray& array, const Shape& shape);
  /// A constant that the file broadcasts to the stream's shape, with as many extents as our tensor has; an
  /// error if it does not fit.
  std::optional<NodeId> beside(const OnnxArray& array, const OnnxStream& stream);
  /// The values that `beside` makes a constant of, in our order.
  std::optional<OnnxArray> laid(const OnnxArray& array, const OnnxStream& stream);
  void give(OnnxTensor output, size_t index = 0);
  /// The output is the input: this node leaves no layer.
  void pass_through() { give(input(0)); }

  // The stream with its axes moved where they have to be.
  /// Our axes are the file's axes in this order.
  OnnxStream arranged(const OnnxStream& stream, const std::vector<int>& axes);
  /// As the file has it.
  OnnxStream as_file(const OnnxStream& stream);
  /// (space..., channels); the file has the channels first, or last in the channels-last domain.
  OnnxStream channels_last(const OnnxStream& stream);
  /// True if our last axis is this axis of the file.
  bool is_last(const OnnxStream& stream, int axis) const;
  /// As many axes as the file has, each ours, in the order that moves nothing if there is one; gives the
  /// order.
  OnnxStream by_axes(const OnnxStream& stream, std::vector<int>& axes);

  const Shape& shape(const OnnxStream& stream) const;
  /// The stream's type, if the file gives one, whatever the network's input will be.
  const std::optional<FixedType>& type(const OnnxStream& stream) const;
  /// The batch that the file's inputs have; 1 where they leave it open.
  std::int64_t batch() const;
  /// True if the file fixes it at 1.
  bool batch_is_one() const;
  /// True if an output is there and something reads it.
  bool is_used(size_t output) const;
  /// True if no node reads what this one gives.
  bool ends_network() const;
  /// What one number more should stand for so that the quantizer behind this node's answer has nothing to
  /// multiply; 1 if there is none.
  double unit_behind() const;

  /// A further step of the node: what is added from now on has this behind the node's name; with "" the name
  /// alone.
  void begin_part(const std::string& suffix);

  /// True if a layer of the node's own name was added.
  bool has_layer() const { return has_layer_; }

 private:
  std::string item() const;

  OnnxReader& reader_;
  const OnnxNode& node_;
  std::string own_name_, name_;
  bool is_channels_last_;
  bool failed_ = false, has_layer_ = false, met_affine_ = false;
  std::optional<OnnxAffine> moved_;
  std::optional<FixedType> moved_whole_;
};

/// A sliding window as convolutions and pools describe it, one value for each axis of space.
struct OnnxWindow {
  Shape kernel, strides, dilations;
  Padding padding = Padding::Explicit;
  Shape before, after;  ///< pads; 0 where `padding` says them
};
/// Reads kernel_shape (unless `kernel` is given), strides, dilations, auto_pad and pads.
OnnxWindow read_window(OnnxCall& call, size_t axes, Shape kernel);

/// An operator that is understood: its name, what its handler is given, and which attributes it knows.
struct OnnxOperator {
  std::string_view op;
  void (*read)(OnnxCall& call);
  size_t least_inputs, most_inputs;
  std::vector<std::string_view> attributes = {};
};

/// The operators of one family; the table of all is made of these.
std::span<const OnnxOperator> onnx_matrix_operators();
std::span<const OnnxOperator> onnx_pool_operators();
std::span<const OnnxOperator> onnx_activation_operators();
std::span<const OnnxOperator> onnx_merge_operators();
std::span<const OnnxOperator> onnx_shape_operators();
std::span<const OnnxOperator> onnx_move_operators();
std::span<const OnnxOperator> onnx_reduce_operators();
std::span<const OnnxOperator> onnx_constant_operators();
std::span<const OnnxOperator> onnx_linear_operators();
std::span<const OnnxOperator> onnx_runtime_operators();
std::span<const OnnxOperator> onnx_quantizer_operators();

/// The value of an operator on constants only, or nothing if it is not computed while reading. Errors go to
/// the call.
std::optional<OnnxArray> fold_constants(OnnxCall& call, const std::vector<const OnnxArray*>& inputs);

/// True if the node's operator is in one of the tables.
bool is_understood(const OnnxNode& node);

/// Of each input whether the file treats it as a picture or a series with its channels before its space.
std::vector<bool> are_channels_first(const OnnxFile& file);

/// The whole file's reading: what is known of each tensor, and the graph that grows.
class OnnxReader {
 public:
  /// With the names of the layers that nodes become, and are_channels_first of the file.
  OnnxReader(const OnnxFile& file, std::vector<std::string> layer_names, std::vector<bool> is_channels_first);

  /// Reads all inputs, nodes and outputs; everything that is wrong is collected.
  void read();

  GraphBuilder& builder() { return builder_; }
  const OnnxFile& file() const { return file_; }
  const OnnxTensor& tensor(const std::string& name) const;
  void set(const std::string& name, OnnxTensor value, const std::string& item);
  /// `wanted`, or with a number behind it: a name that no node has or will have.
  std::string free_name(const std::string& wanted) { return taken_.take_free(wanted); }
  void report(Diagnostic error, std::string item);
  /// Counts numbers that are about to be computed with; false, and an error the first time, if a file of this
  /// size has no need of so many.
  bool take_steps(std::uint64_t count, const std::string& item);
  Diagnostics take_errors() { return std::move(errors_); }
  /// The constant of that name; one more, named after its reader as well, if it is wanted in several ways.
  /// With a type, which holds all its values, they are exactly those of the array.
  NodeId constant(const OnnxArray& array, const std::string& reader, FloatTensor values);
  /// The constant of that name in the file without scales.
  const OnnxArray& settled_constant(const std::string& name);
  /// Gives a layer whose inputs are typed their exact type as its own, if it has none.
  void state_type(Layer& layer, const std::vector<NodeId>& inputs) const;
  /// Adds a layer, and notes its type.
  NodeId add(const std::string& name, Layer layer, const std::vector<NodeId>& inputs);
  /// The type of a node: with `fixed` wherever the file gives one, whatever the network's input will be.
  const TensorType& type(NodeId id) const;
  /// The unit of the first quantizer that this tensor meets behind layers that keep units.
  double unit_behind(const std::string& tensor) const;
  /// True if a node reads the tensor.
  bool is_read(const std::string& tensor) const { return readers_.contains(tensor); }

  /// The streams that go in and out, by the order of the file.
  const std::vector<OnnxStream>& inputs() const { return inputs_; }
  const std::vector<OnnxStream>& outputs() const { return outputs_; }
  /// The name of the layer that each node of the file became; "" if it left none.
  const std::vector<std::string>& layers() const { return layers_; }

 private:
  void read_input(size_t index);
  void read_node(size_t index);
  void read_output(const OnnxPort& port);

  const OnnxFile& file_;
  std::vector<std::string> names_;
  std::vector<bool> is_channels_first_;
  std::uint64_t steps_left_;
  FreeNames taken_;  // names of nodes of the graph, now or later
  GraphBuilder builder_;
  Diagnostics errors_;
  std::map<std::string, OnnxTensor> tensors_;
  std::map<std::string, OnnxArray> settled_;
  std::optional<std::vector<Operand>> typed_operands(const std::vector<NodeId>& inputs) const;

  std::map<NodeId, Tensor> typed_;              // constants of the graph
  std::map<NodeId, TensorType> known_;          // of layers behind a quantizer, while the input has no type
  std::multimap<std::string, size_t> readers_;  // nodes by the tensors that they read
  struct Version {
    NodeId id;
    Shape shape;
    std::vector<double> values;
    std::optional<Quantizer> type;
  };
  std::map<std::string, std::vector<Version>> constants_;  // several if readers want them in other shapes
  std::vector<OnnxStream> inputs_, outputs_;
  std::vector<std::string> layers_;
};

}  // namespace gw
