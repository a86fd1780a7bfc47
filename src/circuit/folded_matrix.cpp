// Time-shared matrix steps.
//
// Where a window is offered only every n clocks, n products can share a multiplier. Three shapes:
//
// Folded: the whole window stands in front of the circuit. Rows are dealt out in blocks, so that clock t sees
// rows t * lanes to (t + 1) * lanes - 1 and a sum keeps its order of rows; outputs are dealt out likewise
// once all rows have their own clock.
//
// Streamed: for a matrix over a whole frame there need be no window at all. Each pixel is multiplied with its
// weights as it comes and is then forgotten; what is kept are the sums. Groups of outputs take turns within a
// pixel, and the sums of one multiplier stand in a ring that moves by one each clock, which costs no
// multiplexer.
//
// Serial: all products of a window at once, but with one digit of its elements at a clock. With digits of one
// bit a product is the weight or nothing, so that the shared adders are hardly wider than the weights. What
// they add up at a clock is added to the sum so far, shifted by a digit. The top bit of a signed element
// counts negative: inverted it is one that counts as all others do, and a constant.
//
// The weights of one multiplier are a ROM with one word a clock. Words in which all weights of a lane are
// zero cost nothing: the lane's product is not built.
//
// A multiplier made of look-up tables is the better for knowing what it is for. Two bits of a weight choose
// one of 0, x, 2x and 3x, where 3x is made once for all outputs; with an operand beside it that choice still
// fits the six-input table in front of a carry bit, so that a product of n bits takes n / 2 adders and no
// further logic. The top two bits of a signed weight choose one of 0, x, -2x and -x. There -x is x with its
// bits inverted, and one: the ones of all weights are a constant, which the sum starts with.
//
// A multiplier block is wider than most weights. With two weights in one operand, w + v * 2^k, its product is
// w * x + v * x * 2^k, and so are sums of such products, as long as the sums of w * x stay within k bits:
// then the lower k bits, as a signed number, are the one sum, and what is above, plus one if that is
// negative, the other (Fu et al., "Deep Learning with INT8 Optimization on Xilinx Devices", 2017). All of a
// sum's turns run through one accumulator so, and are taken apart once.
//
// Where all weights of a lane are among four values, as those of ternary and two-bit networks are whatever
// the scale of each output, a lane is one such choice, and its ROM holds which. So that as many lanes as
// possible are of that kind, outputs with the same values share a lane.

#include "circuit/folded_matrix.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <set>

#include "circuit/adder_cells.h"
#include "circuit/formula_circuit.h"
#include "support/check.h"

namespace gw {

namespace {

// The weights of two outputs in one word.
struct PairedWeights {
  int apart = 0;  ///< the second one counts 2^apart
  FixedType type;
};

PairedWeights paired_weights(const MatrixForm& form) {
  const FixedType sum = type_of(form.sum);
  PairedWeights pair;
  pair.apart = sum.width + (sum.is_signed ? 0 : 1);
  const auto [lowest, highest] = std::minmax_element(form.weights.begin(), form.weights.end());
  const auto both = [&](std::int64_t weight) {
    return interval_of(weight, 0) + interval_of(weight, 0) * interval_of(std::int64_t{1} << pair.apart, 0);
  };
  pair.type = type_of(unite(both(*lowest), both(*highest)));
  pair.type.integer = pair.type.width - form.weight.fraction();
  return pair;
}

// What all shapes are made of: lanes of products, their sum, and what is done with the sum.
class MatrixBuilder {
 public:
  MatrixBuilder(Circuit& circuit, const MatrixForm& form, Products products = Products::Multipliers)
      : circuit_(circuit),
        builder_(circuit),
        form_(form),
        products_(products),
        epilogue_(epilogue_formula(form)),
        weight_(form.weight) {
    const int bits = std::max(1, needed_bits(epilogue_).front());
    sum_ = {bits, bits - form.fraction, form.sum.lo < 0 || bits < type_of(form.sum).width};
    total_ = sum_;
    if (products != Products::Pairs) return;
    const PairedWeights pair = paired_weights(form);
    apart_ = pair.apart;
    weight_ = pair.type;
    const int both = apart_ + sum_.width;
    total_ = {both, both - form.fraction, true};
  }

