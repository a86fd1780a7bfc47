// The ways to make a stage.
//
// Within the clocks that a position may take, a stage may be: all products at once in adders; the same digit
// by digit; or products shared over clocks, for the ways to split the clocks between the terms of the sums
// and the outputs that look best by a quick formula; a matrix over a whole frame may also be worked off beat
// by beat. Prices are shares of the part, so that a LUT and a multiplier block are weighed by how many of
// them there are. To count a form cell by cell takes tens of milliseconds, so folded ones first have the
// quick formula's price, which is lowered so that it is seldom too high: those that are about to be chosen
// are counted then.

#include "schedule/forms.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "circuit/folded_matrix.h"
#include "circuit/rough_cost.h"
#include "num/signed_digits.h"
#include "schedule/stage_circuit.h"
#include "schedule/stage_cost.h"

namespace gw {

namespace {

constexpr double on_the_low_side = 0.85;  // of a rough price, so that what may be worth it is counted
// Shared adders of whole words are at least so much dearer than those of digits, for each digit of a word
// (1.5 to 2.4 times with 6 digits).
constexpr double words_over_digits = 0.2;
// Of the additions of a matrix's digits sharing leaves at least so many: two fifths in random matrices, fewer
// where columns are alike.
constexpr double left_by_sharing = 0.2;
constexpr double guess_may_lack = 1.3;  // a guess times that is seldom below what a count gives

/// Clocks over the terms of a sum, and over groups of outputs.
struct Split {
  int terms = 1, groups = 1;
  int clocks() const { return terms * groups; }
  bool operator==(const Split&) const = default;
};

// The splits of at most `clocks` clocks that look cheapest by a quick formula (multipliers, multiplexers)
// among all that take no longer, for several lengths. `terms` of a sum are there at once. What is dearer than
// the cheapest beyond all that the quick formula may be wrong by, and beyond what its clocks are worth, is
// not looked at further: the shorter a form, the larger it is, and the longer it takes to price.
std::vector<Split> promising_splits(const MatrixForm& form, int terms, std::int64_t clocks, const Part& part,
                                    const ScheduleOptions& options) {
  struct Candidate {
    Split split;
    std::array<double, 2> prices;  ///< with a multiplier for each product, and for two of them
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
      const auto price = [&](int each) {
        const double products = static_cast<double>(lanes) * at_once(group, each);
        Cost quick;
        quick.dsp = has_block ? products : 0;
        quick.lut = (has_block ? 0 : 1.1 * form.x.width * form.weight.width * products) +
                    products * form.x.width + lanes * form.x.width * inner / 3.0;
        quick.ff = products * 2 * form.x.width;
        return share(quick, part);
      };
      candidates.push_back({{inner, outer}, {price(1), price(2)}});
    }
  }
  // The longest ones are the cheapest. A limit on the latency may make short ones worth much.
  const double wrong_by = options.most_latency > 0 ? 12 : 3;
  // Blocks are dear beside the adders of products that are narrow enough for two in one, unless those are
  // few.
  const bool has_pairs = has_limit(options.budget) && has_block && can_pair_products(form, part.dsp);
  std::vector<Split> splits;
  for (size_t kind = 0; kind < (has_pairs ? 2 : 1); ++kind) {
    double least = std::numeric_limits<double>::infinity();
    for (const Candidate& candidate : candidates) least = std::min(least, candidate.prices[kind]);
    const auto is_hopeless = [&](const Candidate& candidate) {
      const auto saved = static_cast<double>(clocks - candidate.split.clocks());
      return candidate.prices[kind] - options.clock_share * saved > wrong_by * least;
    };
    for (double longest = static_cast<double>(clocks); longest >= 1; longest /= longest > 8 ? 1.6 : 1.2) {
      const Candidate* best = nullptr;
      for (const Candidate& candidate : candidates) {
        if (candidate.split.clocks() <= longest && (!best || candidate.prices[kind] < best->prices[kind]))
          best = &candidate;
      }
      if (best && !is_hopeless(*best) && std::find(splits.begin(), splits.end(), best->split) == splits.end())
        splits.push_back(best->split);
    }
  }
  return splits;
}

// Additions of the digits of the weights, nothing shared.
double digit_additions(const MatrixForm& form) {
  size_t digits = 0;
  for (const std::int64_t weight : form.weights) digits += canonical_digits(weight).size();
  return static_cast<double>(digits) - form.columns;
}

// The same beats one by one, for a matrix that works them off as they come.
std::vector<InputStream> beat_by_beat(InputStream stream) {
  Window one;
  one.width = stream.window.width;
  one.channels = stream.window.channels;
  stream.window = one;
  return {stream};
}

// Streams, and what their windows cost.
struct Fed {
  std::vector<InputStream> streams;
  Cost windows;
};

// Collects the forms of a stage with what they cost.
class Forms {
 public:
  Forms(const StageDesign& made, const Part& part, const ScheduleOptions& options, KnownForms& known)
      : made_(made), part_(part), options_(options), known_(known), whole_(fed(made.streams)) {}

