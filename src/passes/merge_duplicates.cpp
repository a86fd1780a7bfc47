// Two layers of one kind with equal attributes and inputs answer the same: the later one's readers read the
// earlier one. Inputs are equal if they are one node or constants of one type with equal values. Chains of
// equal layers are merged from their beginning, one link a sweep.
//
// Answers of the network stay, each under its name; so do inputs. What nothing depends on any more is dropped
// by the rewriting itself, here as in every pass.

#include "graph/attributes.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

namespace gw {

namespace {

bool same_input(const Sight& sight, NodeId a, NodeId b) {
  if (a == b) return true;
  const Constant *left = sight.constant(a), *right = sight.constant(b);
  return left && right && left->fixed == right->fixed;
}

bool same_answer(const Sight& sight, NodeId a, NodeId b) {
  const Node &left = sight[a], &right = sight[b];
  if (left.inputs.size() != right.inputs.size() || !same_attributes(*sight.layer(a), *sight.layer(b)))
    return false;
  for (size_t i = 0; i < left.inputs.size(); ++i) {
    if (!same_input(sight, left.inputs[i], right.inputs[i])) return false;
  }
  return true;
}

std::optional<Replacement> rule(const Sight& sight, NodeId id) {
  if (sight.is_output(id)) return std::nullopt;
  for (const NodeId input : sight[id].inputs) {
    if (sight.constant(input)) continue;
    for (const NodeId other : sight.readers(input)) {
      if (other < id && same_answer(sight, other, id)) return Replacement{{}, other};
    }
    break;  // a twin reads every input, so also the first
  }
  return std::nullopt;
}

Result<Graph> run_merge(Graph graph, const Config&) { return rewrite(std::move(graph), rule); }

}  // namespace

const Pass merge_duplicates{"merge_duplicates",
                            "No two layers compute the same, and none computes what nothing reads", run_merge,
                            true};

}  // namespace gw