  /// How many outputs a multiplier is for at once.
  int outputs_each() const { return products_ == Products::Pairs ? 2 : 1; }
  /// Of the sum of all of them.
  const FixedType& total() const { return total_; }

  /// The word with which a multiplier makes the products for the weights of its outputs.
  std::int64_t word(const std::function<std::int64_t(int part)>& weight) const {
    return packed(weight, apart_);
  }

  /// What a total starts with.
  std::int64_t start_of(const std::function<std::int64_t(int part)>& start) const {
    return wrapped(packed(start, apart_), total_.width, total_.is_signed);
  }

  /// The sum of each output.
  std::vector<WireId> sums(WireId total) {
    if (products_ != Products::Pairs) return {total};
    const WireId borrowed = circuit_.slice(total, apart_ - 1, 1, false);
    const WireId above = circuit_.slice(total, apart_, sum_.width, sum_.is_signed);
    return {circuit_.slice(total, 0, sum_.width, sum_.is_signed),
            circuit_.add(above, 0, borrowed, 0, sum_.width, sum_.is_signed)};
  }

  /// The first `count` elements in blocks, one after the other: lane l shows element t * lanes + l at turn t.
  std::vector<WireId> lanes(int count, int turns, WireId turn) {
    const int lanes = at_once(count, turns);
    std::vector<WireId> x;
    for (int lane = 0; lane < lanes; ++lane) {
      std::vector<WireId> options;
      for (int t = 0; t < turns; ++t)
        options.push_back(
            circuit_.input(std::min(t * lanes + lane, count - 1), form_.x.width, form_.x.is_signed));
      x.push_back(circuit_.mux(turn, std::move(options)));
    }
    return x;
  }

  /// The columns, those next to each other that should share lanes.
  std::vector<int> column_order() const {
    std::vector<int> order(static_cast<size_t>(form_.columns));
    std::iota(order.begin(), order.end(), 0);
    if (products_ != Products::Adders) return order;
    std::vector<std::set<std::int64_t>> values(order.size());
    for (int row = 0; row < form_.rows; ++row) {
      for (int column = 0; column < form_.columns; ++column)
        values[static_cast<size_t>(column)].insert(form_.weight_at(row, column));
    }
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return values[static_cast<size_t>(a)] < values[static_cast<size_t>(b)];
    });
    return order;
  }

  /// The sum of the lanes' products in one clock.
  struct Sum {
    WireId wire = -1;
    /// Of each lane: how far up the one stands that its product leaves out where the weight is negative;
    /// empty if none does.
    std::vector<int> ones;
  };

  /// Lane l multiplies x[l] with word `weights(l)` of the clock.
  Sum products(const std::vector<WireId>& x,
               const std::function<std::vector<std::int64_t>(int lane)>& weights) {
    if (products_ == Products::Adders) return added_products(x, weights);
    const auto lanes = static_cast<int>(x.size());
    const WireId clock = circuit_.phase(Phase::Whole);
    Formula products;
    std::vector<ExprId> terms;
    std::vector<WireId> loads = x;
    loads.resize(static_cast<size_t>(2 * lanes), -1);
    for (int lane = 0; lane < lanes; ++lane) {
      std::vector<std::int64_t> words = weights(lane);
      if (std::all_of(words.begin(), words.end(), [](std::int64_t w) { return w == 0; })) continue;
      loads[static_cast<size_t>(lanes + lane)] =
          circuit_.rom(clock, std::move(words), weight_.width, weight_.is_signed);
      ExprId term =
          products.multiply(products.load(0, lane, form_.x), products.load(0, lanes + lane, weight_));
      if (form_.term) term = products.cast(*form_.term, term);
      terms.push_back(term);
    }
    if (terms.empty()) return {circuit_.constant(0, 1, false), {}};
    products.set_outputs(
        {products.cast({total_, Rounding::Trn, Overflow::Wrap}, products.sum(std::move(terms)))});
    return {builder_.build(products, loads, std::span(&total_, 1)).front(), {}};
  }

  WireId epilogue(WireId total, const FixedType& output) {
    return builder_.build(epilogue_, std::span(&total, 1), std::span(&output, 1)).front();
  }

