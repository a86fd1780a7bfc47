// Where external programs work, and how their results are found again.
//
// Problem: a synthesis or a compiled simulation takes minutes and depends on nothing but its input, it may be
// killed at any moment, and two runs of Gatewright may want the same one. Approach: results are kept under
// the SHA-256 of everything that went in, and come into being by a rename; the untidy part happens in a
// folder of its own under a lock of the kernel (flock), which a killed process cannot leave behind. Cost: one
// hash of the sources a lookup.

#include "tools/workshop.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/messages.h"

namespace gw {

std::string content_key(std::initializer_list<std::string_view> parts, const Files& files) {
  std::string all;
  const auto append = [&](std::string_view part) {
    all += std::to_string(part.size()) + ":";
    all += part;
  };
  for (const auto& part : parts) append(part);
  for (const auto& [name, text] : files) {
    append(name);
    append(text);
  }
  return sha256(all);
}

Result<Workshop> Workshop::enter(const fs::path& cache, const std::string& name,
                                 const std::function<bool()>& already_done) {
  Workshop workshop;
  const fs::path folder = cache / "jobs" / name;
  workshop.lock_path_ = folder.string() + ".lock";
  std::error_code error;
  fs::create_directories(cache / "jobs", error);
  if (error) return diagnose(messages::tool_folder, {(cache / "jobs").string()}, "made", error.message());
  while (workshop.lock_ < 0) {
    const int lock = ::open(workshop.lock_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0) {
      return diagnose(messages::tool_folder, {workshop.lock_path_.string()}, "made", std::strerror(errno));
    }
    while (::flock(lock, LOCK_EX) != 0) GW_CHECK(errno == EINTR);
    // Whoever held it before may have removed the file, and a lock on a removed file keeps nobody out.
    struct stat held, named;
    if (::fstat(lock, &held) == 0 && ::stat(workshop.lock_path_.c_str(), &named) == 0 &&
        held.st_ino == named.st_ino) {
      workshop.lock_ = lock;
    } else {
      ::close(lock);
    }
  }
  if (already_done()) return workshop;
  fs::remove_all(folder, error);
  if (!error) fs::create_directories(folder, error);
  if (error) return diagnose(messages::tool_folder, {folder.string()}, "made empty", error.message());
  workshop.folder_ = folder;
  return workshop;
}

Workshop::Workshop(Workshop&& other) noexcept
    : folder_(std::exchange(other.folder_, {})),
      lock_path_(std::move(other.lock_path_)),
      lock_(std::exchange(other.lock_, -1)) {}

Workshop::~Workshop() {
  if (lock_ < 0) return;
  ::unlink(lock_path_.c_str());
  ::close(lock_);
}

void Workshop::remove() {
  std::error_code ignored;  // what cannot be removed now is cleared away by the next run
  fs::remove_all(folder_, ignored);
}

std::string last_lines(std::string_view log, int count) {
  while (log.ends_with('\n')) log.remove_suffix(1);
  size_t start = log.size();
  while (count-- > 0 && start != std::string_view::npos && start > 0) start = log.rfind('\n', start - 1);
  return std::string(start == std::string_view::npos || start == 0 ? log : log.substr(start + 1));
}

}  // namespace gw
