#pragma once

#include <optional>
#include <string>

#include "backends/hls/formula.h"
#include "backends/hls/text.h"
#include "circuit/matrix_form.h"

namespace gw::hls {

/// The matrix that the formula of a stage is, if it is one and best printed as such: what is small or has
/// next to nothing but zeros is better written out, unless its weights are to wait in a memory.
std::optional<MatrixForm> printable_matrix(const Stage& stage, const Turns& turns);

/// Prints the body of the formula's function: two unrolled loops, or one loop of `turns` clocks.
void print_matrix(const MatrixForm& form, const std::string& name, const Turns& turns, Code& code,
                  FormulaFunction& made);

}  // namespace gw::hls
