// From stages to a design.
//
// The interval (clocks a frame) and the geometry say how many clocks a stage may spend on each of its
// positions; everything slower than that would hold the stream up, everything faster stands idle. Within that
// limit each stage takes the cheapest of: all products at once in adders; or products shared over clocks, for
// each way to split the clocks between the terms of the sums and the outputs that looks best by a quick
// formula, then priced cell by cell. Prices are shares of the part, so that a LUT and a multiplier block are
// weighed by how many of them there are.

#include "schedule/schedule.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

#include "circuit/folded_matrix.h"
#include "circuit/matrix_form.h"
#include "circuit/pipeline.h"
#include "schedule/stage_circuit.h"
#include "schedule/timeline.h"
#include "schedule/window_scan.h"
#include "support/messages.h"

namespace gw {

namespace {

constexpr size_t candidates_priced = 4;
constexpr double most_that_a_search_saves = 1.15;  // the price of a first answer over that of a good one

int ceil_div(int a, int b) { return (a + b - 1) / b; }

// What a stage is judged by: its share of the part, and the clocks that its last window takes.
double price(const Cost& cost, const Fold& fold, const Part& part, const ScheduleOptions& options) {
  return share(cost, part) + options.clock_share * fold.clocks();
}

// The splits of at most `clocks` clocks that look best by a quick formula: multipliers, multiplexers, clocks.
std::vector<Fold> promising_folds(const MatrixForm& form, std::int64_t clocks, const Part& part,
                                  const ScheduleOptions& options) {
  struct Candidate {
    Fold fold;
    double price;
  };
  std::vector<Candidate> candidates;
  const bool has_block = part.dsp_count > 0 && part.dsp.multiplies(form.x.width, form.weight.width);
  for (int inner = 1; inner <= form.rows && inner <= clocks; ++inner) {
    const int lanes = ceil_div(form.rows, inner);
    if (ceil_div(form.rows, lanes) != inner) continue;  // as many lanes in fewer clocks
    int last_group = 0;
    for (int outer = 1; outer <= form.columns && inner * outer <= clocks; ++outer) {
      const int group = ceil_div(form.columns, outer);
      if (group == last_group || inner * outer < 2) continue;
      last_group = group;
      const double products = static_cast<double>(lanes) * group;
      Cost quick;
      quick.dsp = has_block ? products : 0;
      quick.lut = (has_block ? 0 : 1.1 * form.x.width * form.weight.width * products) +
                  products * form.x.width + lanes * form.x.width * inner / 3.0;
      quick.ff = products * 2 * form.x.width;
      const Fold fold{inner, outer};
      candidates.push_back({fold, price(quick, fold, part, options)});
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.price < b.price; });
  std::vector<Fold> folds;
  for (size_t n = 0; n < candidates.size() && n < candidates_priced; ++n) folds.push_back(candidates[n].fold);
  return folds;
}

std::string identifier(const std::string& name) {
  std::string plain;
  for (const char c : name) plain += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return plain;
}

// What a source gives: so many beats a frame of so many elements.
struct Beats {
  std::int64_t count = 0;
  int channels = 0;
};

Beats beats_of(const TensorType& input) {
  return {element_count(input.shape) / input.shape.back(), input.shape.back()};
}

Beats beats_of(const Stage& stage) {
  const Window& window = stage.windows.front();
  return {std::int64_t{window.output_height()} * window.output_width(),
          static_cast<int>(stage.formula.outputs().size())};
}

// The window on the beats that really come. One that shows the whole tensor takes them as they are and needs
// no line memory: it is one long row.
void set_window(InputStream& stream, const Window& wanted, const Beats& given) {
  stream.window = wanted;
  if (wanted.is_whole()) {
    Window row;
    row.channels = given.channels;
    row.width = row.kernel_w = static_cast<int>(given.count);
    row.repeat_h = wanted.repeat_h;
    row.repeat_w = wanted.repeat_w;
    GW_CHECK(row.elements() == wanted.elements());
    stream.window = row;
    return;
  }
  GW_CHECK(given.channels % wanted.channels == 0);
  stream.beat_pixels = given.channels / wanted.channels;
  GW_CHECK(stream.beats() == given.count);
}

// Where the line memory of a window costs the smallest share of the part.
LineMemory line_memory(const InputStream& stream, const Part& part) {
  if (scan_of(stream.window).lines == 0) return LineMemory::Distributed;
  const auto asked = [&](LineMemory memory) {
    return share(window_cost(stream.window, stream.pixel_bits(), part, memory), part);
  };
  LineMemory best = LineMemory::Registers;
  if (part.lut_memory_bits > 0 && asked(LineMemory::Distributed) <= asked(best))
    best = LineMemory::Distributed;
  // It is read one clock ahead, so that a row must not be a single pixel.
  if (part.bram.count > 0 && stream.window.width > 1 && asked(LineMemory::Block) < asked(best))
    best = LineMemory::Block;
  return best;
}

StageDesign frame_of(const StageLink& link, size_t index, const Pipeline& pipeline, const Part& part) {
  const Stage& stage = link.stage;
  StageDesign design;
  design.name = stage.name;
  design.module = "stage" + std::to_string(index) + "_" + identifier(stage.name);
  design.output = stage.output;
  design.positions = beats_of(stage).count;
  for (size_t k = 0; k < stage.windows.size(); ++k) {
    InputStream stream;
    stream.source = link.sources[k];
    stream.type = stage.inputs[k];
    set_window(stream, stage.windows[k],
               stream.source < 0 ? beats_of(pipeline.inputs[static_cast<size_t>(-1 - stream.source)])
                                 : beats_of(pipeline.stages[static_cast<size_t>(stream.source)].stage));
    stream.memory = line_memory(stream, part);
    design.streams.push_back(stream);
  }
  return design;
}

std::vector<Window> windows_of(const StageDesign& stage) {
  std::vector<Window> windows;
  for (const InputStream& stream : stage.streams) windows.push_back(stream.window);
  return windows;
}

// Takes over a circuit if it is cheaper than what stands.
void consider(StageDesign& design, std::optional<double>& best, const char* style, const Circuit& circuit,
              const Part& part, const ScheduleOptions& options) {
  Pipelined candidate = pipelined(circuit, part.delays, options.clock_ns);
  const double asked = price(cost(candidate.circuit, part), circuit.fold, part, options);
  if (best && *best <= asked) return;
  best = asked;
  design.style = style;
  design.slowest_ns = candidate.slowest_ns;
  design.circuit = std::move(candidate.circuit);
}

// Names of ports as signals can have them, each one once; a single port needs none.
std::vector<std::string> port_names(const std::vector<std::string>& names) {
  if (names.size() == 1) return {""};
  std::set<std::string> taken;
  std::vector<std::string> plain;
  for (const std::string& name : names) {
    std::string next = identifier(name);
    for (int n = 2; !taken.insert(next).second; ++n) next = identifier(name) + "_" + std::to_string(n);
    plain.push_back(std::move(next));
  }
  return plain;
}

void set_ports(Design& design, const Pipeline& pipeline) {
  const std::vector<std::string> inputs = port_names(pipeline.input_names);
  for (size_t i = 0; i < pipeline.inputs.size(); ++i) {
    const TensorType& type = pipeline.inputs[i];
    design.inputs.push_back({inputs[i], type, beats_of(type).channels});
  }
  std::vector<int> readers(pipeline.stages.size(), 0);
  for (const StageLink& link : pipeline.stages) {
    for (const int source : link.sources) {
      if (source >= 0) ++readers[static_cast<size_t>(source)];
    }
  }
  for (const int source : pipeline.outputs) ++readers[static_cast<size_t>(source)];
  const std::vector<std::string> outputs = port_names(pipeline.output_names);
  for (size_t o = 0; o < pipeline.outputs.size(); ++o) {
    const auto source = static_cast<size_t>(pipeline.outputs[o]);
    const Stage& stage = pipeline.stages[source].stage;
    design.outputs.push_back(
        {outputs[o], stage.output, beats_of(stage).channels, pipeline.outputs[o], readers[source] > 1});
  }
}

void choose_circuit(StageDesign& made, const Stage& stage, std::int64_t clocks, const Part& part,
                    const ScheduleOptions& options) {
  std::optional<double> best;
  const auto form = stage.windows.size() == 1
                        ? matrix_form(stage.formula, made.elements(), stage.inputs.front())
                        : std::nullopt;
  if (form && clocks > 1) {
    for (const Fold& fold : promising_folds(*form, clocks, part, options)) {
      consider(made, best, "folded", folded_matrix(*form, fold, *stage.output.fixed), part, options);
    }
  }
  // A first answer tells whether adders are worth the search.
  AdderSearch quick = options.adders;
  quick.effort = quick.seconds = 0;
  const Circuit first = unfolded_circuit(stage, quick);
  const double asked = price(cost(pipelined(first, part.delays, options.clock_ns).circuit, part), first.fold, part, options);
  if (best && asked > *best * most_that_a_search_saves) return;
  consider(made, best, "adders", unfolded_circuit(stage, options.adders), part, options);
}

}  // namespace

std::int64_t affordable_clocks(std::span<const Window> windows, std::int64_t interval) {
  const Window& first = windows.front();
  const std::int64_t positions = std::int64_t{first.output_height()} * first.output_width();
  const std::int64_t spare = interval - shortest_interval(windows);
  return spare < 0 ? 0 : 1 + spare / positions;
}

Result<Design> schedule(const std::string& name, const Pipeline& pipeline, const Part& part,
                        const ScheduleOptions& options) {
  GW_CHECK(!pipeline.stages.empty() && pipeline.stages.size() >= pipeline.outputs.size());
  Design design;
  design.name = name;
  design.clock_ns = options.clock_ns;
  set_ports(design, pipeline);

  // The shortest interval of each part of the design.
  std::vector<std::int64_t> shortest;
  Diagnostics errors;
  const auto keep = [&](const std::string& what, std::int64_t clocks) {
    shortest.push_back(clocks);
    if (options.interval > 0 && clocks > options.interval)
      errors.push_back(diagnose(messages::interval_too_short, {"", 0, what}, options.interval, clocks));
  };
  for (size_t s = 0; s < pipeline.stages.size(); ++s) {
    design.stages.push_back(frame_of(pipeline.stages[s], s, pipeline, part));
    keep(design.stages.back().name, shortest_interval(windows_of(design.stages.back())));
  }
  const size_t stages = shortest.size();
  for (size_t i = 0; i < design.inputs.size(); ++i) {
    // Where a stage reads it, that one has said so already.
    const bool is_read =
        std::any_of(pipeline.stages.begin(), pipeline.stages.end(), [&](const StageLink& link) {
          return std::find(link.sources.begin(), link.sources.end(), -1 - static_cast<int>(i)) !=
                 link.sources.end();
        });
    if (!is_read) keep("input '" + pipeline.input_names[i] + "'", design.inputs[i].beats());
  }
  if (!errors.empty()) return errors;
  design.interval =
      options.interval > 0 ? options.interval : *std::max_element(shortest.begin(), shortest.end());

  for (size_t s = 0; s < stages; ++s) {
    StageDesign& made = design.stages[s];
    const std::int64_t clocks = 1 + (design.interval - shortest[s]) / made.positions;
    choose_circuit(made, pipeline.stages[s].stage, clocks, part, options);
    made.busy_clocks = shortest[s] + made.positions * (made.circuit.fold.clocks() - 1);
  }
  set_fifo_depths(design);
  return design;
}

Cost cost(const StageDesign& stage, const Part& part) {
  Cost total = cost(stage.circuit, part);
  for (const InputStream& stream : stage.streams) {
    total += window_cost(stream.window, stream.pixel_bits(), part, stream.memory) +
             fifo_cost(stream.fifo_depth, stream.beat_bits(), part);
    if (stream.beat_pixels > 1) total += split_cost(stream.beat_bits());
  }
  return total;
}

Cost cost(const Design& design, const Part& part) {
  Cost total;
  for (const StageDesign& stage : design.stages) total += cost(stage, part);
  for (const StreamPort& port : design.outputs) {
    if (port.buffered) total += fifo_cost(2, port.bits(), part);
  }
  return total;
}

Cost unfolded_cost(const Stage& stage, const Part& part, double clock_ns) {
  Cost total = cost(pipelined(unfolded_circuit(stage, {.extra_depth = 1, .effort = 0}), part.delays, clock_ns).circuit, part);
  for (size_t k = 0; k < stage.windows.size(); ++k) {
    total += window_cost(stage.windows[k], stage.windows[k].channels * stage.inputs[k].width, part);
  }
  return total;
}

}  // namespace gw
