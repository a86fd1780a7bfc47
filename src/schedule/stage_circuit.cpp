// Circuits know one row of input elements; stages have several windows. The elements of all windows are put
// side by side, with the bits that tell what lies inside the input behind them, and the formula is built once
// more on what stands there.

#include "schedule/stage_circuit.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "circuit/block_tables.h"
#include "circuit/formula_circuit.h"
#include "circuit/reset_registers.h"
#include "formula/append.h"

namespace gw {

InputPlaces input_places(const Stage& stage) {
  InputPlaces places;
  for (const Window& window : stage.windows) {
    places.elements.push_back(places.count);
    places.count += window.elements();
  }
  for (const Window& window : stage.windows) {
    places.insides.push_back(places.count);
    places.count += window.kernel_h * window.kernel_w;
  }
  return places;
}

Circuit unfolded_circuit(const Stage& stage, const AdderSearch& search, std::span<const TruthTable> tables) {
  const InputPlaces places = input_places(stage);
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
  const auto place_of_load = [&](const Expr& expr) {
    const auto stream = static_cast<size_t>(expr.stream);
    if (expr.kind == ExprKind::Inside) {
      const int pixel = expr.index / stage.windows[stream].channels;
      return place_of(inside - expr.stream, pixel, 0,
                      [&] { return circuit.input(places.insides[stream] + pixel, 1, false); });
    }
    const FixedType& type = stage.inputs[stream];
    return place_of(expr.stream, expr.index, expr.range.fraction, [&] {
      const int width = std::max(1, type.width), spare = type.fraction() - expr.range.fraction;
      const WireId whole = circuit.input(places.elements[stream] + expr.index, width, type.is_signed);
      return spare == 0 ? whole : circuit.slice(whole, spare, std::max(1, width - spare), type.is_signed);
    });
  };
  const auto load = [&](const Expr& expr) { return formula.load(0, place_of_load(expr), expr.range); };
  // What stands in a table is one more element of the window.
  const auto looked_up = [&](ExprId id, const std::vector<ExprId>&) -> std::optional<ExprId> {
    const auto table =
        std::find_if(tables.begin(), tables.end(), [&](const TruthTable& t) { return t.expr == id; });
    if (table == tables.end()) return std::nullopt;
    std::vector<WireId> address;
    for (const ExprId part : table->loads) {
      const Expr& read = stage.formula[part];
      const WireId wire = wires[static_cast<size_t>(place_of_load(read))];
      address.push_back(circuit.slice(wire, 0, std::max(1, type_of(read.range).width), read.range.lo < 0));
    }
    const Interval& range = stage.formula[id].range;
    wires.push_back(circuit.truth_table(std::move(address), table->words, std::max(1, type_of(range).width),
                                        range.lo < 0));
    return formula.load(0, static_cast<int>(wires.size()) - 1, range);
  };
  formula.set_outputs(append(formula, stage.formula, load, looked_up));
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
