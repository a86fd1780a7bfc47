// Bars, diagnostics and answers on one screen. Two things write to standard error at the same time, the bar
// of the running stage and whatever has to be said meanwhile, so all of it goes through one object under one
// lock: the bar is wiped, the line is written, the bar is drawn again. Where standard error is no terminal (a
// log, a pipe) a bar would be noise; there the stage's name is written when it begins, so that a log shows
// what a hung run was doing, and its summary is put behind it when it ends.
#include "cli/terminal.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace gw::cli {

namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

extern "C" void on_interrupt(int) {
  stop = true;
  constexpr std::string_view words = "\nstopping after this step; once more to stop at once\n";
  [[maybe_unused]] const auto told = ::write(2, words.data(), words.size());
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The first `columns` columns of UTF-8 text, counting a code point as one: names here are Latin.
std::string clipped(std::string_view text, int columns) {
  int used = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (starts && ++used > columns) return std::string(text.substr(0, i));
  }
  return std::string(text);
}

int width_of(std::string_view text) {
  return static_cast<int>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESETHAND | SA_RESTART;  // the second signal finds the default: the end
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return stop; }

int terminal_columns() {
  winsize size = {};
  if (::isatty(2) == 0) return 0;
  return ::ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string duration_text(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string bar_text(std::string_view stage, std::int64_t done, std::int64_t total, double seconds,
                     std::string_view note, int columns) {
  std::string head(stage), tail, bar;
  if (total == 0) {
    if (done > 0) tail += fmt::format("  {}", done);
    tail += "  " + duration_text(seconds);
  } else {
    const double share = static_cast<double>(done) / static_cast<double>(total);
    tail += fmt::format("  {}/{} {:3}%", done, total, static_cast<int>(share * 100));
    if (done == total)
      tail += "  " + duration_text(seconds);
    else if (done > 0)
      tail += "  ETA " + duration_text(seconds * (1 - share) / share);
    // Ten columns show something; forty are plenty.
    const int cells = std::min(40, columns - width_of(head) - width_of(tail) - 4);
    if (cells >= 10) {
      const int filled = static_cast<int>(share * cells);
      bar = "  [" + std::string(static_cast<size_t>(filled), '=') +
            std::string(static_cast<size_t>(cells - filled), ' ') + "]";
      if (filled < cells) bar[static_cast<size_t>(3 + filled)] = '>';
    }
  }
  std::string line = head + bar + tail;
  if (!note.empty()) line += fmt::format("  {}", note);
  return clipped(line, columns);
}

Terminal::~Terminal() { clear_line(); }

void Terminal::clear_line() {
  if (!line_open_) return;
  err_ << (columns_ > 0 ? "\r\x1b[K" : "\n");
  line_open_ = false;
}

void Terminal::draw() {
  drawn_ = std::chrono::steady_clock::now();
  // The last column stays free: a full line would make some terminals wrap.
  err_ << "\r\x1b[K" << bar_text(stage_, done_, total_, seconds_since(started_), note_, columns_ - 1)
       << std::flush;
  line_open_ = true;
}

void Terminal::begin(std::string_view stage, std::int64_t total) {
  const std::lock_guard lock(guard_);
  clear_line();
  stage_ = stage;
  total_ = total;
  done_ = 0;
  note_.clear();
  started_ = std::chrono::steady_clock::now();
  if (columns_ > 0) return draw();
  err_ << stage_ << " ..." << std::flush;
  line_open_ = true;
}

void Terminal::update(std::int64_t done, std::string_view note) {
  const std::lock_guard lock(guard_);
  done_ = total_ > 0 ? std::clamp<std::int64_t>(done, 0, total_) : done;
  note_ = note;
  // Ten pictures a second are enough for an eye and cost nothing.
  if (columns_ > 0 && !stage_.empty() && seconds_since(drawn_) >= 0.1) draw();
}

void Terminal::end(std::string_view summary) {
  const std::lock_guard lock(guard_);
  if (stage_.empty()) return;
  const std::string time = duration_text(seconds_since(started_));
  const std::string rest =
      summary.empty() ? fmt::format(" {}\n", time) : fmt::format(" {} ({})\n", summary, time);
  const bool continues = columns_ == 0 && line_open_;  // behind "stage ..."
  if (!continues) {
    clear_line();
    err_ << stage_ << (columns_ > 0 ? ":" : " ...");
  }
  err_ << rest << std::flush;
  line_open_ = false;
  stage_.clear();
}

bool Terminal::stop_requested() const { return interrupted(); }

void Terminal::print(std::string_view text) {
  const std::lock_guard lock(guard_);
  clear_line();
  err_ << std::flush;
  out_ << text << std::flush;
  if (columns_ > 0 && !stage_.empty()) draw();
}

void Terminal::report(const Diagnostic& diagnostic) { say(to_string(diagnostic)); }

void Terminal::say(std::string_view line) {
  const std::lock_guard lock(guard_);
  clear_line();
  err_ << line << '\n' << std::flush;
  if (columns_ > 0 && !stage_.empty()) draw();
}

bool Terminal::flush() {
  const std::lock_guard lock(guard_);
  return static_cast<bool>(out_.flush());
}

}  // namespace gw::cli
