// One form for each stage.
//
// Without a limit that binds, each stage begins with its smallest form, and single stages are exchanged for
// faster ones while the latency of the whole design falls by more than that costs. With one, the forms depend
// on each other: a resource that runs short has to go where it saves most of the others. That is a small
// integer program; the clocks of a form stand for its latency there, since the latency of a design is no sum.

#include "schedule/choice.h"

#include <algorithm>
#include <array>

#include "schedule/joint_choice.h"
#include "schedule/stage_cost.h"
#include "schedule/timeline.h"
#include "support/check.h"
#include "support/messages.h"

namespace gw {

namespace {

constexpr double full_enough = 0.85;  // of a part: beyond that, routing becomes the difficulty

struct Resource {
  double Cost::*amount;
  const char* name;
};
constexpr std::array resources{Resource{&Cost::lut, "lut"}, Resource{&Cost::dsp, "dsp"},
                               Resource{&Cost::bram36, "bram"}, Resource{&Cost::ff, "ff"}};

void take(StageDesign& stage, const Choice& choice) {
  stage.style = choice.style;
  stage.slowest_ns = choice.made.slowest_ns;
  stage.streams = choice.streams;
  stage.circuit = choice.made.circuit;
}

// What a design is worth less for its size and its latency, as a share of the part. `forms`: of its stages.
double price(Design& design, double forms, const Part& part, double clock_share, Prices& prices) {
  if (design.ports == Ports::Plain) return forms + clock_share * static_cast<double>(latency_of(design));
  prices.set_fifo_depths(design);
  return forms + share(prices.fifos(design), part) + clock_share * static_cast<double>(design.latency);
}

// Begins with the smallest form of each stage and exchanges single ones, the most rewarding first, while what
// is saved in latency and in FIFOs is worth more than the share of the part that it costs. A stage's clocks
// are no measure of the latency: it matters whether others wait for them; and a stage that takes its time
// lets those before it fill a FIFO. So each exchange is followed through the whole design.
std::vector<size_t> choose_cheapest(Design& design, const Choices& choices, const Part& part,
                                    double clock_share, Prices& prices) {
  std::vector<size_t> chosen;
  for (size_t s = 0; s < choices.size(); ++s) {
    const auto smallest =
        std::min_element(choices[s].begin(), choices[s].end(),
                         [](const Choice* a, const Choice* b) { return a->share < b->share; });
    chosen.push_back(static_cast<size_t>(smallest - choices[s].begin()));
    take(design.stages[s], **smallest);
  }
  double forms = 0;
  for (size_t s = 0; s < choices.size(); ++s) forms += choices[s][chosen[s]]->share;
  double before = price(design, forms, part, clock_share, prices);
  for (;;) {
    double best = before - 1e-12;
    size_t stage = choices.size(), choice = 0;
    for (size_t s = 0; s < choices.size(); ++s) {
      const double others = forms - choices[s][chosen[s]]->share;
      for (size_t c = 0; c < choices[s].size(); ++c) {
        // What is dearer than all that there is to save is not tried.
        if (c == chosen[s] || others + choices[s][c]->share >= best) continue;
        take(design.stages[s], *choices[s][c]);
        const double now = price(design, others + choices[s][c]->share, part, clock_share, prices);
        if (now < best) best = now, stage = s, choice = c;
      }
      take(design.stages[s], *choices[s][chosen[s]]);
    }
    if (stage == choices.size()) return chosen;
    forms += choices[stage][choice]->share - choices[stage][chosen[stage]]->share;
    chosen[stage] = choice;
    take(design.stages[stage], *choices[stage][choice]);
    before = best;
  }
}

// Where a flip-flop stands behind a look-up table, one that the table does not feed takes a cell of its own.
Cost counted(Cost cost, const Part& part) {
  if (part.ff_behind_lut) cost.lut += cost.loose_ff;
  return cost;
}

Cost least(const Cost& a, const Cost& b) {
  return {std::min(a.lut, b.lut), std::min(a.ff, b.ff), std::min(a.dsp, b.dsp), std::min(a.bram36, b.bram36)};
}

bool fits(const Cost& cost, const Cost& limit) {
  return std::all_of(resources.begin(), resources.end(), [&](const Resource& resource) {
    return cost.*resource.amount <= limit.*resource.amount;
  });
}

// a - b in every resource, not below 0.
Cost minus(Cost a, const Cost& b) {
  for (const Resource& resource : resources)
    a.*resource.amount = std::max(0.0, a.*resource.amount - b.*resource.amount);
  return a;
}

class JointChoice {
 public:
  /// `chosen`: what the design is made of at present.
  JointChoice(Design& design, const Choices& choices, const std::vector<size_t>& chosen, const Part& part,
              const Cost& aside, double clock_share)
      : design_(design), choices_(choices), part_(part) {
    Cost circuits;
    for (size_t s = 0; s < choices.size(); ++s) circuits += counted(choices[s][chosen[s]]->cost, part);
    around_ = minus(counted(design.cost, part), circuits) + aside;
    for (const std::vector<Choice*>& forms : choices) {
      std::vector<Offer>& offers = offers_.emplace_back();
      for (const Choice* form : forms) {
        const double clocks = form->made.circuit.fold.clocks();
        offers.push_back({counted(form->cost, part), form->share + clock_share * clocks});
      }
    }
  }

  /// The set that fits with everything that stands around the stages, taken; nothing if none does.
  std::optional<std::vector<size_t>> take_within(const Cost& limit) {
    if (!fits(around_, limit)) return std::nullopt;
    const auto chosen = choose_jointly(offers_, minus(limit, around_));
    if (!chosen) return std::nullopt;
    return take_set(*chosen);
  }

