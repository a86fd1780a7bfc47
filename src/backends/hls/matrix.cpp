// Matrices as C++: outputs which all do the same to a sum of weighted elements.
//
// A matrix that is computed at once is two nested loops over an array of weights, both unrolled, so that the
// weights become constants and their zeros cost nothing. One that the schedule spreads over several clocks is
// a single pipelined loop: a turn multiplies a block of elements with the weights of a group of outputs,
// which are one word of a memory, and adds the sum of the block to what was kept of the turns before. Blocks
// of all elements come first, then the next group of outputs, as in the circuit of the same schedule
// (circuit/folded_matrix.cpp). The block's own sum is made apart, so that from one turn to the next there is
// one addition and no more. Weights beyond the matrix, where its sizes are no multiples, are zeros.
//
// Exact sums may be made in any order and by parts. The sum's type may be left by a part and come back, since
// it wraps.

#include "backends/hls/matrix.h"

#include <algorithm>

#include "circuit/circuit.h"
#include "circuit/folded_matrix.h"

namespace gw::hls {

namespace {

class MatrixPrinter {
 public:
  MatrixPrinter(const MatrixForm& form, const std::string& name, const Turns& turns, Code& code,
                FormulaFunction& made)
      : form_(form),
        name_(name),
        rows_(at_once(form.rows, turns.steps)),
        columns_(at_once(form.columns, turns.groups)),
        steps_(at_once(form.rows, rows_)),
        groups_(at_once(form.columns, columns_)),
        code_(code),
        made_(made) {}

  void at_once_loops() {
    arrays({form_.columns, form_.rows});
    code_.open("for (int o = 0; o < {}; o++)", form_.columns);
    code_.pragma("UNROLL");
    code_.line("{} sum = {}_bias[o];", sum_name_, name_);
    code_.open("for (int i = 0; i < {}; i++)", form_.rows);
    code_.pragma("UNROLL");
    code_.line("sum += {};", term(fmt::format("{}_weights[o][i]", name_), "window0[i]"));
    code_.close();
    code_.line("y[o] = {};", finished("sum"));
    code_.close();
  }

  void one_loop(const std::string& storage) {
    arrays({std::int64_t{steps_} * groups_, std::int64_t{columns_} * rows_});
    const bool keeps = steps_ > 1, has_groups = groups_ > 1;
    code_.pragma("ARRAY_RESHAPE variable={}_weights complete dim=2", name_);
    if (!storage.empty()) code_.pragma("{}", fmt::format(fmt::runtime(storage), name_ + "_weights"));
    if (keeps) {
      code_.line("{} sum[{}];", sum_name_, columns_);
      code_.pragma("ARRAY_PARTITION variable=sum complete");
      code_.line("int step = 0;");
    }
    if (has_groups) code_.line("int group = 0;");
    code_.open("for (int turn = 0; turn < {}; turn++)", steps_ * groups_);
    code_.pragma("PIPELINE II=1");
    code_.open("for (int o = 0; o < {}; o++)", columns_);
    code_.pragma("UNROLL");
    code_.line("{} next = 0;", sum_name_);
    code_.open("for (int i = 0; i < {}; i++)", rows_);
    code_.pragma("UNROLL");
    std::string row = keeps ? fmt::format("step * {} + i", rows_) : "i";
    if (steps_ * rows_ > form_.rows)
      row = fmt::format("{0} < {1} ? {0} : {2}", row, form_.rows, form_.rows - 1);
    code_.line("next += {};", term(fmt::format("{}_weights[turn][o * {} + i]", name_, rows_),
                                   fmt::format("window0[{}]", row)));
    code_.close();
    const std::string column = has_groups ? fmt::format("group * {} + o", columns_) : "o";
    if (keeps) {
      code_.open("if (step == 0)");
      code_.line("next += {}_bias[{}];", name_, column);
      code_.close(" else {");
      code_.line("    next += sum[o];");
      code_.line("}}");
      code_.line("sum[o] = next;");
    } else {
      code_.line("next += {}_bias[{}];", name_, column);
    }
    std::string is_last = keeps ? fmt::format("step == {}", steps_ - 1) : "";
    if (groups_ * columns_ > form_.columns)
      is_last += fmt::format("{}{} < {}", keeps ? " && " : "", column, form_.columns);
    code_.line("{}y[{}] = {};", is_last.empty() ? "" : "if (" + is_last + ") ", column, finished("next"));
    code_.close();
    if (keeps && has_groups) {
      code_.line("step = step == {} ? 0 : step + 1;", steps_ - 1);
      code_.line("if (step == 0) group++;");
    } else if (keeps || has_groups) {
      code_.line("{}++;", keeps ? "step" : "group");
    }
    code_.close();
  }

