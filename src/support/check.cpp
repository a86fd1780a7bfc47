// How a broken promise of our own ends the program: by an exception of a type that no library catches, so that the
// command line and the tests can tell it from an answer.
#include "support/check.h"

#include <stdexcept>

namespace gw {

void defect(const char* file, int line, const std::string& what) {
  throw std::logic_error(std::string(file) + ":" + std::to_string(line) + ": internal check failed: " + what +
                         " (this is a defect of Gatewright, not of your input)");
}

}  // namespace gw
