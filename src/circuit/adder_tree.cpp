// Sums as trees of two-operand adders, each exactly as wide as its values need.
//
// A carry chain costs about one LUT a bit, so the width of every partial sum is taken from its exact interval
// and not from a rule of one more bit a level. Where only the low bits of the sum are wanted (a wrapping cast
// follows), no adder is wider than those. Signs are carried along and settled where two operands of different
// sign meet, so that a subtraction costs what an addition costs. Operands are joined in order of depth,
// shallow ones first, the classical way to a tree of least depth (Huffman's rule with the maximum in place of
// the sum).

#include "circuit/adder_tree.h"

#include <algorithm>
#include <queue>
#include <tuple>

#include "support/check.h"

namespace gw {

std::vector<SignedDigit> canonical_digits(std::int64_t value) {
  std::vector<SignedDigit> digits;
  Int128 rest = value;
  for (int shift = 0; rest != 0; ++shift, rest >>= 1) {
    if ((rest & 1) == 0) continue;
    const bool negative = (rest & 3) == 3;  // a run of ones starts here: -1 now, +1 after it
    digits.push_back({shift, negative});
    rest += negative ? 1 : -1;
  }
  return digits;
}

namespace {

int depth_of(const std::vector<int>& depth, WireId wire) {
  return static_cast<size_t>(wire) < depth.size() ? depth[static_cast<size_t>(wire)] : 0;
}

Interval shifted_down(const Interval& range, int by) {
  // Exact: every value of an addend is a multiple of 2^shift.
  return {range.lo >> by, range.hi >> by, 0};
}

Addend join(Circuit& circuit, Addend a, Addend b, int bits, std::vector<int>& depth) {
  if (a.negative && !b.negative) std::swap(a, b);
  Addend sum;
  sum.shift = std::min(a.shift, b.shift);
  sum.negative = a.negative;
  const bool subtract = a.negative != b.negative;
  sum.range = subtract ? a.range - b.range : a.range + b.range;
  const FixedType type = type_of(shifted_down(sum.range, sum.shift));
  const int width = std::max(1, std::min(type.width, bits - sum.shift));
  const int deepest = 1 + std::max(depth_of(depth, a.wire), depth_of(depth, b.wire));
  sum.wire =
      subtract
          ? circuit.subtract(a.wire, a.shift - sum.shift, b.wire, b.shift - sum.shift, width, type.is_signed)
          : circuit.add(a.wire, a.shift - sum.shift, b.wire, b.shift - sum.shift, width, type.is_signed);
  const auto index = static_cast<size_t>(sum.wire);
  if (depth.size() <= index) depth.resize(index + 1, 0);
  depth[index] = std::max(depth[index], deepest);
  return sum;
}

}  // namespace

Addend add_all(Circuit& circuit, std::vector<Addend> addends, int bits, std::vector<int>& depth) {
  std::erase_if(addends,
                [&](const Addend& a) { return a.shift >= bits || (a.range.lo == 0 && a.range.hi == 0); });
  if (addends.empty()) return {circuit.constant(0), 0, false, {}};
  struct Entry {
    int depth;
    int width;
    size_t order;  // keeps the result the same whatever the queue does with ties
    Addend addend;
    bool operator<(const Entry& other) const {
      return std::tie(depth, width, order) > std::tie(other.depth, other.width, other.order);
    }
  };
  std::priority_queue<Entry> queue;
  size_t order = 0;
  const auto push = [&](const Addend& a) {
    queue.push({depth_of(depth, a.wire), circuit[a.wire].width + a.shift, order++, a});
  };
  for (const Addend& a : addends) push(a);
  while (queue.size() > 1) {
    const Addend a = queue.top().addend;
    queue.pop();
    const Addend b = queue.top().addend;
    queue.pop();
    push(join(circuit, a, b, bits, depth));
  }
  Addend total = queue.top().addend;
  if (total.negative) {
    total = join(circuit, {circuit.constant(0), total.shift, false, {}}, total, bits, depth);
  }
  return total;
}

}  // namespace gw
