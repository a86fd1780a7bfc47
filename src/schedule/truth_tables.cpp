// Neurons as truth tables.
//
// A neuron of few inputs with few bits (pruned hard, or of one or two bits) is a function that one look-up
// table for each bit of its answer holds whole, whatever its weights, bias and activation are, while adders
// take some for each weight (LogicNets, Umuroglu et al. 2020, builds whole networks so). Found from the
// outputs backwards: the first value on the way to the window that depends on few enough bits of it, and that
// would cost more in adders and gates, built and counted by itself. Adders that several values share are in
// none of these counts, hence the share below; whether a stage takes fewer tables in the end is counted with
// all of it (forms.h).

#include "schedule/truth_tables.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "circuit/cost.h"
#include "schedule/stage_circuit.h"

namespace gw {

namespace {

// Of what a value's adders take alone, when they are shared with those of others.
constexpr double shared = 2.0 / 3;

int bits_of(const Expr& load) { return std::max(1, type_of(load.range).width); }

class Finder {
 public:
  Finder(const Stage& stage, int most_bits, const Part& part)
      : stage_(stage),
        alone_(stage),
        formula_(stage.formula),
        most_bits_(most_bits),
        part_(part),
        places_(input_places(stage)) {
    for (size_t id = 0; id < formula_.exprs().size(); ++id)
      loads_.push_back(loads_of(static_cast<ExprId>(id)));
    visited_.assign(loads_.size(), false);
  }

  std::vector<TruthTable> run() {
    for (const ExprId out : formula_.outputs()) visit(out);
    return std::move(found_);
  }

 private:
  using Loads = std::optional<std::vector<ExprId>>;  // none: of too many bits

  Loads loads_of(ExprId id) const {
    const Expr& expr = formula_[id];
    std::vector<ExprId> loads;
    if (expr.kind == ExprKind::Load || expr.kind == ExprKind::Inside) loads.push_back(id);
    for (const ExprId arg : expr.args) {
      const Loads& more = loads_[static_cast<size_t>(arg)];
      if (!more) return std::nullopt;
      std::vector<ExprId> all;
      std::set_union(loads.begin(), loads.end(), more->begin(), more->end(), std::back_inserter(all));
      loads = std::move(all);
    }
    int bits = 0;
    for (const ExprId load : loads) bits += bits_of(formula_[load]);
    if (bits > most_bits_) return std::nullopt;
    return loads;
  }

  // Values that are parts of sums are left to the sums, which share them.
  bool is_linear(const Expr& expr) const {
    return expr.kind == ExprKind::Add || expr.kind == ExprKind::Subtract || expr.kind == ExprKind::Sum ||
           (expr.kind == ExprKind::Multiply && formula_[expr.args[1]].kind == ExprKind::Constant);
  }

  void visit(ExprId id) {
    const auto at = static_cast<size_t>(id);
    if (visited_[at]) return;
    visited_[at] = true;
    const Expr& expr = formula_[id];
    if (expr.args.empty()) return;
    if (loads_[at] && !loads_[at]->empty() && take(id)) return;
    for (const ExprId arg : expr.args) descend(arg);
  }

  void descend(ExprId id) {
    if (!is_linear(formula_[id])) return visit(id);
    const auto at = static_cast<size_t>(id);
    if (visited_[at]) return;
    visited_[at] = true;
    for (const ExprId arg : formula_[id].args) descend(arg);
  }

  bool take(ExprId id) {
    const Expr& expr = formula_[id];
    TruthTable table{id, *loads_[static_cast<size_t>(id)], {}};
    alone_.formula.set_outputs({id});
    alone_.output = {{1}, type_of(expr.range)};
    AdderSearch quick;
    quick.effort = quick.seconds = 0;
    const Circuit circuit = unfolded_circuit(alone_, quick);
    const double adders = cost(circuit, part_).lut;
    if (adders == 0) return false;
    fill(table, circuit);
    const Circuit as_table = unfolded_circuit(alone_, quick, {&table, 1});
    if (cost(as_table, part_).lut >= shared * adders) return false;
    found_.push_back(std::move(table));
    return true;
  }

  // What the circuit answers at each address. An address that no window has answers what the nearest value
  // of its loads would.
  void fill(TruthTable& table, const Circuit& circuit) const {
    int bits = 0;
    for (const ExprId load : table.loads) bits += bits_of(formula_[load]);
    std::vector<std::int64_t> window(static_cast<size_t>(places_.count), 0);
    for (std::int64_t address = 0; address < std::int64_t{1} << bits; ++address) {
      int low = 0;
      for (const ExprId id : table.loads) {
        const Expr& load = formula_[id];
        const auto stream = static_cast<size_t>(load.stream);
        const std::int64_t raw = wrapped(address >> low, bits_of(load), load.range.lo < 0);
        low += bits_of(load);
        if (load.kind == ExprKind::Inside) {
          window[static_cast<size_t>(places_.insides[stream] +
                                     load.index / stage_.windows[stream].channels)] = raw;
          continue;
        }
        const auto value = std::clamp<Int128>(raw, load.range.lo, load.range.hi);
        const int spare = stage_.inputs[stream].fraction() - load.range.fraction;
        window[static_cast<size_t>(places_.elements[stream] + load.index)] =
            static_cast<std::int64_t>(value * (Int128{1} << spare));
      }
      table.words.push_back(evaluate(circuit, window).front());
    }
  }

  const Stage& stage_;
  Stage alone_;  ///< with the value that is looked at as its only output
  const Formula& formula_;
  int most_bits_;
  const Part& part_;
  InputPlaces places_;
  std::vector<Loads> loads_;  ///< that each expression depends on
  std::vector<bool> visited_;
  std::vector<TruthTable> found_;
};

}  // namespace

std::vector<TruthTable> truth_tables(const Stage& stage, int most_bits, const Part& part) {
  return Finder(stage, most_bits, part).run();
}

}  // namespace gw
