#pragma once

namespace gw {

/// One function object of several, for std::visit: the overload that fits the alternative is called.
template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

}  // namespace gw
