#pragma once

#include <string>
#include <string_view>

#include "support/files.h"

namespace gw {

/// What a drawing can be kept as.
enum class DrawingFormat { Svg, Png, Pdf };

/// "svg", "png", "pdf".
std::string_view name(DrawingFormat format);

/// The format that the suffix of a file's name asks for, in any case; an error if it asks for none of them.
Result<DrawingFormat> drawing_format(const fs::path& file);

/// A PDF without the time at which it was made, so that the same drawing is the same bytes.
std::string without_date(std::string pdf);

}  // namespace gw
