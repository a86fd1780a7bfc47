#pragma once

#include <functional>
#include <string>

namespace gw {

/// What came of work in a process of its own.
struct IsolatedAnswer {
  std::string bytes;  ///< what the work gave
  std::string why;    ///< why there is no answer ("it crashed (signal 11)"), or ""
};

/// Runs `work` in a copy of this process and gives back what it returns: for code of others on input that may
/// be hostile. Whatever it does to memory stays there. It is ended when it has computed for
/// `cpu_milliseconds` or taken `more_memory` bytes more than there were. `work` must not take locks that
/// other threads may hold, nor write anywhere.
IsolatedAnswer run_isolated(const std::function<std::string()>& work, int cpu_milliseconds,
                            std::size_t more_memory);

}  // namespace gw
