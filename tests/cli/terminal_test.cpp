// What the user's screen shows: the bar for a width and a state, the log where there is no screen, and ^C.
#include "cli/terminal.h"

#include <csignal>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

namespace gw::cli {
namespace {

TEST(DurationText, ReadsAsPeopleSayIt) {
  EXPECT_EQ(duration_text(0), "0.0 s");
  EXPECT_EQ(duration_text(0.44), "0.4 s");
  EXPECT_EQ(duration_text(9.96), "10 s");
  EXPECT_EQ(duration_text(59.4), "59 s");
  EXPECT_EQ(duration_text(59.6), "1 min 00 s");
  EXPECT_EQ(duration_text(185), "3 min 05 s");
  EXPECT_EQ(duration_text(7620), "2 h 07 min");
}

TEST(BarText, ShowsShareAndTimeLeft) {
  EXPECT_EQ(bar_text("training", 10, 40, 5, "loss 0.31", 100),
            "training  [==========>                             ]  10/40  25%  ETA 15 s  loss 0.31");
  EXPECT_EQ(bar_text("training", 0, 40, 0, "", 100),
            "training  [>                                       ]  0/40   0%");
  EXPECT_EQ(bar_text("training", 40, 40, 20, "", 100),
            "training  [========================================]  40/40 100%  20 s");
}

TEST(BarText, GivesWayWhereItIsNarrow) {
  EXPECT_EQ(bar_text("training", 10, 40, 5, "loss 0.31", 50),
            "training  [====>           ]  10/40  25%  ETA 15 s");
  EXPECT_EQ(bar_text("training", 10, 40, 5, "loss 0.31", 40), "training  10/40  25%  ETA 15 s  loss 0.3");
  EXPECT_EQ(bar_text("training", 10, 40, 5, "", 5), "train");
  EXPECT_EQ(bar_text("", 1, 2, 1, "", 0), "");
}

TEST(BarText, UnknownLengthShowsCountAndTime) {
  EXPECT_EQ(bar_text("fetching", 0, 0, 3, "", 80), "fetching  3.0 s");
  EXPECT_EQ(bar_text("fetching", 7, 0, 3, "x", 80), "fetching  7  3.0 s  x");
}

TEST(BarText, NeverCutsALetterInHalf) { EXPECT_EQ(bar_text("größe", 0, 0, 1, "", 3), "grö"); }

// What takes no time here is told as 0.0 s; only that may differ from run to run.
std::string without_times(const std::string& text) {
  return std::regex_replace(text, std::regex(R"(\d+\.\d s)"), "T");
}

TEST(Terminal, LogGetsOneLineAStage) {
  std::ostringstream out, err;
  Terminal terminal(out, err, 0);
  terminal.begin("training", 3);
  EXPECT_EQ(err.str(), "training ...");  // a log of a run that hangs shows where
  terminal.update(2, "loss 1");
  terminal.end("accuracy 0.98");
  terminal.begin("lowering", 0);
  terminal.end("");
  EXPECT_EQ(without_times(err.str()), "training ... accuracy 0.98 (T)\nlowering ... T\n");
  EXPECT_EQ(out.str(), "");
}

TEST(Terminal, LogKeepsWarningsApartFromStages) {
  std::ostringstream out, err;
  Terminal terminal(out, err, 0);
  terminal.begin("reading", 0);
  terminal.report({"odd", Severity::Warning, {"a.yml", 2}, "looks odd"});
  terminal.end("done");
  EXPECT_EQ(without_times(err.str()),
            "reading ...\na.yml:2: warning: looks odd [odd]\nreading ... done (T)\n");
}

TEST(Terminal, ScreenWipesTheBarBeforeOtherLines) {
  std::ostringstream out, err;
  Terminal terminal(out, err, 60);
  terminal.begin("reading", 0);
  err.str("");
  terminal.print("answer\n");
  EXPECT_EQ(out.str(), "answer\n");
  EXPECT_EQ(without_times(err.str()), "\r\x1b[K\r\x1b[Kreading  T");
  err.str("");
  terminal.end("done");
  EXPECT_EQ(without_times(err.str()), "\r\x1b[Kreading: done (T)\n");
}

TEST(Terminal, UpdatesOutsideAStageShowNothing) {
  std::ostringstream out, err;
  Terminal terminal(out, err, 60);
  terminal.update(1, "");
  terminal.end("done");
  EXPECT_EQ(err.str(), "");
}

// Never returns; the exit code says how far it came.
void interrupt_twice() {
  catch_interrupts();
  std::ostringstream out, err;
  const Terminal terminal(out, err, 0);
  if (terminal.stop_requested()) std::_Exit(1);
  std::raise(SIGINT);
  if (!terminal.stop_requested()) std::_Exit(2);
  std::raise(SIGINT);
  std::_Exit(3);
}

TEST(Interrupt, FirstAsksAndSecondEnds) {
  EXPECT_FALSE(interrupted());
  EXPECT_EXIT(interrupt_twice(), testing::KilledBySignal(SIGINT), "stopping after this step; once more");
}

}  // namespace
}  // namespace gw::cli