  /// What the sum of a column starts with: its bias, and the ones that its products leave out.
  std::int64_t start(int column, const Sum& products, const std::function<int(int row)>& lane_of) const {
    if (column >= form_.columns) return 0;
    std::int64_t start = form_.bias[static_cast<size_t>(column)];
    for (int row = 0; row < form_.rows && !products.ones.empty(); ++row) {
      const int place = products.ones[static_cast<size_t>(lane_of(row))];
      start += static_cast<std::int64_t>(form_.weight_at(row, column) < 0) << (place + to_unit());
    }
    return start;
  }
  std::int64_t weight(int row, int column) const {
    return row < form_.rows && column < form_.columns ? form_.weight_at(row, column) : 0;
  }

 private:
  // A wire and all values that it can have.
  struct Value {
    WireId wire = -1;
    Interval range;
  };

  Value added(const Value& a, const Value& b, int shift, bool subtract = false) {
    const Interval shifted = b.range * interval_of(std::int64_t{1} << shift, 0);
    const Interval range = subtract ? a.range - shifted : a.range + shifted;
    const FixedType type = type_of(range);
    const int width = std::max(1, type.width);
    return {subtract ? circuit_.subtract(a.wire, 0, b.wire, shift, width, type.is_signed)
                     : circuit_.add(a.wire, 0, b.wire, shift, width, type.is_signed),
            range};
  }

  Value tree(std::vector<Value> terms) {
    for (size_t step = 1; step < terms.size(); step *= 2) {
      for (size_t n = 0; n + step < terms.size(); n += 2 * step)
        terms[n] = added(terms[n], terms[n + step], 0);
    }
    return terms.front();
  }

  Sum added_products(const std::vector<WireId>& x,
                     const std::function<std::vector<std::int64_t>(int lane)>& weights) {
    std::vector<Value> products;
    std::vector<int> ones(x.size(), 0);
    for (size_t lane = 0; lane < x.size(); ++lane) {
      std::vector<std::int64_t> words = weights(static_cast<int>(lane));
      const std::set<std::int64_t> values(words.begin(), words.end());
      if (values == std::set<std::int64_t>{0}) continue;
      const Value one{x[lane], {form_.x.lowest(), form_.x.highest(), 0}};
      if (is_one_choice(values)) {
        products.push_back(chosen_among(one, {values.begin(), values.end()}, words));
      } else {
        products.push_back(chosen_by_digits(one, std::move(words)));
        ones[lane] = (form_.weight.width - 1) / 2 * 2;
      }
    }
    if (products.empty()) return {circuit_.constant(0, 1, false), {}};
    return {circuit_.slice(tree(products).wire, -to_unit(), sum_.width, sum_.is_signed), std::move(ones)};
  }

  // Whether a table has room for the choice from those multiples, with an operand beside it: two bits that
  // choose, and not more than three that they choose from.
  static bool is_one_choice(const std::set<std::int64_t>& values) {
    std::set<std::int64_t> made;
    for (const std::int64_t value : values) {
      if (value == 0) continue;
      made.insert(std::abs(value));
      const std::int64_t odd = std::abs(value) / lowest_bit(value);
      if (odd != 1 && odd != 3) return false;
    }
    return values.size() <= 4 && made.size() <= 3;
  }

  static std::int64_t lowest_bit(std::int64_t value) { return value & -value; }

  // A product whose weight is one of `values`: the ROM says which.
  Value chosen_among(const Value& x, const std::vector<std::int64_t>& values,
                     const std::vector<std::int64_t>& weights) {
    std::vector<Value> options;
    for (const std::int64_t value : values) options.push_back(multiple(x, value));
    if (options.size() == 1) return options.front();
    if (options.size() == 3) options.push_back(options.back());
    std::vector<std::int64_t> words;
    for (const std::int64_t weight : weights)
      words.push_back(std::lower_bound(values.begin(), values.end(), weight) - values.begin());
    const int bits = options.size() == 2 ? 1 : 2;
    return chosen(circuit_.rom(circuit_.phase(Phase::Whole), std::move(words), bits, false), options);
  }

