// Adder graphs as cells, each exactly as wide as its values and its readers need.
//
// A carry chain costs about one LUT a bit, so the width of every adder is taken from its exact range and not
// from a rule of one more bit a level. A sum modulo 2^n needs its operands only modulo 2^n: where outputs
// look at low bits only (a wrapping cast follows), that request is followed back through the graph.

#include "circuit/adder_cells.h"

#include <algorithm>

#include "support/check.h"

namespace gw {

std::vector<WireId> adder_cells(Circuit& circuit, const AdderGraph& graph, std::span<const WireId> inputs,
                                std::span<const int> bits) {
  GW_CHECK(inputs.size() == static_cast<size_t>(graph.inputs) && bits.size() == graph.outputs.size());
  const size_t first = inputs.size();
  std::vector<int> needed(first + graph.adders.size(), 0);
  const auto need = [&](int node, int low_bits) {
    int& entry = needed[static_cast<size_t>(node)];
    entry = std::max(entry, low_bits);
  };
  for (size_t o = 0; o < graph.outputs.size(); ++o) {
    if (graph.outputs[o].node >= 0) need(graph.outputs[o].node, bits[o] - graph.outputs[o].shift);
  }
  for (size_t i = graph.adders.size(); i-- > 0;) {
    const Adder& adder = graph.adders[i];
    need(adder.a, needed[first + i] - adder.shift_a);
    need(adder.b, needed[first + i] - adder.shift_b);
  }

  std::vector<WireId> wires(inputs.begin(), inputs.end());
  for (size_t i = 0; i < graph.adders.size(); ++i) {
    const Adder& adder = graph.adders[i];
    const FixedType type = type_of(adder.range);
    const int width = std::min(type.width, needed[first + i]);
    if (width <= 0) {
      wires.push_back(circuit.constant(0, 1, false));
      continue;
    }
    const WireId a = wires[static_cast<size_t>(adder.a)], b = wires[static_cast<size_t>(adder.b)];
    wires.push_back(adder.subtract
                        ? circuit.subtract(a, adder.shift_a, b, adder.shift_b, width, type.is_signed)
                        : circuit.add(a, adder.shift_a, b, adder.shift_b, width, type.is_signed));
  }

  std::vector<WireId> outputs;
  for (size_t o = 0; o < graph.outputs.size(); ++o) {
    const AdderGraph::Output& out = graph.outputs[o];
    if (out.node < 0 || out.shift >= bits[o]) {
      outputs.push_back(circuit.constant(0, 1, false));
      continue;
    }
    const Interval& range = graph.range(out.node);
    const WireId wire = wires[static_cast<size_t>(out.node)];
    const WireId value = circuit.slice(wire, -out.shift, std::min(bits[o], circuit[wire].width + out.shift),
                                       circuit[wire].is_signed);
    if (!out.negative) {
      outputs.push_back(value);
      continue;
    }
    const Int128 scale = Int128{1} << out.shift;
    const FixedType type = type_of({-range.hi * scale, -range.lo * scale, 0});
    outputs.push_back(circuit.subtract(circuit.constant(0, 1, false), 0, value, 0,
                                       std::max(1, std::min(type.width, bits[o])), type.is_signed));
  }
  return outputs;
}

}  // namespace gw
