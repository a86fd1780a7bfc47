// Claim: a document says the same in every language, and no text in it can be taken for markup.

#include "report/document.h"

#include <gtest/gtest.h>

#include "report/html.h"

namespace gw {
namespace {

Document nasty() {
  DocumentTable table{"things", "A <caption> & more", {"name", "count"}, {}};
  table.rows.push_back({cell("a|b_c \"q\" <i>"), count_cell(62025)});
  table.rows.push_back({cell("50% $x, {y}~^\\"), share_cell(0.97753)});
  table.marked = {0};
  return {"Title <1>",
          {{.title = "Part", .paragraphs = {"x < y & z"}, .tables = {table}, .code = "run 'it'\n"}}};
}

TEST(Document, Text) {
  EXPECT_EQ(print_text(nasty()),
            "Title <1>\n\nPart\n\nx < y & z\n\nA <caption> & more\n\n"
            "name              count\n-----------------------\n"
            "a|b_c \"q\" <i>    62,025\n50% $x, {y}~^\\  97.75 %\n\nrun 'it'\n");
}

TEST(Document, Markdown) {
  EXPECT_EQ(print_markdown(nasty()),
            "# Title &lt;1>\n\n## Part\n\nx &lt; y &amp; z\n\nA &lt;caption> &amp; more\n\n"
            "| name | count |\n| --- | ---: |\n| **a\\|b\\_c \"q\" &lt;i>** | **62,025** |\n"
            "| 50% $x, {y}~^\\\\ | 97.75 % |\n\n```\nrun 'it'\n```\n");
}

TEST(Document, Latex) {
  EXPECT_EQ(print_latex(nasty()),
            "% Title <1>\n\n\\begin{table}\n\\caption{A \\textless{}caption\\textgreater{} \\& more}\n"
            "\\begin{tabular}{lr}\n\\toprule\nname & count \\\\\n\\midrule\n"
            "\\textbf{a|b\\_c \"q\" \\textless{}i\\textgreater{}} & \\textbf{62,025} \\\\\n"
            "50\\% \\$x, \\{y\\}\\textasciitilde{}\\textasciicircum{}\\textbackslash{} & 97.75 \\% \\\\\n"
            "\\bottomrule\n\\end{tabular}\n\\end{table}\n");
}

TEST(Document, CsvHasExactNumbers) {
  EXPECT_EQ(print_csv(nasty()),
            "# things\nname,count\n\"a|b_c \"\"q\"\" <i>\",62025\n\"50% $x, {y}~^\\\",0.97753\n\n");
}

TEST(Document, HtmlAsksForNothingAndEscapesAll) {
  Document document = nasty();
  document.sections[0].figures = {"plot"};
  const std::string page =
      print_html(document, {{"plot", "c", "<svg></svg>"}, {"other", "unused", "<b></b>"}});
  EXPECT_NE(page.find("<td class=\"words\">a|b_c &quot;q&quot; &lt;i&gt;</td>"), std::string::npos);
  EXPECT_NE(page.find("<td data-raw=\"62025\">62,025</td>"), std::string::npos) << page;
  EXPECT_NE(page.find("<svg></svg>"), std::string::npos);
  EXPECT_EQ(page.find("unused"), std::string::npos);
  for (const char* outside : {"http:", "https:", "src=\"/", "@import", "<link rel=\"style"})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
}

TEST(Html, DrawingsTakeTheColoursOfThePage) {
  EXPECT_EQ(
      inline_svg("<?xml?><!-- a > b --><svg width='2'><rect fill=\"#ffffff\"/><g stroke='black' id='a'/>"
                 "<text>'black' #ffffff</text><use xlink:href='#a'/></svg>\n",
                 "p", "a \"b\""),
      "<svg role=\"img\" aria-label=\"a &quot;b&quot;\" width='2'><rect fill=\"none\"/>"
      "<g stroke='currentColor' id='p-a'/><text>'black' #ffffff</text><use href='#p-a'/></svg>\n");
}

TEST(Html, PicturesAreInThePage) {
  EXPECT_EQ(png_picture("n", "c", "M").content, "<img alt=\"c\" src=\"data:image/png;base64,TQ==\">");
  EXPECT_EQ(png_picture("n", "c", "Ma").content, "<img alt=\"c\" src=\"data:image/png;base64,TWE=\">");
  EXPECT_EQ(png_picture("n", "c", "Man").content, "<img alt=\"c\" src=\"data:image/png;base64,TWFu\">");
}

}  // namespace
}  // namespace gw
