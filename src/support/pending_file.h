#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "support/result.h"

namespace gw {

/// A file that is being written: its bytes gather under a temporary name beside the place where it will stand
/// and move there when it is whole. Whoever reads sees the old bytes or the new ones and never a part; a file
/// that is given up leaves nothing, and a killed program at most a *.tmp file.
class PendingFile {
 public:
  /// Makes missing parent folders.
  static Result<PendingFile> create(const std::filesystem::path& path);

  PendingFile(PendingFile&& other) noexcept;
  PendingFile& operator=(PendingFile&& other) noexcept;
  ~PendingFile();  ///< gives the file up unless it was committed

  /// Adds bytes at the end.
  Status append(std::string_view bytes);
  /// Replaces bytes that were written before.
  Status overwrite(std::int64_t offset, std::string_view bytes);
  /// Flushes to disk and moves the file to its place; nothing can be written after that.
  Status commit();

 private:
  PendingFile(std::filesystem::path path, std::string temporary, int file)
      : path_(std::move(path)), temporary_(std::move(temporary)), file_(file) {}
  void give_up();
  Diagnostic unwritable(int error) const;

  std::filesystem::path path_;
  std::string temporary_;
  int file_ = -1;  ///< -1: committed, given up or moved from
};

}  // namespace gw
