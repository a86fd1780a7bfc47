#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "num/tensor.h"
#include "support/result.h"

namespace gw::train {

enum class LayerKind { Conv2D, Dense, BatchNorm, Relu, MaxPool2D, Flatten, Softmax };

/// How weights begin. Uniform in [-limit, limit] with limit = sqrt(3 / fan_in) for LeCun (LeCun et al. 1998),
/// sqrt(6 / fan_in) for He (2015), sqrt(6 / (fan_in + fan_out)) for Glorot (2010).
enum class WeightInit { LecunUniform, HeUniform, GlorotUniform };

/// One layer as the network file gives it; an attribute that the kind does not have keeps its default.
struct LayerSpec {
  LayerKind kind = LayerKind::Flatten;
  std::string name;
  int line = 0;                    ///< in the network file
  int filters = 0;                 ///< conv2d: output channels; dense: units
  int kernel_h = 1, kernel_w = 1;  ///< conv2d and max_pool2d: the window
  int stride_h = 1, stride_w = 1;
  bool bias = false;
  WeightInit init = WeightInit::LecunUniform;
  double l1 = 0;           ///< the loss grows by l1 * sum |weight|
  double momentum = 0.99;  ///< batch_norm: moving = momentum * moving + (1 - momentum) * batch
  bool debias = false;     ///< batch_norm: the running statistics forget where they began, see Block
  double epsilon = 1e-3;   ///< batch_norm: added to the variance
  Shape in, out;           ///< inferred, channels last
};

/// Adam (Kingma, Ba 2015) with the corrections joined into the step size, as Keras writes it:
///   m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) g^2;  h = amsgrad ? max(h, v) : v  (Reddi et al.
///   2018) w -= rate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(h) + epsilon)
struct AdamSpec {
  double learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
};

/// A classifier of images and how it is to be trained.
struct Network {
  std::string file;  ///< for messages
  std::string name;
  int line = 0;            ///< of the input in the file
  Shape input;             ///< (height, width, channels)
  double divide_by = 255;  ///< pixel bytes are divided by this
  std::vector<LayerSpec> layers;
  int epochs = 1;
  int batch = 32;
  AdamSpec adam;

  int classes() const { return layers.back().out.back(); }
};

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
