// Starts other programs without a shell, so that no name of a file has to be quoted. A second pipe, which
// closes when the program starts, tells "could not be started" from "ended with code 127". A program that is
// watched is read in small pieces between looks at the clock, and is over when it ends, not when the last
// holder of its pipe does: tools leave helpers behind.
#include "support/process.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/messages.h"

namespace gw {

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0 ? name : "";
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0 && !std::filesystem::is_directory(candidate)) return candidate;
  }
  return "";
}

namespace {

// The child is built with fork and exec rather than posix_spawn because it needs a working folder.
[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments,
                         const ProcessOptions& options, int output, int failure) {
  const auto fail = [&] {
    const int error = errno;
    [[maybe_unused]] const ssize_t told = ::write(failure, &error, sizeof error);
    ::_exit(127);
  };
  if (options.watch) ::setpgid(0, 0);
  if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0) fail();
  const int null = ::open("/dev/null", O_RDONLY);
  if (null < 0 || ::dup2(null, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) fail();
  for (const auto& [key, value] : options.environment) ::setenv(key.c_str(), value.c_str(), 1);
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  fail();
  std::abort();
}

constexpr int glance_ms = 200;
constexpr std::chrono::seconds time_to_obey(5);

// What can be read of `pipe` within `patience_ms`; empty if there is nothing.
std::string read_some(int pipe, int patience_ms) {
  pollfd waiting{pipe, POLLIN, 0};
  std::array<char, 65536> buffer;
  if (::poll(&waiting, 1, patience_ms) <= 0) return {};
  const ssize_t size = ::read(pipe, buffer.data(), buffer.size());
  return size > 0 ? std::string(buffer.data(), static_cast<size_t>(size)) : std::string();
}

void write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(file, text.data(), text.size());
    if (size < 0 && errno != EINTR) return;  // a full disk costs the log, not the run
    if (size > 0) text.remove_prefix(static_cast<size_t>(size));
  }
}

// Reads `pipe` until `child` ends or `watch` has enough; gives the child's status.
int follow(pid_t child, int pipe, int log, const ProcessOptions& options, ProcessResult& result) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point asked{};
  int status = 0;
  for (bool ended = false; !ended;) {
    ended = ::waitpid(child, &status, WNOHANG) == child;
    do {
      const auto before = Clock::now();
      const std::string said = read_some(pipe, ended ? 0 : glance_ms);
      // A pipe that is closed answers at once, most often because the program is about to end.
      if (said.empty() && !ended && Clock::now() - before < std::chrono::milliseconds(glance_ms / 2))
        ::poll(nullptr, 0, glance_ms / 10);
      if (log >= 0) {
        write_all(log, said);
      } else {
        result.output += said;
      }
      if (!result.stopped && !options.watch(said) && !ended) {
        result.stopped = true;
        asked = Clock::now();
        ::kill(-child, SIGTERM);
      }
      if (said.empty()) break;
    } while (ended);
    if (result.stopped && !ended && Clock::now() - asked > time_to_obey) ::kill(-child, SIGKILL);
  }
  if (result.stopped) ::kill(-child, SIGKILL);  // those of its children that are still there
  return status;
}

}  // namespace

Result<ProcessResult> run_process(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  GW_CHECK(!arguments.empty());
  const auto cannot = [&](const std::string& why) {
    return diagnose(messages::program_not_started, {arguments[0]}, why);
  };
  const std::string program = find_program(arguments[0]);
  if (program.empty()) return cannot("it is not on PATH");

  const auto start = std::chrono::steady_clock::now();
  int captured[2] = {-1, -1}, failure[2] = {-1, -1};
  if (::pipe2(failure, O_CLOEXEC) != 0) return cannot(std::strerror(errno));
  int log = -1;
  if (!options.log.empty()) {
    log = ::open(options.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (log < 0) return diagnose(messages::file_unwritable, {options.log.string()}, std::strerror(errno));
  }
  if (log < 0 || options.watch) {
    if (::pipe2(captured, O_CLOEXEC) != 0) return cannot(std::strerror(errno));
  } else {
    captured[1] = log;
  }
  const pid_t child = ::fork();
  if (child < 0) return cannot(std::strerror(errno));
  if (child == 0) become(program, arguments, options, captured[1], failure[1]);
  ::close(captured[1]);
  ::close(failure[1]);

  ProcessResult result;
  int status = 0;
  if (options.watch) {
    status = follow(child, captured[0], log, options, result);
    ::close(captured[0]);
    if (log >= 0) ::close(log);
  } else if (captured[0] >= 0) {
    char buffer[65536];
    for (ssize_t size; (size = ::read(captured[0], buffer, sizeof buffer)) != 0;) {
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) break;
      result.output.append(buffer, static_cast<size_t>(size));
    }
    ::close(captured[0]);
  }
  int error = 0;
  const bool never_started = ::read(failure[0], &error, sizeof error) == sizeof error;
  ::close(failure[0]);
  while (!options.watch && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (never_started) return cannot(std::strerror(error));
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace gw
