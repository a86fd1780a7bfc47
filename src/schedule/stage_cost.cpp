// A stage as one netlist, with its windows and the FIFOs before them, which is then counted.

#include "schedule/stage_cost.h"

#include <algorithm>

#include "circuit/circuit_cost.h"
#include "schedule/fabric_blocks.h"

namespace gw {

Cost cost(const StageDesign& stage, const Part& part) {
  Fabric fabric(part);
  if (stage.streams.front().fifo_depth == 0) {
    FabricCircuit circuit(fabric, stage.circuit, Bit::one(), Bit::one(), Bit::zero());
    for (const Bits& bits : circuit.build({})) fabric.output(bits);
    return fabric.count();
  }
  const Bit reset = fabric.input(), ready = fabric.input();
  FabricStage built(fabric, stage, reset);
  for (size_t k = 0; k < stage.streams.size(); ++k) {
    built.offer(k, fabric.input(), fabric.inputs(stage.streams[k].beat_bits()));
    fabric.output(built.takes(k));
  }
  built.build(ready);
  fabric.output(built.answer());
  fabric.output(built.valid());
  return fabric.count();
}

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
  FabricFifo fifo(fabric, depth, fabric.input());
  const Bit taken = fabric.input();
  fifo.offer(fabric.input(), fabric.inputs(bits), false);
  fifo.move(taken);
  fabric.output(fifo.takes());
  fabric.output(fifo.valid());
  fabric.output(fifo.data());
  return fabric.count();
}

}  // namespace gw
