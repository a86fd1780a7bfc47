// The promise of a pass, tried. The inputs are the same in every run, so that a difference is found again.

#include "passes/check.h"

#include "graph/evaluate.h"
#include "graph/probe.h"
#include "support/messages.h"

namespace gw {

Status check_bits(const Pass& pass, const Graph& before, const Graph& after) {
  constexpr int samples = 16;
  Random random(1);
  std::vector<Tensor> inputs;
  for (const NodeId id : before.inputs()) inputs.push_back(probe(random, before[id].type, samples));
  const std::vector<Tensor> wanted = evaluate(before, inputs), got = evaluate(after, inputs);
  GW_CHECK(wanted.size() == got.size());
  for (size_t output = 0; output < wanted.size(); ++output) {
    if (got[output] == wanted[output]) continue;
    const Place place{after.file(), 0, place_of(before[before.outputs()[output]].name)};
    if (got[output].type() != wanted[output].type() || got[output].shape() != wanted[output].shape()) {
      return diagnose(messages::pass_changed_type, place, std::string(pass.name),
                      to_string(before[before.outputs()[output]].type),
                      to_string(after[after.outputs()[output]].type));
    }
    std::int64_t i = 0;
    while (got[output].at(i) == wanted[output].at(i)) ++i;
    return diagnose(messages::pass_changed_bits, place, std::string(pass.name), i / wanted[output].size(),
                    i % wanted[output].size(), wanted[output].at(i), got[output].at(i));
  }
  return Done{};
}

}  // namespace gw
