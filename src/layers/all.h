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

using Layer =
    LayerSet<Dense, Conv1D, Conv2D, BatchNorm, Relu, Quantize, MaxPool1D, MaxPool2D, GlobalMaxPool,
             AveragePool1D, AveragePool2D, GlobalAveragePool, Add, Subtract, Multiply, Average, Maximum,
             Minimum, Dot, Concatenate, Flatten, Reshape, Permute, Pad, Crop, Slice, UpSample, Softmax,
             ClippedRelu, LeakyRelu, ThresholdedRelu, PRelu, HardSigmoid, HardTanh, BinaryTanh, TernaryTanh,
             Sigmoid, Tanh, Softplus, Softsign, Elu, Selu, Silu, Gelu>;

}  // namespace gw