  // A product of any weight: a row for each two of its bits.
  Value chosen_by_digits(const Value& x, std::vector<std::int64_t> weights) {
    const int bits = form_.weight.width;
    for (std::int64_t& word : weights) word = wrapped(word, bits, false);
    const WireId weight = circuit_.rom(circuit_.phase(Phase::Whole), std::move(weights), bits, false);
    Value product;
    for (int low = 0; low < bits; low += 2) {
      const WireId digit = circuit_.slice(weight, low, std::min(2, bits - low), false);
      // The top digit of a signed weight counts negative.
      const bool is_top = form_.weight.is_signed && low + 2 >= bits;
      std::vector<Value> options{multiple(x, 0), multiple(x, is_top && low + 1 == bits ? -1 : 1)};
      if (low + 1 < bits) {
        options.push_back(multiple(x, is_top ? -2 : 2));
        options.push_back(multiple(x, is_top ? -1 : 3));
      }
      const Value row = chosen(digit, options);
      product = low == 0 ? row : added(product, row, low);
    }
    return product;
  }

  // factor * x, where the factor is 0, a power of two or three of it; a negative one is one too small.
  Value multiple(const Value& x, std::int64_t factor) {
    if (factor == 0) return {circuit_.constant(0, 1, false), {0, 0, 0}};
    const std::int64_t power = lowest_bit(factor);
    Value made = std::abs(factor) == power ? x : added(x, x, 1);
    GW_CHECK(std::abs(factor) == power || std::abs(factor) == 3 * power);
    if (power > 1) {
      const Cell cell = circuit_[made.wire];
      const int shift = std::countr_zero(static_cast<std::uint64_t>(power));
      made = {circuit_.slice(made.wire, -shift, cell.width + shift, cell.is_signed),
              made.range * interval_of(power, 0)};
    }
    return factor > 0 ? made : Value{circuit_.inverted(extended(made)), interval_of(-1, 0) - made.range};
  }

  // The same with a sign bit.
  WireId extended(const Value& v) {
    const Cell& c = circuit_[v.wire];
    return c.is_signed ? v.wire : circuit_.slice(v.wire, 0, c.width + 1, true);
  }

  Value chosen(WireId digit, const std::vector<Value>& options) {
    Interval range = options.front().range;
    std::vector<WireId> wires;
    for (const Value& option : options) {
      range = unite(range, option.range);
      wires.push_back(option.wire);
    }
    return {circuit_.mux(digit, std::move(wires)), range};
  }

  // Units of the sums in a unit of the products.
  int to_unit() const { return form_.fraction - form_.x.fraction() - form_.weight.fraction(); }

  std::int64_t packed(const std::function<std::int64_t(int part)>& value, int apart) const {
    std::int64_t word = 0;
    for (int part = outputs_each(); part-- > 0;) word = word * (std::int64_t{1} << apart) + value(part);
    return word;
  }

  Circuit& circuit_;
  FormulaBuilder builder_;
  const MatrixForm& form_;
  Products products_;
  Formula epilogue_;
  FixedType sum_;     ///< of one output
  int apart_ = 0;     ///< bits between the weights of two outputs in one word
  FixedType weight_;  ///< of a word
  FixedType total_;   ///< of the sums of all outputs of a multiplier
};

// The column that stands there; behind the last one, one that there is not.
int column_at(const std::vector<int>& order, int place) {
  return place < static_cast<int>(order.size()) ? order[static_cast<size_t>(place)]
                                                : static_cast<int>(order.size());
}

}  // namespace

bool can_add_products(const MatrixForm& form) {
  const int rows = type_of(interval_of(form.rows, 0)).width;
  return !form.term && form.x.width + form.weight.width + rows + 1 < max_width;
}

bool can_pair_products(const MatrixForm& form, const DspBlock& block) {
  const int sum = type_of(form.sum).width;
  if (form.term || form.columns < 2 || form.x.width + form.weight.width + sum >= 40) return false;
  const PairedWeights pair = paired_weights(form);
  const int x = form.x.width + (form.x.is_signed ? 0 : 1);
  return block.multiplies(x, pair.type.width + (pair.type.is_signed ? 0 : 1)) && 2 * pair.apart < max_width;
}

