#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "formats/file_model.h"

namespace gw {

/// What a model file holds, in its own words, whether or not it converts.
struct FileInspection {
  /// Operators or layers of one kind.
  struct Operators {
    std::string name;  ///< "Conv", "QDense"
    int count = 0;
    bool is_understood = true;  ///< there is a row for it; one of them may still be refused for what it says
  };
  /// Quantizers that are alike, as the file describes them: "quantized_bits(bits=6, integer=0)".
  struct Quantizers {
    std::string text;
    int count = 0;
  };

  std::string format;                  ///< "Keras model in HDF5, Keras 2.12.0"
  std::vector<Operators> operators;    ///< by name
  std::vector<Quantizers> quantizers;  ///< by text
  std::int64_t parameters = 0;         ///< numbers among weights and other variables
  std::optional<FileModel> model;      ///< the network, if all of it converts
  Diagnostics problems;                ///< everything that does not, else
};

/// Looks into a file of any kind that load_file_model reads. Errors: a file that cannot be read as any of
/// them.
Result<FileInspection> inspect_file(const std::filesystem::path& path);

/// Counts things by name, for the lists above.
template <class Row>
void count_by(std::vector<Row>& rows, std::string Row::*name, const Row& row) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.*name == row.*name; });
  if (found == rows.end()) {
    const auto place =
        std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.*name > row.*name; });
    rows.insert(place, row);
    return;
  }
  found->count += row.count;
}

}  // namespace gw
