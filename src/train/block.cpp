// Cuts the list of layers into blocks, greedily: a layer joins the open block if it is the only reader of
// that block's last layer and comes later in the order product, batch norm or bias, activation, pool,
// dropout; otherwise it opens the next one. Any network is some list of blocks.

#include "train/block.h"

#include <algorithm>
#include <cmath>

namespace gw::train {

namespace {

// A core's second-level cache is 1 MB or so on present machines; half of it is left to weights and scratch
// pads.
constexpr std::int64_t cache_bytes = 512 << 10;
constexpr int most_images = 64;  // enough to feed the matrix products, and enough chunks for many threads

int chunk_for(const Block& block, int batch) {
  const std::int64_t image_bytes = static_cast<std::int64_t>(sizeof(float)) *
                                   (2 * block.in_size + 2 * block.x_size() + 2 * block.out_size());
  int chunk = 1;
  while (2 * chunk <= std::min(batch, most_images) && 2 * chunk * image_bytes <= cache_bytes) chunk *= 2;
  return chunk;
}

PoolShape whole(const Shape& shape) {
  const Shape image = as_image(shape);
  PoolShape pool;
  pool.rows = pool.out_rows = image[0];
  pool.columns = pool.out_columns = image[1];
  pool.channels = image[2];
  return pool;
}

}  // namespace

bool Block::recomputes_x() const {
  if (!shape.pools()) return false;  // then x is p, which is kept in any case
  if (!linear) return true;          // then x is the input, which is made from the block before
  // A product of few terms is computed faster than it is written to memory and read back: some 50
  // multiplications take the time of a float there and back.
  return linear->kernel_h * linear->kernel_w * linear->group_channels() <= 50;
}

double Block::kept(std::int64_t steps) const {
  if (!debias) return momentum;
  const auto t = static_cast<double>(steps);
  return momentum * (1 - std::pow(momentum, t)) / (1 - std::pow(momentum, t + 1));
}

std::vector<Block> make_blocks(const Network& network, int batch) {
  enum Step { Product, Norm, Rectifier, Pool, Drop, Closed };
  std::vector<Block> blocks;
  Step step = Closed;       // how far the open block is
  int last = -2;            // its last layer
  std::vector<int> answer;  // of each layer: the block whose answer is its own, -1 for the network's input
  int trained = 0, statistics = 0;
  const auto answers_of = [&](size_t i) {
    std::vector<int> from;
    for (const int source : network.sources(i))
      from.push_back(source < 0 ? -1 : answer[static_cast<size_t>(source)]);
    return from;
  };
  // The block that takes layer i at this step.
  const auto open = [&](Step next, size_t i) -> Block& {
    const LayerSpec& layer = network.layers[i];
    const bool joins = step < next && network.sources(i) == std::vector{last} &&
                       network.readers(static_cast<size_t>(last)).size() == 1;
    if (!joins) {
      Block block;
      block.name = layer.name;
      block.shape = whole(layer.in);
      block.in_size = element_count(layer.in);
      block.from = answers_of(i);
      blocks.push_back(block);
    }
    step = next;
    last = static_cast<int>(i);
    return blocks.back();
  };
  const auto reads_a_block = [&] {
    const std::vector<int>& from = blocks.back().from;
    return std::any_of(from.begin(), from.end(), [](int source) { return source >= 0; });
  };
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const LayerSpec& layer = network.layers[i];
    if (network.ends(i)) break;  // joined with the loss
    switch (layer.kind) {
      case LayerKind::Conv2D:
      case LayerKind::Conv1D:
      case LayerKind::Dense: {
        Block& block = open(Product, i);
        LinearShape linear;
        linear.dense = layer.kind == LayerKind::Dense;
        const PoolShape in = whole(layer.in);
        linear.rows = in.rows;
        linear.columns = in.columns;
        linear.channels = in.channels;
        linear.kernel_h = layer.kernel_h;
        linear.kernel_w = layer.kernel_w;
        linear.filters = layer.filters;
        linear.stride_h = layer.stride_h;
        linear.stride_w = layer.stride_w;
        linear.dilation_h = layer.dilation_h;
        linear.dilation_w = layer.dilation_w;
        linear.groups = layer.groups;
        linear.pad_top = layer.pad_top;
        linear.pad_left = layer.pad_left;
        linear.pad_bottom = layer.pad_bottom;
        linear.pad_right = layer.pad_right;
        linear.needs_input_gradient = reads_a_block();
        block.linear = linear;
        block.shape = whole(layer.out);
        block.weight = trained++;
        block.kernel_quantizer = layer.kernel_quantizer;
        block.bias_quantizer = layer.bias_quantizer;
        if (layer.kernel_quantizer && layer.kernel_quantizer->scale == ScaleRule::Learned)
          block.weight_step = trained++;
        if (layer.bias) {
          block.bias = trained++;
          step = Norm;  // the bias takes the place of a batch norm
        }
        break;
      }
      case LayerKind::AveragePool2D:
      case LayerKind::AveragePool1D:
      case LayerKind::GlobalAveragePool: {
        Block& block = open(Product, i);
        const PoolShape in = whole(layer.in);
        LinearShape linear;
        linear.rows = in.rows;
        linear.columns = in.columns;
        linear.channels = linear.filters = linear.groups = in.channels;
        linear.kernel_h = layer.kernel_h;
        linear.kernel_w = layer.kernel_w;
        linear.stride_h = layer.stride_h;
        linear.stride_w = layer.stride_w;
        linear.needs_input_gradient = reads_a_block();
        block.linear = linear;
        block.average = true;
        block.shape = whole(layer.out);
        break;
      }
      case LayerKind::BatchNorm: {
        Block& block = open(Norm, i);
        block.norm = true;
        block.momentum = layer.momentum;
        block.epsilon = layer.epsilon;
        block.debias = layer.debias;
        block.gamma = trained++;
        block.beta = trained++;
        block.moving = statistics;
        statistics += 2;
        break;
      }
      case LayerKind::Relu:
        open(Rectifier, i).relu = true;
        break;
      case LayerKind::Activation: {
        Block& block = open(Rectifier, i);
        block.quantizer = layer.quantizer;
        if (layer.quantizer->scale == ScaleRule::Learned) block.step = trained++;
        if (layer.quantizer->learns_bits()) block.top = trained++;
        break;
      }
      case LayerKind::MaxPool2D:
      case LayerKind::MaxPool1D: {
        PoolShape& shape = open(Pool, i).shape;
        const PoolShape out = whole(layer.out);
        shape.pool_h = layer.kernel_h;
        shape.pool_w = layer.kernel_w;
        shape.stride_h = layer.stride_h;
        shape.stride_w = layer.stride_w;
        shape.out_rows = out.rows;
        shape.out_columns = out.columns;
        break;
      }
      case LayerKind::Dropout:
        open(Drop, i).dropout = layer.rate;
        break;
      case LayerKind::Add:
      case LayerKind::Concatenate: {
        Block& block = open(Product, i);
        block.join = layer.kind == LayerKind::Add ? Join::Add : Join::Concatenate;
        for (const int source : network.sources(i))
          block.parts.push_back(source < 0 ? network.input.back()
                                           : network.layers[static_cast<size_t>(source)].out.back());
        break;
      }
      case LayerKind::Flatten:
        // No value moves, but a batch norm after it counts other channels.
        answer.push_back(answers_of(i)[0]);
        continue;
      default: {
        Block& block = open(Rectifier, i);
        block.function.emplace(layer, network.is_quantised());
        // A maximum behind a function that falls is none before it.
        if (!block.function->rises()) step = Pool;
        block.quantizer = layer.quantizer;
        if (layer.quantizer && layer.quantizer->scale == ScaleRule::Learned) block.step = trained++;
      }
    }
    answer.push_back(static_cast<int>(blocks.size()) - 1);
  }
  for (Block& block : blocks) {
    block.chunk = chunk_for(block, batch);
    if (block.linear) block.linear->images = block.chunk;
  }
  return blocks;
}

}  // namespace gw::train
