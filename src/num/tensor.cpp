// Raw integers in the narrowest lane that holds their type. at() and set() choose the lane anew on each call
// and are for reading single values and for tests; kernels take lanes() once and loop over one vector.

#include "num/tensor.h"

#include <fmt/format.h>

#include "num/real_cast.h"
#include "support/check.h"

namespace gw {
namespace {

Tensor::Lanes lanes_for(const FixedType& type, std::size_t count) {
  const int bits = type.width + (type.is_signed ? 0 : 1);  // lanes are signed
  if (bits <= 16) return std::vector<std::int16_t>(count);
  if (bits <= 32) return std::vector<std::int32_t>(count);
  return std::vector<std::int64_t>(count);
}

}  // namespace

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const int extent : shape) {
    GW_CHECK(extent > 0);
    const bool too_many = __builtin_mul_overflow(count, std::int64_t{extent}, &count);
    GW_CHECK(!too_many);
  }
  return count;
}

std::string to_string(const Shape& shape) {
  std::string text;
  for (const int extent : shape) {
    if (!text.empty()) text += 'x';
    text += std::to_string(extent);
  }
  return text;
}

std::string to_string(const TensorType& type) {
  return fmt::format("{} {}", to_string(type.shape), type.fixed ? to_string(*type.fixed) : "float");
}

Interval TensorType::range(std::int64_t element) const {
  if (ranges.empty()) return interval_of(*fixed);
  return ranges[static_cast<std::size_t>(element % static_cast<std::int64_t>(ranges.size()))];
}

Tensor::Tensor(Shape shape, FixedType type, int batch)
    : shape_(std::move(shape)), type_(type), batch_(batch), size_(element_count(shape_)) {
  GW_CHECK(type.width >= 0 && type.width <= max_width);
  GW_CHECK(batch > 0);
  lanes_ = lanes_for(type, static_cast<std::size_t>(batch * size_));
}

std::int64_t Tensor::at(std::int64_t index) const {
  GW_CHECK(index >= 0 && index < batch_ * size_);
  return std::visit([&](const auto& lane) -> std::int64_t { return lane[static_cast<std::size_t>(index)]; },
                    lanes_);
}

void Tensor::set(std::int64_t index, std::int64_t raw) {
  GW_CHECK(index >= 0 && index < batch_ * size_);
  GW_CHECK(raw >= type_.lowest() && raw <= type_.highest());
  std::visit(
      [&]<class T>(std::vector<T>& lane) { lane[static_cast<std::size_t>(index)] = static_cast<T>(raw); },
      lanes_);
}

bool Tensor::operator==(const Tensor& other) const {
  return shape_ == other.shape_ && type_ == other.type_ && batch_ == other.batch_ && lanes_ == other.lanes_;
}

Tensor samples(const Tensor& batch, std::int64_t first, std::int64_t count) {
  GW_CHECK(first >= 0 && count >= 0 && first + count <= batch.batch());
  Tensor part(batch.shape(), batch.type(), static_cast<int>(count));
  for (std::int64_t i = 0; i < count * batch.size(); ++i) part.set(i, batch.at(first * batch.size() + i));
  return part;
}

Tensor quantize(const Quantizer& q, const FloatTensor& x, std::int64_t* overflow_count) {
  Tensor result(x.shape, q.to, x.batch);
  GW_CHECK(static_cast<std::int64_t>(x.values.size()) == x.batch * result.size());
  const std::int64_t outside = quantize_run(q, std::span(x.values), result, 0, overflow_count != nullptr);
  if (overflow_count != nullptr) *overflow_count += outside;
  return result;
}

FloatTensor dequantize(const Tensor& x) {
  FloatTensor result{x.shape(), x.batch(), {}};
  result.values.resize(static_cast<std::size_t>(x.batch() * x.size()));
  dequantize_run(x, 0, std::span(result.values));
  return result;
}

}  // namespace gw
