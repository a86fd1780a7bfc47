// A stage as one netlist, with its windows and the FIFOs before them, which is then counted.

#include "schedule/stage_cost.h"

#include <algorithm>
#include <memory>

#include "circuit/circuit_cost.h"
#include "schedule/fabric_blocks.h"
#include "schedule/timeline.h"

namespace gw {

Cost cost(const StageDesign& stage, const Part& part) {
  Fabric fabric(part);
  if (stage.streams.front().fifo_depth == 0) {
    FabricCircuit circuit(fabric, stage.circuit, Bit::one(), Bit::one(), Bit::zero());
    for (const Bits& bits : circuit.build({})) fabric.output(bits);
    return fabric.count();
  }
  const Bit reset = fabric.input(), ready = fabric.input();
  std::vector<std::unique_ptr<FabricWindow>> windows;
  Bit valid = Bit::one();
  for (const InputStream& stream : stage.streams) {
    windows.push_back(std::make_unique<FabricWindow>(fabric, stream, reset));
    valid = fabric.land(valid, windows.back()->valid());
  }
  FabricCircuit circuit(fabric, stage.circuit, valid, ready, reset);
  std::vector<Bits> elements, insides;
  for (size_t k = 0; k < windows.size(); ++k) {
    const InputStream& stream = stage.streams[k];
    FabricFifo fifo(fabric, stream.fifo_depth, fabric.input(), fabric.inputs(stream.beat_bits()),
                    goes_into_register(stream), reset);
    fifo.move(windows[k]->move(fifo.valid(), fifo.data(), circuit.taken()));
    fabric.output(fifo.takes());
    const Bits& data = windows[k]->data();
    const auto width = static_cast<std::ptrdiff_t>(std::max(1, stream.type.width));
    for (auto at = data.begin(); at != data.end(); at += width) elements.emplace_back(at, at + width);
    for (const Bit bit : windows[k]->inside()) insides.push_back({bit});
  }
  elements.insert(elements.end(), insides.begin(), insides.end());
  for (const Bits& bits : circuit.build(elements)) fabric.output(bits);
  fabric.output(circuit.valid());
  return fabric.count();
}

namespace {

// The registers that make paths of one length where nothing is ever held up.
Cost plain_top(const Design& design, const Part& part) {
  Fabric fabric(part);
  const Bit reset = fabric.input();
  const std::vector<int> answers = answer_clocks(design);
  const std::int64_t latency = latency_of(design);
  Bit valid = fabric.input();
  for (std::int64_t clock = 0; clock < latency; ++clock)
    valid = fabric.flop(valid, {Bit::one(), reset}, false);
  fabric.output(valid);
  std::vector<std::vector<Bits>> sources(design.inputs.size() + design.stages.size());
  const auto delayed = [&](int source, int bits, int clock) {
    const auto at =
        source < 0 ? static_cast<size_t>(-1 - source) : design.inputs.size() + static_cast<size_t>(source);
    const int begin = source < 0 ? 0 : answers[static_cast<size_t>(source)];
    std::vector<Bits>& after = sources[at];
    if (after.empty()) after.push_back(fabric.inputs(bits));
    while (static_cast<int>(after.size()) <= clock - begin) {
      Bits next;
      for (const Bit bit : after.back()) next.push_back(fabric.flop(bit, {}, true));
      after.push_back(std::move(next));
    }
    fabric.output(after[static_cast<size_t>(clock - begin)]);
  };
  for (size_t s = 0; s < design.stages.size(); ++s) {
    const StageDesign& stage = design.stages[s];
    for (const InputStream& stream : stage.streams)
      delayed(stream.source, stream.beat_bits(), answers[s] - stage.circuit.latency);
  }
  for (const StreamPort& port : design.outputs) delayed(port.source, port.bits(), static_cast<int>(latency));
  return fabric.count();
}

}  // namespace

Cost window_cost(const Window& window, int pixel_bits, const Part& part, LineMemory memory) {
  InputStream stream;
  stream.window = window;
  stream.type.width = std::max(1, pixel_bits / std::max(1, window.channels));
  stream.memory = memory;
  Fabric fabric(part);
  FabricWindow block(fabric, stream, fabric.input());
  const Bit offered = fabric.input(), used = fabric.input();
  fabric.output(block.move(offered, fabric.inputs(stream.beat_bits()), used));
  fabric.output(block.data());
  fabric.output(block.inside());
  fabric.output(block.valid());
  return fabric.count();
}

Cost fifo_cost(int depth, int bits, const Part& part) {
  Fabric fabric(part);
  const Bit reset = fabric.input(), offered = fabric.input(), taken = fabric.input();
  FabricFifo fifo(fabric, depth, offered, fabric.inputs(bits), false, reset);
  fifo.move(taken);
  fabric.output(fifo.takes());
  fabric.output(fifo.valid());
  fabric.output(fifo.data());
  return fabric.count();
}

Cost around_cost(const Design& design, const Part& part) {
  if (design.ports == Ports::Plain) return plain_top(design, part);
  Cost total;
  for (const StreamPort& port : design.outputs) {
    if (port.buffered) total += fifo_cost(2, port.bits(), part);
  }
  // Beats are counted at every port; an input that ends elsewhere is an error that stays.
  Fabric fabric(part);
  const Bit reset = fabric.input();
  Bit error = Bit::zero();
  for (const StreamPort& port : design.inputs) {
    const Bit step = fabric.land(fabric.input(), fabric.input());
    const FabricCounter beat = build_counter(fabric, port.beats(), step, reset);
    error = fabric.lor(error, fabric.land(step, fabric.lxor(fabric.input(), beat.last)));
  }
  const Bit frame_error = fabric.state();
  fabric.set_state(frame_error, Bit::one(), {error, reset});
  fabric.output(frame_error);
  for (const StreamPort& port : design.outputs) {
    const Bit step = fabric.land(fabric.input(), fabric.input());
    fabric.output(build_counter(fabric, port.beats(), step, reset).last);
  }
  return total + fabric.count();
}

Cost cost(const Design& design, const Part& part) {
  Cost total = around_cost(design, part);
  for (const StageDesign& stage : design.stages) total += cost(stage, part);
  return total;
}

}  // namespace gw
