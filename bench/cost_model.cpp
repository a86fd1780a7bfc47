// The price model against synthesis: every design of tests/common/cost_designs.h through Yosys.
//
//     bench_cost_model [FOLDER]     results of Yosys are kept in FOLDER (as it comes: cost_model)
//
// Prints the table of docs/cost-model.md and the errors' quantiles.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "backends/verilog.h"
#include "common/cost_designs.h"
#include "tools/yosys.h"

int main(int count, char** arguments) {
  using namespace gw;
  const fs::path folder = count > 1 ? arguments[1] : "cost_model";
  std::vector<double> errors, ff_errors;
  std::printf(
      "| part | stage | how | LUT est. | LUT Yosys | %% | FF est. | FF Yosys | %% | DSP | BRAM | ms |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  std::uint64_t seed = 1;
  for (const CostRow& row : cost_rows()) {
    const CostDesign design = cost_design(row, seed++);
    const auto start = std::chrono::steady_clock::now();
    const InputStream& stream = design.stage.streams.front();
    const Cost price = cost(design.stage.circuit, design.part) +
                       window_cost(stream.window, stream.pixel_bits(), design.part, stream.memory);
    const double ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    const auto used = synthesise({design.stage.module, verilog_stage_files(design.stage)}, design.part,
                                 {.cache_folder = folder});
    if (!used) {
      std::printf("%s\n", to_string(used.errors().front()).c_str());
      return 1;
    }
    const double lut = 100 * (price.lut - static_cast<double>(used->lut)) / static_cast<double>(used->lut);
    const double ff = 100 * (price.ff - static_cast<double>(used->ff)) / static_cast<double>(used->ff);
    errors.push_back(std::abs(lut));
    ff_errors.push_back(std::abs(ff));
    std::printf(
        "| %s | %s | %s | %.0f | %lld | %+.1f | %.0f | %lld | %+.1f | %.0f / %lld | %.1f / %.1f | %.0f |\n",
        std::string(design.part.family).c_str(), design.name.c_str(), design.stage.style.c_str(), price.lut,
        static_cast<long long>(used->lut), lut, price.ff, static_cast<long long>(used->ff), ff, price.dsp,
        static_cast<long long>(used->dsp), price.bram36, used->bram(), ms);
    std::fflush(stdout);
  }
  for (auto* list : {&errors, &ff_errors}) std::sort(list->begin(), list->end());
  const auto quantile = [](const std::vector<double>& list, double q) {
    return list[static_cast<size_t>(std::ceil(q * static_cast<double>(list.size()))) - 1];
  };
  std::printf(
      "\n%zu designs. LUT: half within %.1f %%, p95 %.1f %%, worst %.1f %%. FF: %.1f, %.1f, %.1f %%.\n",
      errors.size(), quantile(errors, 0.5), quantile(errors, 0.95), errors.back(), quantile(ff_errors, 0.5),
      quantile(ff_errors, 0.95), ff_errors.back());
}
