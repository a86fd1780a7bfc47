// Reading and writing whole files; a file is written as a PendingFile, so that it is there whole or not at
// all.

#include "support/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <openssl/evp.h>

#include "support/messages.h"
#include "support/pending_file.h"

namespace gw {

Result<std::string> read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error))
    return diagnose(messages::file_unreadable, {path.string()}, "it is a folder");
  std::ifstream in(path, std::ios::binary);
  if (!in) return diagnose(messages::file_unreadable, {path.string()}, std::strerror(errno));
  // As much as the file is said to hold and one byte more, which finds the end; devices say nothing.
  const auto size = fs::file_size(path, error);
  std::string bytes;
  for (size_t room = error ? 4096 : static_cast<size_t>(size) + 1; in;
       room = std::max<size_t>(bytes.size(), 4096)) {
    const size_t before = bytes.size();
    bytes.resize(before + room);
    in.read(bytes.data() + before, static_cast<std::streamsize>(room));
    bytes.resize(before + static_cast<size_t>(in.gcount()));
  }
  if (in.bad()) return diagnose(messages::file_unreadable, {path.string()}, "the read failed half-way");
  return bytes;
}

Status write_file(const fs::path& path, std::string_view bytes) {
  auto file = PendingFile::create(path);
  if (!file) return file.errors();
  if (auto status = file->append(bytes); !status) return status;
  return file->commit();
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
