#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "support/check.h"
#include "support/diagnostic.h"

namespace gw {

/// A value, or the diagnostics that say why there is none. What std::expected will be once the compilers of
/// Debian have it; user errors cross a library's face in this type and never as exceptions.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Diagnostic error) : state_(std::in_place_index<1>, Diagnostics{std::move(error)}) {}
  Result(Diagnostics errors) : state_(std::in_place_index<1>, std::move(errors)) {
    GW_CHECK(!std::get<1>(state_).empty());
  }

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The value; asking a failed result for it is a defect of the caller.
  T& value() {
    GW_CHECK(state_.index() == 0);
    return std::get<0>(state_);
  }
  const T& value() const {
    GW_CHECK(state_.index() == 0);
    return std::get<0>(state_);
  }
  /// Why there is no value; at least one entry.
  const Diagnostics& errors() const {
    GW_CHECK(state_.index() == 1);
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Diagnostics> state_;
};

/// The result of a step that only succeeds or fails.
struct Done {};
using Status = Result<Done>;

}  // namespace gw
