// The search for few and narrow adders.
//
// Greedy sharing gives a good first answer and stops at the first local optimum. From there simulated
// annealing (Kirkpatrick, Gelatt, Vecchi 1983) takes steps that cost microseconds each: a change is kept if
// it costs no bit more, and otherwise with probability exp(-bits / temperature), the temperature falling to
// zero. Steps that change nothing in the cost are most of them, and what makes it work: they wander over the
// plateau of equally good sums until a better one is next to it. The search is metered in changed pair
// counts, not in seconds, so that its answer does not depend on the machine.

#include "circuit/adder_search.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "circuit/shared_sums.h"
#include "circuit/sum_trees.h"
#include "support/check.h"

namespace gw {

namespace {

constexpr double first_temperature = 10;  // bits: an adder or so
// Pair counts changed for effort 1: a share of the squared number of digits, enough for tiny matrices and an
// end for huge ones (128 x 128 weights of 8 bits).
constexpr double work_per_squared_digit = 1.4;
constexpr double least_work = 1e5;
constexpr double largest_work = 3e8;

class Meter {
 public:
  Meter(const AdderSearch& search, const SharedSums& sums) : search_(search), sums_(sums) {
    const auto digits = static_cast<double>(sums.adders() + sums.outputs());
    const double whole = std::min(largest_work, least_work + work_per_squared_digit * digits * digits);
    work_ = search.effort <= 0
                ? 0
                : std::min(search.most_work, search.effort * whole) + static_cast<double>(sums.work());
  }

  /// The share of the search that is done, 0 to 1.
  double done() const {
    if (search_.seconds > 0) {
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
      return std::min(1.0, passed.count() / search_.seconds);
    }
    return work_ <= 0 ? 1 : std::min(1.0, static_cast<double>(sums_.work()) / work_);
  }

 private:
  const AdderSearch& search_;
  const SharedSums& sums_;
  double work_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void anneal(SharedSums& sums, const AdderSearch& search, const Meter& meter, Random& random) {
  // Cold for the last tenth: only what is as good or better.
  const auto temperature = [&](double done) { return first_temperature * std::max(0.0, 1 - done / 0.9); };
  double told = 0;
  for (std::int64_t step = 0;; ++step) {
    const double done = meter.done();
    if (done >= 1) return;
    if (search.progress && done - told > 0.01 && !search.progress(told = done, sums.adders())) return;
    const long worse = sums.change_at_random();
    if (worse <= 0) continue;
    const double warmth = temperature(done);
    if (warmth <= 0 || random.unit() >= std::exp(-static_cast<double>(worse) / warmth)) sums.undo();
  }
}

}  // namespace

AdderGraph search_adders(const ConstantMatrix& matrix, const AdderSearch& search) {
  GW_CHECK(static_cast<int>(matrix.inputs.size()) == matrix.rows);
  const int limit = search.extra_depth < 0 ? -1 : SharedSums::least_depth(matrix) + search.extra_depth;
  SharedSums sums(matrix, limit, search.seed);
  const Meter meter(search, sums);
  sums.share_greedily(0);
  const AdderGraph first = adder_graph(sums, matrix, limit);
  Random random(search.seed);
  if (matrix.columns > 0) anneal(sums, search, meter, random);
  AdderGraph best = adder_graph(sums, matrix, limit);
  return first.bits() < best.bits() ? first : best;
}

}  // namespace gw