  /// With tables in look-up tables, and in block memory.
  void add(const std::string& key, const char* style, const Fed& fed, const std::function<Circuit()>& make) {
    take(key, [&](std::vector<Choice>& forms) {
      const Circuit circuit = make();
      forms.push_back(made(style, fed, circuit));
      if (has_blocks() && has_counted_tables(circuit))
        forms.push_back(made(style, fed, with_block_roms(circuit)));
      for (Choice& form : forms) {
        form.is_guess = true;
        set_cost(form, on_the_low_side * rough_cost(form.made.circuit, part_), part_);
      }
    });
  }

  void add_folded(const MatrixForm& form, const Split& split) {
    const Fold fold{.inner = split.terms, .outer = split.groups};
    for (const Products products : products_of(form)) {
      add(fmt::format("folded {} {} {}", fold.inner, fold.outer, static_cast<int>(products)), "folded",
          whole_, [&] { return folded_matrix(form, fold, *made_.output.fixed, products); });
    }
  }

  void add_streamed(const MatrixForm& form, std::int64_t interval) {
    const InputStream& stream = made_.streams.front();
    const std::int64_t beats = stream.pixels();
    const Fed by_beats = fed(beat_by_beat(stream));
    for (const auto& [terms, groups] :
         promising_splits(form, stream.window.channels, interval / beats, part_, options_)) {
      const Fold fold{.inner = groups, .outer = terms, .positions = static_cast<int>(beats)};
      for (const Products products : products_of(form)) {
        add(fmt::format("streamed {} {} {}", fold.inner, fold.outer, static_cast<int>(products)), "streamed",
            by_beats, [&] { return streamed_matrix(form, fold, *made_.output.fixed, products); });
      }
    }
  }

  /// All at once in shared adders.
  void add_adders(const Stage& stage, const std::optional<MatrixForm>& form, std::int64_t clocks) {
    if (form && are_hopeless(*form, form->x.width, clocks)) return;
    // Where they are made digit by digit it is known what those of whole words cannot be less than.
    if (serial_ && options_.most_latency == 0) {  // a limit may make dear forms the right ones
      const double least = words_over_digits * serial_clocks_ * serial_->share;
      const double saved = options_.clock_share * static_cast<double>(clocks);
      if (serial_->cost.dsp == 0 && least - saved > most_that_a_search_saves * serial_->share) return;
    }
    add_searched("adders", "adders",
                 [kept = std::make_shared<const Stage>(stage)](const AdderSearch& search) {
                   return unfolded_circuit(*kept, search);
                 });
  }

  /// All at once, what can be looked up in tables of at most so many address bits.
  void add_tables(const Stage& stage, int most_bits) {
    const std::string key = fmt::format("tables {}", most_bits);
    std::vector<TruthTable> tables;
    if (!known_.contains(key)) tables = truth_tables(stage, most_bits, part_);
    if (tables.empty()) known_.try_emplace(key);  // without a form, if it is new
    add_searched(key, "tables",
                 [kept = std::make_shared<const Stage>(stage),
                  looked_up = std::make_shared<const std::vector<TruthTable>>(std::move(tables))](
                     const AdderSearch& search) { return unfolded_circuit(*kept, search, *looked_up); });
  }

  /// All at once, but digit by digit; the smallest digits that leave time enough.
  void add_serial(const MatrixForm& form, std::int64_t clocks) {
    int digit = 1;
    while (at_once(form.x.width, digit) > clocks) ++digit;
    if (!can_be_serial(form, digit) || are_hopeless(form, digit, clocks)) return;
    const size_t at = choices_.size();
    add_searched(fmt::format("serial {}", digit), "serial",
                 [digit, kept = std::make_shared<const MatrixForm>(form), output = *made_.output.fixed](
                     const AdderSearch& search) { return serial_matrix(*kept, digit, search, output); });
    serial_ = choices_[at];
    serial_clocks_ = at_once(form.x.width, digit);
  }

  std::vector<Choice*> taken() { return std::move(choices_); }

 private:
  // In blocks where the part has them, and in adders, which are never worse than multipliers of look-up
  // tables.
  std::vector<Products> products_of(const MatrixForm& form) const {
    const bool has_blocks = part_.dsp_count > 0 && part_.dsp.multiplies(form.x.width, form.weight.width);
    std::vector<Products> kinds;
    if (has_blocks || !can_add_products(form)) kinds.push_back(Products::Multipliers);
    if (has_limit(options_.budget) && has_blocks && can_pair_products(form, part_.dsp))
      kinds.push_back(Products::Pairs);
    if (can_add_products(form)) kinds.push_back(Products::Adders);
    return kinds;
  }