Circuit folded_matrix(const MatrixForm& form, const Fold& fold, const FixedType& output, Products products) {
  GW_CHECK(fold.positions == 1);
  Circuit circuit;
  circuit.fold = fold;
  MatrixBuilder matrix(circuit, form, products);
  const int lanes = at_once(form.rows, fold.inner);
  const int group = at_once(form.columns, fold.outer);
  const WireId inner = circuit.phase(Phase::Inner);
  const WireId outer = circuit.phase(Phase::Outer);

  const std::vector<WireId> x = matrix.lanes(form.rows, fold.inner, inner);
  const FixedType& sum = matrix.total();
  const int each = matrix.outputs_each();
  const std::vector<int> order = matrix.column_order();
  std::vector<WireId> results(static_cast<size_t>(form.columns));
  for (int member = 0; member < group; member += each) {
    // Outputs that take turns on one multiplier stand next to each other; behind the last one nothing.
    const auto column = [&](int part, int o) { return column_at(order, (member + part) * fold.outer + o); };
    const MatrixBuilder::Sum sums = matrix.products(x, [&](int lane) {
      std::vector<std::int64_t> words;
      for (int o = 0; o < fold.outer; ++o) {
        for (int t = 0; t < fold.inner; ++t) {
          words.push_back(
              matrix.word([&](int part) { return matrix.weight(t * lanes + lane, column(part, o)); }));
        }
      }
      return words;
    });
    std::vector<std::int64_t> starts;
    for (int o = 0; o < fold.outer; ++o) {
      starts.push_back(matrix.start_of([&](int part) {
        return matrix.start(column(part, o), sums, [&](int row) { return row % lanes; });
      }));
    }
    WireId total = sums.wire;
    const WireId start = circuit.rom(outer, starts, sum.width, sum.is_signed);
    total = fold.inner > 1
                ? circuit.accumulate(total, circuit.equal(inner, 0), start, sum.width, sum.is_signed)
                : circuit.add(total, 0, start, 0, sum.width, sum.is_signed);
    const std::vector<WireId> totals = matrix.sums(total);
    for (int part = 0; part < each; ++part) {
      const WireId y = matrix.epilogue(totals[static_cast<size_t>(part)], output);
      const WireId last = circuit.equal(inner, fold.inner - 1);
      for (int o = 0; o < fold.outer && column(part, o) < form.columns; ++o) {
        results[static_cast<size_t>(column(part, o))] =
            fold.outer > 1 ? circuit.capture(y, circuit.logic_and(last, circuit.equal(outer, o))) : y;
      }
    }
  }
  circuit.set_outputs(std::move(results));
  return without_dead_cells(circuit);
}

Circuit streamed_matrix(const MatrixForm& form, const Fold& fold, const FixedType& output,
                        Products products) {
  GW_CHECK(fold.positions > 1 && form.rows % fold.positions == 0);
  Circuit circuit;
  circuit.fold = fold;
  MatrixBuilder matrix(circuit, form, products);
  const int channels = form.rows / fold.positions;
  const int lanes = at_once(channels, fold.outer);
  const int members = at_once(form.columns, fold.inner);
  const WireId turn = circuit.phase(Phase::Inner);
  const WireId step = circuit.phase(Phase::Outer);
  const WireId position = circuit.phase(Phase::Position);

  const std::vector<WireId> x = matrix.lanes(channels, fold.outer, step);
  const FixedType& sum = matrix.total();
  const int each = matrix.outputs_each();
  const WireId first = circuit.logic_and(circuit.equal(position, 0), circuit.equal(step, 0));
  const WireId last =
      circuit.logic_and(circuit.equal(position, fold.positions - 1), circuit.equal(step, fold.outer - 1));
  const std::vector<int> order = matrix.column_order();
  std::vector<WireId> results(static_cast<size_t>(form.columns));
  for (int member = 0; member < members; member += each) {
    // Outputs that take turns on one multiplier stand next to each other; behind the last one nothing.
    const auto column = [&](int part, int t) { return column_at(order, (member + part) * fold.inner + t); };
    const MatrixBuilder::Sum sums = matrix.products(x, [&](int lane) {
      std::vector<std::int64_t> words;
      for (int p = 0; p < fold.positions; ++p) {
        for (int s = 0; s < fold.outer; ++s) {
          const int channel = s * lanes + lane;
          for (int t = 0; t < fold.inner; ++t) {
            words.push_back(matrix.word([&](int part) {
              return channel < channels ? matrix.weight(p * channels + channel, column(part, t)) : 0;
            }));
          }
        }
      }
      return words;
    });
    std::vector<std::int64_t> starts;
    for (int t = 0; t < fold.inner; ++t) {
      starts.push_back(matrix.start_of([&](int part) {
        return matrix.start(column(part, t), sums, [&](int row) { return row % channels % lanes; });
      }));
    }
    const WireId start = circuit.rom(turn, starts, sum.width, sum.is_signed);
    const WireId total = circuit.accumulate(sums.wire, first, start, sum.width, sum.is_signed, fold.inner);
    const std::vector<WireId> totals = matrix.sums(total);
    for (int part = 0; part < each; ++part) {
      const WireId y = matrix.epilogue(totals[static_cast<size_t>(part)], output);
      for (int t = 0; t < fold.inner && column(part, t) < form.columns; ++t) {
        results[static_cast<size_t>(column(part, t))] =
            fold.inner > 1 ? circuit.capture(y, circuit.logic_and(last, circuit.equal(turn, t))) : y;
      }
    }
  }
  circuit.set_outputs(std::move(results));
  return without_dead_cells(circuit);
}

