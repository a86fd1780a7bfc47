#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "support/files.h"
#include "support/result.h"

namespace gw {

/// SHA-256 over `parts` and the files; no two different inputs are told apart by their concatenation only.
std::string content_key(std::initializer_list<std::string_view> parts, const Files& files);

/// A folder in which one external program works on one job: `<cache>/jobs/<name>`, emptied at the start,
/// locked against a second process that does the same job at the same time, and removed by `remove()` once
/// all went well. A run that fails or is killed leaves it for the user to look at; the next run of the same
/// job clears it away.
class Workshop {
 public:
  /// Waits for the lock, then checks `already_done`: another process may have finished the job meanwhile. If
  /// it has, the folder is not made and `needed()` is false.
  static Result<Workshop> enter(const fs::path& cache, const std::string& name,
                                const std::function<bool()>& already_done);
  Workshop(Workshop&& other) noexcept;
  Workshop& operator=(Workshop&&) = delete;
  ~Workshop();

  bool needed() const { return !folder_.empty(); }
  const fs::path& folder() const { return folder_; }
  /// Takes the folder away.
  void remove();

 private:
  Workshop() = default;
  fs::path folder_, lock_path_;
  int lock_ = -1;
};

/// The last `count` lines of a log.
std::string last_lines(std::string_view log, int count);

}  // namespace gw
