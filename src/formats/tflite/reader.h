#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "formats/file_model.h"
#include "formats/free_names.h"
#include "formats/onnx/array.h"
#include "formats/tflite/file.h"

namespace gw {

/// A multiplier below 2^31 as the reference kernels take it: value * 2^(shift - 31), value of 31 bits, in
/// double precision.
struct TfliteMultiplier {
  std::int64_t value = 0;
  int shift = 0;
};
TfliteMultiplier tflite_multiplier(double real);

/// Fused activations by their number in the schema.
inline constexpr int tflite_none = 0, tflite_relu = 1, tflite_relu_one = 2, tflite_relu_six = 3;

/// The values without their zero points, of which there may be one for each output; those run along the last
/// axis or the first.
std::vector<double> tflite_centred(const TfliteTensor& tensor, std::int64_t outputs, bool is_last);

/// The whole file's reading. A stream of whole numbers is kept without its zero point: number - zero.
class TfliteReader {
 public:
  explicit TfliteReader(const TfliteFile& file) : file_(file), builder_(file.path, most_stream_elements) {}

  /// Reads all inputs, operators and outputs; everything that is wrong is told.
  Result<FileModel> read();

  /// True if there is a row for the operator.
  static bool is_understood(const TfliteOperator& op);

 private:
  struct Row;
  static const std::vector<Row>& rows();

  // Operators, one each; op_ is the one that is read.
  void read_conv();
  void read_depthwise();
  void read_dense();
  void read_pool(bool is_average);
  void read_sum(bool is_difference);
  void read_multiply();
  void read_extreme(Layer layer);
  void read_leaky_relu();
  void read_concat();
  void read_reshape();
  void read_pad();
  void read_softmax();
  void read_activation();
  void read_quantize();
  void read_dequantize();
  // Of real numbers only.
  void read_merge(Layer layer, bool has_activation);
  void read_function(Layer layer, float (*function)(float));
  void read_mean();

  void read_shape();

  void read_operator(const TfliteOperator& op);
  /// True if the operator is a step on the way from a tensor's shape to the one that a RESHAPE wants, which
  /// the tensor that it gives has anyway.
  bool computes_shape(const TfliteOperator& op) const;
  void read_input(int id);
  void read_output(int id, FileModel& model);
  void refuse(std::string why);

  const TfliteTensor& input(size_t index) const {
    return file_.tensors[static_cast<size_t>(op_->inputs[index])];
  }
  const TfliteTensor& output() const { return file_.tensors[static_cast<size_t>(op_->outputs[0])]; }
  /// The stream at an input; -1, and an error unless it failed before, if there is none.
  NodeId stream(size_t index);
  /// The values at an input; null, and an error, if it is no constant.
  const TfliteTensor* constant(size_t index);
  /// What becomes of a constant's whole number without its zero point, at that input; none: itself.
  using Folding = std::function<double(size_t index, double value)>;
  /// The stream or constant at an input, which is broadcast to that shape; -1, and an error, if it is not.
  NodeId operand(size_t index, const Shape& ours, const Folding& fold);
  /// Both inputs, of which one may be a constant; nothing, and an error, if they are not there.
  std::optional<std::array<NodeId, 2>> operands(const Folding& fold);
  /// Likewise of whole numbers with one scale each.
  std::optional<std::array<NodeId, 2>> whole_operands(const Folding& fold);
  bool has_input(size_t index) const { return index < op_->inputs.size() && op_->inputs[index] >= 0; }
  /// A layer that could not be made has been told.
  void give(NodeId id) { streams_[op_->outputs[0]] = id < 0 || builder_.type(id).shape.empty() ? -1 : id; }
  /// The output's own name, or with a suffix, which nothing else has.
  std::string name(const std::string& suffix = "");
  NodeId typed(const std::string& name, const Shape& shape, const std::vector<double>& values);

  /// The ends of the output's numbers without its zero point, as a fused activation narrows them.
  struct Ends {
    std::int64_t least = 0, most = 0;
  };
  Ends ends_of(const TfliteTensor& tensor, int activation);
  /// The numbers with both ends clamped where their type does not do so; the last layer has the name.
  NodeId clamped(NodeId id, bool cuts_least, bool cuts_most, const Ends& ends);
  /// number * real, rounded twice as MultiplyByQuantizedMultiplier does, then clamped; one multiplier, or one
  /// for each channel. Sums have `bits` bits.
  NodeId requantised(NodeId sums, int bits, const std::vector<double>& real, const Ends& ends);
  /// A layer on real numbers with the fused activation behind it.
  void give_real(Layer layer, const std::vector<NodeId>& inputs, int activation);
  /// A matrix or convolution: weights in our order (.., outputs).
  void give_product(Layer layer, NodeId x, const OnnxArray& weight, const TfliteTensor& kernel,
                    int activation, bool is_single);

  const TfliteFile& file_;
  GraphBuilder builder_;
  const TfliteOperator* op_ = nullptr;
  std::string part_;               // of an operator, behind the output's name
  std::set<int> shapes_;           // tensors that computes_shape has passed over
  std::map<int, NodeId> streams_;  // by tensor; -1: what makes it has failed
  FreeNames names_;
  Diagnostics errors_;
};

}  // namespace gw
