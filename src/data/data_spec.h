#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/result.h"

namespace gw {

/// Which of a data set's samples are wanted.
enum class SplitPart { Train, Validation, Test };

/// Labelled samples as people name them (docs/data.md): SOURCE[,LABELS][,key=value ...][:PART].
struct DataSpec {
  std::string text;                        ///< as it was written, without the part
  std::vector<std::string> sources;        ///< a data set's name, a folder, or one file or two
  std::string label;                       ///< the column of a table's labels; empty: as docs/data.md says
  std::optional<double> validation, test;  ///< shares of the samples
  std::optional<std::uint64_t> seed;       ///< of the order in which samples are divided
  std::optional<SplitPart> part;           ///< none: all samples, or all parts of them
};

/// Whether a text names labelled samples rather than one array: a data set, a folder, a pair of files, a
/// table or an archive of arrays.
bool names_labelled_data(const std::string& text);

/// Reads the notation. `option` is the place of messages. Errors: an unknown key or part, a share that is
/// none.
Result<DataSpec> parse_data(const std::string& text, const std::string& option = "--data");

}  // namespace gw
