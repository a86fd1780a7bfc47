// Circuits know one row of input elements; stages have several windows. The elements of all windows are put
// side by side, with the bits that tell what lies inside the input behind them, and the formula is built once
// more on what stands there.

#include "schedule/stage_circuit.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "circuit/block_tables.h"
#include "circuit/formula_circuit.h"
#include "circuit/reset_registers.h"
#include "formula/append.h"

namespace gw {

Circuit unfolded_circuit(const Stage& stage, const AdderSearch& search) {
  std::vector<int> first_element, first_inside;
  int count = 0;
  for (const Window& window : stage.windows) {
    first_element.push_back(count);
    count += window.elements();
  }
  for (const Window& window : stage.windows) {
    first_inside.push_back(count);
    count += window.kernel_h * window.kernel_w;
  }

  Circuit circuit;
  std::vector<WireId> wires;
  Formula formula;
  // Loads of one element may differ in their unit.
  std::map<std::tuple<int, int, int>, int> known;
  const auto place_of = [&](int stream, int index, int fraction, const auto& make) {
    const auto [place, is_new] = known.try_emplace({stream, index, fraction}, static_cast<int>(wires.size()));
    if (is_new) wires.push_back(make());
    return place->second;
  };
  constexpr int inside = -1;  // in place of a fraction's stream
  formula.set_outputs(append(formula, stage.formula, [&](const Expr& expr) {
    const auto stream = static_cast<size_t>(expr.stream);
    if (expr.kind == ExprKind::Inside) {
      const int pixel = expr.index / stage.windows[stream].channels;
      const int place = place_of(inside - expr.stream, pixel, 0,
                                 [&] { return circuit.input(first_inside[stream] + pixel, 1, false); });
      return formula.load(0, place, expr.range);
    }
    const FixedType& type = stage.inputs[stream];
    const int place = place_of(expr.stream, expr.index, expr.range.fraction, [&] {
      const int width = std::max(1, type.width), spare = type.fraction() - expr.range.fraction;
      const WireId whole = circuit.input(first_element[stream] + expr.index, width, type.is_signed);
      return spare == 0 ? whole : circuit.slice(whole, spare, std::max(1, width - spare), type.is_signed);
    });
    return formula.load(0, place, expr.range);
  }));
  const std::vector<FixedType> types(formula.outputs().size(), *stage.output.fixed);
  circuit.set_outputs(FormulaBuilder(circuit, search).build(formula, wires, types));
  return without_dead_cells(circuit);
}

Pipelined pipelined_on(const Part& part, const Circuit& circuit, double clock_ns) {
  Pipelined made = pipelined(with_block_tables(circuit, part), part.delays, clock_ns);
  // Where a register stands behind each table its reset waits for the enable, and synthesis sees that.
  if (!part.ff_behind_lut) made.circuit = with_reset_registers(made.circuit);
  return made;
}

}  // namespace gw
