// Common two-term subexpressions, kept up to date under changes.
//
// A pair is two terms up to a common shift and sign: (signal a, signal b, difference of shifts, signs equal
// or not). Every sum counts each pair of its terms; a hash table keeps the totals and a queue the pairs that
// occur at least twice, with entries that may be out of date and are checked when they come up. Putting or
// taking a term of a sum with n terms costs n updates, whatever the size of the matrix; that makes single
// steps cheap enough for a local search of hundreds of thousands of them. (Hartley 1996 shares digits of a
// row, Hosangadi, Fallah and Kastner 2005 and da4ml, Sun et al. 2025, pairs over all rows; both only
// forwards.)
//
// The local search lives on two facts. A shared sum that is put back into the sums that use it costs few
// adders and opens other ways to share; and digits have neighbours of equal cost, 4 - 1 = 2 + 1, that fit
// other sums better than the canonical ones. Terms of one signal merge on the way (1 + 1 = 2, 2 - 1 = 1).

#include "circuit/shared_sums.h"

#include <algorithm>

#include "num/signed_digits.h"
#include "support/check.h"

namespace gw {

namespace {

constexpr int shift_offset = 128;
constexpr int signal_bits = 22;

std::int16_t shifted(int shift, int by) { return static_cast<std::int16_t>(shift + by); }

// ceil(log2(sum of 2^depth)), and the depth itself for a single term.
class Kraft {
 public:
  void add(int depth) {
    sum_ += Int128{1} << std::min(depth, 100);
    deepest_ = std::max(deepest_, depth);
  }
  int depth() const {
    int result = deepest_;
    while ((Int128{1} << result) < sum_) ++result;
    return result;
  }

 private:
  Int128 sum_ = 0;
  int deepest_ = 0;
};

bool is_zero(const Interval& range) { return range.lo == 0 && range.hi == 0; }

}  // namespace

struct SharedSums::Pair {
  int a, b;        ///< signals, a <= b
  int difference;  ///< shift of b minus shift of a; positive if a == b
  bool opposite;   ///< their signs differ

