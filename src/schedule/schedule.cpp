// From stages to a design.
//
// The interval (clocks a frame) and the geometry say how many clocks a stage may spend on each of its
// positions; everything slower than that would hold the stream up, everything faster stands idle. Within that
// limit a stage may be: all products at once in adders; or products shared over clocks, for the ways to split
// the clocks between the terms of the sums and the outputs that look best by a quick formula, each priced
// cell by cell; a matrix over a whole frame may also be worked off beat by beat. Prices are shares of the
// part, so that a LUT and a multiplier block are weighed by how many of them there are. Which of all these a
// stage gets is chosen for all stages together (choice.h), latency being one of the prices.

#include "schedule/schedule.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

#include "circuit/folded_matrix.h"
#include "circuit/matrix_form.h"
#include "circuit/pipeline.h"
#include "schedule/beats.h"
#include "schedule/choice.h"
#include "schedule/stage_circuit.h"
#include "schedule/timeline.h"
#include "schedule/window_scan.h"
#include "support/messages.h"

namespace gw {

namespace {

constexpr double most_that_a_search_saves = 1.15;  // the price of a first answer over that of a good one
constexpr Cost a_little{8, 8, 0, 0};

/// Clocks over the terms of a sum, and over groups of outputs.
struct Split {
  int terms = 1, groups = 1;
  int clocks() const { return terms * groups; }
  bool operator==(const Split&) const = default;
};

// The splits of at most `clocks` clocks that look cheapest by a quick formula (multipliers, multiplexers)
// among all that take no longer, for several lengths. `terms` of a sum are there at once.
std::vector<Split> promising_splits(const MatrixForm& form, int terms, std::int64_t clocks,
                                    const Part& part) {
  struct Candidate {
    Split split;
    double price;
  };
  std::vector<Candidate> candidates;
  const bool has_block = part.dsp_count > 0 && part.dsp.multiplies(form.x.width, form.weight.width);
  for (int inner = 1; inner <= terms && inner <= clocks; ++inner) {
    const int lanes = at_once(terms, inner);
    if (at_once(terms, lanes) != inner) continue;  // as many lanes in fewer clocks
    int last_group = 0;
    for (int outer = 1; outer <= form.columns && inner * outer <= clocks; ++outer) {
      const int group = at_once(form.columns, outer);
      if (group == last_group) continue;
      last_group = group;
      const double products = static_cast<double>(lanes) * group;
      Cost quick;
      quick.dsp = has_block ? products : 0;
      quick.lut = (has_block ? 0 : 1.1 * form.x.width * form.weight.width * products) +
                  products * form.x.width + lanes * form.x.width * inner / 3.0;
      quick.ff = products * 2 * form.x.width;
      candidates.push_back({{inner, outer}, share(quick, part)});
    }
  }
  std::vector<Split> splits;
  for (double longest = static_cast<double>(clocks); longest >= 1; longest /= longest > 8 ? 1.6 : 1.2) {
    const Candidate* best = nullptr;
    for (const Candidate& candidate : candidates) {
      if (candidate.split.clocks() <= longest && (!best || candidate.price < best->price)) best = &candidate;
    }
    if (best && std::find(splits.begin(), splits.end(), best->split) == splits.end())
      splits.push_back(best->split);
  }
  return splits;
}

std::string identifier(const std::string& name) {
  std::string plain;
  for (const char c : name) plain += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return plain;
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

StageDesign frame_of(const StageLink& link, size_t index, const Paced& network, const Part& part) {
  const Stage& stage = link.stage;
  StageDesign design;
  design.name = stage.name;
  design.module = "stage" + std::to_string(index) + "_" + identifier(stage.name);
  design.output = stage.output;
  design.positions = beats_of(stage).count;
  const std::vector<Beats> given = network.given(link);
  for (size_t k = 0; k < stage.windows.size(); ++k) {
    InputStream stream;
    stream.source = link.sources[k];
    stream.type = stage.inputs[k];
    const Seen window = seen(stage.windows[k], given[k]);
    stream.window = window.window;
    stream.beat_pixels = window.beat_pixels;
    stream.memory = line_memory(stream, part);
    design.streams.push_back(stream);
  }
  return design;
}

// The same beats one by one, for a matrix that works them off as they come.
std::vector<InputStream> beat_by_beat(InputStream stream) {
  Window one;
  one.width = stream.window.width;
  one.channels = stream.window.channels;
  stream.window = one;
  return {stream};
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

void set_ports(Design& design, const Paced& network) {
  const Pipeline& pipeline = network.pipeline;
  const std::vector<std::string> inputs = port_names(pipeline.input_names);
  for (size_t i = 0; i < pipeline.inputs.size(); ++i) {
    design.inputs.push_back({inputs[i], pipeline.inputs[i], network.inputs[i].elements});
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
        {outputs[o], stage.output, beats_of(stage).elements, pipeline.outputs[o], readers[source] > 1});
  }
}

std::vector<Choice> choices_of(const Stage& stage, const StageDesign& made, std::int64_t clocks,
                               std::int64_t interval, const Part& part, const ScheduleOptions& options) {
  std::vector<Choice> choices;
  const auto add_one = [&](const char* style, const std::vector<InputStream>& streams,
                           const Circuit& circuit) {
    Choice choice{style, pipelined(circuit, part.delays, options.clock_ns), streams, {}, 0};
    choice.cost = cost(choice.made.circuit, part);
    for (InputStream& stream : choice.streams) {
      if (options.ports == Ports::Plain) {
        stream.fifo_depth = 0;  // and no window: its one position is what comes at a clock
      } else {
        choice.cost += window_cost(stream.window, stream.pixel_bits(), part, stream.memory);
      }
    }
    choice.share = share(choice.cost, part);
    choices.push_back(std::move(choice));
  };
  // With tables in look-up tables, and in block memory.
  const auto add = [&](const char* style, const std::vector<InputStream>& streams, const Circuit& circuit) {
    add_one(style, streams, circuit);
    if (part.bram.count > 0 && has_counted_tables(circuit)) add_one(style, streams, with_block_roms(circuit));
  };
  auto form = stage.windows.size() == 1 ? matrix_form(stage.formula, made.elements(), stage.inputs.front())
                                        : std::nullopt;
  // Elements of which more is known than their type may be in a coarser unit; sums over clocks are in the
  // type's, and their lowest bits, zeros then, have to go.
  if (form) {
    const Formula epilogue = epilogue_formula(*form);
    if (epilogue[epilogue.outputs().front()].range.fraction > stage.output.fixed->fraction()) {
      MatrixForm::Step drop;
      drop.quantizer = {*stage.output.fixed, Rounding::Trn, Overflow::Wrap};
      form->epilogue.push_back(drop);
    }
  }
  if (form && clocks > 1) {
    for (const auto& [terms, groups] : promising_splits(*form, form->rows, clocks, part)) {
      if (terms * groups > 1)
        add("folded", made.streams,
            folded_matrix(*form, {.inner = terms, .outer = groups}, *stage.output.fixed));
    }
  }
  const InputStream& stream = made.streams.front();
  const std::int64_t beats = stream.pixels();
  if (form && stream.window.is_whole() && beats > 1 && made.positions == 1) {
    for (const auto& [terms, groups] :
         promising_splits(*form, stream.window.channels, interval / beats, part)) {
      const Fold fold{.inner = groups, .outer = terms, .positions = static_cast<int>(beats)};
      add("streamed", beat_by_beat(stream), streamed_matrix(*form, fold, *stage.output.fixed));
    }
  }
  // A first answer tells whether adders are worth the search.
  AdderSearch quick = options.adders;
  quick.effort = quick.seconds = 0;
  add_one("adders", made.streams, unfolded_circuit(stage, quick));
  const bool is_hopeless = std::any_of(choices.begin(), choices.end() - 1, [&](const Choice& other) {
    return choices.back().share - options.clock_share * static_cast<double>(clocks) >
           other.share * most_that_a_search_saves;
  });
  if (is_hopeless) return choices;
  choices.pop_back();
  add_one("adders", made.streams, unfolded_circuit(stage, options.adders));
  return choices;
}

// Says which interval would do; one pixel a clock always does.
Diagnostic refusal(const Pipeline& pipeline, std::int64_t asked, std::int64_t at_one_pixel) {
  std::int64_t enough = asked;
  while (enough < at_one_pixel && !paced(pipeline, enough)) enough *= 2;
  return diagnose(messages::interval_too_short, {}, asked, std::min(enough, at_one_pixel));
}

Result<Design> schedule_at(const std::string& name, const Pipeline& pipeline, const Part& part,
                           const ScheduleOptions& options) {
  GW_CHECK(!pipeline.stages.empty());
  Paced network = at_one_pixel(pipeline);
  const std::int64_t interval = network.interval();
  const std::int64_t asked = options.ports == Ports::Plain ? 1 : options.interval;
  if (asked > 0 && asked < interval) {
    auto faster = paced(pipeline, asked);
    if (!faster) return refusal(pipeline, asked, interval);
    network = std::move(*faster);
  }
  Design design;
  design.name = name;
  design.clock_ns = options.clock_ns;
  design.ports = options.ports;
  design.interval = asked > 0 ? asked : interval;
  set_ports(design, network);
  const size_t stages = pipeline.stages.size();
  for (size_t s = 0; s < stages; ++s)
    design.stages.push_back(frame_of(network.pipeline.stages[s], s, network, part));

  std::vector<std::vector<Choice>> choices;
  for (size_t s = 0; s < stages; ++s) {
    const std::int64_t clocks = 1 + (design.interval - network.shortest[s]) / design.stages[s].positions;
    choices.push_back(choices_of(network.pipeline.stages[s].stage, design.stages[s], clocks, design.interval,
                                 part, options));
  }
  if (design.ports == Ports::Plain) {
    for (StreamPort& port : design.outputs) port.buffered = false;
  }
  // How deep FIFOs are is known when everything is chosen: what they take more than was thought is set aside.
  Cost aside;
  for (;;) {
    const auto chosen = choose(design, choices, part, options.budget, aside, options.clock_share);
    if (!chosen) return chosen.errors();
    for (size_t s = 0; s < stages; ++s) {
      StageDesign& made = design.stages[s];
      const Fold& fold = made.circuit.fold;
      made.busy_clocks = network.shortest[s] + made.positions * fold.positions * (fold.clocks() - 1);
    }
    if (design.ports == Ports::Plain) break;
    set_fifo_depths(design);
    const Cost excess = beyond(cost(design, part), options.budget, part);
    if (excess == Cost{}) return design;
    // More than is missing, so that this ends: at a set that fits, or with the refusal that there is none.
    aside += 1.1 * excess + a_little;
  }
  for (const StageDesign& stage : design.stages)
    GW_CHECK(stage.positions == 1 && phase_count(stage.circuit.fold, Phase::Whole) == 1);
  design.latency = latency_of(design);
  return design;
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
  const bool seeks_interval =
      options.interval == 0 && options.ports == Ports::Stream && has_limit(options.budget);
  auto design = schedule_at(name, pipeline, part, options);
  if (design || !seeks_interval) return design;
  // The more clocks, the less is needed at once: the first interval that is long enough, to some percent. On
  // the way a first answer of the adder search does; a longer search only takes less.
  constexpr int most_doublings = 14;
  ScheduleOptions trial = options;
  trial.adders.effort = trial.adders.seconds = 0;
  const auto tried = [&](std::int64_t interval) {
    trial.interval = interval;
    return schedule_at(name, pipeline, part, trial);
  };
  std::int64_t too_short = at_one_pixel(pipeline).interval(), enough = 2 * too_short;
  design = tried(enough);
  for (int n = 1; !design && n < most_doublings; ++n) {
    too_short = enough;
    design = tried(enough *= 2);
  }
  if (!design) return design;
  while (enough - too_short > enough / 32) {
    const std::int64_t middle = (too_short + enough) / 2;
    if (auto shorter = tried(middle)) {
      design = std::move(shorter);
      enough = middle;
    } else {
      too_short = middle;
    }
  }
  trial.adders = options.adders;
  auto searched = tried(enough);
  return searched ? searched : design;
}

Cost unfolded_cost(const Stage& stage, const Part& part, double clock_ns) {
  Cost total =
      cost(pipelined(unfolded_circuit(stage, {.extra_depth = 1, .effort = 0}), part.delays, clock_ns).circuit,
           part);
  for (size_t k = 0; k < stage.windows.size(); ++k) {
    total += window_cost(stage.windows[k], stage.windows[k].channels * stage.inputs[k].width, part);
  }
  return total;
}

}  // namespace gw
