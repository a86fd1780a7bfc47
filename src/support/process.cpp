// Starts other programs without a shell, so that no name of a file has to be quoted. A second pipe, which closes when
// the program starts, tells "could not be started" from "ended with code 127".
#include "support/process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <sstream>

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
  if (options.log.empty()) {
    if (::pipe2(captured, O_CLOEXEC) != 0) return cannot(std::strerror(errno));
  } else {
    captured[1] = ::open(options.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (captured[1] < 0) return diagnose(messages::file_unwritable, {options.log.string()}, std::strerror(errno));
  }
  const pid_t child = ::fork();
  if (child < 0) return cannot(std::strerror(errno));
  if (child == 0) become(program, arguments, options, captured[1], failure[1]);
  ::close(captured[1]);
  ::close(failure[1]);

  ProcessResult result;
  if (captured[0] >= 0) {
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
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (never_started) return cannot(std::strerror(error));
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace gw
