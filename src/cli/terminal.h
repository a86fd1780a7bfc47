#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostic.h"
#include "support/progress.h"

namespace gw::cli {

/// The one place that writes to the user's screen: answers to `out`, diagnostics and progress to `err`. With
/// columns > 0, `err` is a terminal of that many columns and shows a bar that is redrawn in place; otherwise
/// it gets one line a stage. Safe to call from several threads.
class Terminal : public Progress {
 public:
  Terminal(std::ostream& out, std::ostream& err, int columns) : out_(out), err_(err), columns_(columns) {}
  ~Terminal() override;

  void begin(std::string_view stage, std::int64_t total) override;
  void update(std::int64_t done, std::string_view note) override;
  void end(std::string_view summary) override;
  bool stop_requested() const override;

  void print(std::string_view text);
  void report(const Diagnostic& diagnostic);
  /// A line of `err` that is no diagnostic: the rare sentence to the user; a newline is added.
  void say(std::string_view line);
  /// Columns for a picture of text; 0: `err` is no terminal, or nothing is to be told.
  int picture_columns() const { return telling_ == Telling::Quiet ? 0 : columns_; }
  /// Lines that take the place of the ones before them, as long as nothing else was said since; the ends of
  /// stages are not told from then on. Only where there are picture_columns().
  void show(const std::vector<std::string>& lines);
  /// What is told besides the answer.
  enum class Telling {
    Usual,
    Quiet,   ///< no stages and no notes: warnings and errors alone
    Verbose  ///< a line a second on what a stage is at, whether or not there is a bar
  };
  void set_telling(Telling telling) { telling_ = telling; }
  /// From here on every stage and every diagnostic is also told to `events`, a JSON object a line, as it
  /// happens (docs/events.md lists the keys). The stream must outlive the terminal.
  void set_events(std::ostream* events) { events_ = events; }
  /// The last event: what the program ends with.
  void tell_exit(int code);
  /// Sends what is buffered; false if the answer could not be written (a full disk, a closed pipe).
  bool flush();

 private:
  void draw();
  void clear_line();
  void tell(const char* event, std::int64_t total, std::string_view text);

  std::ostream& out_;
  std::ostream& err_;
  int columns_;
  std::mutex guard_;

  Telling telling_ = Telling::Usual;
  std::ostream* events_ = nullptr;
  std::chrono::steady_clock::time_point program_started_ = std::chrono::steady_clock::now();

  std::string stage_;  ///< empty: no stage is open
  std::int64_t total_ = 0;
  std::int64_t done_ = 0;
  std::string note_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point drawn_;
  size_t picture_lines_ = 0;  ///< of the picture right above the cursor's line
  bool is_watched_ = false;   ///< a picture tells what ends of stages do
  bool line_open_ = false;    ///< the cursor of `err` stands behind a bar or a stage's name
};

/// From here on the first ^C (or a polite kill) only makes stop_requested() true; the second one ends the
/// program at once, as it would have without this call.
void catch_interrupts();

/// Whether such a signal has come.
bool interrupted();

/// Columns of the terminal on file descriptor 2, or 0 if that is none.
int terminal_columns();

/// A duration as people say it: "0.4 s", "12 s", "3 min 05 s", "2 h 07 min".
std::string duration_text(double seconds);

/// One bar of at most `columns` characters: "stage  [=====>    ]  12/30  40%  ETA 3 min 05 s  note". The note
/// and then the bar give way where it is narrow. total > 0 and 0 <= done <= total, or total = 0 for a stage
/// of unknown length, which shows what is done and the time.
std::string bar_text(std::string_view stage, std::int64_t done, std::int64_t total, double seconds,
                     std::string_view note, int columns);

}  // namespace gw::cli
