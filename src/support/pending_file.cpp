// Writing so that nothing half-written is ever seen: a temporary name in the same folder, a flush, a rename,
// which POSIX promises to be atomic within one file system.

#include "support/pending_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/messages.h"

namespace gw {

namespace fs = std::filesystem;

namespace {

Diagnostic unwritable_at(const fs::path& path, int error) {
  return diagnose(messages::file_unwritable, {path.string()}, std::strerror(error));
}

/// Calls write(bytes, size), which takes any part of them, until all are written; 0 or the error.
template <class Write>
int write_all(std::string_view bytes, Write write) {
  while (!bytes.empty()) {
    const ssize_t step = write(bytes.data(), bytes.size());
    if (step < 0 && errno == EINTR) continue;
    if (step <= 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(step));
  }
  return 0;
}

}  // namespace

Result<PendingFile> PendingFile::create(const fs::path& path) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) return unwritable_at(path, error.value());
  std::string temporary = path.string() + ".XXXXXX.tmp";
  const int file = mkostemps(temporary.data(), 4, O_CLOEXEC);
  if (file < 0) return unwritable_at(path, errno);
  return PendingFile(path, std::move(temporary), file);
}

PendingFile::PendingFile(PendingFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      file_(std::exchange(other.file_, -1)) {}

PendingFile& PendingFile::operator=(PendingFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  std::swap(file_, other.file_);
  return *this;
}

PendingFile::~PendingFile() { give_up(); }

void PendingFile::give_up() {
  if (file_ < 0) return;
  ::close(std::exchange(file_, -1));
  ::unlink(temporary_.c_str());
}

Diagnostic PendingFile::unwritable(int error) const { return unwritable_at(path_, error); }

Status PendingFile::append(std::string_view bytes) {
  GW_CHECK(file_ >= 0);
  const int error =
      write_all(bytes, [&](const char* from, size_t size) { return ::write(file_, from, size); });
  if (error != 0) return unwritable(error);
  return Done{};
}

Status PendingFile::overwrite(std::int64_t offset, std::string_view bytes) {
  GW_CHECK(file_ >= 0);
  const int error = write_all(bytes, [&](const char* from, size_t size) {
    const ssize_t step = ::pwrite(file_, from, size, offset);
    if (step > 0) offset += step;
    return step;
  });
  if (error != 0) return unwritable(error);
  return Done{};
}

Status PendingFile::commit() {
  GW_CHECK(file_ >= 0);
  if (::fchmod(file_, 0644) != 0 || ::fsync(file_) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    give_up();
    return unwritable(error);
  }
  ::close(std::exchange(file_, -1));
  return Done{};
}

}  // namespace gw
