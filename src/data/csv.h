#pragma once

#include <string>
#include <string_view>

#include "data/dataset.h"
#include "support/files.h"

namespace gw {

/// A table of samples: comma-separated (RFC 4180), a line a sample, real numbers in every column but that of
/// the labels: `label`, or else the one called "label", or else the last. A first line without numbers, or
/// with that name in it, names the columns; else they are "1", "2", .. Labels are whole numbers from 0, or
/// texts, which become classes in alphabetical order; or any numbers, if those are wanted. Errors name the
/// line and the column.
Result<Dataset> parse_csv(std::string_view text, const std::string& file, const std::string& label,
                          AnswerKind answers = AnswerKind::Classes);
Result<Dataset> read_csv(const fs::path& path, const std::string& label, AnswerKind answers);

}  // namespace gw
