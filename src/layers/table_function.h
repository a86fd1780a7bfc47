#pragma once

#include <concepts>
#include <optional>

#include "layers/layer.h"
#include "num/function_table.h"

namespace gw {

/// Smooth functions by look-up, element by element.
///
/// With a table_size they are hls4ml's, bit for bit: x goes to the table's cell toward zero, and the entry is
/// the function at that cell's left edge, in single precision, cast to `table`. Beyond its ends a table
/// answers with its last entry.
///
/// With table_size 0 the table is the smallest one that the types allow (num/function_table.h): the answer,
/// before the overflow of `out`, is within one unit in the last place of `out` (without one: of `table`) of
/// the function of x, for every value of the type of x. `table`'s width and modes do not matter then.
struct TableFunction {
  int table_size = 1024;           ///< entries, at most 65536; 0: as many as the types ask for
  Quantizer table{{18, 8, true}};  ///< type of the entries
  std::optional<Quantizer> out;    ///< none: exact
  static void fields(auto& self, auto&& f) {
    f("table_size", self.table_size);
    f("table", self.table);
    f("out", self.out);
  }
};

/// What a table function adds to its table: y = straight(x) + factor * table[x].
enum class Straight {
  None,      ///< nothing
  Identity,  ///< max(x, 0)
  Lambda,    ///< selu_scale * max(x, 0)
};

/// How a table function is made.
struct TableShape {
  Function generated, sized;  ///< what the tables hold, with a table_size and without
  int range;                  ///< of the generated table: -range to range, or to 0
  bool below_zero = false;
  Straight straight = Straight::None, sized_straight = straight;
};

struct Sigmoid : TableFunction {
  static constexpr LayerInfo info{"sigmoid", "x", "y = out(table of 1 / (1 + exp(-x)) over -8 .. 8)"};
  static constexpr TableShape shape{Function::Sigmoid, Function::Sigmoid, 8};
};

struct Tanh : TableFunction {
  static constexpr LayerInfo info{"tanh", "x", "y = out(table of tanh(x) over -4 .. 4)"};
  static constexpr TableShape shape{Function::Tanh, Function::Tanh, 4};
};

struct Softplus : TableFunction {
  static constexpr LayerInfo info{"softplus", "x", "y = out(table of ln(1 + exp(x)) over -8 .. 8)"};
  static constexpr TableShape shape{Function::Softplus, Function::SoftplusRest, 8, false,
                                    Straight::None,     Straight::Identity};
};

struct Softsign : TableFunction {
  static constexpr LayerInfo info{"softsign", "x", "y = out(table of x / (1 + abs(x)) over -8 .. 8)"};
  static constexpr TableShape shape{Function::Softsign, Function::Softsign, 8};
};

/// Exponential linear unit (Clevert, Unterthiner, Hochreiter 2016). alpha is cast to `parameter`, which it
/// must fit; a sized table holds its multiples.
struct Elu : TableFunction {
  static constexpr LayerInfo info{
      "elu", "x", "y = out(x >= 0 ? x : parameter(alpha) * table of exp(x) - 1 over -8 .. 0)"};
  static constexpr TableShape shape{Function::Elu, Function::Elu, 8, true, Straight::Identity};
  double alpha = 1;
  Quantizer parameter{{16, 6, true}};
  static void fields(auto& self, auto&& f) {
    f("alpha", self.alpha);
    f("parameter", self.parameter);
    TableFunction::fields(self, f);
  }
};

/// Self-normalising unit (Klambauer and others 2017). lambda is 1.0507 in ap_ufixed<16,1>, as where hls4ml
/// works in parallel; on its streams the type of x rounds it.
struct Selu : TableFunction {
  static constexpr LayerInfo info{
      "selu", "x", "y = out(x >= 0 ? lambda * x : table of lambda * 1.6733 * (exp(x) - 1) over -8 .. 0)"};
  static constexpr TableShape shape{Function::Selu, Function::Selu, 8, true, Straight::Lambda};
};

/// Swish (Ramachandran, Zoph, Le 2017). hls4ml has none; here the table holds what is left beside the
/// rectifier, which vanishes on both sides, so that no x is too large for it.
struct Silu : TableFunction {
  static constexpr LayerInfo info{"silu", "x",
                                  "y = out(max(x, 0) + table of -abs(x) / (1 + exp(abs(x))) over -8 .. 8)"};
  static constexpr TableShape shape{Function::SiluRest, Function::SiluRest, 8, false, Straight::Identity};
};

/// Gaussian error linear unit (Hendrycks, Gimpel 2016), in the same way; Phi is the normal distribution.
struct Gelu : TableFunction {
  static constexpr LayerInfo info{"gelu", "x",
                                  "y = out(max(x, 0) + table of -abs(x) * Phi(-abs(x)) over -4 .. 4)"};
  static constexpr TableShape shape{Function::GeluRest, Function::GeluRest, 4, false, Straight::Identity};
};

/// A table function as its attributes say it, whichever it is.
struct TableRequest {
  const LayerInfo& info;
  const TableShape& shape;
  const TableFunction& layer;
  double alpha = 1;  ///< elu's
  Quantizer parameter{{1, 1, false}};
};

template <std::derived_from<TableFunction> L>
TableRequest request_of(const L& layer) {
  TableRequest request{L::info, L::shape, layer};
  if constexpr (requires { layer.alpha; }) request.alpha = layer.alpha, request.parameter = layer.parameter;
  return request;
}

Result<TensorType> infer(const TableRequest& request, std::span<const Operand> inputs);
Tensor eval(const TableRequest& request, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const TableRequest& request, std::span<const Operand> inputs, const TensorType& out);

template <std::derived_from<TableFunction> L>
Result<TensorType> infer(const L& layer, std::span<const Operand> inputs) {
  return infer(request_of(layer), inputs);
}
template <std::derived_from<TableFunction> L>
Tensor eval(const L& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval(request_of(layer), inputs, out, options);
}
template <std::derived_from<TableFunction> L>
Stage lower(const L& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower(request_of(layer), inputs, out);
}

}  // namespace gw
