// The price model against synthesis, on a few of the networks of bench/cost_model.cpp that Yosys is done with
// in seconds: nothing of it is kept, so that model, generated Verilog and flow are held to each other as they
// are.

#include <cmath>

#include <gtest/gtest.h>

#include "backends/verilog/verilog.h"
#include "circuit/rough_cost.h"
#include "common/cost_networks.h"
#include "graph/temporary_folder.h"
#include "tools/yosys.h"

namespace gw {
namespace {

constexpr double promised = 0.05;

void expect_near(const char* what, const std::string& name, double estimate, std::int64_t counted) {
  const double error = std::abs(estimate - static_cast<double>(counted)) / static_cast<double>(counted);
  EXPECT_LE(error, promised) << name << ": " << estimate << " " << what << " expected, " << counted
                             << " counted";
}

TEST(CostModel, TellsWhatYosysCounts) {
  testing::TemporaryFolder folder;
  std::vector<CostNetwork> networks;
  // Rows of the table of docs/cost-model.md, which also has those that are further off: DSP blocks with
  // registers, FIFOs and windows, each family.
  for (const size_t row : {12u, 27u, 32u, 40u, 45u})
    networks.push_back(cost_network(cost_network_rows().at(row), row + 1));
  for (const CostNetwork& network : networks) {
    const auto used = synthesise({network.design.name, verilog(network.design)}, network.part,
                                 {.cache_folder = folder.path()});
    ASSERT_TRUE(used) << to_string(used.errors().front());
    const Cost& price = network.design.cost;
    expect_near("LUT", network.name, price.lut, used->lut);
    expect_near("FF", network.name, price.ff, used->ff);
    EXPECT_EQ(std::llround(price.dsp), used->dsp) << network.name;
    EXPECT_NEAR(price.bram36, used->bram(), 1e-9) << network.name;
    EXPECT_GT(used->lut, 400) << network.name << " is too small to say anything";
  }
}

TEST(CostModel, ARoughPriceTellsFormsApart) {
  int circuits = 0;
  for (const size_t row : {0u, 12u, 20u, 31u, 45u}) {
    const CostNetwork network = cost_network(cost_network_rows().at(row), row + 1);
    for (const StageDesign& stage : network.design.stages) {
      const Cost counted = cost(stage.circuit, network.part), rough = rough_cost(stage.circuit, network.part);
      EXPECT_EQ(rough.dsp > 0, counted.dsp > 0) << network.name << " " << stage.name;
      if (counted.lut < 200) continue;
      EXPECT_GT(rough.lut, 0.5 * counted.lut) << network.name << " " << stage.name;
      EXPECT_LT(rough.lut, 2 * counted.lut) << network.name << " " << stage.name;
      ++circuits;
    }
  }
  EXPECT_GT(circuits, 5);
}

}  // namespace
}  // namespace gw
