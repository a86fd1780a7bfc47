// Long runs of vendors' tools, watched.
//
// Problem: a run takes hours, says thousands of lines, and fails with the cause somewhere in the middle: its
// last words are only "failed due to earlier errors". It may also just be gone, since the kernel ends the
// largest program when memory is short. Approach: the log is kept whole and read as it grows; what failed is
// the first line that says so, by the marks that these tools and the compilers under them put before errors.
// A finished stage leaves a mark with the hash of what went in, written only when its files are there, so
// that a run that was stopped or killed goes on where it was. Cost: one scan of the log.

#include "tools/vendor_stage.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>

#include "support/messages.h"
#include "support/process.h"
#include "tools/report_table.h"

namespace gw {
namespace {

// Before or in a line that tells of an error; the last one is what the test bench of a project says.
constexpr std::array<std::string_view, 6> opens_error{
    "ERROR:", "FATAL", "@E ", "Abnormal program termination", "terminate called", "first difference:"};
constexpr std::array<std::string_view, 6> tells_error{
    ": error:",           ": fatal error:", "undefined reference", "No space left on device",
    "Segmentation fault", "std::bad_alloc"};

// Before the name of a step, which the rest of the line tells.
constexpr std::array<std::string_view, 7> opens_step{
    "INFO: [HLS 200-10] -- ", "INFO: [HLS 200-42] -- ", "Phase ", "Starting ", "Start ",
    "INFO: [COSIM 212-",      "INFO: [SIM 211-"};

bool contains_word(std::string_view text, std::string_view word) {
  const auto lower = [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); };
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [&](char a, char b) { return lower(a) == b; }) != text.end();
}

bool tells_of_memory(std::string_view line) {
  return contains_word(line, "out of memory") || contains_word(line, "bad_alloc") ||
         contains_word(line, "cannot allocate memory") || contains_word(line, "insufficient memory");
}

bool tells_of_license(std::string_view line) {
  return contains_word(line, "license") || contains_word(line, "licence");
}

std::vector<std::string> doubts_in(std::string_view log) {
  std::vector<std::string> found;
  for (const std::string_view line : text_lines(log)) {
    if (line.starts_with("CRITICAL WARNING:") && std::find(found.begin(), found.end(), line) == found.end())
      found.emplace_back(line);
  }
  return found;
}

// "csim, synth are finished and kept".
std::string kept_text(const std::vector<StageRun>& finished) {
  if (finished.empty()) return "nothing was finished before it";
  std::string names;
  for (const StageRun& run : finished) names += (names.empty() ? "" : ", ") + run.name;
  return names + (finished.size() == 1 ? " is" : " are") + " finished and kept";
}

fs::path log_of(const fs::path& project, const VendorStage& stage) {
  return project / "logs" / (stage.name + ".log");
}
fs::path mark_of(const fs::path& project, const VendorStage& stage) {
  return project / "logs" / (stage.name + ".done");
}

// The first thing that the stage should have left and did not, or "".
std::string missing_file(const fs::path& project, const VendorStage& stage) {
  for (const std::string& file : stage.leaves) {
    if (!fs::exists(project / file)) return file;
  }
  return "";
}

// A mark is the key and the seconds that the run took.
std::optional<double> marked_seconds(const fs::path& project, const VendorStage& stage) {
  const auto mark = read_file(mark_of(project, stage));
  if (!mark || !missing_file(project, stage).empty()) return {};
  const auto lines = text_lines(*mark);
  if (lines.size() != 2 || lines[0] != stage.key) return {};
  const auto seconds = cell_number(lines[1]);
  return seconds ? *seconds : std::nullopt;
}

// Reads a growing log line by line and ends the run at its limit.
class Watch {
 public:
  Watch(const StageLimits& limits, std::int64_t done, Progress& progress)
      : limits_(limits), done_(done), progress_(progress) {}

  bool operator()(std::string_view said) {
    unread_ += said;
    for (size_t end; (end = unread_.find('\n')) != std::string::npos; unread_.erase(0, end + 1)) {
      if (std::string step = step_of(std::string_view(unread_).substr(0, end)); !step.empty())
        progress_.update(done_, step);
    }
    if (progress_.stop_requested()) user_stopped_ = true;
    const std::chrono::duration<double> ran = std::chrono::steady_clock::now() - start_;
    return !user_stopped_ && (limits_.seconds <= 0 || ran.count() < limits_.seconds);
  }
  bool user_stopped() const { return user_stopped_; }

 private:
  const StageLimits& limits_;
  std::int64_t done_;
  Progress& progress_;
  std::string unread_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool user_stopped_ = false;
};