  // True if shared adders of so many bits, whatever is found to share, are dearer than a form that there is,
  // even if they gave all clocks back. The search for them takes the longest where they are of no use.
  bool are_hopeless(const MatrixForm& form, int bits, std::int64_t clocks) const {
    if (options_.most_latency > 0) return false;  // a limit may make dear forms the right ones
    Cost least;
    least.lut = left_by_sharing * digit_additions(form) * bits;
    const double share_left = share(least, part_) - options_.clock_share * static_cast<double>(clocks);
    return std::any_of(choices_.begin(), choices_.end(), [&](const Choice* other) {
      const double most = other->share * (other->is_guess ? guess_may_lack : 1);
      return other->cost.dsp == 0 && other->cost.bram36 == 0 && most < share_left;
    });
  }

  // With the adders of a first answer.
  void add_searched(const std::string& key, const char* style,
                    const std::function<Circuit(const AdderSearch&)>& make) {
    AdderSearch quick = options_.adders;
    quick.effort = quick.seconds = 0;
    take(key, [&](std::vector<Choice>& forms) {
      const Circuit circuit = make(quick);
      forms.push_back(made(style, whole_, circuit));
      forms.back().search = make;
      if (has_blocks() && has_counted_tables(circuit)) {
        forms.push_back(made(style, whole_, with_block_roms(circuit)));
        forms.back().search = [make](const AdderSearch& search) { return with_block_roms(make(search)); };
      }
      for (Choice& form : forms) count(form, part_);
    });
  }

  // The forms of that key, which are made if they are not known.
  void take(const std::string& key, const std::function<void(std::vector<Choice>&)>& make) {
    const auto [at, is_new] = known_.try_emplace(key);
    if (is_new) make(at->second);
    for (Choice& form : at->second) choices_.push_back(&form);
  }

  bool has_blocks() const { return part_.bram.count > 0; }

  Fed fed(std::vector<InputStream> streams) const {
    Fed result{std::move(streams), {}};
    for (InputStream& stream : result.streams) {
      if (options_.ports == Ports::Plain) {
        stream.fifo_depth = 0;  // and no window: its one position is what comes at a clock
      } else {
        result.windows += window_cost(stream.window, stream.pixel_bits(), part_, stream.memory);
      }
    }
    return result;
  }

  Choice made(const char* style, const Fed& fed, const Circuit& circuit) const {
    Choice choice;
    choice.style = style;
    choice.made = pipelined_on(part_, circuit, options_.clock_ns);
    choice.streams = fed.streams;
    choice.windows = fed.windows;
    return choice;
  }

  const StageDesign& made_;
  const Part& part_;
  const ScheduleOptions& options_;
  KnownForms& known_;
  Fed whole_;                       ///< the windows of the stage
  const Choice* serial_ = nullptr;  ///< the form in digits, if there is one
  int serial_clocks_ = 0;           ///< that it takes
  std::vector<Choice*> choices_;
};

}  // namespace

std::optional<MatrixForm> matrix_of(const Stage& stage, const StageDesign& made) {
  if (stage.windows.size() != 1) return std::nullopt;
  auto form = matrix_form(stage.formula, made.elements(), stage.inputs.front());
  if (!form) return form;
  // Elements of which more is known than their type may be in a coarser unit; sums over clocks are in the
  // type's, and their lowest bits, zeros then, have to go.
  const Formula epilogue = epilogue_formula(*form);
  if (epilogue[epilogue.outputs().front()].range.fraction > stage.output.fixed->fraction()) {
    MatrixForm::Step drop;
    drop.quantizer = {*stage.output.fixed, Rounding::Trn, Overflow::Wrap};
    form->epilogue.push_back(drop);
  }
  return form;
}

std::vector<Choice*> choices_of(const Stage& stage, const StageDesign& made,
                                const std::optional<MatrixForm>& form, const MatrixLayout& layout,
                                std::int64_t clocks, std::int64_t interval, const Part& part,
                                const ScheduleOptions& options, KnownForms& known) {
  using Kind = MatrixLayout::Kind;
  Forms forms(made, part, options, known);
  const InputStream& stream = made.streams.front();
  if (form && layout.kind == Kind::Free && stream.window.is_whole() && stream.pixels() > 1 &&
      made.positions == 1)
    forms.add_streamed(*form, interval);
  if (form && clocks > 1) {
    if (layout.kind == Kind::Exact) {
      const int terms = std::min(layout.clocks, form->rows);
      forms.add_folded(*form, {terms, layout.clocks / terms});
      return forms.taken();
    }
    for (const Split& split : promising_splits(*form, form->rows, clocks, part, options)) {
      if (split.clocks() > 1) forms.add_folded(*form, split);
    }
    forms.add_serial(*form, clocks);
    if (layout.kind == Kind::Shared) return forms.taken();
  }
  // One table of the part a bit, and some.
  for (const int more : {0, 2}) forms.add_tables(stage, part.lut_inputs + more);
  forms.add_adders(stage, form, clocks);
  return forms.taken();
}

}  // namespace gw
