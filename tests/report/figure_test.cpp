// Claim: the drawing programs take what they are told, whatever stands in names and however many there are;
// texts arrive as they were, and the same figure is the same bytes.

#include "report/figure.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <unistd.h>

#include "graph/graph.h"
#include "report/network_figure.h"

namespace gw {
namespace {

class FigureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "gatewright-figures-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string drawn(const Figure& figure, DrawingFormat format = DrawingFormat::Svg,
                    const std::string& cache = "cache") {
    const auto drawing = draw(figure, format, folder_ / cache);
    EXPECT_TRUE(drawing) << to_string(drawing.errors().front());
    return drawing ? *drawing : "";
  }

  fs::path folder_;
};

const std::string nasty = "a\"b' <i>&amp; `x` $y {z} \\n %s 層 é";
const std::string nasty_in_xml = "' &lt;i>&amp;amp; `x` $y {z} \\n %s 層 é";

TEST_F(FigureTest, BoxPlotsOfEverythingAndOfNothing) {
  Magnitudes some;
  some.add(std::vector<double>{0, 1, 2, -3, 0.001});
  Magnitudes one;
  one.add(std::vector<double>{4});
  Magnitudes zeros;
  zeros.add(std::vector<double>{0, 0});
  const std::string svg = drawn(box_plot("boxes", "c",
                                         {{nasty, some.summary(), std::pair{0.125, 4.0}},
                                          {"one", one.summary()},
                                          {"zeros", zeros.summary(), std::pair{0.5, 8.0}},
                                          {"", {}}}));
  EXPECT_NE(svg.find(nasty_in_xml), std::string::npos) << svg;
  EXPECT_NE(svg.find("all 0"), std::string::npos);
  EXPECT_NE(svg.find("no values"), std::string::npos);
  EXPECT_NE(svg.find("2^-"), std::string::npos);
  drawn(box_plot("none", "c", {}));
  drawn(box_plot("nothing", "c", {{"x", {}}}));
}

TEST_F(FigureTest, BarsCurvesAndMatrices) {
  EXPECT_NE(drawn(bar_plot("bars", "c", {"LUT", {"a", nasty}, {{nasty, {3, 40000}}, {"b", {0, 1}}}}))
                .find(nasty_in_xml),
            std::string::npos);
  drawn(bar_plot("no_bars", "c", {"LUT", {"a"}, {}}));
  drawn(bar_plot("zeros", "c", {"LUT", {"a"}, {{"x", {0}}}}));
  EXPECT_NE(drawn(curve_plot("curves", "c",
                             {"x", "y", {{nasty, {{0, 1}, {1, 3}}}, {"empty", {}}, {"point", {{2, 2}}}}}))
                .find(nasty_in_xml),
            std::string::npos);
  drawn(curve_plot("no_curves", "c", {"x", "y", {}}));
  const std::string matrix = drawn(confusion_plot("matrix", "c", {{1234, 0}, {3, 5}}));
  EXPECT_NE(matrix.find("1234"), std::string::npos);
}

TEST_F(FigureTest, DataIsSavedBesideTheDrawing) {
  const Figure figure = bar_plot("bars", "c", {"LUT", {"a", "b"}, {{"x, y", {3, 4.5}}}});
  EXPECT_EQ(figure.csv, ",a,b\n\"x, y\",3,4.5\n");
  ASSERT_TRUE(save_figures({figure}, folder_ / "out", folder_ / "cache"));
  EXPECT_EQ(read_file(folder_ / "out" / "bars.csv").value(), figure.csv);
  EXPECT_TRUE(read_file(folder_ / "out" / "bars.svg").value().starts_with("<?xml"));
}

Graph chain(int layers) {
  GraphBuilder b;
  NodeId x = b.input(nasty, {4});
  const NodeId w = b.constant("w", {{4, 4}, 1, std::vector<float>(16, 0.0f)});  // all 0
  for (int i = 0; i < layers; ++i) x = b.layer(fmt::format("layer {}", i), Dense{}, {x, w});
  b.output(x);
  return b.build().value();
}

TEST_F(FigureTest, NetworksInEveryFormatAndAlwaysTheSameBytes) {
  const Figure figure = network_figure("network", "c", chain(2));
  const std::string svg = drawn(figure);
  EXPECT_NE(svg.find("層"), std::string::npos);
  EXPECT_NE(svg.find("&lt;i&gt;&amp;amp;"), std::string::npos) << svg;
  EXPECT_TRUE(drawn(figure, DrawingFormat::Png).starts_with("\x89PNG"));
  EXPECT_TRUE(drawn(figure, DrawingFormat::Pdf).starts_with("%PDF"));
  const Figure bars = bar_plot("bars", "c", {"LUT", {"a"}, {{"x", {3}}}});
  EXPECT_TRUE(drawn(bars, DrawingFormat::Png).starts_with("\x89PNG"));
  for (const Figure& f : {figure, bars})
    EXPECT_EQ(drawn(f, DrawingFormat::Pdf), drawn(f, DrawingFormat::Pdf, "another cache"));
}

TEST_F(FigureTest, AThousandLayers) {
  const std::string svg = drawn(network_figure("network", "c", chain(1000)));
  EXPECT_NE(svg.find("layer 999"), std::string::npos);
}

TEST(Drawing, FormatsAreToldByTheirSuffix) {
  EXPECT_EQ(*drawing_format("a.svg"), DrawingFormat::Svg);
  EXPECT_EQ(*drawing_format("b/a.PNG"), DrawingFormat::Png);
  EXPECT_EQ(*drawing_format("a.b.pdf"), DrawingFormat::Pdf);
  const auto none = drawing_format("a.jpg");
  ASSERT_FALSE(none);
  EXPECT_EQ(
      to_string(none.errors().front()),
      "a.jpg: error: is no picture that can be drawn; let its name end in .svg, .png or .pdf [picture-suffix]");
}

TEST(Drawing, MissingProgramsAreToldTogether) {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nowhere", 1);
  const auto status = require_drawing_tools();
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(status);
  ASSERT_EQ(status.errors().size(), 2u);
  EXPECT_EQ(
      to_string(status.errors()[0]),
      "error: gnuplot is not on PATH; it is needed to draw plots; 'apt-get install gnuplot-nox' gets it "
      "[tool-missing]");
  EXPECT_EQ(
      to_string(status.errors()[1]),
      "error: dot is not on PATH; it is needed to draw networks as graphs; 'apt-get install graphviz' gets it "
      "[tool-missing]");
}

}  // namespace
}  // namespace gw
