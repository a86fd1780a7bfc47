#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tflite/flatbuffer.h"
#include "num/fixed.h"
#include "support/result.h"

namespace gw {

/// A tensor of a TensorFlow Lite file. value = (number - zero) * scale, scales and zero points one for all or
/// one for each place along `axis`; none: the values are real, or whole numbers that stand for themselves.
struct TfliteTensor {
  std::string name;
  std::vector<std::int64_t> shape;  ///< the batch first
  int type = 0;                     ///< TensorType of the schema
  std::vector<float> scales;
  std::vector<std::int64_t> zeros;
  int axis = 0;
  std::vector<double> values;  ///< of a constant; empty otherwise

  bool is_real() const { return type == 0; }
  /// The type of whole numbers; nothing for real numbers.
  std::optional<FixedType> whole() const;
  bool is_quantised() const { return !scales.empty() && whole(); }
  std::int64_t zero() const { return zeros.empty() ? 0 : zeros[0]; }
};

struct TfliteOperator {
  int code = 0;
  std::string name;                  ///< of the operator: "CONV_2D"
  std::vector<int> inputs, outputs;  ///< tensors; -1 where one is left out
  FlatTable options;
};

/// What a TensorFlow Lite file says of its first subgraph (schema version 3). Options refer to the bytes.
struct TfliteFile {
  std::string path;
  std::vector<TfliteTensor> tensors;
  std::vector<TfliteOperator> operators;
  std::vector<int> inputs, outputs;
  bool has_more_graphs = false;
};

/// True if the bytes are a TensorFlow Lite file: its identifier stands behind the first offset.
bool is_tflite(std::string_view bytes);

/// Reads the bytes of `reading`, which outlives the answer. Errors: offsets that lead outside, no subgraph,
/// tensors that are named and not there, constants of another size than their shape says.
Result<TfliteFile> parse_tflite(FlatReading& reading, const std::string& path);

}  // namespace gw
