#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "num/tensor.h"
#include "support/result.h"
#include "train/quantizer_spec.h"
#include "train/recipe.h"

namespace gw::train {

enum class LayerKind {
  Conv2D,
  Conv1D,
  Dense,
  BatchNorm,
  Relu,
  Activation,
  MaxPool2D,
  MaxPool1D,
  AveragePool2D,
  AveragePool1D,
  GlobalAveragePool,
  Dropout,
  Flatten,
  Softmax,
  Add,
  Concatenate,
  // Functions of one number.
  Tanh,
  Sigmoid,
  Softplus,
  Softsign,
  Elu,
  Selu,
  Silu,
  Gelu,
  LeakyRelu,
  ThresholdedRelu,
  ClippedRelu,
  HardSigmoid,
  HardTanh,
};

/// How weights begin. Uniform in [-limit, limit] with limit = sqrt(3 / fan_in) for LeCun (LeCun et al. 1998),
/// sqrt(6 / fan_in) for He (2015), sqrt(6 / (fan_in + fan_out)) for Glorot (2010).
enum class WeightInit { LecunUniform, HeUniform, GlorotUniform };

/// One layer as the network file gives it; an attribute that the kind does not have keeps its default. What
/// works on sequences has windows of one row.
struct LayerSpec {
  LayerKind kind = LayerKind::Flatten;
  std::string name;
  int line = 0;                         ///< in the network file
  std::vector<std::string> reads = {};  ///< the layers whose answers it reads; empty: the one before it
  int filters = 0;                      ///< convolutions: output channels; dense: units
  int multiplier = 0;                   ///< depthwise convolutions: output channels for each of the input's
  int kernel_h = 1, kernel_w = 1;       ///< convolutions and pools: the window
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1, groups = 1;                ///< convolutions
  bool same = false;                                             ///< convolutions: pads follow from the input
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;  ///< convolutions: rows and columns of 0
  bool bias = false;
  WeightInit init = WeightInit::LecunUniform;
  double l1 = 0, l2 = 0;  ///< the loss grows by l1 * sum |weight| + l2 * sum weight^2
  double rate = 0;        ///< dropout: the share of values that become 0
  std::optional<QuantizerSpec> kernel_quantizer, bias_quantizer = {};  ///< of what has weights
  std::optional<QuantizerSpec> quantizer = {};  ///< activation, which always has one, and functions
  double alpha = 0;        ///< functions: alpha, theta, max or slope, whichever they have
  double momentum = 0.99;  ///< batch_norm: moving = momentum * moving + (1 - momentum) * batch
  bool debias = false;     ///< batch_norm: the running statistics forget where they began, see Block
  double epsilon = 1e-3;   ///< batch_norm: added to the variance
  /// Positions of `reads` among the layers, -1 for the network's input; empty: the layer before.
  std::vector<int> from = {};
  Shape in, out;  ///< inferred, channels last: images, sequences (length, channels) or flat

  /// Rows and columns of the input that a window spans.
  int extent_h() const { return (kernel_h - 1) * dilation_h + 1; }
  int extent_w() const { return (kernel_w - 1) * dilation_w + 1; }
  bool pads() const { return pad_top > 0 || pad_left > 0 || pad_bottom > 0 || pad_right > 0; }
};

/// A network, of classes or of real numbers, and how it is to be trained.
struct Network {
  std::string file;  ///< for messages
  std::string name;
  int line = 0;                                       ///< of the input in the file
  Shape input;                                        ///< as LayerSpec::in
  double divide_by = 255;                             ///< pixel bytes are divided by this
  std::optional<QuantizerSpec> input_quantizer = {};  ///< and go through this
  std::vector<LayerSpec> layers;
  int epochs = 1;
  int batch = 32;
  LossKind loss = LossKind::CategoricalCrossentropy;
  OptimiserSpec optimiser;
  RateSpec rate;
  std::optional<EarlyStopping> early_stopping = {};
  double gradient_clip = 0;    ///< the largest norm of all gradients together; 0: any
  double label_smoothing = 0;  ///< this share of the wanted answer is spread over all classes
  double averaging = 0;        ///< what is kept of the weights' moving average at a step; 0: there is none
  std::optional<PruningSpec> pruning = {};
  std::optional<BitCostSpec> bit_cost = {};
  std::optional<AugmentSpec> augmentation = {};
  std::optional<DistillationSpec> distillation = {};
  /// From this epoch on (counted from 0) batch norms use their running statistics in training, too.
  double freeze_batch_norm = std::numeric_limits<double>::infinity();

  /// It answers with real numbers, not with classes.
  bool regresses() const { return loss == LossKind::MeanSquaredError; }
  /// Its last layer is a sigmoid that is joined with the loss, as a softmax is.
  bool is_binary() const { return loss == LossKind::BinaryCrossentropy; }
  /// Numbers that it answers.
  int outputs() const { return layers.back().out.back(); }
  /// Classes that it tells apart.
  int classes() const { return is_binary() ? 2 : outputs(); }
  /// Whether layer `i` is joined with the loss: training, and a quantised network, end before it.
  bool ends(size_t i) const {
    return layers[i].kind == LayerKind::Softmax || (is_binary() && i + 1 == layers.size());
  }
  /// Positions of the layers whose answers layer `i` reads, -1 for the network's input.
  std::vector<int> sources(size_t i) const;
  /// Positions of the layers that read its answer.
  std::vector<size_t> readers(size_t i) const;
  /// The batch norm right behind a layer, if it alone reads its answer.
  const LayerSpec* norm_behind(size_t i) const;
  /// Some layer reads another one than that before it.
  bool branches() const;
  /// Every value has a fixed-point type: the input, all weights and what they meet.
  bool is_quantised() const { return input_quantizer.has_value(); }
  /// Some of the widths are learned.
  bool learns_bits() const;
};

/// Two and one dimension.
bool is_conv(LayerKind kind);
/// True of convolutions and a dense.
bool has_weights(LayerKind kind);
bool is_max_pool(LayerKind kind);
/// True of pools that answer a mean.
bool is_average(LayerKind kind);
/// True of an add and a concatenate.
bool is_merge(LayerKind kind);
/// True of tanh, leaky_relu and all other functions of one number but relu.
bool is_function(LayerKind kind);
/// True of what slides a window over a sequence.
bool is_1d(LayerKind kind);

/// Any shape of a layer as (rows, columns, channels): a sequence is one row, a flat tensor one pixel.
Shape as_image(const Shape& shape);

/// "conv2d", "lecun_uniform": the names of the file.
std::string_view name_of(LayerKind kind);
std::string_view name_of(WeightInit init);

/// Reads a network file (docs/training.md describes it), infers every shape and checks that the layers fit
/// each other. All that is wrong is reported at once, each with the line and the layer's name.
Result<Network> parse_network(std::string_view yaml, const std::string& file);
Result<Network> read_network(const std::filesystem::path& file);

/// The same network as a network file; parse_network gives it back. Two networks are the same if their texts
/// are.
std::string print_network(const Network& network);

}  // namespace gw::train
