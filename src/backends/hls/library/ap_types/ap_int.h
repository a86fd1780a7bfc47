#pragma once

// Whole numbers of any width up to 126 bits: ap_int, ap_uint. They are fixed-point numbers without a
// fraction, into which others enter as C++ converts: toward zero, and modulo 2^W.

#include <ap_fixed.h>

template <int W>
struct ap_int : ap_fixed_base<W, W, true, AP_TRN_ZERO> {
  ap_int() {}
  template <class From>
  ap_int(const From& from) : ap_fixed_base<W, W, true, AP_TRN_ZERO>(from) {}
  int to_int() const { return static_cast<int>(this->raw()); }
};

template <int W>
struct ap_uint : ap_fixed_base<W, W, false, AP_TRN_ZERO> {
  ap_uint() {}
  template <class From>
  ap_uint(const From& from) : ap_fixed_base<W, W, false, AP_TRN_ZERO>(from) {}
  unsigned to_uint() const { return static_cast<unsigned>(this->raw()); }
};
