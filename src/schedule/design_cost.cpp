// A design as one netlist, which is then counted.

#include "schedule/design_cost.h"

#include <map>
#include <numeric>
#include <utility>

#include "circuit/circuit_cost.h"
#include "schedule/fabric_blocks.h"
#include "schedule/timeline.h"

namespace gw {

namespace {

// The top level of backends/verilog/top.cpp and all that is in it. Section 0 is what stands around the
// stages, stage s is section s + 1.
class FabricDesign {
 public:
  FabricDesign(Fabric& fabric, const Design& design)
      : fabric_(fabric), design_(design), reset_(fabric.input()), readers_(sources()) {}

  void build() {
    for (const StageDesign& stage : design_.stages) stages_.emplace_back(fabric_, stage, reset_);
    for (size_t o = 0; o < design_.outputs.size(); ++o) {
      taken_.push_back(fabric_.input());
      if (design_.outputs[o].buffered) buffers_.try_emplace(o, fabric_, 2, reset_);
    }
    find_readers();
    inputs();
    for (size_t s = 0; s < stages_.size(); ++s) {
      fabric_.begin_section(static_cast<int>(s) + 1);
      const auto source = static_cast<int>(s);
      const Bit ready = is_taken(source);
      stages_[s].build(ready);
      give(source, stages_[s].valid(), ready, stages_[s].answer());
    }
    fabric_.begin_section(0);
    for (auto& [port, buffer] : buffers_) {
      buffer.move(taken_[port]);
      output(port, buffer.valid(), buffer.data());
    }
  }

 private:
  // What takes the beats of a source: a stream of a stage, or an output.
  struct Reader {
    bool is_output = false;
    size_t index = 0, stream = 0;
  };

  size_t sources() const { return design_.inputs.size() + design_.stages.size(); }
  size_t place(int source) const {
    return source < 0 ? static_cast<size_t>(-1 - source)
                      : design_.inputs.size() + static_cast<size_t>(source);
  }

  void find_readers() {
    for (size_t s = 0; s < stages_.size(); ++s) {
      const std::vector<InputStream>& streams = design_.stages[s].streams;
      for (size_t k = 0; k < streams.size(); ++k) readers_[place(streams[k].source)].push_back({false, s, k});
    }
    for (size_t o = 0; o < design_.outputs.size(); ++o)
      readers_[place(design_.outputs[o].source)].push_back({true, o, 0});
  }

  Bit takes(const Reader& reader) const {
    if (!reader.is_output) return stages_[reader.index].takes(reader.stream);
    const auto buffer = buffers_.find(reader.index);
    return buffer == buffers_.end() ? taken_[reader.index] : buffer->second.takes();
  }

  // Whether all can take a beat of that source.
  Bit is_taken(int source) {
    Bits all;
    for (const Reader& reader : readers_[place(source)]) all.push_back(takes(reader));
    return fabric_.all(std::move(all));
  }

  void give(int source, Bit valid, Bit ready, const Bits& beat) {
    const std::vector<Reader>& readers = readers_[place(source)];
    const Bit offered = readers.size() == 1 ? valid : fabric_.land(valid, ready);
    for (const Reader& reader : readers) {
      if (!reader.is_output) {
        fabric_.begin_section(static_cast<int>(reader.index) + 1);
        stages_[reader.index].offer(reader.stream, offered, beat);
        continue;
      }
      fabric_.begin_section(0);
      if (const auto buffer = buffers_.find(reader.index); buffer != buffers_.end()) {
        buffer->second.offer(offered, beat, false);
      } else {
        output(reader.index, offered, beat);
      }
    }
  }

  // Beats are counted at every port; an input that ends elsewhere is an error that stays.
  void inputs() {
    Bit error = Bit::zero();
    for (size_t i = 0; i < design_.inputs.size(); ++i) {
      const StreamPort& port = design_.inputs[i];
      const auto source = -1 - static_cast<int>(i);
      const Bit valid = fabric_.input(), ready = is_taken(source), step = fabric_.land(valid, ready);
      fabric_.output(ready);
      const FabricCounter beat = build_counter(fabric_, port.beats(), step, reset_);
      error = fabric_.lor(error, fabric_.land(step, fabric_.lxor(fabric_.input(), beat.last)));
      give(source, valid, ready, fabric_.inputs(port.bits()));
      fabric_.begin_section(0);
    }
    const Bit frame_error = fabric_.state();
    fabric_.set_state(frame_error, Bit::one(), {error, reset_});
    fabric_.output(frame_error);
  }

  void output(size_t port, Bit valid, const Bits& beat) {
    fabric_.output(valid);
    fabric_.output(beat);
    const Bit step = fabric_.land(valid, taken_[port]);
    fabric_.output(build_counter(fabric_, design_.outputs[port].beats(), step, reset_).last);
  }

  Fabric& fabric_;
  const Design& design_;
  Bit reset_;
  std::vector<FabricStage> stages_;
  Bits taken_;                                ///< of each output: its beat is taken
  std::map<size_t, FabricFifo> buffers_;      ///< of outputs that share their source
  std::vector<std::vector<Reader>> readers_;  ///< of each source
};

// A design that takes a frame a clock: stages, and the registers that make paths of one length.
void build_plain(Fabric& fabric, const Design& design) {
  const Bit reset = fabric.input();
  const std::vector<int> answers = answer_clocks(design);
  const std::int64_t latency = latency_of(design);
  Bit valid = fabric.input();
  for (std::int64_t clock = 0; clock < latency; ++clock)
    valid = fabric.flop(valid, {Bit::one(), reset}, false);
  fabric.output(valid);
  // By source: its bits, and those a clock later, as far as they are read.
  std::map<int, std::vector<Bits>> after;
  for (size_t i = 0; i < design.inputs.size(); ++i)
    after[-1 - static_cast<int>(i)] = {fabric.inputs(design.inputs[i].bits())};
  const auto delayed = [&](int source, int clock) {
    const int begin = source < 0 ? 0 : answers[static_cast<size_t>(source)];
    std::vector<Bits>& known = after.at(source);
    fabric.begin_section(0);
    while (static_cast<int>(known.size()) <= clock - begin) {
      Bits next;
      for (const Bit bit : known.back()) next.push_back(fabric.flop(bit, {}, true));
      known.push_back(std::move(next));
    }
    return known[static_cast<size_t>(clock - begin)];
  };
  for (size_t s = 0; s < design.stages.size(); ++s) {
    const StageDesign& stage = design.stages[s];
    std::vector<Bits> elements;
    for (const InputStream& stream : stage.streams)
      append_elements(elements, delayed(stream.source, answers[s] - stage.circuit.latency),
                      stream.type.width);
    fabric.begin_section(static_cast<int>(s) + 1);
    FabricCircuit circuit(fabric, stage.circuit, Bit::one(), Bit::one(), Bit::zero());
    after[static_cast<int>(s)] = {joined(circuit.build(elements))};
  }
  for (const StreamPort& port : design.outputs)
    fabric.output(delayed(port.source, static_cast<int>(latency)));
}

}  // namespace

Cost DesignCost::total() const { return std::accumulate(stages.begin(), stages.end(), around); }

DesignCost cost(const Design& design, const Part& part) {
  Fabric fabric(part);
  if (design.ports == Ports::Plain) {
    build_plain(fabric, design);
  } else {
    FabricDesign(fabric, design).build();
  }
  fabric.begin_section(static_cast<int>(design.stages.size()));  // each stage has one, if an empty one
  std::vector<Cost> sections = fabric.count_sections();
  return {sections.front(), {sections.begin() + 1, sections.end()}};
}

}  // namespace gw
