#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "formula/formula.h"

namespace gw {

/// Builds what the outputs of `from` need once more inside `to`, asking `load` what stands for each Load and
/// Inside; answers `from`'s outputs there. `instead` is asked for every other expression of `from`, with what
/// stands in `to` for those before it, and may answer what is to stand for it.
std::vector<ExprId> append(
    Formula& to, const Formula& from, const std::function<ExprId(const Expr&)>& load,
    const std::function<std::optional<ExprId>(ExprId, const std::vector<ExprId>&)>& instead = {});

}  // namespace gw
