// From stages to a design.
//
// The interval (clocks a frame) and the geometry say how many clocks a stage may spend on each of its
// windows; everything slower than that would hold the stream up, everything faster stands idle. Within that
// limit each stage takes the cheapest of: all products at once in adders; or products shared over clocks, for
// each way to split the clocks between the terms of the sums and the outputs that looks best by a quick
// formula, then priced cell by cell. Prices are shares of the part, so that a LUT and a multiplier block are
// weighed by how many of them there are.

#include "schedule/schedule.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "circuit/folded_matrix.h"
#include "circuit/formula_circuit.h"
#include "circuit/matrix_form.h"
#include "circuit/pipeline.h"
#include "schedule/timeline.h"
#include "support/messages.h"

namespace gw {

namespace {

constexpr size_t candidates_priced = 4;

int ceil_div(int a, int b) { return (a + b - 1) / b; }

Circuit unfolded_circuit(const Stage& stage) {
  const Window& window = stage.windows.front();
  const FixedType& x = stage.inputs.front();
  Circuit circuit;
  std::vector<WireId> loads;
  for (int i = 0; i < window.elements(); ++i)
    loads.push_back(circuit.input(i, std::max(1, x.width), x.is_signed));
  const std::vector<FixedType> types(stage.formula.outputs().size(), *stage.output.fixed);
  circuit.set_outputs(FormulaBuilder(circuit).build(stage.formula, loads, types, x.fraction()));
  return without_dead_cells(circuit);
}

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

std::string module_name(size_t index, const std::string& name) {
  std::string module = "stage" + std::to_string(index) + "_";
  for (const char c : name) module += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return module;
}

StageDesign frame_of(const Stage& stage, size_t index, std::int64_t interval) {
  StageDesign design;
  design.name = stage.name;
  design.module = module_name(index, stage.name);
  design.window = stage.windows.front();
  design.input = stage.inputs.front();
  design.output = stage.output;
  design.windows = std::int64_t{design.window.output_height()} * design.window.output_width();
  design.busy_clocks = interval;
  return design;
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

/// What a stage asks of the hardware that it cannot do yet; empty if nothing. `made` is the stage or input
/// before it: rows, columns and channels of the pixels that come one a clock.
std::string missing_hardware(const Stage& stage, const Window& made) {
  if (stage.windows.size() != 1) return "several input streams at once";
  const Window& w = stage.windows.front();
  if (w.is_padded()) return "padding around its input";
  if (w.pad_top < 0 || w.pad_left < 0 || w.pad_bottom < 0 || w.pad_right < 0)
    return "pixels at the border of its input to be left out";
  if (w.repeat_h > 1 || w.repeat_w > 1) return "each pixel of its input several times";
  if (w.dilation_h > 1 || w.dilation_w > 1) return "a window with gaps";
  if (w.height != made.height || w.width != made.width || w.channels != made.channels)
    return "the pixels of a tensor that the stage before gives all at once";
  return {};
}

Status check_hardware(std::span<const Stage> chain, const TensorType& input) {
  Diagnostics errors;
  // A flat input may come as the pixels that the first stage reads.
  Window made = chain.front().windows.front();
  GW_CHECK(std::int64_t{made.height} * made.width * made.channels == element_count(input.shape));
  for (const Stage& stage : chain) {
    if (const std::string missing = missing_hardware(stage, made); !missing.empty())
      errors.push_back(diagnose(messages::stage_not_built, {"", 0, stage.name}, missing));
    made = {};
    made.height = stage.windows.front().output_height();
    made.width = stage.windows.front().output_width();
    made.channels = static_cast<int>(stage.formula.outputs().size());
  }
  if (errors.empty()) return Done{};
  return errors;
}

}  // namespace

std::int64_t affordable_clocks(const Window& window, std::int64_t interval) {
  const std::int64_t windows = std::int64_t{window.output_height()} * window.output_width();
  const std::int64_t others = std::int64_t{window.height} * window.width - windows;
  return (interval - others) / windows;
}

Result<Design> schedule(const std::string& name, std::span<const Stage> chain, const TensorType& input,
                        const Part& part, const ScheduleOptions& options) {
  GW_CHECK(!chain.empty());
  if (auto ok = check_hardware(chain, input); !ok) return ok.errors();
  Design design;
  design.name = name;
  design.input = input;
  design.output = chain.back().output;
  design.clock_ns = options.clock_ns;
  const Window& first = chain.front().windows.front();
  design.interval = options.interval > 0 ? options.interval : std::int64_t{first.height} * first.width;

  for (size_t s = 0; s < chain.size(); ++s) {
    const Stage& stage = chain[s];
    StageDesign made = frame_of(stage, s, design.interval);
    const std::int64_t clocks = affordable_clocks(made.window, design.interval);
    if (clocks < 1) {
      return diagnose(messages::interval_too_short, {"", 0, stage.name}, design.interval,
                      made.input_pixels());
    }
    std::optional<double> best;
    const auto form = matrix_form(stage.formula, made.window.elements(), made.input);
    if (form && clocks > 1) {
      for (const Fold& fold : promising_folds(*form, clocks, part, options)) {
        consider(made, best, "folded", folded_matrix(*form, fold, *stage.output.fixed), part, options);
      }
    }
    consider(made, best, "adders", unfolded_circuit(stage), part, options);
    made.busy_clocks = made.windows * made.circuit.fold.clocks() + (made.input_pixels() - made.windows);
    design.stages.push_back(std::move(made));
  }
  set_fifo_depths(design);
  return design;
}

Cost cost(const StageDesign& stage, const Part& part) {
  return cost(stage.circuit, part) + window_cost(stage.window, stage.input_bits(), part) +
         fifo_cost(stage.fifo_depth, stage.input_bits(), part);
}

Cost cost(const Design& design, const Part& part) {
  Cost total;
  for (const StageDesign& stage : design.stages) total += cost(stage, part);
  return total;
}

Cost unfolded_cost(const Stage& stage, const Part& part, double clock_ns) {
  const Window& window = stage.windows.front();
  return cost(pipelined(unfolded_circuit(stage), part.delays, clock_ns).circuit, part) +
         window_cost(window, window.channels * stage.inputs.front().width, part);
}

}  // namespace gw
