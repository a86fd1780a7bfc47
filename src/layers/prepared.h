#pragma once

#include <memory>
#include <mutex>

#include "layers/layer.h"

namespace gw {

/// A place where one layer of a graph keeps what eval derives from its attributes, constants and types alone,
/// such as packed weights or tables, so that it is made at the first batch and not at each. One place belongs
/// to one layer with one set of kernels that counts overflows always or never; threads may share it.
class Prepared {
 public:
  /// What `make` gave at the first call. All calls on one object are for the same T.
  template <class T, class Make>
  std::shared_ptr<const T> get(const Make& make) {
    std::call_once(once_, [&] { value_ = std::make_shared<const T>(make()); });
    return std::static_pointer_cast<const T>(value_);
  }

 private:
  std::once_flag once_;
  std::shared_ptr<const void> value_;
};

/// What `make` gives, from the options' place where they have one.
template <class T, class Make>
std::shared_ptr<const T> prepared(const EvalOptions& options, const Make& make) {
  return options.prepared ? options.prepared->get<T>(make) : std::make_shared<const T>(make());
}

}  // namespace gw
