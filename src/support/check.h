#pragma once

#include <stdexcept>
#include <string>

namespace gw {

/// Reports a defect of Gatewright itself (never of the user's input) and ends the program by an exception of
/// type std::logic_error that no library catches.
[[noreturn]] void defect(const char* file, int line, const std::string& what);

}  // namespace gw

/// Holds in every build: a broken promise inside Gatewright must not become a wrong bit.
#define GW_CHECK(condition)                                         \
  do {                                                              \
    if (!(condition)) ::gw::defect(__FILE__, __LINE__, #condition); \
  } while (false)
