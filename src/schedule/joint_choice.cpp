// Which form for which stage, for all stages at once.
//
// A stage's cheapest form is not the design's: when one resource runs short, it has to be given to the stage
// that gains most by it. One binary variable says whether an offer is taken; each stage takes one, each
// resource has its limit. The programs are small (some ten stages with some ten offers), so CBC solves them
// in milliseconds.

#include "schedule/joint_choice.h"

#include <array>
#include <memory>

#include <coin/Cbc_C_Interface.h>

#include "support/check.h"

namespace gw {

namespace {

constexpr std::array resources{&Cost::lut, &Cost::ff, &Cost::dsp, &Cost::bram36};

struct DeleteModel {
  void operator()(Cbc_Model* model) const { Cbc_deleteModel(model); }
};

}  // namespace

std::optional<std::vector<int>> choose_jointly(std::span<const std::vector<Offer>> stages,
                                               const Cost& budget) {
  const std::unique_ptr<Cbc_Model, DeleteModel> model(Cbc_newModel());
  Cbc_setLogLevel(model.get(), 0);
  Cbc_setParameter(model.get(), "slogLevel", "0");
  int columns = 0;
  for (const std::vector<Offer>& offers : stages) {
    GW_CHECK(!offers.empty());
    for (const Offer& offer : offers) {
      Cbc_addCol(model.get(), ("x" + std::to_string(columns)).c_str(), 0, 1, offer.price, 1, 0, nullptr,
                 nullptr);
      ++columns;
    }
  }
  int first = 0;
  for (const std::vector<Offer>& offers : stages) {
    std::vector<int> taken;
    for (size_t n = 0; n < offers.size(); ++n) taken.push_back(first + static_cast<int>(n));
    const std::vector<double> ones(offers.size(), 1.0);
    Cbc_addRow(model.get(), ("stage" + std::to_string(first)).c_str(), static_cast<int>(taken.size()),
               taken.data(), ones.data(), 'E', 1);
    first += static_cast<int>(offers.size());
  }
  for (const auto resource : resources) {
    std::vector<int> used;
    std::vector<double> amounts;
    int column = 0;
    for (const std::vector<Offer>& offers : stages) {
      for (const Offer& offer : offers) {
        if (offer.cost.*resource > 0) {
          used.push_back(column);
          amounts.push_back(offer.cost.*resource);
        }
        ++column;
      }
    }
    Cbc_addRow(model.get(), "resource", static_cast<int>(used.size()), used.data(), amounts.data(), 'L',
               budget.*resource);
  }
  Cbc_solve(model.get());
  if (!Cbc_isProvenOptimal(model.get())) return std::nullopt;
  const double* solution = Cbc_getColSolution(model.get());
  std::vector<int> chosen;
  int column = 0;
  for (const std::vector<Offer>& offers : stages) {
    int choice = 0;
    for (size_t n = 0; n < offers.size(); ++n) {
      if (solution[column++] > 0.5) choice = static_cast<int>(n);
    }
    chosen.push_back(choice);
  }
  return chosen;
}

}  // namespace gw
