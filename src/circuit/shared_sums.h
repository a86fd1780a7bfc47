#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "circuit/adder_graph.h"
#include "circuit/bucket_queue.h"
#include "circuit/pair_counts.h"
#include "support/random.h"

namespace gw {

/// +-(signal << shift), a summand.
struct Term {
  std::int32_t signal = 0;
  std::int16_t shift = 0;
  bool negative = false;
  bool operator==(const Term&) const = default;
};

/// The state of the adder search: sums of shifted signals. Signals 0..inputs-1 are the inputs, the next ones
/// are the outputs (sums that no other sum uses), and all others are shared sums, signals themselves. A sum
/// of n terms costs n - 1 adders, and sharing a pair of terms that occurs k times saves k - 1 of them. What
/// an output computes never changes; every change is written down and can be taken back.
class SharedSums {
 public:
  /// Every weight as its canonical signed digits, nothing shared. depth_limit: adders on a path to an output,
  /// at least least_depth(); negative: any number.
  SharedSums(const ConstantMatrix& matrix, int depth_limit, std::uint64_t seed);

  /// The depth of the deepest output if every sum is a tree of least depth. For binary trees over terms of
  /// depths d that is ceil(log2(sum of 2^d)), Kraft's equality.
  static int least_depth(const ConstantMatrix& matrix);

  /// Shares the pair that saves most (count - 1 adders, weighed by their bits), again and again, until
  /// nothing is left to share. Ties and near ties are decided by the dice where noise > 0.
  void share_greedily(double noise);

  /// One step of the local search: takes one or two shared sums apart, writes some of the digits that are
  /// seen then in another signed-digit form, and shares anew. The answer is the change of the cost.
  long change_at_random();
  /// Takes the last change_at_random back.
  void undo();

  long adders() const { return adders_; }
  /// Bits of the adders, about: exact for shared pairs, an estimate for longer sums.
  long cost() const { return cost_; }
  /// Pair counts changed until now: what the search's time is made of.
  std::int64_t work() const { return work_; }

  /// What a sum is made of; empty for signals that are no sum (any more).
  const std::vector<Term>& terms(int signal) const { return sums_[static_cast<size_t>(signal)].terms; }
  int inputs() const { return inputs_; }
  int outputs() const { return outputs_; }
  /// The depth that a shared sum may have where there is a limit.
  int depth(int signal) const { return sums_[static_cast<size_t>(signal)].depth; }
  bool is_output(int signal) const { return signal >= inputs_ && signal < inputs_ + outputs_; }

 private:
  struct Use {
    std::int32_t sum;
    std::int16_t shift;
    bool negative;
    auto operator<=>(const Use&) const = default;
  };
  struct Sum {
    std::vector<Term> terms;
    std::vector<Use> uses;
    Interval range;  ///< holds every value; of shared sums and inputs
    int top = 0;     ///< bits of the range
    int depth = 0;
    int cost = 0;    ///< bits of its adders, about
    int width = 0;   ///< bits of its terms together, each with that of a carry
    int widest = 0;  ///< the most that one of them has
    bool alive = false;
  };
  struct Candidate {
    std::uint64_t pair;
    std::int32_t count;  ///< when it was written down: it is out of date if it has changed
  };
  struct Pair;        // what a key says
  struct Occurrence;  // of a pair in a sum
  enum class Change { Add, Remove, Create, Delete, Depth };
  struct Entry {
    Change change;
    std::int32_t sum;
    Term term;  ///< Depth: the old one, in `signal`
  };

  Sum& at(int signal) { return sums_[static_cast<size_t>(signal)]; }
  const Sum& at(int signal) const { return sums_[static_cast<size_t>(signal)]; }
  static std::uint64_t key_of(const Term& a, const Term& b);
  float gain(std::uint64_t key, int count);
  void count_pairs(const Term& term, const std::vector<Term>& others, int by);
  void price(int sum);
  void put(int sum, const Term& term);
  void take(int sum, const Term& term);
  void add(int sum, Term term);
  int create();
  void remove(int sum);
  void roll_back(size_t mark);
  int depth_of(int sum) const;
  void follow_depth(int sum);
  void dissolve(int sum);
  void dissolve_single_uses();
  void rewrite_digits(int sum);
  std::vector<Occurrence> occurrences(const Pair& pair) const;
  void share(std::uint64_t key);
  void forget_candidates();

  int inputs_, outputs_, depth_limit_;
  std::vector<Sum> sums_;
  std::vector<std::int32_t> free_;  ///< shared sums that are no more
  PairCounts counts_;
  std::vector<std::uint64_t> keys_;    ///< scratch of count_pairs
  BucketQueue<Candidate> candidates_;  ///< by gain
  std::set<std::uint64_t> refused_;    ///< pairs that the depth limit keeps from being shared
  std::vector<std::int32_t> single_;   ///< shared sums that may be used only once
  std::vector<Entry> journal_;
  std::vector<Interval> deleted_;  ///< the ranges of the sums that the journal has as deleted
  Random random_;
  double noise_ = 0;
  std::uint64_t disliked_ = ~std::uint64_t{0};  ///< the pair that was just taken apart
  bool replaying_ = false, too_deep_ = false;
  long adders_ = 0, cost_ = 0;
  std::int64_t work_ = 0;
};

}  // namespace gw
