#pragma once

#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "circuit/adder_search.h"
#include "circuit/cost.h"
#include "circuit/pipeline.h"
#include "schedule/design.h"
#include "schedule/timeline.h"
#include "support/diagnostic.h"

namespace gw {

/// One way to make a stage.
struct Choice {
  const char* style = "";
  Pipelined made;
  std::vector<InputStream> streams;
  Cost windows;           ///< of its streams
  Cost cost;              ///< of the circuit and its windows
  double share = 0;       ///< of the part
  bool is_guess = false;  ///< the cost is a quick formula's, mostly below what a count gives
  /// Makes the circuit with its shared adders looked for as long as that says; empty where there are none.
  std::function<Circuit(const AdderSearch&)> search;
};

/// What a choice has been found to cost.
void set_cost(Choice& choice, const Cost& circuit, const Part& part);

/// The choice with registers placed and every cell counted.
void count(Choice& choice, const Part& part);

/// No limit in any resource.
inline constexpr Cost unlimited{
    std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(),
    std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};

/// True if the budget limits anything.
bool has_limit(const Cost& budget);

/// What a cost takes more than the budget grants.
Cost beyond(const Cost& cost, const Cost& budget, const Part& part);

/// Prices on one part and what they depend on, each worked out once.
class Prices {
 public:
  explicit Prices(const Part& part) : part_(part) {}
  /// A FIFO of `depth` beats of `bits` bits.
  const Cost& fifo(int depth, int bits);
  /// The FIFOs of all stages.
  Cost fifos(const Design& design);
  /// A stage made of that choice, with its windows and FIFOs.
  Cost stage(const Choice& choice, const StageDesign& stage);
  /// Set to the design and its stages, which are made of these choices: each stage by itself, whatever is
  /// around it (see design_cost.h).
  void set(Design& design, const std::vector<Choice*>& chosen);
  /// FIFO depths and latency, see timeline.h.
  void set_fifo_depths(Design& design) { timeline_.set_fifo_depths(design); }
  /// The choice is no longer what it was.
  void forget(const Choice& choice);

 private:
  const Part& part_;
  Timeline timeline_;
  std::map<std::pair<int, int>, Cost> fifos_;
  std::map<std::tuple<const Choice*, std::vector<int>>, Cost> stages_;  ///< by FIFO depths
};

/// For each stage, the ways to make it.
using Choices = std::vector<std::vector<Choice*>>;

/// One choice for each stage.
struct Chosen {
  std::vector<size_t> choices;
  /// Why they do not do: none fit the budget, and these take least of the resource that binds.
  std::optional<Diagnostic> refusal;
};

/// Takes one choice for each stage of the design, and says which: the set that is the smallest share of the
/// part, where each clock of latency is worth `clock_share` of it. If that is more than `budget`, or more
/// than the part holds, the best set that fits is found by an integer program; `aside` is kept free for what
/// stands around the stages besides FIFOs of the least depth. A refusal names the resource that binds, what
/// it takes at least and the stage that takes most. What does not fit the part alone is none; then the set is
/// taken that exceeds it least.
Chosen choose(Design& design, const Choices& choices, const Part& part, const Cost& budget, const Cost& aside,
              double clock_share, Prices& prices);

}  // namespace gw
