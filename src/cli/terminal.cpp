// Bars, diagnostics and answers on one screen. Two things write to standard error at the same time, the bar
// of the running stage and whatever has to be said meanwhile, so all of it goes through one object under one
// lock: the bar is wiped, the line is written, the bar is drawn again. Where standard error is no terminal (a
// log, a pipe) a bar would be noise; there the stage's name is written when it begins, so that a log shows
// what a hung run was doing, and its summary is put behind it when it ends.
#include "cli/terminal.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <csignal>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
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

void Terminal::tell(const char* event, std::int64_t total, std::string_view text) {
  if (!events_) return;
  nlohmann::ordered_json line{{"event", event}, {"seconds", seconds_since(program_started_)}};
  line["stage"] = stage_;
  if (total > 0) line["total"] = total;
  if (done_ > 0) line["done"] = done_;
  if (!text.empty()) line["text"] = text;
  *events_ << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n'
           << std::flush;
}

void Terminal::tell_exit(int code) {
  const std::lock_guard lock(guard_);
  if (!events_) return;
  *events_ << nlohmann::ordered_json{{"event", "exit"},
                                     {"seconds", seconds_since(program_started_)},
                                     {"code", code}}
                  .dump()
           << '\n'
           << std::flush;
}

void Terminal::begin(std::string_view stage, std::int64_t total) {
  const std::lock_guard lock(guard_);
  clear_line();
  stage_ = stage;
  total_ = total;
  done_ = 0;
  note_.clear();
  started_ = std::chrono::steady_clock::now();
  drawn_ = started_;
  tell("begin", total_, "");
  if (telling_ == Telling::Quiet) return;
  if (columns_ > 0) return draw();
  err_ << stage_ << " ..." << std::flush;
  line_open_ = true;
}

void Terminal::update(std::int64_t done, std::string_view note) {
  const std::lock_guard lock(guard_);
  done_ = total_ > 0 ? std::clamp<std::int64_t>(done, 0, total_) : done;
  note_ = note;
  if (stage_.empty()) return;
  // Ten pictures a second are enough for an eye and cost nothing; a line a second is enough for a reader.
  const double since = seconds_since(drawn_);
  if (columns_ > 0 && telling_ == Telling::Usual && since >= 0.1) draw();
  if (since < 1 || (telling_ != Telling::Verbose && !events_)) return;
  drawn_ = std::chrono::steady_clock::now();
  tell("update", total_, note_);
  if (telling_ != Telling::Verbose) return;
  clear_line();
  err_ << bar_text(stage_, done_, total_, seconds_since(started_), note_, 120) << '\n' << std::flush;
}

void Terminal::end(std::string_view summary) {
  const std::lock_guard lock(guard_);
  if (stage_.empty()) return;
  tell("end", total_, summary);
  if (telling_ == Telling::Quiet) {
    stage_.clear();
    return;
  }
  if (is_watched_) {
    clear_line();
    stage_.clear();
    return;
  }
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

void Terminal::show(const std::vector<std::string>& lines) {
  const std::lock_guard lock(guard_);
  if (picture_columns() == 0) return;
  clear_line();
  if (picture_lines_ > 0) err_ << fmt::format("\x1b[{}A", picture_lines_);
  for (const std::string& line : lines) err_ << line << "\x1b[K\n";
  err_ << std::flush;
  picture_lines_ = lines.size();
  is_watched_ = true;
  if (!stage_.empty() && telling_ == Telling::Usual) draw();
}

void Terminal::print(std::string_view text) {
  const std::lock_guard lock(guard_);
  clear_line();
  picture_lines_ = 0;
  err_ << std::flush;
  out_ << text << std::flush;
  if (columns_ > 0 && !stage_.empty() && telling_ == Telling::Usual) draw();
}

void Terminal::report(const Diagnostic& diagnostic) {
  const std::string line = to_string(diagnostic);
  {
    const std::lock_guard lock(guard_);
    constexpr std::array<const char*, 3> events{"error", "warning", "note"};
    tell(events[static_cast<size_t>(diagnostic.severity)], 0, line);
  }
  if (telling_ == Telling::Quiet && diagnostic.severity == Severity::Note) return;
  say(line);
}

void Terminal::say(std::string_view line) {
  const std::lock_guard lock(guard_);
  clear_line();
  picture_lines_ = 0;
  err_ << line << '\n' << std::flush;
  if (columns_ > 0 && !stage_.empty() && telling_ == Telling::Usual) draw();
}

bool Terminal::flush() {
  const std::lock_guard lock(guard_);
  return static_cast<bool>(out_.flush());
}

}  // namespace gw::cli