Diagnostic why_failed(const VendorStage& stage, const fs::path& log_file, std::string_view log, int exit_code,
                      const std::string& kept) {
  const auto error = first_error(log);
  const Place place{log_file.string(), error ? error->number : 0, stage.title};
  const std::string program = fs::path(stage.command.front()).filename().string();
  if (error && tells_of_license(error->text))
    return diagnose(messages::stage_no_license, place, program, error->text, kept);
  if (error && tells_of_memory(error->text))
    return diagnose(messages::stage_out_of_memory, place, program, error->text, kept);
  constexpr int from_signal = 128, kill_signal = 9;
  if (exit_code == from_signal + kill_signal) {
    return diagnose(messages::stage_out_of_memory, place, program,
                    "it was ended by signal 9, as the kernel does where memory runs out", kept);
  }
  if (exit_code > from_signal && !error)
    return diagnose(messages::stage_killed, place, program, exit_code - from_signal, kept);
  return diagnose(messages::stage_failed, place, program, exit_code,
                  error ? error->text : std::string("it names none in its log"), kept);
}

Result<StageRun> run_stage(const VendorStage& stage, const fs::path& project, const StageLimits& limits,
                           const std::vector<StageRun>& finished, Progress& progress) {
  const auto done = static_cast<std::int64_t>(finished.size());
  StageRun run{stage.name, false, 0, log_of(project, stage), {}};
  if (const auto seconds = marked_seconds(project, stage)) {
    run.kept = true;
    run.seconds = *seconds;
    if (const auto log = read_file(run.log)) run.doubts = doubts_in(*log);
    return run;
  }
  std::error_code ignored;  // there may be none
  fs::remove(mark_of(project, stage), ignored);
  fs::create_directories(project / "logs", ignored);
  progress.update(done, stage.name);
  Watch watch(limits, done, progress);
  const auto ran =
      run_process(stage.command, {.folder = project, .log = fs::absolute(run.log), .watch = std::ref(watch)});
  if (!ran) return ran.errors();
  run.seconds = ran->seconds;
  const std::string kept = kept_text(finished);
  const Place place{run.log.string(), 0, stage.title};
  const std::string program = fs::path(stage.command.front()).filename().string();
  if (ran->stopped && watch.user_stopped()) return diagnose(messages::stage_stopped, place, program, kept);
  if (ran->stopped)
    return diagnose(messages::stage_too_long, place, program, static_cast<std::int64_t>(limits.seconds),
                    kept);
  const auto log = read_file(run.log);
  if (!log) return log.errors();
  const auto error = first_error(*log);
  if (ran->exit_code != 0 || (error && error->text.starts_with("ERROR:")))
    return why_failed(stage, run.log, *log, ran->exit_code, kept);
  if (const std::string missing = missing_file(project, stage); !missing.empty())
    return diagnose(messages::stage_incomplete, place, program, missing, kept);
  run.doubts = doubts_in(*log);
  if (auto marked = write_file(mark_of(project, stage), fmt::format("{}\n{:.1f}\n", stage.key, run.seconds));
      !marked)
    return marked.errors();
  return run;
}

}  // namespace

std::optional<LogLine> first_error(std::string_view log) {
  int number = 0;
  for (const std::string_view whole : text_lines(log)) {
    ++number;
    const std::string_view line = trimmed(whole);
    const bool opens = std::any_of(opens_error.begin(), opens_error.end(),
                                   [&](std::string_view mark) { return line.starts_with(mark); });
    const bool tells = std::any_of(tells_error.begin(), tells_error.end(), [&](std::string_view mark) {
      return line.find(mark) != std::string_view::npos;
    });
    if (opens || tells) return LogLine{number, std::string(line)};
  }
  return {};
}

std::string step_of(std::string_view line) {
  constexpr size_t longest = 60;
  line = trimmed(line);
  for (const std::string_view mark : opens_step) {
    if (!line.starts_with(mark)) continue;
    // Words behind a message's number, but "Phase 3.1 Global Placement" whole.
    const bool numbered = mark.starts_with("INFO");
    if (numbered) line.remove_prefix(mark.size());
    if (numbered && mark.ends_with("-")) line.remove_prefix(std::min(line.size(), line.find(' ')));
    while (line.starts_with('*') || line.starts_with(' ') || line.starts_with('-')) line.remove_prefix(1);
    line = line.substr(0, line.find('|'));
    return std::string(trimmed(line.substr(0, longest)));
  }
  return "";
}

Result<std::vector<StageRun>> run_stages(std::span<const VendorStage> stages, const fs::path& project,
                                         const StageLimits& limits, Progress& progress) {
  std::vector<StageRun> finished;
  if (stages.empty()) return finished;
  progress.begin(fs::path(stages.front().command.front()).filename().string(),
                 static_cast<std::int64_t>(stages.size()));
  for (const VendorStage& stage : stages) {
    auto run = run_stage(stage, project, limits, finished, progress);
    if (!run) {
      progress.end(stage.title + " failed");
      return run.errors();
    }
    finished.push_back(std::move(*run));
  }
  std::string told;
  for (const StageRun& run : finished) {
    told += (told.empty() ? "" : ", ") +
            fmt::format(fmt::runtime(run.kept ? "{} (kept)" : "{} {:.0f} s"), run.name, run.seconds);
  }
  progress.end(told);
  return finished;
}

}  // namespace gw
