// The fields of the schema (tensorflow/lite/schema/schema.fbs, version 3) that say what a network computes,
// by their numbers there. What is between the tables and plain structures is checked here; what operators
// mean is left to their reader.

#include "formats/tflite/file.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "formats/tflite/operator_names.h"
#include "support/messages.h"

namespace gw {

namespace {

enum TensorType { Float32 = 0, Int32 = 2, Uint8 = 3, Int64 = 4, Int16 = 7, Int8 = 9 };

template <class T>
void decode(std::string_view bytes, std::vector<double>& values) {
  values.reserve(bytes.size() / sizeof(T));
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    values.push_back(static_cast<double>(value));
  }
}

/// Fills the values of a constant; "" or why it cannot.
std::string decode(std::string_view bytes, TfliteTensor& tensor) {
  switch (tensor.type) {
    case Float32:
      decode<float>(bytes, tensor.values);
      break;
    case Int32:
      decode<std::int32_t>(bytes, tensor.values);
      break;
    case Uint8:
      decode<std::uint8_t>(bytes, tensor.values);
      break;
    case Int64:
      decode<std::int64_t>(bytes, tensor.values);
      break;
    case Int16:
      decode<std::int16_t>(bytes, tensor.values);
      break;
    case Int8:
      decode<std::int8_t>(bytes, tensor.values);
      break;
    default:
      return fmt::format("its elements are of type {}, which is not understood", tensor.type);
  }
  std::int64_t count = 1;
  for (const std::int64_t extent : tensor.shape) {
    if (extent < 0 || (extent > 0 && count > (std::int64_t{1} << 31) / extent))
      return "its shape has no such size";
    count *= extent;
  }
  if (static_cast<std::int64_t>(tensor.values.size()) == count) return "";
  return fmt::format("it holds {} values, but its shape has {}", tensor.values.size(), count);
}

}  // namespace

std::optional<FixedType> TfliteTensor::whole() const {
  switch (type) {
    case Int32:
      return FixedType{32, 32, true};
    case Uint8:
      return FixedType{8, 8, false};
    case Int16:
      return FixedType{16, 16, true};
    case Int8:
      return FixedType{8, 8, true};
    default:
      return std::nullopt;
  }
}

bool is_tflite(std::string_view bytes) { return bytes.size() >= 8 && bytes.substr(4, 4) == "TFL3"; }

Result<TfliteFile> parse_tflite(FlatReading& reading, const std::string& path) {
  const auto refuse = [&](std::string why) {
    return diagnose(messages::tflite_unreadable, {path}, std::move(why));
  };
  TfliteFile file;
  file.path = path;
  const FlatTable model = FlatTable::root(reading);
  const auto graphs = model.tables(2);
  if (reading.is_damaged || graphs.empty()) return refuse("it is cut short or damaged");
  const auto codes = model.tables(1), buffers = model.tables(4), tensors = graphs[0].tables(0),
             operators = graphs[0].tables(3);
  file.has_more_graphs = graphs.size() > 1;
  for (const int id : graphs[0].numbers<std::int32_t>(1)) file.inputs.push_back(id);
  for (const int id : graphs[0].numbers<std::int32_t>(2)) file.outputs.push_back(id);
  Diagnostics errors;
  for (const FlatTable& table : tensors) {
    TfliteTensor& tensor = file.tensors.emplace_back();
    tensor.name = table.text(3);
    for (const std::int32_t extent : table.numbers<std::int32_t>(0)) tensor.shape.push_back(extent);
    tensor.type = table.number<std::int8_t>(1, 0);
    const FlatTable quantised = table.table(4);
    if (quantised.is_there()) {
      tensor.scales = quantised.numbers<float>(2);
      tensor.zeros = quantised.numbers<std::int64_t>(3);
      tensor.axis = quantised.number<std::int32_t>(6, 0);
    }
    const auto buffer = table.number<std::uint32_t>(2, 0);
    if (buffer >= buffers.size()) {
      if (buffer > 0) reading.is_damaged = true;
      continue;
    }
    const std::string_view data = buffers[buffer].bytes(0);
    if (data.empty()) continue;
    if (std::string why = decode(data, tensor); !why.empty())
      errors.push_back(diagnose(messages::tflite_refused, {path, 0, fmt::format("tensor '{}'", tensor.name)},
                                std::move(why)));
  }
  const auto is_tensor = [&](int id) { return id >= 0 && id < static_cast<int>(file.tensors.size()); };
  for (const FlatTable& table : operators) {
    TfliteOperator& op = file.operators.emplace_back();
    const auto code = table.number<std::uint32_t>(0, 0);
    if (code >= codes.size()) return refuse("an operator's code is not there");
    op.code = std::max<int>(codes[code].number<std::int8_t>(0, 0), codes[code].number<std::int32_t>(3, 0));
    op.name = op.code == 32 ? codes[code].text(1) : tflite_operator_name(op.code);
    for (const int id : table.numbers<std::int32_t>(1)) op.inputs.push_back(id);
    for (const int id : table.numbers<std::int32_t>(2)) op.outputs.push_back(id);
    op.options = table.table(4);
    const bool is_good =
        !op.outputs.empty() && std::all_of(op.outputs.begin(), op.outputs.end(), is_tensor) &&
        std::all_of(op.inputs.begin(), op.inputs.end(), [&](int id) { return id == -1 || is_tensor(id); });
    if (!is_good) return refuse("an operator names a tensor that is not there");
  }
  for (const auto& ends : {file.inputs, file.outputs}) {
    if (ends.empty() || !std::all_of(ends.begin(), ends.end(), is_tensor))
      return refuse("its inputs or outputs are not there");
  }
  if (reading.is_damaged) return refuse("it is cut short or damaged");
  if (!errors.empty()) return errors;
  return file;
}

}  // namespace gw
