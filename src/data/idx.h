#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "support/files.h"
#include "support/result.h"

namespace gw {

/// The contents of one IDX file of unsigned bytes.
struct IdxArray {
  std::string file;                  ///< where it came from, for messages
  std::vector<int> shape;            ///< 1 to 4 dimensions, each at least 1, outermost first
  std::vector<std::uint8_t> values;  ///< as many as the product of the shape
};

/// Reads the IDX format of Yann LeCun's MNIST page: 00 00, element type (08: unsigned byte, the only one
/// accepted), number of dimensions, each dimension as 32 bits big-endian, then the data and nothing after it.
/// Bytes that open like a gzip file are unpacked first. `file` is only used in messages. Errors: not IDX, cut
/// short, a dimension of zero, more or fewer data than the header says.
Result<IdxArray> parse_idx(std::string_view bytes, std::string file);

/// parse_idx() of a file on disk.
Result<IdxArray> read_idx(const fs::path& path);

/// Joins images ([image][row][column] or [image][row][column][channel]) and labels ([image]) to a data set.
/// Errors: wrong numbers of dimensions, different counts, a label that is not below `classes` (1 .. 256).
Result<Dataset> dataset_from_idx(std::string name, int classes, IdxArray images, IdxArray labels);

}  // namespace gw
