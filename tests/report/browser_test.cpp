// The page in a real browser, where there is one: its script runs without complaint, tables sort numbers as
// numbers by a click, nothing is asked for, and nothing is wider than a narrow window.
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "report/html.h"
#include "support/files.h"
#include "support/process.h"

namespace gw {
namespace {

TEST(Browser, SortsAndAsksForNothing) {
  if (find_program("chromium").empty())
    GTEST_SKIP() << "there is no Chromium: the page was not opened in a browser";
  DocumentTable table{"counts",
                      "A caption of many words, which is wider than the table that it belongs to",
                      {"stage", "LUT", "a column with a long head", "another one", "and a third one"},
                      {}};
  for (const std::int64_t count : {9, 62025, -3, 100})
    table.rows.push_back(
        {cell("conv2d_with_a_name"), count_cell(count), share_cell(0.5), cell("x"), cell("y")});
  Document document{"Page", {{.title = "Part", .tables = {table}, .code = std::string(300, 'c') + "\n"}}};
  std::string page = print_html(document, {});
  // The page tells in its title what became of it.
  page.insert(page.find("</body>"), R"(<script>
const button=document.querySelectorAll('thead button')[1];
const column=()=>[...document.querySelectorAll('tbody tr')].map(row=>row.children[1].textContent).join(' ');
button.click();const up=column();button.click();
document.title='['+up+'] ['+column()+'] requests '+performance.getEntriesByType('resource').length+
  ' fits '+(document.documentElement.scrollWidth<=innerWidth);
</script>)");
  const fs::path folder = fs::temp_directory_path() / ("gatewright_browser_" + std::to_string(::getpid()));
  ASSERT_TRUE(write_file(folder / "page.html", page));
  const auto ran =
      run_process({"chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                   "--user-data-dir=" + (folder / "profile").string(), "--window-size=390,800", "--dump-dom",
                   "file://" + (folder / "page.html").string()});
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  ASSERT_TRUE(ran);
  EXPECT_NE(ran->output.find("<title>[-3 9 100 62,025] [62,025 100 9 -3] requests 0 fits true</title>"),
            std::string::npos)
      << ran->output;
  EXPECT_EQ(ran->output.find("CONSOLE"), std::string::npos) << ran->output;
}

}  // namespace
}  // namespace gw
