// A child process is the one wall that memory errors do not climb. The child gets limits, computes, writes
// its answer into a pipe and ends without running anything that the parent has registered for its own end.

#include "support/isolated.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"

namespace gw {

namespace {

constexpr int failed_status = 3;  // the work threw

/// Bytes of address space that this process has, or 0 if the system does not say.
std::size_t address_space() {
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  std::array<char, 64> text{};
  const ssize_t size = read(file, text.data(), text.size() - 1);
  close(file);
  return size <= 0
             ? 0
             : std::strtoull(text.data(), nullptr, 10) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

void limit(int resource, rlim_t most) {
  rlimit limits{};
  getrlimit(static_cast<__rlimit_resource>(resource), &limits);
  limits.rlim_cur = std::min(most, limits.rlim_max);
  setrlimit(static_cast<__rlimit_resource>(resource), &limits);
}

/// In the child: never returns.
[[noreturn]] void compute(const std::function<std::string()>& work, int pipe, int cpu_milliseconds,
                          std::size_t more_memory) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPROF, SIGINT, SIGTERM})
    std::signal(signal, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  itimerval timer{};
  timer.it_value.tv_sec = cpu_milliseconds / 1000;
  timer.it_value.tv_usec = cpu_milliseconds % 1000 * 1000;
  setitimer(ITIMER_PROF, &timer, nullptr);  // SIGPROF ends the child
  if (const std::size_t now = address_space(); now > 0) limit(RLIMIT_AS, now + more_memory);
  int status = failed_status;
  try {
    const std::string answer = work();
    std::size_t sent = 0;
    while (sent < answer.size()) {
      const ssize_t step = write(pipe, answer.data() + sent, answer.size() - sent);
      if (step < 0 && errno == EINTR) continue;
      if (step <= 0) break;
      sent += static_cast<std::size_t>(step);
    }
    status = sent == answer.size() ? 0 : failed_status;
  } catch (...) {
  }
  _exit(status);
}

}  // namespace

IsolatedAnswer run_isolated(const std::function<std::string()>& work, int cpu_milliseconds,
                            std::size_t more_memory) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {"", fmt::format("no pipe: {}", std::strerror(errno))};
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    compute(work, ends[1], cpu_milliseconds, more_memory);
  }
  const int fork_error = errno;
  close(ends[1]);
  IsolatedAnswer answer;
  if (child < 0) {
    close(ends[0]);
    return {"", fmt::format("no process: {}", std::strerror(fork_error))};
  }
  std::string chunk(std::size_t{1} << 16, '\0');
  for (;;) {
    const ssize_t step = read(ends[0], chunk.data(), chunk.size());
    if (step < 0 && errno == EINTR) continue;
    if (step <= 0) break;
    answer.bytes.append(chunk, 0, static_cast<std::size_t>(step));
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    answer.why = signal == SIGPROF || signal == SIGKILL ? "it takes too long"
                                                        : fmt::format("it crashed (signal {})", signal);
  } else if (WEXITSTATUS(status) != 0) {
    answer.why = "it takes too much memory";
  }
  return answer;
}

}  // namespace gw
