// Curves in the terminal: the dots stand where the values are, and a picture takes the place of the one
// before on a terminal and nowhere else.
#include <cmath>
#include <sstream>

#include <gtest/gtest.h>

#include "cli/braille.h"
#include "cli/terminal.h"

namespace gw::cli {
namespace {

TEST(Braille, ALineRisesFromCornerToCorner) {
  const auto lines = braille_plot("loss", {{"a", {0, 1, 2, 3}}, {"b", {}}}, 30, 2, false);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "         loss");
  EXPECT_EQ(lines[1].substr(0, 9), "       3 ");
  EXPECT_EQ(lines[2].substr(0, 9), "       0 ");
  EXPECT_EQ(lines[3], "         a 3  ");
  // The lowest left dot and the highest right one; in between nothing is empty on both rows.
  EXPECT_EQ(lines[2].substr(9, 3), "\xe2\xa3\x80");                 // U+28C0: both dots of the last row
  EXPECT_EQ(lines[1].substr(lines[1].size() - 3), "\xe2\xa0\x8a");  // U+280A: the first dot on the right
  EXPECT_EQ(lines[1].size(), 9u + 21 * 3);
}

TEST(Braille, OneValueGapsAndEqualValuesAreDrawn) {
  EXPECT_EQ(braille_plot("t", {{"a", {0.5}}}, 30, 2, false).size(), 4u);
  EXPECT_EQ(braille_plot("t", {}, 30, 2, false)[1].substr(0, 9), "       1 ");
  const auto gap = braille_plot("t", {{"a", {1, NAN, 1}}}, 30, 2, false);
  EXPECT_NE(gap[2].find("\xe2\xa0\x80"), std::string::npos);  // U+2800: empty
}

TEST(Braille, ColoursAreSwitchedOffAgain) {
  const auto lines = braille_plot("t", {{"a", {0, 1}}}, 30, 2, true);
  EXPECT_NE(lines[1].find("\x1b[36m"), std::string::npos);
  EXPECT_EQ(lines[1].substr(lines[1].size() - 4), "\x1b[0m");
}

TEST(Terminal, PicturesTakeTheirPlaceOnATerminalAlone) {
  std::ostringstream out, err;
  {
    Terminal terminal(out, err, 80);
    EXPECT_EQ(terminal.picture_columns(), 80);
    terminal.show({"one", "two"});
    EXPECT_EQ(err.str(), "one\x1b[K\ntwo\x1b[K\n");
    err.str("");
    terminal.show({"three", "four"});
    EXPECT_EQ(err.str(), "\x1b[2Athree\x1b[K\nfour\x1b[K\n");
    err.str("");
    terminal.begin("epoch 1/2", 0);
    terminal.end("summary");
    EXPECT_EQ(err.str().find("summary"), std::string::npos);
    terminal.say("a word");
    err.str("");
    terminal.show({"five"});
    EXPECT_EQ(err.str(), "five\x1b[K\n");  // below the word
  }
  std::ostringstream plain;
  Terminal file(out, plain, 0);
  EXPECT_EQ(file.picture_columns(), 0);
  file.show({"one"});
  file.begin("epoch 1/2", 0);
  file.end("summary");
  EXPECT_NE(plain.str().find("summary"), std::string::npos);
  EXPECT_EQ(plain.str().find("one"), std::string::npos);
}

}  // namespace
}  // namespace gw::cli