bool can_be_serial(const MatrixForm& form, int digit_bits) {
  return !form.term && digit_bits < form.x.width && (digit_bits == 1 || !form.x.is_signed);
}

Circuit serial_matrix(const MatrixForm& form, int digit_bits, const AdderSearch& search,
                      const FixedType& output) {
  GW_CHECK(can_be_serial(form, digit_bits));
  Circuit circuit;
  const int clocks = at_once(form.x.width, digit_bits);
  circuit.fold = {.inner = clocks};
  MatrixBuilder matrix(circuit, form);
  const WireId turn = circuit.phase(Phase::Inner);
  const WireId is_first = circuit.equal(turn, 0), is_last = circuit.equal(turn, clocks - 1);

  // Row r: the digits of element r; behind them a row for what is left of the bias.
  ConstantMatrix digits;
  digits.rows = form.rows + 1;
  digits.columns = form.columns;
  digits.inputs.assign(static_cast<size_t>(form.rows), Interval{0, (Int128{1} << digit_bits) - 1, 0});
  digits.inputs.push_back({0, 1, 0});
  std::vector<WireId> wires;
  for (int r = 0; r < form.rows; ++r) {
    const WireId x = circuit.input(r, form.x.width, form.x.is_signed);
    std::vector<WireId> options;
    for (int t = 0; t < clocks; ++t) {
      const int low = (clocks - 1 - t) * digit_bits;
      const WireId digit = circuit.slice(x, low, std::min(digit_bits, form.x.width - low), false);
      options.push_back(t == 0 && form.x.is_signed ? circuit.logic_not(digit) : digit);
    }
    wires.push_back(circuit.mux(turn, std::move(options)));
  }
  wires.push_back(is_last);

  // A bias that the first clock starts with is shifted by all other digits; the rest comes with the last.
  const int to_unit = form.fraction - form.x.fraction() - form.weight.fraction();
  const int all_digits = (clocks - 1) * digit_bits;
  std::vector<std::int64_t> starts;
  digits.weights.assign(static_cast<size_t>(digits.rows) * static_cast<size_t>(form.columns), 0);
  for (int c = 0; c < form.columns; ++c) {
    std::int64_t bias = form.bias[static_cast<size_t>(c)];
    for (int r = 0; r < form.rows; ++r) {
      const std::int64_t weight = form.weight_at(r, c) << to_unit;
      digits.weights[static_cast<size_t>(r * form.columns + c)] = weight;
      if (form.x.is_signed) bias -= weight << (form.x.width - 1);
    }
    starts.push_back(bias >> all_digits);
    digits.weights[static_cast<size_t>(form.rows * form.columns + c)] = bias - (starts.back() << all_digits);
  }

  const FixedType& sum = matrix.total();
  const std::vector<int> bits(static_cast<size_t>(form.columns), sum.width);
  const std::vector<WireId> sums = adder_cells(circuit, search_adders(digits, search), wires, bits);
  std::vector<WireId> results;
  for (int c = 0; c < form.columns; ++c) {
    const auto column = static_cast<size_t>(c);
    const WireId start =
        circuit.constant(wrapped(starts[column], sum.width, sum.is_signed), sum.width, sum.is_signed);
    const WireId total =
        circuit.accumulate(sums[column], is_first, start, sum.width, sum.is_signed, 1, digit_bits);
    results.push_back(matrix.epilogue(total, output));
  }
  circuit.set_outputs(std::move(results));
  return without_dead_cells(circuit);
}

}  // namespace gw