 private:
  std::string type_name(const char* of, const std::string& type) {
    made_.types.emplace_back(fmt::format("{}_{}_t", name_, of), type);
    return made_.types.back().first;
  }

  // Weights and biases, in the order in which the loops read them.
  void arrays(std::vector<std::int64_t> extents) {
    const bool is_one_loop = steps_ * groups_ > 1;
    ConstantArray weights{name_ + "_weights",
                          type_name("weight", cpp(form_.weight)),
                          is_one_loop ? "Weights: turn, then output of its group and element of its block"
                                      : "Weights: output, then element of the window",
                          std::move(extents),
                          {}};
    const FixedType sum = exact_type(form_.sum);
    sum_name_ = type_name("sum", cpp(sum));
    ConstantArray bias{name_ + "_bias",
                       sum_name_,
                       "What each sum begins with",
                       {is_one_loop ? groups_ * columns_ : form_.columns},
                       {}};
    for (int group = 0; group < groups_; ++group) {
      for (int step = 0; step < steps_; ++step) {
        for (int o = group * columns_; o < (group + 1) * columns_; ++o) {
          for (int i = step * rows_; i < (step + 1) * rows_; ++i) {
            const bool is_there = o < form_.columns && i < form_.rows;
            weights.values.push_back(
                number(is_there ? form_.weight_at(i, o) : 0, form_.weight.fraction(), form_.weight));
          }
        }
      }
    }
    for (int o = 0; o < groups_ * columns_; ++o) {
      const bool is_there = o < form_.columns;
      bias.values.push_back(number(is_there ? form_.bias[static_cast<size_t>(o)] : 0, form_.fraction, sum));
    }
    if (form_.term) term_name_ = type_name("term", cpp(*form_.term));
    made_.arrays.push_back(std::move(weights));
    made_.arrays.push_back(std::move(bias));
  }

  std::string term(const std::string& weight, const std::string& element) const {
    const std::string product = weight + " * " + element;
    return term_name_.empty() ? product : fmt::format("{}({})", term_name_, product);
  }

  // What is done with a sum.
  std::string finished(std::string value) const {
    Interval range = form_.sum;
    for (const MatrixForm::Step& step : form_.epilogue) {
      if (step.kind == ExprKind::Cast) {
        range = quantize(step.quantizer, range);
        value = fmt::format("{}({})", cpp(step.quantizer), value);
      } else {
        const Interval limit = interval_of(step.constant, step.fraction);
        range = maximum(range, limit);
        value = fmt::format("gw::maximum<{}>({}, {})", cpp(exact_type(range)), value,
                            constant(step.constant, step.fraction, exact_type(limit)));
      }
    }
    return value;
  }

  const MatrixForm& form_;
  const std::string& name_;
  int rows_, columns_;  ///< at a turn
  int steps_, groups_;  ///< blocks of elements, groups of outputs
  Code& code_;
  FormulaFunction& made_;
  std::string sum_name_, term_name_;
};

}  // namespace

std::optional<MatrixForm> printable_matrix(const Stage& stage, const Turns& turns) {
  if (stage.windows.size() != 1 || stage.formula.exprs().size() < 24) return std::nullopt;
  auto form = matrix_form(stage.formula, stage.windows[0].elements(), stage.inputs[0]);
  if (!form || !turns.storage.empty()) return form;
  const auto used = std::count_if(form->weights.begin(), form->weights.end(), [](auto w) { return w != 0; });
  if (3 * static_cast<size_t>(used) < form->weights.size()) return std::nullopt;
  return form;
}

void print_matrix(const MatrixForm& form, const std::string& name, const Turns& turns, Code& code,
                  FormulaFunction& made) {
  MatrixPrinter printer(form, name, turns, code, made);
  made.takes_turns = turns.count() > 1;
  if (made.takes_turns) {
    printer.one_loop(turns.storage);
  } else {
    printer.at_once_loops();
  }
}

}  // namespace gw::hls
