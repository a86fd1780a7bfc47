// Reading and writing whole files. A file is written beside its place under a temporary name, flushed to disk and
// renamed over it: whoever reads sees the old bytes or the new ones, and a killed run leaves at most a *.tmp file.
#include "support/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "support/messages.h"

namespace gw {

Result<std::string> read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return diagnose(messages::file_unreadable, {path.string()}, "it is a folder");
  std::ifstream in(path, std::ios::binary);
  if (!in) return diagnose(messages::file_unreadable, {path.string()}, std::strerror(errno));
  std::ostringstream bytes;
  bytes << in.rdbuf();
  if (in.bad()) return diagnose(messages::file_unreadable, {path.string()}, "the read failed half-way");
  return std::move(bytes).str();
}

namespace {

Diagnostic unwritable(const fs::path& path, int error) {
  return diagnose(messages::file_unwritable, {path.string()}, std::strerror(error));
}

}  // namespace

Status write_file(const fs::path& path, std::string_view bytes) {
  std::error_code folder_error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), folder_error);
  if (folder_error) return unwritable(path, folder_error.value());

  std::string temporary = path.string() + ".XXXXXX.tmp";
  const int file = mkostemps(temporary.data(), 4, O_CLOEXEC);
  if (file < 0) return unwritable(path, errno);
  const auto give_up = [&](int error) {
    ::close(file);
    ::unlink(temporary.c_str());
    return unwritable(path, error);
  };
  for (size_t written = 0; written < bytes.size();) {
    const ssize_t step = ::write(file, bytes.data() + written, bytes.size() - written);
    if (step < 0 && errno == EINTR) continue;
    if (step <= 0) return give_up(errno);
    written += static_cast<size_t>(step);
  }
  if (::fchmod(file, 0644) != 0 || ::fsync(file) != 0) return give_up(errno);
  ::close(file);
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return unwritable(path, error);
  }
  return Done{};
}

Status write_files(const fs::path& folder, const Files& files) {
  for (const auto& [name, text] : files) {
    const fs::path path = folder / name;
    std::error_code error;
    if (fs::exists(path, error)) {
      const auto old = read_file(path);
      if (old && *old == text) continue;
    }
    if (auto status = write_file(path, text); !status) return status;
  }
  return Done{};
}

std::string sha256(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  GW_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) == 1);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace gw
