// Claim: docs/onnx.md names every operator that is read, and no other.

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "formats/onnx/reader.h"

namespace gw {
namespace {

TEST(OnnxDocs, ItsTableIsTheReaders) {
  std::ifstream in(GATEWRIGHT_DOCS "/onnx.md");
  std::set<std::string> said;
  bool is_table = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| operator |")) is_table = true;
    if (is_table && line.empty()) break;
    if (!is_table) continue;
    const std::string first = line.substr(0, line.find('|', 1));
    const std::regex name("`(\\w+)`");
    for (auto i = std::sregex_iterator(first.begin(), first.end(), name); i != std::sregex_iterator(); ++i) {
      EXPECT_TRUE(said.insert((*i)[1]).second) << line;
    }
  }
  std::set<std::string> read;
  for (const auto family :
       {onnx_matrix_operators(), onnx_pool_operators(), onnx_reduce_operators(), onnx_activation_operators(),
        onnx_merge_operators(), onnx_shape_operators(), onnx_move_operators(), onnx_constant_operators(),
        onnx_linear_operators(), onnx_quantizer_operators()}) {
    for (const OnnxOperator& row : family) EXPECT_TRUE(read.insert(std::string(row.op)).second) << row.op;
  }
  EXPECT_EQ(said, read);
}

TEST(OnnxDocs, OperatorsOfTheRuntimeAreAllNamed) {
  std::ifstream in(GATEWRIGHT_DOCS "/onnx.md");
  std::ostringstream text;
  text << in.rdbuf();
  const std::string page = text.str();
  const size_t start = page.find("Of ONNX Runtime's own operators"), end = page.find("are refused", start);
  ASSERT_NE(start, page.npos);
  const std::string part = page.substr(start, end - start);
  for (const OnnxOperator& row : onnx_runtime_operators())
    EXPECT_NE(part.find("`" + std::string(row.op) + "`"), part.npos) << row.op;
}

}  // namespace
}  // namespace gw
