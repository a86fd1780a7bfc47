#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "num/interval.h"
#include "num/tensor.h"

namespace gw {

/// A value inside a formula: an index into Formula::exprs.
using ExprId = std::int32_t;

/// The kinds of expression. All but Cast and Table are exact: their result is as wide as it needs to be.
enum class ExprKind {
  Load,      ///< element `index` of the window on input stream `stream`
  Inside,    ///< 1 if that element lies inside the input, 0 if it is padding
  Constant,  ///< `value` * 2^-fraction
  Add,       ///< args[0] + args[1]
  Subtract,  ///< args[0] - args[1]
  Multiply,  ///< args[0] * args[1]
  Maximum,   ///< max(args[0], args[1])
  Minimum,   ///< min(args[0], args[1])
  Sum,       ///< the sum of all args; exact, so its order does not matter
  Select,    ///< args[0] != 0 ? args[1] : args[2]
  Table,     ///< tables[index] at args[0] * 2^index_fraction, which is a whole number inside the table
  Cast,      ///< args[0] through `quantizer`: the one kind that loses information
};

/// Constants that a Table expression looks up.
struct Table {
  std::string name;        ///< for generated names: "exp", "inverse"
  int index_fraction = 0;  ///< fraction bits of the address: value v reads entry v * 2^index_fraction
  std::vector<std::int64_t> values;  ///< raw values in `type`
  FixedType type;
};

struct Expr {
  ExprKind kind = ExprKind::Constant;
  std::vector<ExprId> args;
  std::int64_t value = 0;     ///< Constant
  int stream = 0, index = 0;  ///< Load: stream and element; Table: index
  Quantizer quantizer;        ///< Cast
  Interval range;             ///< every value it can take, exactly in units of 2^-range.fraction
};

/// What one window position computes: outputs from loads, as a graph without cycles in which args come before
/// the expressions that use them. Built with the functions below, which keep each `range` right and share
/// equal expressions.
class Formula {
 public:
  ExprId load(int stream, int index, const FixedType& type);
  /// An element of which more is known than its type: every value it can take. The fraction is at most that
  /// of the stream.
  ExprId load(int stream, int index, const Interval& range);
  ExprId inside(int stream, int index);
  ExprId constant(std::int64_t raw, int fraction);
  ExprId add(ExprId a, ExprId b);
  ExprId subtract(ExprId a, ExprId b);
  ExprId multiply(ExprId a, ExprId b);
  ExprId maximum(ExprId a, ExprId b);
  ExprId minimum(ExprId a, ExprId b);
  ExprId sum(std::vector<ExprId> terms);  ///< at least one term
  ExprId select(ExprId condition, ExprId then, ExprId otherwise);
  ExprId is_negative(ExprId a);  ///< not 0 where a < 0: the sign bit
  ExprId table(int table, ExprId index);
  ExprId cast(const Quantizer& q, ExprId a);

  int add_table(Table table);
  void set_outputs(std::vector<ExprId> outputs) { outputs_ = std::move(outputs); }

  const std::vector<Expr>& exprs() const { return exprs_; }
  const Expr& operator[](ExprId id) const { return exprs_[static_cast<size_t>(id)]; }
  const std::vector<Table>& tables() const { return tables_; }
  const std::vector<ExprId>& outputs() const { return outputs_; }

  /// Casts that left no expression because all they can answer is one value, with what they were given.
  const std::vector<std::pair<Quantizer, Interval>>& folded_casts() const { return folded_casts_; }

  /// The widest value inside; above max_width the formula cannot be computed in 64-bit integers.
  int widest() const;

 private:
  ExprId intern(Expr expr);
  ExprId combine(ExprKind kind, std::vector<ExprId> args, const Interval& range);

  std::vector<Expr> exprs_;
  std::vector<Table> tables_;
  std::vector<ExprId> outputs_;
  std::vector<std::pair<Quantizer, Interval>> folded_casts_;
  std::map<std::vector<std::int64_t>, ExprId> known_;  ///< what makes equal expressions one
};

/// How output positions read input positions, for one input stream. Output (r, c) reads input rows
/// r / repeat_h * stride_h - pad_top + i * dilation_h for i in [0, kernel_h), columns alike; element order
/// within a window is (i, j, channel), that is index = (i * kernel_w + j) * channels + channel. Positions
/// outside the input read 0. A negative pad crops. A repeat above 1 up-samples (nearest), or lets every
/// position read the same pixel of a stream that is broadcast.
struct Window {
  int height = 1, width = 1, channels = 1;  ///< of the input
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int repeat_h = 1, repeat_w = 1;

  int output_height() const {
    return repeat_h * ((height + pad_top + pad_bottom - (kernel_h - 1) * dilation_h - 1) / stride_h + 1);
  }
  int output_width() const {
    return repeat_w * ((width + pad_left + pad_right - (kernel_w - 1) * dilation_w - 1) / stride_w + 1);
  }
  int elements() const { return kernel_h * kernel_w * channels; }
  /// The input row and column that element `index` reads at output position (row, column); may be outside.
  int input_row(int row, int index) const {
    return row / repeat_h * stride_h - pad_top + index / channels / kernel_w * dilation_h;
  }
  int input_column(int column, int index) const {
    return column / repeat_w * stride_w - pad_left + index / channels % kernel_w * dilation_w;
  }
  bool is_padded() const { return pad_top > 0 || pad_left > 0 || pad_bottom > 0 || pad_right > 0; }
  bool is_pointwise() const;  ///< one pixel in, one pixel out, none skipped
  bool is_whole() const;      ///< every position sees the whole input and nothing else
  bool operator==(const Window&) const = default;
};

/// A layer as hardware sees it: a window over each input stream and a formula on them. All windows give the
/// same number of output positions; positions times outputs of the formula are the elements of the output, in
/// row-major order: one output per channel, or one position that gives the whole tensor where the order of
/// the elements changes.
struct Stage {
  std::string name;
  std::vector<Window> windows;
  std::vector<FixedType> inputs;  ///< element type of each input stream
  Formula formula;
  TensorType
      output;  ///< shape (height, width, channels) or the layer's flat shape with the same element count
};

/// The slow, obvious answer: evaluates every expression at every position in 64-bit integers and checks each
/// value against its range (a range that is wrong is a defect and ends the program). One tensor per input
/// stream.
Tensor run(const Stage& stage, std::span<const Tensor* const> inputs);

}  // namespace gw