  explicit Pair(std::uint64_t key)
      : a(static_cast<int>(key >> (signal_bits + 9))),
        b(static_cast<int>((key >> 9) & ((1u << signal_bits) - 1))),
        difference(static_cast<int>((key >> 1) & 255) - shift_offset),
        opposite(key & 1) {}
  int shift_a() const { return std::max(0, -difference); }
  int shift_b() const { return std::max(0, difference); }
};

struct SharedSums::Occurrence {
  std::int32_t sum;
  Term a, b;
  int shift() const { return std::min(a.shift, b.shift); }
};

inline std::uint64_t SharedSums::key_of(const Term& a, const Term& b) {
  // Signal and shift as one number that orders them; which of two is less is as good as a coin, so without a
  // branch.
  const auto place = [](const Term& term) {
    return static_cast<std::int64_t>(term.signal) * 512 + (term.shift + 256);
  };
  const std::int64_t pa = place(a), pb = place(b);
  const std::int64_t mask = -static_cast<std::int64_t>(pb < pa);
  const std::int64_t swap = (pa ^ pb) & mask;
  const auto low = static_cast<std::uint64_t>(pa ^ swap), high = static_cast<std::uint64_t>(pb ^ swap);
  return low >> 9 << (signal_bits + 9) | high >> 9 << 9 | ((high & 511) - (low & 511) + shift_offset) << 1 |
         static_cast<std::uint64_t>(a.negative != b.negative);
}

int SharedSums::least_depth(const ConstantMatrix& matrix) {
  int deepest = 0;
  for (int c = 0; c < matrix.columns; ++c) {
    Kraft tree;
    for (int r = 0; r < matrix.rows; ++r) {
      if (is_zero(matrix.inputs[static_cast<size_t>(r)])) continue;
      const size_t digits = canonical_digits(matrix.weight(r, c)).size();
      for (size_t d = 0; d < digits; ++d) tree.add(matrix.input_depth(r));
    }
    deepest = std::max(deepest, tree.depth());
  }
  return deepest;
}

SharedSums::SharedSums(const ConstantMatrix& matrix, int depth_limit, std::uint64_t seed)
    : inputs_(matrix.rows), outputs_(matrix.columns), depth_limit_(depth_limit), random_(seed) {
  sums_.resize(static_cast<size_t>(inputs_ + outputs_));
  for (int r = 0; r < inputs_; ++r) {
    Sum& input = at(r);
    input.alive = true;
    input.range = matrix.inputs[static_cast<size_t>(r)];
    input.top = type_of(input.range).width;
    input.depth = matrix.input_depth(r);
  }
  // Pairs are counted first and offered once, when their counts stand.
  replaying_ = true;
  for (int c = 0; c < outputs_; ++c) {
    const int output = inputs_ + c;
    at(output).alive = true;
    for (int r = 0; r < inputs_; ++r) {
      if (is_zero(at(r).range)) continue;
      for (const SignedDigit digit : canonical_digits(matrix.weight(r, c)))
        put(output, {r, shifted(digit.shift, 0), digit.negative});
    }
    at(output).depth = depth_of(output);
  }
  replaying_ = false;
  counts_.for_each([&](std::uint64_t key, std::int32_t count) {
    if (count >= 2) candidates_.push(gain(key, count), {key, count});
  });
}

// A pair that occurs k times saves k - 1 adders of the width of its own.
float SharedSums::gain(std::uint64_t key, int count) {
  const Pair pair(key);
  const int bits = std::max(at(pair.a).top + pair.shift_a(), at(pair.b).top + pair.shift_b()) -
                   std::max(pair.shift_a(), pair.shift_b());
  double gain = (count - 1) * (std::max(1, bits) / 10.0);
  if (noise_ > 0) gain += noise_ * random_.unit();
  if (key == disliked_) gain -= 1.2;
  return static_cast<float>(gain);
}

void SharedSums::count_pairs(const Term& term, const std::vector<Term>& others, int by) {
  keys_.resize(others.size());
  std::uint64_t* next = keys_.data();
  for (const Term& other : others) {
    const std::uint64_t key = key_of(term, other);
    counts_.expect(key);
    *next++ = key;
  }
  if (by < 0) {
    for (const std::uint64_t key : keys_) counts_.take(key);
  } else if (replaying_) {
    for (const std::uint64_t key : keys_) counts_.put(key);
  } else {
    for (const std::uint64_t key : keys_) {
      const std::int32_t now = counts_.put(key);
      if (now >= 2) candidates_.push(gain(key, now), {key, now});
    }
  }
  work_ += static_cast<std::int64_t>(others.size());
}

// What the adders of a sum will cost, before they are known: exactly for two terms; for more, each term but
// the widest costs about its own width and a carry.
void SharedSums::price(int sum) {
  Sum& priced = at(sum);
  const std::vector<Term>& terms = priced.terms;
  cost_ -= priced.cost;
  priced.cost = 0;
  if (terms.size() == 2) {
    const int shift = std::min(terms[0].shift, terms[1].shift);
    const int a = terms[0].shift - shift, b = terms[1].shift - shift;
    priced.cost =
        std::max(1, std::max(at(terms[0].signal).top + a, at(terms[1].signal).top + b) - std::max(a, b));
  } else if (terms.size() > 2) {
    priced.cost = priced.width - priced.widest;
  }
  cost_ += priced.cost;
}

void SharedSums::put(int sum, const Term& term) {
  std::vector<Term>& terms = at(sum).terms;
  count_pairs(term, terms, 1);
  terms.push_back(term);
  if (terms.size() > 1) ++adders_;
  const int width = at(term.signal).top + 1;
  at(sum).width += width;
  at(sum).widest = std::max(at(sum).widest, width);
  price(sum);
  at(term.signal).uses.push_back({sum, term.shift, term.negative});
  if (!replaying_) journal_.push_back({Change::Add, sum, term});
}

void SharedSums::take(int sum, const Term& term) {
  std::vector<Term>& terms = at(sum).terms;
  const Term gone = term;  // it may be an element of what changes here
  *std::find(terms.begin(), terms.end(), gone) = terms.back();
  terms.pop_back();
  count_pairs(gone, terms, -1);
  if (!terms.empty()) --adders_;
  const int width = at(gone.signal).top + 1;
  at(sum).width -= width;
  if (width == at(sum).widest) {
    at(sum).widest = 0;
    for (const Term& left : terms) at(sum).widest = std::max(at(sum).widest, at(left.signal).top + 1);
  }
  price(sum);
  std::vector<Use>& uses = at(gone.signal).uses;
  *std::find(uses.begin(), uses.end(), Use{sum, gone.shift, gone.negative}) = uses.back();
  uses.pop_back();
  if (uses.size() <= 1 && gone.signal >= inputs_ + outputs_) single_.push_back(gone.signal);
  if (!replaying_) journal_.push_back({Change::Remove, sum, gone});
}

// Terms of one signal that make fewer together are merged: k + k = k+1, k - k = 0, (k+1) - k = k.
void SharedSums::add(int sum, Term term) {
  for (bool again = true; again;) {
    again = false;
    for (const Term& other : at(sum).terms) {
      if (other.signal != term.signal) continue;
      const Term met = other;
      if (met.shift == term.shift) {
        take(sum, met);
        if (met.negative != term.negative) return;
        ++term.shift;
        again = true;
        break;
      }
      if (met.negative != term.negative && std::abs(met.shift - term.shift) == 1) {
        take(sum, met);
        const bool higher = met.shift > term.shift;
        term = {term.signal, std::min(met.shift, term.shift), higher ? met.negative : term.negative};
        again = true;
        break;
      }
    }
  }
  put(sum, term);
}

int SharedSums::create() {
  std::int32_t id;
  if (free_.empty()) {
    id = static_cast<std::int32_t>(sums_.size());
    GW_CHECK(id < (1 << signal_bits));
    sums_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  at(id).alive = true;
  if (!replaying_) journal_.push_back({Change::Create, id, {}});
  return id;
}

void SharedSums::remove(int sum) {
  at(sum).alive = false;
  free_.push_back(sum);
  if (replaying_) return;
  journal_.push_back({Change::Delete, sum, {}});
  deleted_.push_back(at(sum).range);
}

void SharedSums::roll_back(size_t mark) {
  replaying_ = true;
  for (; journal_.size() > mark; journal_.pop_back()) {
    const Entry& entry = journal_.back();
    switch (entry.change) {
      case Change::Add:
        take(entry.sum, entry.term);
        break;
      case Change::Remove:
        put(entry.sum, entry.term);
        break;
      case Change::Create:
        remove(entry.sum);
        break;
      case Change::Delete:
        GW_CHECK(free_.back() == entry.sum);
        create();
        at(entry.sum).range = deleted_.back();
        at(entry.sum).top = type_of(at(entry.sum).range).width;
        deleted_.pop_back();
        break;
      case Change::Depth:
        at(entry.sum).depth = entry.term.signal;
        break;
    }
  }
  replaying_ = false;
}

int SharedSums::depth_of(int sum) const {
  Kraft tree;
  for (const Term& term : at(sum).terms) tree.add(at(term.signal).depth);
  return tree.depth();
}

// Brings the depth of a sum, and of all that use it, up to date; too_deep_ if an output passes the limit.
void SharedSums::follow_depth(int sum) {
  if (depth_limit_ < 0 || too_deep_) return;
  const int depth = depth_of(sum);
  if (depth == at(sum).depth) return;
  journal_.push_back({Change::Depth, sum, {at(sum).depth, 0, false}});
  at(sum).depth = depth;
  if (is_output(sum)) {
    too_deep_ = too_deep_ || depth > depth_limit_;
    return;
  }
  for (size_t u = 0; u < at(sum).uses.size() && !too_deep_; ++u) follow_depth(at(sum).uses[u].sum);
}

// Puts a shared sum's terms in its place wherever it is used.
void SharedSums::dissolve(int sum) {
  const std::vector<Term> terms = at(sum).terms;
  while (!at(sum).uses.empty()) {
    const Use use = at(sum).uses.back();
    take(use.sum, {sum, use.shift, use.negative});
    for (const Term& term : terms)
      add(use.sum, {term.signal, shifted(term.shift, use.shift), term.negative != use.negative});
    follow_depth(use.sum);
  }
  while (!at(sum).terms.empty()) take(sum, at(sum).terms.back());
  remove(sum);
}

// A sum that one other sum uses saves nothing, and hides its terms from the pairs there; one of a single term
// is that term.
void SharedSums::dissolve_single_uses() {
  while (!single_.empty()) {
    const int sum = single_.back();
    single_.pop_back();
    if (at(sum).alive && (at(sum).uses.size() <= 1 || at(sum).terms.size() == 1)) dissolve(sum);
  }
}

// Writes digits in other forms with as many of them, each with probability 1/2: (k+2) - k = (k+1) + k.
void SharedSums::rewrite_digits(int sum) {
  std::vector<Term> before = at(sum).terms;
  std::sort(before.begin(), before.end(), [](const Term& x, const Term& y) {
    return x.signal != y.signal ? x.signal < y.signal : x.shift < y.shift;
  });
  work_ += static_cast<std::int64_t>(before.size());
  const auto is_there = [&](const Term& term) {
    const auto& terms = at(sum).terms;
    return std::find(terms.begin(), terms.end(), term) != terms.end();
  };
  for (size_t l = 0; l < before.size(); ++l) {
    const Term low = before[l];
    for (size_t h = l + 1; h < before.size() && before[h].signal == low.signal; ++h) {
      const Term high = before[h];
      const int distance = high.shift - low.shift;
      const bool opposite = high.negative != low.negative;
      if (!(distance == 1 && !opposite) && !(distance == 2 && opposite)) continue;
      if ((random_.bits() & 1) || !is_there(low) || !is_there(high)) break;
      work_ += static_cast<std::int64_t>(before.size());
      take(sum, low);
      take(sum, high);
      if (distance == 1) {
        add(sum, {low.signal, low.shift, !low.negative});
        add(sum, {low.signal, shifted(low.shift, 2), low.negative});
      } else {
        add(sum, {low.signal, low.shift, high.negative});
        add(sum, {low.signal, shifted(low.shift, 1), high.negative});
      }
      break;
    }
  }
}

std::vector<SharedSums::Occurrence> SharedSums::occurrences(const Pair& pair) const {
  // The uses of one signal, in order, looked up for each use of the other.
  std::vector<Occurrence> found;
  std::vector<Use> uses_a = at(pair.a).uses;
  std::sort(uses_a.begin(), uses_a.end());
  for (const Use& b : at(pair.b).uses) {
    const int shift_a = b.shift - pair.difference;
    const Use wanted{b.sum, shifted(shift_a, 0), b.negative != pair.opposite};
    if (std::binary_search(uses_a.begin(), uses_a.end(), wanted))
      found.push_back({b.sum, {pair.a, wanted.shift, wanted.negative}, {pair.b, b.shift, b.negative}});
  }
  std::sort(found.begin(), found.end(), [](const Occurrence& x, const Occurrence& y) {
    return x.sum != y.sum ? x.sum < y.sum : x.a.shift < y.a.shift;
  });
  if (pair.a != pair.b) return found;
  // Of overlapping ones (k, k+d), (k+d, k+2d) every second can be had.
  std::vector<Occurrence> disjoint;
  for (const Occurrence& next : found) {
    const bool taken = std::any_of(disjoint.begin(), disjoint.end(), [&](const Occurrence& last) {
      return last.sum == next.sum && last.b.shift == next.a.shift;
    });
    if (!taken) disjoint.push_back(next);
  }
  return disjoint;
}

void SharedSums::share(std::uint64_t key) {
  const Pair pair(key);
  const std::vector<Occurrence> found = occurrences(pair);
  if (found.size() < 2) return;
  const size_t start = journal_.size();
  int shared = -1;
  for (const Occurrence& o : found) {
    if (!is_output(o.sum) && at(o.sum).terms.size() == 2 && o.shift() == 0 && !o.a.negative) shared = o.sum;
  }
  if (shared < 0) {
    shared = create();
    put(shared, {pair.a, shifted(pair.shift_a(), 0), false});
    put(shared, {pair.b, shifted(pair.shift_b(), 0), pair.opposite});
    const auto scaled = [](const Interval& range, int shift) {
      const Int128 scale = Int128{1} << shift;
      return Interval{range.lo * scale, range.hi * scale, 0};
    };
    const Interval a = scaled(at(pair.a).range, pair.shift_a()), b = scaled(at(pair.b).range, pair.shift_b());
    at(shared).range = pair.opposite ? a - b : a + b;
    at(shared).top = type_of(at(shared).range).width;
    if (depth_limit_ >= 0) {
      journal_.push_back({Change::Depth, shared, {at(shared).depth, 0, false}});
      at(shared).depth = depth_of(shared);
    }
  }
  size_t refused = 0;
  for (const Occurrence& o : found) {
    if (o.sum == shared) continue;
    const size_t mark = journal_.size();
    take(o.sum, o.a);
    take(o.sum, o.b);
    add(o.sum, {shared, shifted(o.shift(), 0), o.a.negative});
    follow_depth(o.sum);
    if (too_deep_) {
      too_deep_ = false;
      roll_back(mark);
      ++refused;
      continue;
    }
    if (at(o.sum).terms.size() == 1 && !is_output(o.sum)) single_.push_back(o.sum);
  }
  if (found.size() - refused >= 2) return;
  // Too deep to be used twice: as if it had not been tried, and not to be tried again right away.
  roll_back(start);
  refused_.insert(key);
}

void SharedSums::share_greedily(double noise) {
  noise_ = noise;
  refused_.clear();
  for (;;) {
    while (!candidates_.empty()) {
      const Candidate best = candidates_.pop();
      if (refused_.contains(best.pair)) continue;
      const std::int32_t now = counts_.count(best.pair);
      if (now == best.count) {
        share(best.pair);
      } else if (now >= 2 && now < best.count) {
        candidates_.push(gain(best.pair, now), {best.pair, now});
      }
    }
    dissolve_single_uses();
    if (candidates_.empty()) return;
  }
}

void SharedSums::forget_candidates() {
  candidates_.clear();
  single_.clear();
}

long SharedSums::change_at_random() {
  journal_.clear();
  deleted_.clear();
  forget_candidates();
  const long before = cost_;
  ++work_;
  const auto is_shared = [&](int signal) { return signal >= inputs_ + outputs_; };
  int seen = inputs_ + static_cast<int>(random_.below(static_cast<std::uint64_t>(outputs_)));
  const size_t shared = sums_.size() - static_cast<size_t>(inputs_ + outputs_);
  if (free_.size() < shared) {
    int first;
    do {
      first = inputs_ + outputs_ + static_cast<int>(random_.below(shared));
    } while (!at(first).alive);
    const auto& terms = at(first).terms;
    if (terms.size() == 2) disliked_ = key_of(terms[0], terms[1]);
    const auto& uses = at(first).uses;
    seen = uses[random_.below(uses.size())].sum;
    dissolve(first);
    if (random_.bits() & 1 && !too_deep_ && at(seen).alive) {
      std::vector<int> parts;
      for (const Term& term : at(seen).terms) {
        if (is_shared(term.signal)) parts.push_back(term.signal);
      }
      if (!parts.empty()) dissolve(parts[random_.below(parts.size())]);
    }
  }
  if (!too_deep_ && at(seen).alive) {
    rewrite_digits(seen);
    follow_depth(seen);
  }
  if (too_deep_) {
    too_deep_ = false;
    undo();
  } else {
    share_greedily(0.9);
  }
  disliked_ = ~std::uint64_t{0};
  return cost_ - before;
}

void SharedSums::undo() {
  roll_back(0);
  forget_candidates();
}

}  // namespace gw
