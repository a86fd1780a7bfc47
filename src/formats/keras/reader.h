#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/free_names.h"
#include "formats/keras/model.h"
#include "formats/keras/weights.h"
#include "graph/graph.h"
#include "layers/shapes.h"

namespace gw {

class KerasReader;

/// One call of a layer while it is read: what goes in, its config, its variables, and what came of it. A
/// class's handler sees nothing else of the file.
class KerasCall {
 public:
  KerasCall(KerasReader& reader, const KerasLayer& layer, std::string name, std::vector<NodeId> inputs)
      : reader_(reader), layer_(layer), name_(std::move(name)), inputs_(std::move(inputs)) {}

  const KerasLayer& layer() const { return layer_; }
  const std::string& name() const { return name_; }  ///< of the node that the layer becomes
  /// The first part of the version that wrote the file, 2 where it does not say.
  int keras_version() const;

  // The config. A value of another kind than asked for is an error, and the default is given. What no handler
  // asks for is an error in the end, unless it only concerns training.
  /// The value, or null if it is not there or null itself.
  const nlohmann::json* value(const std::string& key);
  std::int64_t integer(const std::string& key, std::int64_t otherwise, std::int64_t least, std::int64_t most);
  double number(const std::string& key, double otherwise);
  bool flag(const std::string& key, bool otherwise);
  std::string text(const std::string& key, const std::string& otherwise);
  /// One number, or one for each axis of space.
  Shape per_axis(const std::string& key, size_t axes, int otherwise, int least);
  /// Nothing more in the config matters.
  void ignore_config() { is_config_ignored_ = true; }
  void check_config();

  // Inputs.
  const std::vector<NodeId>& inputs() const { return inputs_; }
  NodeId x() const { return inputs_[0]; }
  const Shape& shape(NodeId id) const;
  size_t rank() const { return shape(x()).size(); }

  // Variables, by the names that Keras gives them, in its order. An error if one is not there or cannot be
  // used, or if the layer has others. Names in `optional` may be missing.
  std::map<std::string, FloatTensor> variables(const std::vector<std::string>& names,
                                               const std::set<std::string>& optional = {});

  /// True if variables without names lie below this part of the layer.
  bool has_numbered(const std::string& prefix) const;

  // Errors, with the layer as their place.
  bool failed() const { return failed_; }
  void refuse(Diagnostic error);
  void refuse_value(const std::string& key, std::string seen, std::string wanted);
  void refuse_shape(std::string why);

  // What the layer becomes.
  /// A node named after the layer, with the suffix.
  NodeId add(Layer layer, std::vector<NodeId> inputs, const std::string& suffix = "");
  /// Values that belong to the layer, named "conv1.weight"; the same node for each call.
  NodeId constant(const std::string& suffix, FloatTensor values, std::optional<Quantizer> type = {});
  /// The answer. A node that could not be made counts as failed.
  void give(NodeId id) { answer_ = id; }
  NodeId answer() const { return answer_; }
  /// The answer is the input: the layer leaves nothing, which a configuration may still name.
  void pass_through();
  /// True if the file gives types to the layer's weights elsewhere, so that their values are all there is to
  /// them.
  bool has_typed_weights() const;
  /// A name by which a configuration may speak of what leaves nothing.
  void note_nothing(const std::string& name);

 private:
  KerasReader& reader_;
  const KerasLayer& layer_;
  std::string name_;
  std::vector<NodeId> inputs_;
  std::set<std::string> read_;
  NodeId answer_ = -1;
  bool failed_ = false, is_config_ignored_ = false;
};

/// A class of layers that is understood.
struct KerasClass {
  std::string_view name;
  void (*read)(KerasCall& call);
  size_t least_inputs = 1, most_inputs = 1;
};

/// The classes of one family; the table of all is made of these.
std::span<const KerasClass> keras_matrix_classes();
std::span<const KerasClass> keras_pool_classes();
std::span<const KerasClass> keras_activation_classes();
std::span<const KerasClass> keras_merge_classes();
std::span<const KerasClass> keras_shape_classes();
std::span<const KerasClass> qkeras_classes();
std::span<const KerasClass> keras_hgq_classes();
std::span<const KerasClass> keras_hgq2_classes();
/// True if the layer's class is in one of them.
bool is_understood(const KerasLayer& layer);
/// Classes that are known and have no layer here yet.
std::span<const std::string_view> keras_absent_classes();

/// Which element of a tensor of shape `part` stands for element `index` of one of shape `whole`, to which it
/// is broadcast; both have as many extents.
std::int64_t broadcast_index(std::int64_t index, const Shape& whole, const Shape& part);

/// Adds the activation that a config describes (a name, a quantizer of QKeras, a layer) behind x; its node is
/// named after the layer, with the suffix. Gives x itself if it is linear.
NodeId add_keras_activation(KerasCall& call, NodeId x, const nlohmann::json& said, const std::string& suffix);
/// The same of the attribute `activation` of a layer; the node is named "fc1_relu".
void give_activated(KerasCall& call, NodeId x);

/// The whole file's reading: which answer each call has, and the graph that grows.
class KerasReader {
 public:
  KerasReader(const KerasModel& model, const KerasWeights& weights, std::string file, int version);

  /// Reads everything; what is wrong is collected.
  void read();

  GraphBuilder& builder() { return builder_; }
  const KerasWeights& weights() const { return weights_; }
  int version() const { return version_; }
  void report(Diagnostic error, const std::string& layer);
  Diagnostics take_errors() { return std::move(errors_); }
  /// `wanted`, or with a number behind it: a name that no node has or will have.
  std::string free_name(const std::string& wanted) { return taken_.take_free(wanted); }
  NodeId constant(const KerasLayer& layer, const std::string& suffix, FloatTensor values,
                  std::optional<Quantizer> type);
  bool has_typed_weights(const KerasLayer& layer) const { return typed_.contains(layer.name); }
  /// Another name for a node, or, with "", for nothing.
  void add_alias(const std::string& name, const std::string& node) { aliases_.try_emplace(name, node); }

  const std::vector<NodeId>& inputs() const { return inputs_; }
  const std::map<std::string, std::string>& aliases() const { return aliases_; }
  /// The names of the inputs in the file.
  const std::vector<std::string>& input_names() const { return input_names_; }
  /// The nodes that answer, with the names of their layers in the file.
  const std::vector<std::pair<NodeId, std::string>>& outputs() const { return outputs_; }

 private:
  void reserve_names(const KerasModel& model, const std::string& owner);
  std::vector<NodeId> read_model(const KerasModel& model, std::span<const NodeId> given);
  NodeId read_input(const KerasLayer& layer);
  NodeId read_call(const KerasLayer& layer, std::vector<NodeId> inputs);

  const KerasModel& model_;
  const KerasWeights& weights_;
  int version_;
  std::string file_;
  GraphBuilder builder_;
  Diagnostics errors_;
  FreeNames taken_;              // names of nodes of the graph, now or later
  std::set<std::string> typed_;  // layers whose weights another layer gives types to
  std::map<const KerasLayer*, std::string> names_;
  std::map<const KerasLayer*, int> uses_;
  std::map<const KerasLayer*, bool> is_unknown_;  // told already
  std::map<std::pair<const KerasLayer*, std::string>, NodeId> constants_;
  std::map<std::string, std::string> aliases_;
  std::vector<NodeId> inputs_;
  std::vector<std::string> input_names_;
  std::vector<std::pair<NodeId, std::string>> outputs_;
  std::int64_t calls_ = 0;
};

}  // namespace gw
