// gatewright cmvm: what it prints of a matrix that can be counted by hand, and what it says of wrong ones.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "answer.h"
#include "data/npy.h"
#include "graph/temporary_folder.h"

namespace gw::cli {
namespace {

using testing::Answer;
using testing::answer;

class CmvmCommand : public ::testing::Test {
 protected:
  std::string matrix(std::vector<std::int64_t> shape, std::vector<double> values) {
    const std::string path = (folder_.path() / "m.npy").string();
    EXPECT_TRUE(save_npy(path, {npy_f8, std::move(shape), std::move(values)}));
    return path;
  }
  void expect_error(const std::vector<std::string>& arguments, const std::string& text) {
    const Answer shown = answer("cmvm", arguments);
    EXPECT_EQ(shown.code, ExitCode::UserError);
    EXPECT_NE(shown.err.find(text), std::string::npos) << shown.err;
    EXPECT_EQ(shown.out, "");
  }
  gw::testing::TemporaryFolder folder_;
};

TEST_F(CmvmCommand, CountsWhatItFound) {
  // 2(x + y) and x - y.
  const std::string file = matrix({2, 2}, {2, 1, 2, -1});
  const Answer shown = answer("cmvm", {file, "--input-bits", "4", "--signed", "--json"});
  ASSERT_EQ(shown.code, ExitCode::Success) << shown.err;
  const auto json = nlohmann::json::parse(shown.out);
  EXPECT_EQ(json["rows"], 2);
  EXPECT_EQ(json["columns"], 2);
  EXPECT_EQ(json["adders"], 2);
  EXPECT_EQ(json["depth"], 1);
  EXPECT_EQ(json["least_depth"], 1);
  EXPECT_EQ(json["bit_cost"], 4 + 4);
  EXPECT_EQ(json["checked_vectors"], 1004);
  const Answer text = answer("cmvm", {file, "--input-bits", "4", "--signed", "--effort", "0"});
  EXPECT_NE(text.out.find("2 inputs, 2 outputs\nAdders    2\nBit cost  8\n"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("Proven by its coefficients, and tried on 1004 vectors"), std::string::npos);
}

TEST_F(CmvmCommand, WritesVerilog) {
  const std::string file = matrix({3, 2}, {7, -3, 0, 11, 5, 6});
  const fs::path out = folder_.path() / "rtl";
  const Answer shown = answer("cmvm", {file, "--signed", "--verilog", out.string(), "--clock-ns", "2"});
  ASSERT_EQ(shown.code, ExitCode::Success) << shown.err;
  const auto top = read_file(out / "cmvm.v");
  ASSERT_TRUE(top);
  EXPECT_NE(top->find("module cmvm ("), std::string::npos);
  EXPECT_NE(top->find("input  wire [23:0] x"), std::string::npos) << *top;
}

TEST_F(CmvmCommand, SaysWhatIsWrong) {
  std::string file = matrix({3}, {1, 2, 3});
  expect_error({file},
               file +
                   ": error: has the shape (3,), but a matrix has two extents, (inputs, outputs), and no "
                   "empty one [matrix-shape]\n");
  file = matrix({1, 2}, {1, 0.5});
  expect_error(
      {file},
      file +
          ": [0, 1]: error: is 0.5; the matrix has to be of whole numbers up to 2^53: multiply it by a "
          "power of two [matrix-value]\n");
  file = matrix({1, 1}, {4503599627370497});
  expect_error({file, "--input-bits", "16"},
               file +
                   ": column 0: error: the product takes 68 bits, but 63 are the most that can be computed "
                   "[matrix-too-wide]\n");
  file = matrix({2, 1}, {3, 5});
  expect_error({file, "--depth-limit", "1"},
               "--depth-limit: error: is 1, but the matrix takes 2 adders on its longest path at least "
               "[depth-too-small]\n");
}

}  // namespace
}  // namespace gw::cli
