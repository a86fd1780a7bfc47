#pragma once

#include <variant>

#include "layers/activation.h"
#include "layers/average_pool.h"
#include "layers/batch_norm.h"
#include "layers/concatenate.h"
#include "layers/conv.h"
#include "layers/dense.h"
#include "layers/dot.h"
#include "layers/hard_activation.h"
#include "layers/lookup.h"
#include "layers/max_pool.h"
#include "layers/merge.h"
#include "layers/quantize.h"
#include "layers/rectifier.h"
#include "layers/reshape.h"
#include "layers/resize.h"
#include "layers/softmax.h"
#include "layers/table_function.h"

namespace gw {

/// A closed set of layers: one line each, checked to be whole here.
template <LayerOp... L>
using LayerSet = std::variant<L...>;

using Layers =
    LayerSet<Dense, Conv1D, Conv2D, BatchNorm, Relu, Quantize, MaxPool1D, MaxPool2D, GlobalMaxPool,
             AveragePool1D, AveragePool2D, GlobalAveragePool, Add, Subtract, Multiply, Average, Maximum,
             Minimum, Dot, Concatenate, Flatten, Reshape, Permute, Pad, Crop, Slice, UpSample, Softmax,
             ClippedRelu, LeakyRelu, ThresholdedRelu, PRelu, HardSigmoid, HardTanh, BinaryTanh, TernaryTanh,
             Sigmoid, Tanh, Softplus, Softsign, Elu, Selu, Silu, Gelu, Lookup>;

template <class L, class Set>
inline constexpr bool is_in_set = false;
template <class L, class... All>
inline constexpr bool is_in_set<L, std::variant<All...>> = (std::same_as<L, All> || ...);

/// One layer, whichever it is; for std::visit, std::get and the like it is the variant. What the compiler
/// would write for each alternative wherever a layer is copied, moved or destroyed stands once, in all.cpp:
/// in every file that sees a graph it would take longer than all the rest of the headers.
struct Layer : Layers {
  Layer() = default;
  template <class L>
  requires is_in_set<L, Layers> Layer(L layer) : Layers(std::in_place_type<L>, std::move(layer)) {}
  Layer(const Layer& other);
  Layer(Layer&& other) noexcept;
  Layer& operator=(const Layer& other);
  Layer& operator=(Layer&& other) noexcept;
  ~Layer();
};

}  // namespace gw
