// A stage that works element by element needs no stream of its own: its formula is put behind the formula of
// the stage that feeds it, with that one's outputs in place of its loads. Building the joint formula anew
// from both lets every range be computed from what the producer can really answer, which is often less than
// its type holds, and lets casts and maxima vanish that then do nothing.

#include "formula/append.h"
#include "graph/lower.h"
#include "num/signed_digits.h"

namespace gw {

namespace {

/// For every expression of a formula: the one load that it depends on, none, or several.
constexpr int no_load = -1, several_loads = -2;

std::vector<int> loads_below(const Formula& formula) {
  std::vector<int> below;
  for (const Expr& expr : formula.exprs()) {
    // Where padding begins is not a matter of one channel.
    int load = expr.kind == ExprKind::Load     ? expr.index
               : expr.kind == ExprKind::Inside ? several_loads
                                               : no_load;
    for (const ExprId arg : expr.args) {
      const int other = below[static_cast<size_t>(arg)];
      if (other == no_load || other == load) continue;
      load = load == no_load ? other : several_loads;
    }
    below.push_back(load);
  }
  return below;
}

/// One output per channel, each computed from that channel alone.
bool is_elementwise(const Stage& stage) {
  const Formula& formula = stage.formula;
  if (stage.windows.size() != 1 || !stage.windows[0].is_pointwise()) return false;
  if (static_cast<int>(formula.outputs().size()) != stage.windows[0].channels) return false;
  const std::vector<int> below = loads_below(formula);
  for (int k = 0; k < stage.windows[0].channels; ++k) {
    const int load = below[static_cast<size_t>(formula.outputs()[static_cast<size_t>(k)])];
    if (load != k && load != no_load) return false;
  }
  return true;
}

/// A sum of weighted terms, or one such term.
bool is_linear(const Formula& formula, const Expr& expr) {
  return expr.kind == ExprKind::Add || expr.kind == ExprKind::Subtract || expr.kind == ExprKind::Sum ||
         (expr.kind == ExprKind::Multiply && formula[expr.args[1]].kind == ExprKind::Constant);
}

/// For every expression of a formula: of how many terms it is a weighted sum, constants aside.
std::vector<int> terms_of(const Formula& formula) {
  std::vector<int> terms;
  for (const Expr& expr : formula.exprs()) {
    const bool is_sum = is_linear(formula, expr);
    int count = is_sum || expr.kind == ExprKind::Constant ? 0 : 1;
    for (const ExprId arg : expr.args) count += is_sum ? terms[static_cast<size_t>(arg)] : 0;
    terms.push_back(count);
  }
  return terms;
}

/// For every expression of a formula: whether nothing but sums and products with constants lies between it
/// and what it loads.
std::vector<bool> linear_in_loads(const Formula& formula) {
  std::vector<bool> linear;
  for (const Expr& expr : formula.exprs()) {
    bool is = expr.kind == ExprKind::Load || expr.kind == ExprKind::Constant || is_linear(formula, expr);
    for (const ExprId arg : expr.args) is = is && linear[static_cast<size_t>(arg)];
    linear.push_back(is);
  }
  return linear;
}

/// Whether joined they would have to add far more than apart: the consumer multiplies sums of the producer.
bool multiply_out(const Stage& producer, const Stage& consumer) {
  const Formula& formula = consumer.formula;
  const std::vector<int> terms = terms_of(producer.formula);
  const std::vector<int> below = loads_below(formula);
  const std::vector<bool> linear = linear_in_loads(formula);
  std::int64_t additions = 0;
  for (size_t id = 0; id < linear.size(); ++id) {
    const Expr& expr = formula.exprs()[id];
    if (expr.kind != ExprKind::Multiply || !linear[id] || below[id] < 0) continue;
    const ExprId sum = producer.formula.outputs()[static_cast<size_t>(below[id])];
    const auto digits = static_cast<std::int64_t>(canonical_digits(formula[expr.args[1]].value).size());
    const int others = std::max(0, terms[static_cast<size_t>(sum)] - 1);
    additions += std::int64_t{others} * (digits - 1);
  }
  // A stage has its registers and its handshake.
  return additions > 4 + 2 * static_cast<std::int64_t>(formula.outputs().size());
}

/// True if each position of the producer is a pixel that the window reads; not so where it gathers the whole
/// tensor at once.
bool gives_pixels(const Stage& producer, const Window& read) {
  const Window& made = producer.windows.front();
  return made.output_height() == read.height && made.output_width() == read.width &&
         static_cast<int>(producer.formula.outputs().size()) == read.channels;
}

Stage joined(const Stage& producer, const Stage& consumer) {
  Formula formula;
  const std::vector<ExprId> between = append(formula, producer.formula, [&](const Expr& expr) {
    return expr.kind == ExprKind::Inside ? formula.inside(expr.stream, expr.index)
                                         : formula.load(expr.stream, expr.index, expr.range);
  });
  formula.set_outputs(append(formula, consumer.formula,
                             [&](const Expr& expr) { return between[static_cast<size_t>(expr.index)]; }));
  return {producer.name + "+" + consumer.name, producer.windows, producer.inputs, std::move(formula),
          consumer.output};
}

}  // namespace

Pipeline fuse_pointwise(const Pipeline& pipeline) {
  std::vector<int> users(pipeline.stages.size(), 0);
  for (const int stage : pipeline.outputs) ++users[static_cast<size_t>(stage)];
  for (const StageLink& link : pipeline.stages) {
    for (const int source : link.sources) {
      if (source >= 0) ++users[static_cast<size_t>(source)];
    }
  }

  Pipeline fused{pipeline.inputs, pipeline.input_names, {}, {}, pipeline.output_names};
  std::vector<int> place;  // of each old stage among the new ones
  for (const StageLink& link : pipeline.stages) {
    const int source = link.sources.front();
    Stage* producer = source >= 0 && users[static_cast<size_t>(source)] == 1
                          ? &fused.stages[static_cast<size_t>(place[static_cast<size_t>(source)])].stage
                          : nullptr;
    if (producer && is_elementwise(link.stage) && gives_pixels(*producer, link.stage.windows.front()) &&
        !multiply_out(*producer, link.stage)) {
      *producer = joined(*producer, link.stage);
      place.push_back(place[static_cast<size_t>(source)]);
      continue;
    }
    place.push_back(static_cast<int>(fused.stages.size()));
    StageLink kept = link;
    for (int& from : kept.sources) {
      if (from >= 0) from = place[static_cast<size_t>(from)];
    }
    fused.stages.push_back(std::move(kept));
  }
  for (const int stage : pipeline.outputs) fused.outputs.push_back(place[static_cast<size_t>(stage)]);
  return fused;
}

}  // namespace gw