  /// The resource that keeps every set from fitting, and the set that takes least of it.
  Chosen binding(const Cost& budget) {
    for (const Resource& resource : resources) {
      if (budget.*resource.amount == unlimited.*resource.amount) continue;
      for (std::vector<Offer>& offers : offers_) {
        for (Offer& offer : offers) offer.price = offer.cost.*resource.amount;
      }
      for (const bool alone : {false, true}) {
        Cost others = alone ? unlimited : minus(budget, around_);
        others.*resource.amount = unlimited.*resource.amount;
        const auto chosen = choose_jointly(offers_, others);
        if (!chosen) continue;
        const std::vector<size_t> set = take_set(*chosen);
        Cost taken = around_;
        for (size_t n = 0; n < set.size(); ++n) taken += offers_[n][set[n]].cost;
        const double needed = taken.*resource.amount;
        if (needed <= budget.*resource.amount) continue;
        for (StageDesign& stage : design_.stages) stage.cost = counted(cost(stage, part_), part_);
        const StageDesign& largest = *std::max_element(
            design_.stages.begin(), design_.stages.end(), [&](const StageDesign& a, const StageDesign& b) {
              return a.cost.*resource.amount < b.cost.*resource.amount;
            });
        const auto whole = [](double value) { return static_cast<std::int64_t>(value + 0.999); };
        return {set, diagnose(messages::budget_too_small, {"", 0, std::string("--budget ") + resource.name},
                              whole(budget.*resource.amount), design_.interval, whole(needed), largest.name,
                              whole(largest.cost.*resource.amount))};
      }
    }
    GW_CHECK(false);
    return {};
  }

 private:
  std::vector<size_t> take_set(const std::vector<int>& chosen) {
    std::vector<size_t> set(chosen.begin(), chosen.end());
    for (size_t s = 0; s < set.size(); ++s) take(design_.stages[s], *choices_[s][set[s]]);
    return set;
  }

  Design& design_;
  const Choices& choices_;
  const Part& part_;
  Cost around_;  ///< FIFOs, and what is kept free for them
  std::vector<std::vector<Offer>> offers_;
};

}  // namespace

Cost beyond(const Cost& cost, const Cost& budget, const Part& part) {
  const Cost all = minus(counted(cost, part), budget);
  return {all.lut, all.ff, all.dsp, all.bram36};
}

bool has_limit(const Cost& budget) {
  return std::any_of(resources.begin(), resources.end(), [&](const Resource& resource) {
    return budget.*resource.amount != unlimited.*resource.amount;
  });
}

void set_cost(Choice& choice, const Cost& circuit, const Part& part) {
  choice.cost = circuit + choice.windows;
  choice.share = share(choice.cost, part);
}

void count(Choice& choice, const Part& part) {
  choice.is_guess = false;
  set_cost(choice, cost(choice.made.circuit, part), part);
}

const Cost& Prices::fifo(int depth, int bits) {
  const auto [at, is_new] = fifos_.try_emplace({depth, bits});
  if (is_new) at->second = fifo_cost(depth, bits, part_);
  return at->second;
}

Cost Prices::fifos(const Design& design) {
  Cost total;
  for (const StageDesign& stage : design.stages) {
    for (const InputStream& stream : stage.streams) total += fifo(stream.fifo_depth, stream.beat_bits());
  }
  return total;
}

Cost Prices::stage(const Choice& choice, const StageDesign& stage) {
  if (choice.is_guess) {
    Cost guess = choice.cost;
    for (const InputStream& stream : stage.streams) guess += fifo(stream.fifo_depth, stream.beat_bits());
    return guess;
  }
  std::vector<int> depths;
  for (const InputStream& stream : stage.streams) depths.push_back(stream.fifo_depth);
  const auto [at, is_new] = stages_.try_emplace({&choice, std::move(depths)});
  if (is_new) at->second = cost(stage, part_);
  return at->second;
}

void Prices::set(Design& design, const std::vector<Choice*>& chosen) {
  design.cost = Cost{};
  for (const StreamPort& port : design.outputs) {
    if (port.buffered) design.cost += fifo(2, port.bits());
  }
  for (size_t s = 0; s < chosen.size(); ++s)
    design.cost += design.stages[s].cost = stage(*chosen[s], design.stages[s]);
}

void Prices::forget(const Choice& choice) {
  std::erase_if(stages_, [&](const auto& known) { return std::get<0>(known.first) == &choice; });
}

Chosen choose(Design& design, const Choices& choices, const Part& part, const Cost& budget, const Cost& aside,
              double clock_share, Prices& prices) {
  const std::vector<size_t> cheapest = choose_cheapest(design, choices, part, clock_share, prices);
  std::vector<Choice*> chosen;
  for (size_t s = 0; s < choices.size(); ++s) chosen.push_back(choices[s][cheapest[s]]);
  prices.set(design, chosen);
  const Cost whole{static_cast<double>(part.lut), static_cast<double>(part.ff),
                   static_cast<double>(part.dsp_count), part.bram36()};
  if (fits(counted(design.cost, part) + aside, least(full_enough * whole, budget))) return {cheapest, {}};
  JointChoice joint(design, choices, cheapest, part, aside, clock_share);
  for (double fill = full_enough; fill < 1000; fill *= 1.25) {
    if (auto set = joint.take_within(least(fill * whole, budget))) return {*set, {}};
  }
  if (auto set = joint.take_within(budget)) return {*set, {}};
  return joint.binding(budget);
}

}  // namespace gw
