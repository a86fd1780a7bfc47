// The price model against synthesis: whole designs, each flat through Yosys, top level and all.
//
//     bench_cost_model [FOLDER [FIRST [LAST]]]     results of Yosys are kept in FOLDER (as it comes:
//     cost_model)
//
// Prints the table of docs/cost-model.md and the quantiles of the errors; FIRST and LAST choose rows.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "backends/verilog/verilog.h"
#include "common/cost_networks.h"
#include "schedule/choice.h"
#include "tools/yosys.h"

namespace {

using namespace gw;

double quantile(std::vector<double> list, double q) {
  std::sort(list.begin(), list.end());
  return list[static_cast<size_t>(std::ceil(q * static_cast<double>(list.size()))) - 1];
}

double off(double estimate, std::int64_t counted) {
  return counted == 0 ? 0 : 100 * (estimate - static_cast<double>(counted)) / static_cast<double>(counted);
}

std::string styles(const Design& design) {
  std::vector<std::string> styles;
  for (const StageDesign& stage : design.stages) {
    if (std::find(styles.begin(), styles.end(), stage.style) == styles.end()) styles.push_back(stage.style);
  }
  std::string text;
  for (const std::string& style : styles) text += (text.empty() ? "" : ", ") + style;
  return text;
}

}  // namespace

int main(int count, char** arguments) {
  const fs::path folder = count > 1 ? arguments[1] : "cost_model";
  const std::vector<CostNetworkRow> rows = cost_network_rows();
  const size_t first = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 0;
  const size_t last = count > 3 ? std::strtoul(arguments[3], nullptr, 10) : rows.size() - 1;
  std::map<std::string, std::vector<double>> lut_errors, ff_errors;
  std::printf(
      "| # | family | network | stages | LUT est. | LUT Yosys | %% | FF est. | FF Yosys | %% | DSP | BRAM |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (size_t n = first; n <= last; ++n) {
    const CostNetwork network = cost_network(rows[n], n + 1);
    const Cost price = network.design.cost;
    if (folder == "-") {
      std::printf("| %zu | %s | %s | %zu %s | %.0f | | | %.0f | | | %.0f | %.1f |\n", n,
                  std::string(network.part.family).c_str(), network.name.c_str(),
                  network.design.stages.size(), styles(network.design).c_str(), price.lut, price.ff,
                  price.dsp, price.bram36);
      std::fflush(stdout);
      continue;
    }
    const auto used =
        synthesise({network.design.name, verilog(network.design)}, network.part, {.cache_folder = folder});
    if (!used) {
      std::printf("%s\n", to_string(used.errors().front()).c_str());
      return 1;
    }
    const double lut = off(price.lut, used->lut), ff = off(price.ff, used->ff);
    for (const std::string& group : {std::string(network.part.family), std::string("all")}) {
      lut_errors[group].push_back(std::abs(lut));
      ff_errors[group].push_back(std::abs(ff));
    }
    std::printf(
        "| %zu | %s | %s | %zu %s | %.0f | %lld | %+.1f | %.0f | %lld | %+.1f | %.0f / %lld | %.1f / %.1f |\n",
        n, std::string(network.part.family).c_str(), network.name.c_str(), network.design.stages.size(),
        styles(network.design).c_str(), price.lut, static_cast<long long>(used->lut), lut, price.ff,
        static_cast<long long>(used->ff), ff, price.dsp, static_cast<long long>(used->dsp), price.bram36,
        used->bram());
    std::fflush(stdout);
  }
  std::printf(
      "\n| family | designs | LUT p50 | p95 | worst | FF p50 | p95 | worst |\n|---|---|---|---|---|---|---|---|\n");
  for (const auto& [family, errors] : lut_errors) {
    const std::vector<double>& ff = ff_errors[family];
    std::printf("| %s | %zu | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% |\n", family.c_str(),
                errors.size(), quantile(errors, 0.5), quantile(errors, 0.95), quantile(errors, 1),
                quantile(ff, 0.5), quantile(ff, 0.95), quantile(ff, 1));
  }
}
