#pragma once

#include <functional>
#include <string>
#include <vector>

namespace gw::bench {

/// One loop of multiply-add instructions on registers that never waits for memory or for its own results.
struct Peak {
  std::string name;      ///< of the instruction
  int bits;              ///< of an operand
  double multiply_adds;  ///< that one run does
  std::function<void()> run;
};

/// Those that this processor has.
std::vector<Peak> peak_loops();

}  // namespace gw::bench
