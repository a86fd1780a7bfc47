#pragma once

#include <optional>
#include <string>
#include <vector>

#include "train/element_function.h"
#include "train/kernels.h"
#include "train/linear.h"
#include "train/network.h"
#include "train/parameters.h"

namespace gw::train {

/// How a block makes one input of the answers of several others.
enum class Join { None, Add, Concatenate };

/// Up to four layers, each the only reader of the one before, that are computed together:
///   x = weights * in;  p = max pool of x;  out = activation(scale[c] * p + shift[c])
/// where batch norm (or the bias) gives scale and shift. Each part may be absent. The pool comes before the
/// batch norm because it may: for a rising function f, max f(x) = f(max x), and for a falling one f(min x).
/// An average pool is a product, too: with a weight of one over the pixels, which nobody trains, for each
/// channel by itself. The input is the answer of another block, or the sum of several or their channels one
/// after the other. In a quantised network the weights, the shift and the activation are quantised
/// (quantised_layer.h).
struct Block {
  std::string name;       ///< of its first layer
  std::vector<int> from;  ///< blocks, -1 for the network's input
  Join join = Join::None;
  std::vector<int> parts;             ///< where channels are joined: how many of each, a pixel
  std::optional<LinearShape> linear;  ///< for one image
  PoolShape shape;                    ///< of x and of the pool; a flat tensor is one pixel
  bool norm = false, relu = false, average = false;
  double momentum = 0, epsilon = 0;
  bool debias = false;
  std::optional<QuantizerSpec> kernel_quantizer, bias_quantizer, quantizer;  ///< the last: the activation's
  std::optional<ElementFunction> function;  ///< before the activation's quantizer, or instead of it
  double dropout = 0;  ///< in training, this share of out becomes 0 and the rest grows to make up for it
  int weight_step = -1, step = -1, top = -1;          ///< learned: positions in Parameters::trained, or -1
  int weight = -1, bias = -1, gamma = -1, beta = -1;  ///< positions in Parameters::trained, or -1
  int moving = -1;           ///< of the mean in Parameters::statistics; the variance follows
  std::int64_t in_size = 0;  ///< floats an image at its input
  int chunk = 1;             ///< images that are worked on at a time

  /// The part of a running statistic that stays when batch number `steps` (from 0) joins it: the momentum m,
  /// or with debias m (1 - m^steps) / (1 - m^(steps + 1)), which makes it a weighted mean of the batches
  /// alone. Without, the first value (mean 0, variance 1) still has the share m^steps, after an epoch of 53
  /// steps and m = 0.99 more than half.
  double kept(std::int64_t steps) const;
  std::int64_t x_size() const { return shape.pixels() * shape.channels; }
  std::int64_t out_size() const { return shape.out_pixels() * shape.channels; }
  /// Whether the gradient before the pool needs x.
  bool needs_x() const { return norm || shape.pools(); }
  /// Whether to compute x a second time in the backward pass instead of keeping it.
  bool recomputes_x() const;
};

/// The layers of a network, without its softmax, as blocks. `batch` bounds the chunks.
std::vector<Block> make_blocks(const Network& network, int batch);

}  // namespace gw::train
