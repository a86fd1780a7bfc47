#pragma once

#include <functional>
#include <vector>

#include "formula/formula.h"

namespace gw {

/// Builds what the outputs of `from` need once more inside `to`, asking `load` what stands for each Load and
/// Inside; answers `from`'s outputs there.
std::vector<ExprId> append(Formula& to, const Formula& from, const std::function<ExprId(const Expr&)>& load);

}  // namespace gw
