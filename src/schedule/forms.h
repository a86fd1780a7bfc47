#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "circuit/matrix_form.h"
#include "schedule/choice.h"
#include "schedule/schedule.h"

namespace gw {

/// The price of a form with the adders of a first answer over that of one that was looked for long.
inline constexpr double most_that_a_search_saves = 1.15;

/// The matrix of a stage that is one, ready to be spread over clocks: its sums end in the unit of the output.
/// `made` tells the elements of its window.
std::optional<MatrixForm> matrix_of(const Stage& stage, const StageDesign& made);

/// Forms of one stage that were made before, by what tells them apart: schedules of one network for several
/// intervals share them. Choices stay where they are.
using KnownForms = std::map<std::string, std::vector<Choice>>;

/// Every form of the stage, whose matrix is `form`, that takes at most `clocks` clocks a position (streamed:
/// `interval` a frame), that the layout allows and that may be worth it; at least one. `made` has its windows
/// and its output. Folded forms have a guess for a price, and shared adders are those of a first answer.
std::vector<Choice*> choices_of(const Stage& stage, const StageDesign& made,
                                const std::optional<MatrixForm>& form, const MatrixLayout& layout,
                                std::int64_t clocks, std::int64_t interval, const Part& part,
                                const ScheduleOptions& options, KnownForms& known);

}  // namespace gw
