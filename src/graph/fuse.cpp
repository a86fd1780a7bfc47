// A stage that works element by element needs no stream of its own: its formula is put behind the formula of
// the stage that feeds it, with that one's outputs in place of its loads. Building the joint formula anew
// from both lets every range be computed from what the producer can really answer, which is often less than
// its type holds, and lets casts and maxima vanish that then do nothing.

#include "graph/lower.h"

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

/// True if each position of the producer is a pixel that the window reads; not so where it gathers the whole
/// tensor at once.
bool gives_pixels(const Stage& producer, const Window& read) {
  const Window& made = producer.windows.front();
  return made.output_height() == read.height && made.output_width() == read.width &&
         static_cast<int>(producer.formula.outputs().size()) == read.channels;
}

/// Builds `from` once more inside `to`, asking `load` what stands for each load; answers `from`'s outputs
/// there.
template <class Load>
std::vector<ExprId> append(Formula& to, const Formula& from, const Load& load) {
  std::vector<bool> needed(from.exprs().size(), false);
  for (const ExprId id : from.outputs()) needed[static_cast<size_t>(id)] = true;
  for (size_t id = needed.size(); id-- > 0;) {
    if (!needed[id]) continue;
    for (const ExprId arg : from.exprs()[id].args) needed[static_cast<size_t>(arg)] = true;
  }
  std::vector<int> tables;
  for (const Table& table : from.tables()) tables.push_back(to.add_table(table));

  std::vector<ExprId> made(needed.size(), 0);
  for (size_t id = 0; id < needed.size(); ++id) {
    if (!needed[id]) continue;
    const Expr& expr = from.exprs()[id];
    std::vector<ExprId> args;
    for (const ExprId arg : expr.args) args.push_back(made[static_cast<size_t>(arg)]);
    switch (expr.kind) {
      case ExprKind::Load:
      case ExprKind::Inside:
        made[id] = load(expr);
        break;
      case ExprKind::Constant:
        made[id] = to.constant(expr.value, expr.range.fraction);
        break;
      case ExprKind::Add:
      case ExprKind::Sum:
        made[id] = to.sum(std::move(args));
        break;
      case ExprKind::Subtract:
        made[id] = to.subtract(args[0], args[1]);
        break;
      case ExprKind::Multiply:
        made[id] = to.multiply(args[0], args[1]);
        break;
      case ExprKind::Maximum:
        made[id] = to.maximum(args[0], args[1]);
        break;
      case ExprKind::Minimum:
        made[id] = to.minimum(args[0], args[1]);
        break;
      case ExprKind::Select:
        made[id] = to.select(args[0], args[1], args[2]);
        break;
      case ExprKind::Table:
        made[id] = to.table(tables[static_cast<size_t>(expr.index)], args[0]);
        break;
      case ExprKind::Cast:
        made[id] = to.cast(expr.quantizer, args[0]);
        break;
    }
  }
  std::vector<ExprId> outputs;
  for (const ExprId id : from.outputs()) outputs.push_back(made[static_cast<size_t>(id)]);
  return outputs;
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

  Pipeline fused{pipeline.inputs, pipeline.input_names, {}, {}};
  std::vector<int> place;  // of each old stage among the new ones
  for (const StageLink& link : pipeline.stages) {
    const int source = link.sources.front();
    Stage* producer = source >= 0 && users[static_cast<size_t>(source)] == 1
                          ? &fused.stages[static_cast<size_t>(place[static_cast<size_t>(source)])].stage
                          : nullptr;
    if (producer && is_elementwise(link.stage) && gives_pixels(*producer, link.stage.windows.front())) {
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
