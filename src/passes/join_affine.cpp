// Sums and products with constants, of one value per channel, become part of a layer that adds and multiplies
// by itself:
//
//     matrix(x) + c          the bias of the dense layer or convolution, exactly
//     batch_norm(x) + c      its shift
//     batch_norm(x) * c      its scale and its shift
//     x * c + d              a batch norm
//
// All of it is exact arithmetic on constants that are typed already, so that no bit of an answer changes:
// what rounds in between, an accumulator or a type of the inner layer, is left alone. A product does not go
// into the weights of a matrix: there it would make every one of them wider.

#include "passes/constant_operand.h"
#include "passes/moves.h"
#include "passes/pass.h"

namespace gw {

namespace {

/// A sum or difference with a constant, or a product: the operation, and the cast behind it.
struct Affine {
  MergeOp op;
  std::optional<Quantizer> out;
};

std::optional<Affine> affine_of(const Sight& sight, NodeId id) {
  if (const auto* add = sight.get<Add>(id)) return Affine{MergeOp::Add, add->out};
  if (const auto* subtract = sight.get<Subtract>(id)) return Affine{MergeOp::Subtract, subtract->out};
  if (const auto* multiply = sight.get<Multiply>(id)) return Affine{MergeOp::Multiply, multiply->out};
  return std::nullopt;
}

Interval applied(MergeOp op, const Interval& a, const Interval& c) {
  return op == MergeOp::Add ? a + c : op == MergeOp::Subtract ? a - c : a * c;
}

/// `layer` on `inputs`, the last of which are new constants.
std::optional<Replacement> with_constants(const Sight& sight, NodeId id, Layer layer, NodeId x,
                                          std::vector<std::pair<std::string, Constant>> constants,
                                          const std::vector<NodeId>& between) {
  std::vector<Operand> operands{{sight[x].type, nullptr}};
  for (const NodeId input : between) operands.push_back({sight[input].type, &*sight.constant(input)->fixed});
  for (const auto& [name, constant] : constants)
    operands.push_back({{constant.fixed->shape(), constant.fixed->type()}, &*constant.fixed});
  const auto type = std::visit([&](const auto& l) { return infer(l, operands); }, layer);
  if (!type || !may_have_type(sight, id, *type)) return std::nullopt;
  Replacement replacement;
  std::vector<NodeId> inputs{x};
  inputs.insert(inputs.end(), between.begin(), between.end());
  for (auto& [name, constant] : constants) {
    inputs.push_back(fresh(static_cast<int>(replacement.nodes.size())));
    replacement.nodes.push_back({name, std::move(constant)});
  }
  replacement.answer = fresh(static_cast<int>(replacement.nodes.size()));
  replacement.nodes.push_back({sight[id].name, std::move(layer), std::move(inputs)});
  return replacement;
}

template <class L>
std::optional<Replacement> into_bias(const Sight& sight, NodeId id, NodeId inner, NodeId c, L layer,
                                     const Affine& affine) {
  if (affine.op == MergeOp::Multiply || layer.out || layer.accumulator) return std::nullopt;
  const std::vector<NodeId>& from = sight[inner].inputs;
  const Shape& shape = sight[inner].type.shape;
  const auto with = [&](const Interval& b, const Interval& value) { return applied(affine.op, b, value); };
  auto bias = from.size() > 2
                  ? combined(sight, from[2], c, shape, with)
                  : mapped(sight, c, shape, [&](const Interval& value) { return with({}, value); });
  if (!bias) return std::nullopt;
  const std::string name = from.size() > 2 ? sight[from[2]].name : sight[inner].name + ".bias";
  layer.out = affine.out;
  return with_constants(sight, id, layer, from[0], {{name, std::move(*bias)}}, {from[1]});
}

std::optional<Replacement> into_norm(const Sight& sight, NodeId id, NodeId inner, NodeId c,
                                     const Affine& affine) {
  BatchNorm norm = *sight.get<BatchNorm>(inner);
  if (norm.out) return std::nullopt;
  const std::vector<NodeId>& from = sight[inner].inputs;
  const Shape& shape = sight[inner].type.shape;
  if (!sight.constant(from[1]) || !sight.constant(from[2])) return std::nullopt;
  const auto with = [&](const Interval& b, const Interval& value) { return applied(affine.op, b, value); };
  auto shift = combined(sight, from[2], c, shape, with);
  if (!shift) return std::nullopt;
  norm.out = affine.out;
  if (affine.op != MergeOp::Multiply)
    return with_constants(sight, id, norm, from[0], {{sight[from[2]].name, std::move(*shift)}}, {from[1]});
  auto scale = combined(sight, from[1], c, shape, with);
  if (!scale) return std::nullopt;
  return with_constants(sight, id, norm, from[0],
                        {{sight[from[1]].name, std::move(*scale)}, {sight[from[2]].name, std::move(*shift)}},
                        {});
}

/// x * s + c
std::optional<Replacement> into_new_norm(const Sight& sight, NodeId id, NodeId inner, NodeId c,
                                         const Affine& affine) {
  const auto product = affine_of(sight, inner);
  const auto scaled = with_constant(sight, inner);
  if (affine.op == MergeOp::Multiply || !product || product->op != MergeOp::Multiply || product->out ||
      !scaled || sight[scaled->x].type.shape.empty())
    return std::nullopt;
  const Shape& shape = sight[inner].type.shape;
  auto scale = mapped(sight, scaled->constant, shape, [](const Interval& value) { return value; });
  auto shift =
      mapped(sight, c, shape, [&](const Interval& value) { return applied(affine.op, Interval{}, value); });
  if (!scale || !shift) return std::nullopt;
  return with_constants(
      sight, id, BatchNorm{affine.out}, scaled->x,
      {{sight[scaled->constant].name, std::move(*scale)}, {sight[c].name, std::move(*shift)}}, {});
}

std::optional<Replacement> rule(const Sight& sight, NodeId id) {
  const auto affine = affine_of(sight, id);
  const auto operands = affine ? with_constant(sight, id) : std::nullopt;
  if (!operands || (affine->op == MergeOp::Subtract && operands->is_first)) return std::nullopt;
  const NodeId inner = operands->x;
  if (!sight.layer(inner) || !sight.has_one_reader(inner)) return std::nullopt;
  if (const auto* dense = sight.get<Dense>(inner))
    return into_bias(sight, id, inner, operands->constant, *dense, *affine);
  if (const auto* conv = sight.get<Conv1D>(inner))
    return into_bias(sight, id, inner, operands->constant, *conv, *affine);
  if (const auto* conv = sight.get<Conv2D>(inner))
    return into_bias(sight, id, inner, operands->constant, *conv, *affine);
  if (sight.get<BatchNorm>(inner)) return into_norm(sight, id, inner, operands->constant, *affine);
  return into_new_norm(sight, id, inner, operands->constant, *affine);
}

Result<Graph> run_join(Graph graph, const Config&) { return rewrite(std::move(graph), rule); }

}  // namespace

const Pass join_affine{"join_affine",
                       "Sums and products with constants are part of a layer that adds and multiplies",
                       run_join, true};

}  // namespace gw
