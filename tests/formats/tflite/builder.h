#pragma once

#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "formats/tflite/tflite.h"

namespace gw::testing {

/// Writes FlatBuffers table by table, without alignment, which our reader does not ask for.
class FlatWriter {
 public:
  using Child = std::function<std::size_t(FlatWriter&)>;
  struct Field {
    int number;
    std::string bytes;  ///< a number; empty: a child
    Child child;
  };

  template <class T>
  static std::string bytes_of(T value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
  }
  template <class T>
  static Field number(int field, T value) {
    return {field, bytes_of(value), {}};
  }
  template <class T>
  static Field list(int field, std::vector<T> values) {
    return {field, "", [values](FlatWriter& w) {
              std::string bytes;
              for (const T value : values) bytes += bytes_of(value);
              return w.vector(values.size(), bytes);
            }};
  }
  static Field text(int field, const std::string& value) {
    return {field, "", [value](FlatWriter& w) { return w.vector(value.size(), value); }};
  }
  static Field table(int field, const std::vector<Field>& fields) {
    return {field, "", [fields](FlatWriter& w) { return w.write(fields); }};
  }
  static Field tables(int field, const std::vector<std::vector<Field>>& all) {
    return {field, "", [all](FlatWriter& w) {
              const std::size_t at = w.vector(all.size(), std::string(4 * all.size(), '\0'));
              for (std::size_t i = 0; i < all.size(); ++i) w.point(at + 4 + 4 * i, w.write(all[i]));
              return at;
            }};
  }

  static std::string file(const std::vector<Field>& root) {
    FlatWriter w;
    w.out_ = std::string(4, '\0') + "TFL3";
    w.point(0, w.write(root));
    return w.out_;
  }

 private:
  std::size_t vector(std::size_t count, const std::string& bytes) {
    const std::size_t at = out_.size();
    out_ += bytes_of(static_cast<std::uint32_t>(count)) + bytes;
    return at;
  }
  void point(std::size_t from, std::size_t to) {
    const auto distance = static_cast<std::uint32_t>(to - from);
    std::memcpy(out_.data() + from, &distance, sizeof distance);
  }
  std::size_t write(const std::vector<Field>& fields) {
    int most = -1;
    for (const Field& field : fields) most = std::max(most, field.number);
    std::vector<std::uint16_t> offsets(static_cast<std::size_t>(most + 1), 0);
    std::string inside;
    for (const Field& field : fields) {
      offsets[static_cast<std::size_t>(field.number)] = static_cast<std::uint16_t>(4 + inside.size());
      inside += field.child ? std::string(4, '\0') : field.bytes;
    }
    const std::size_t list = out_.size();
    out_ += bytes_of(static_cast<std::uint16_t>(4 + 2 * offsets.size()));
    out_ += bytes_of(static_cast<std::uint16_t>(4 + inside.size()));
    for (const std::uint16_t offset : offsets) out_ += bytes_of(offset);
    const std::size_t at = out_.size();
    out_ += bytes_of(static_cast<std::int32_t>(at - list)) + inside;
    for (const Field& field : fields) {
      if (!field.child) continue;
      const std::size_t place = at + offsets[static_cast<std::size_t>(field.number)];
      point(place, field.child(*this));
    }
    return at;
  }

  std::string out_;
};

/// Puts a TensorFlow Lite file together.
class TfliteBuilder {
 public:
  static constexpr int real = 0, int32 = 2, uint8 = 3, int8 = 9;

  /// A tensor; its number. Values make it a constant.
  int tensor(const std::string& name, const std::vector<std::int32_t>& shape, int type,
             std::vector<float> scales = {}, std::vector<std::int64_t> zeros = {},
             const std::vector<double>& values = {}, int axis = 0) {
    std::string bytes;
    for (const double value : values) {
      if (type == real) bytes += FlatWriter::bytes_of(static_cast<float>(value));
      if (type == int32) bytes += FlatWriter::bytes_of(static_cast<std::int32_t>(value));
      if (type == int8) bytes += FlatWriter::bytes_of(static_cast<std::int8_t>(value));
      if (type == uint8) bytes += FlatWriter::bytes_of(static_cast<std::uint8_t>(value));
    }
    std::vector<FlatWriter::Field> fields{
        FlatWriter::list(0, shape), FlatWriter::number(1, static_cast<std::int8_t>(type)),
        FlatWriter::number(2, static_cast<std::uint32_t>(buffers_.size())), FlatWriter::text(3, name)};
    if (!scales.empty()) {
      fields.push_back(FlatWriter::table(
          4, {FlatWriter::list(2, scales), FlatWriter::list(3, zeros), FlatWriter::number(6, axis)}));
    }
    buffers_.push_back(bytes.empty() ? std::vector<FlatWriter::Field>{}
                                     : std::vector<FlatWriter::Field>{FlatWriter::text(0, bytes)});
    tensors_.push_back(fields);
    return static_cast<int>(tensors_.size()) - 1;
  }
  TfliteBuilder& op(int code, const std::vector<std::int32_t>& inputs, int output,
                    const std::vector<FlatWriter::Field>& options = {}) {
    codes_.push_back({FlatWriter::number(0, static_cast<std::int8_t>(code)), FlatWriter::number(3, code)});
    operators_.push_back({FlatWriter::number(0, static_cast<std::uint32_t>(codes_.size() - 1)),
                          FlatWriter::list(1, inputs), FlatWriter::list(2, std::vector<std::int32_t>{output}),
                          FlatWriter::table(4, options)});
    return *this;
  }
  std::string bytes(const std::vector<std::int32_t>& inputs, const std::vector<std::int32_t>& outputs) const {
    const std::vector<FlatWriter::Field> graph{FlatWriter::tables(0, tensors_), FlatWriter::list(1, inputs),
                                               FlatWriter::list(2, outputs),
                                               FlatWriter::tables(3, operators_)};
    return FlatWriter::file({FlatWriter::number(0, std::uint32_t{3}), FlatWriter::tables(1, codes_),
                             FlatWriter::tables(2, {graph}), FlatWriter::tables(4, buffers_)});
  }

 private:
  std::vector<std::vector<FlatWriter::Field>> tensors_, operators_, codes_, buffers_{{}};
};

}  // namespace gw::testing
