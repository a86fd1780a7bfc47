// From stages to a design.
//
// The interval (clocks a frame) and the geometry say how many clocks a stage may spend on each of its
// positions; everything slower than that would hold the stream up, everything faster stands idle. Within that
// limit each stage has several forms (forms.h), from which one for each is chosen for all stages together
// (choice.h), latency being one of the prices.

#include "schedule/schedule.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <set>

#include "circuit/pipeline.h"
#include "schedule/beats.h"
#include "schedule/choice.h"
#include "schedule/design_cost.h"
#include "schedule/forms.h"
#include "schedule/stage_circuit.h"
#include "schedule/stage_cost.h"
#include "schedule/timeline.h"
#include "schedule/window_scan.h"
#include "support/messages.h"
#include "support/threads.h"

namespace gw {

namespace {

constexpr Cost a_little{8, 8, 0, 0};

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

// Says which interval would do; one pixel a clock always does.
Diagnostic refusal(const Pipeline& pipeline, std::int64_t asked, std::int64_t at_one_pixel) {
  std::int64_t enough = asked;
  while (enough < at_one_pixel && !paced(pipeline, enough)) enough *= 2;
  return diagnose(messages::interval_too_short, {}, asked, std::min(enough, at_one_pixel));
}

constexpr MatrixLayout free_layout;

// A network paced for an interval, and all forms that its stages may have.
struct Offered {
  Design design;
  std::vector<std::int64_t> shortest;  ///< clocks a frame of each stage, at one a position
  Choices choices;
};

// Stretches the interval to what the layouts take, or says why they cannot be had.
Status lay_out(Design& design, const Paced& network, const std::vector<std::optional<MatrixForm>>& forms,
               const std::vector<const MatrixLayout*>& layouts, bool is_asked) {
  Diagnostics errors;
  std::int64_t interval = design.interval;
  for (size_t s = 0; s < layouts.size(); ++s) {
    const MatrixLayout& layout = *layouts[s];
    if (layout.clocks == 1) continue;
    const std::string& layer = network.pipeline.stages[s].layer;
    if (!forms[s]) {
      if (layout.kind == MatrixLayout::Kind::Shared || layout.kind == MatrixLayout::Kind::Exact)
        errors.push_back(diagnose(messages::layout_unfit, {"", 0, layer}, layout.clocks));
      continue;
    }
    const std::int64_t positions = design.stages[s].positions;
    const std::int64_t taken = network.shortest[s] + positions * (layout.clocks - 1);
    if (is_asked && taken > design.interval)
      errors.push_back(diagnose(messages::layout_too_slow, {"", 0, layer}, layout.clocks, taken,
                                design.interval, 1 + (design.interval - network.shortest[s]) / positions));
    interval = std::max(interval, taken);
  }
  if (!errors.empty()) return errors;
  design.interval = interval;
  return Done{};
}

// What was made for a stage is good for any interval of at least one clock a pixel: the stage is the same.
struct Memory {
  explicit Memory(const Part& part) : prices(part) {}
  std::vector<KnownForms> forms;  ///< of each stage
  Prices prices;
};

Result<Offered> offered(const std::string& name, const Pipeline& pipeline, const Part& part,
                        const ScheduleOptions& options, Memory& memory) {
  GW_CHECK(!pipeline.stages.empty());
  Paced network = at_one_pixel(pipeline);
  const std::int64_t interval = network.interval();
  const std::int64_t asked = options.ports == Ports::Plain ? 1 : options.interval;
  if (asked > 0) {
    auto kept = network_at(pipeline, asked);
    if (!kept) return refusal(pipeline, asked, interval);
    network = std::move(*kept);
  }
  Offered result;
  Design& design = result.design;
  design.name = name;
  design.clock_ns = options.clock_ns;
  design.ports = options.ports;
  design.interval = asked > 0 ? asked : interval;
  set_ports(design, network);
  std::vector<std::optional<MatrixForm>> forms;
  std::vector<const MatrixLayout*> layouts;
  for (const StageLink& link : network.pipeline.stages) {
    design.stages.push_back(frame_of(link, design.stages.size(), network, part));
    forms.push_back(matrix_of(link.stage, design.stages.back()));
    const auto layout = options.layouts.find(link.layer);
    layouts.push_back(layout == options.layouts.end() ? &free_layout : &layout->second);
  }
  if (auto kept = lay_out(design, network, forms, layouts, asked > 0); !kept) return kept.errors();

  memory.forms.resize(forms.size());
  result.choices.resize(forms.size());
  parallel_for(static_cast<std::int64_t>(forms.size()), 0, [&](std::int64_t stage) {
    const auto s = static_cast<size_t>(stage);
    const std::int64_t left = 1 + (design.interval - network.shortest[s]) / design.stages[s].positions;
    const bool is_free = layouts[s]->kind == MatrixLayout::Kind::Free;
    result.choices[s] =
        choices_of(network.pipeline.stages[s].stage, design.stages[s], forms[s], *layouts[s],
                   is_free ? left : layouts[s]->clocks, design.interval, part, options, memory.forms[s]);
  });
  if (design.ports == Ports::Plain) {
    for (StreamPort& port : design.outputs) port.buffered = false;
  }
  result.shortest = std::move(network.shortest);
  return result;
}

// What was chosen as a whole: until here each stage had its own price.
void count_whole(Design& design, const Part& part) {
  const DesignCost counted = cost(design, part);
  for (size_t s = 0; s < design.stages.size(); ++s) design.stages[s].cost = counted.stages[s];
  design.cost = counted.total();
}

// One form for each stage, and the FIFOs between them; or the nearest to what is asked, and why it does not
// do.
struct Decision {
  Design design;
  std::vector<Choice*> chosen;
  std::optional<Diagnostic> refusal;
};

// `aside` is kept free for what stands around the stages besides FIFOs of the least depth.
Decision decided(const Offered& offered, const Part& part, const Cost& budget, Cost aside, double clock_share,
                 Prices& prices) {
  Decision decision{offered.design, {}, {}};
  Design& design = decision.design;
  // How deep FIFOs are is known when everything is chosen: what they take more than was thought is set aside.
  for (;;) {
    const Chosen chosen = choose(design, offered.choices, part, budget, aside, clock_share, prices);
    decision.chosen.clear();
    for (size_t s = 0; s < design.stages.size(); ++s) {
      StageDesign& made = design.stages[s];
      const Fold& fold = made.circuit.fold;
      made.busy_clocks = offered.shortest[s] + made.positions * fold.positions * (fold.clocks() - 1);
      decision.chosen.push_back(offered.choices[s][chosen.choices[s]]);
    }
    if (chosen.refusal) {
      decision.refusal = chosen.refusal;
      return decision;
    }
    if (design.ports == Ports::Plain) break;
    prices.set_fifo_depths(design);
    prices.set(design, decision.chosen);
    const Cost excess = beyond(design.cost, budget, part);
    if (excess == Cost{}) return decision;
    // More than is missing, so that this ends: at a set that fits, or with the refusal that there is none.
    aside += 1.1 * excess + a_little;
  }
  for (const StageDesign& stage : design.stages)
    GW_CHECK(stage.positions == 1 && phase_count(stage.circuit.fold, Phase::Whole) == 1);
  design.latency = latency_of(design);
  prices.set(design, decision.chosen);
  return decision;
}

// The lowest price of a clock, to some percent, at which the latency is short enough.
Decision decided_in_time(const Offered& offered, const Part& part, const ScheduleOptions& options,
                         const Cost& aside, Prices& prices) {
  const auto at = [&](double clock_share) {
    return decided(offered, part, options.budget, aside, clock_share, prices);
  };
  const auto in_time = [&](const Decision& decision) {
    return !decision.refusal && decision.design.latency <= options.most_latency;
  };
  Decision smallest = at(0);
  if (smallest.refusal || in_time(smallest)) return smallest;
  double too_low = 1e-9, enough = 1;
  Decision best = at(enough);
  if (!in_time(best)) {
    if (!best.refusal)
      best.refusal = diagnose(messages::latency_too_short, {"", 0, "--latency"}, options.most_latency,
                              best.design.latency);
    return best;
  }
  while (enough > 1.1 * too_low) {
    const double middle = std::sqrt(too_low * enough);
    Decision decision = at(middle);
    if (in_time(decision)) {
      best = std::move(decision);
      enough = middle;
    } else {
      too_low = middle;
    }
  }
  return best;
}

bool is_long(const AdderSearch& search) { return search.effort > 0 || search.seconds > 0; }

// Finds out more of those choices: counts what was guessed, and looks longer for the adders of first answers.
// True if there was anything to find out.
bool settle(const std::vector<Choice*>& choices, const Part& part, const ScheduleOptions& options,
            const AdderSearch& adders, Prices& prices) {
  std::vector<Choice*> open;
  for (Choice* choice : choices) {
    if (choice->is_guess || (is_long(adders) && choice->search)) open.push_back(choice);
  }
  parallel_for(static_cast<std::int64_t>(open.size()), 0, [&](std::int64_t n) {
    Choice& choice = *open[static_cast<size_t>(n)];
    if (!choice.is_guess) {
      choice.made = pipelined_on(part, choice.search(adders), options.clock_ns);
      choice.search = nullptr;
    }
    count(choice, part);
  });
  for (const Choice* choice : open) prices.forget(*choice);
  return !open.empty();
}

Result<Design> schedule_at(const std::string& name, const Pipeline& pipeline, const Part& part,
                           const ScheduleOptions& options, Memory& memory) {
  const auto forms = offered(name, pipeline, part, options, memory);
  if (!forms) return forms.errors();
  Cost aside;
  const auto decide = [&](const Cost& budget) {
    ScheduleOptions within = options;
    within.budget = budget;
    return options.most_latency > 0
               ? decided_in_time(*forms, part, within, aside, memory.prices)
               : decided(*forms, part, budget, aside, options.clock_share, memory.prices);
  };
  // Prices are guesses and first answers until something is about to be chosen or to be the reason of a
  // refusal: guesses are low, so that what is nearest and does not fit when it is counted is no guess.
  AdderSearch first_answer = options.adders;
  first_answer.effort = first_answer.seconds = 0;
  for (;;) {
    Decision decision = decide(options.budget);
    if (!decision.refusal) {
      if (settle(decision.chosen, part, options, options.adders, memory.prices)) continue;
      count_whole(decision.design, part);
      const Cost excess = beyond(decision.design.cost, options.budget, part);
      if (excess == Cost{}) return std::move(decision.design);
      aside += 1.1 * excess + a_little;
      continue;
    }
    bool is_known = !settle(decision.chosen, part, options, first_answer, memory.prices);
    if (is_known && is_long(options.adders)) {
      // A longer search of any adders may make fit what does not, if it is within reach.
      const Decision reach = decide(most_that_a_search_saves * options.budget);
      if (!reach.refusal) {
        if (settle(reach.chosen, part, options, first_answer, memory.prices)) continue;
        for (const std::vector<Choice*>& choices : forms->choices)
          is_known = !settle(choices, part, options, options.adders, memory.prices) && is_known;
      }
    }
    if (is_known) return Diagnostics{*decision.refusal};
  }
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
  Memory memory(part);
  auto design = schedule_at(name, pipeline, part, options, memory);
  if (design || !seeks_interval) return design;
  // More clocks a frame make no answer come sooner.
  if (design.errors().front().id == messages::latency_too_short.id) return design;
  // The more clocks, the less is needed at once: the first interval that is long enough, to some percent. On
  // the way a first answer of the adder search does; a longer search only takes less.
  constexpr int most_doublings = 14;
  ScheduleOptions trial = options;
  trial.adders.effort = trial.adders.seconds = 0;
  const auto tried = [&](std::int64_t interval) {
    trial.interval = interval;
    return schedule_at(name, pipeline, part, trial, memory);
  };
  std::int64_t too_short = at_one_pixel(pipeline).interval(), enough = 2 * too_short;
  const std::int64_t longest = too_short << most_doublings;
  design = tried(enough);
  for (int n = 1; !design && n < most_doublings; ++n) {
    // Mostly a few doublings do; what nothing keeps is not looked for in all of them.
    if (n == 3) {
      if (auto slowest = tried(longest); !slowest) return slowest;
    }
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
  Cost total = cost(
      pipelined_on(part, unfolded_circuit(stage, {.extra_depth = 1, .effort = 0}), clock_ns).circuit, part);
  for (size_t k = 0; k < stage.windows.size(); ++k) {
    total += window_cost(stage.windows[k], stage.windows[k].channels * stage.inputs[k].width, part);
  }
  return total;
}

}  // namespace gw
