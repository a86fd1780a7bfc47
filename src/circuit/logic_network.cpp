// Counting look-up tables by covering a network with them.
//
// Around the carry chains of a design lies logic that synthesis merges as it likes: multiplexers into the
// sums behind them, comparisons into enables, constant tables into each other. A price a cell cannot know
// that. So the logic is taken apart into gates and covered with tables as a technology mapper does it. For
// every node the few best cuts (sets of at most k nodes that decide it) are kept, first by area flow, an area
// in which shared nodes count in parts, then in two rounds by the tables that a choice really adds. What
// mappers do beyond that (rewriting the network) is not done. Time: some microseconds a gate.

#include "circuit/logic_network.h"

#include <algorithm>

#include "support/check.h"

namespace gw {

Bit LogicNetwork::input() {
  gates_.push_back({});
  return {static_cast<std::uint32_t>(gates_.size() - 1) << 1};
}

Bit LogicNetwork::gate(Bit a, Bit b, bool is_xor) {
  if (b < a) std::swap(a, b);
  const auto [position, is_new] =
      known_.try_emplace({a.code, b.code, is_xor}, static_cast<std::uint32_t>(gates_.size()));
  if (is_new) gates_.push_back({a, b, is_xor, true});
  return {position->second << 1};
}

Bit LogicNetwork::land(Bit a, Bit b) {
  if (a == Bit::zero() || b == Bit::zero() || a == !b) return Bit::zero();
  if (a == Bit::one() || a == b) return b;
  if (b == Bit::one()) return a;
  return gate(a, b, false);
}

Bit LogicNetwork::lxor(Bit a, Bit b) {
  if (a.node() == 0) return a == Bit::one() ? !b : b;
  if (b.node() == 0) return b == Bit::one() ? !a : a;
  if (a.node() == b.node()) return a == b ? Bit::zero() : Bit::one();
  const bool inverted = a.inverted() != b.inverted();
  const Bit plain = gate({a.code & ~1u}, {b.code & ~1u}, true);
  return inverted ? !plain : plain;
}

Bit LogicNetwork::mux(Bit select, Bit if_zero, Bit if_one) {
  if (if_zero == if_one) return if_zero;
  if (if_zero == !if_one) return lxor(select, if_zero);
  return lor(land(!select, if_zero), land(select, if_one));
}

Bit LogicNetwork::all(std::vector<Bit> bits) {
  if (bits.empty()) return Bit::one();
  while (bits.size() > 1) {
    std::vector<Bit> next;
    for (size_t i = 0; i + 1 < bits.size(); i += 2) next.push_back(land(bits[i], bits[i + 1]));
    if (bits.size() % 2 != 0) next.push_back(bits.back());
    bits = std::move(next);
  }
  return bits[0];
}

std::vector<int> LogicNetwork::reads() const {
  std::vector<int> reads(gates_.size(), 0);
  for (const Gate& gate : gates_) {
    if (!gate.is_gate) continue;
    ++reads[gate.a.node()];
    ++reads[gate.b.node()];
  }
  for (const auto& [node, count] : needed_) reads[node] += count;
  return reads;
}

namespace {

constexpr int kept_cuts = 8;
constexpr int most_inputs = 6;

struct Cut {
  std::array<std::uint32_t, most_inputs> leaves{};
  int size = 0;
  float flow = 0;
  bool same_leaves(const Cut& other) const {
    return size == other.size && std::equal(leaves.begin(), leaves.begin() + size, other.leaves.begin());
  }
};

bool merge(const Cut& a, const Cut& b, int inputs, Cut& into) {
  int i = 0, j = 0, n = 0;
  while (i < a.size || j < b.size) {
    if (n == inputs) return false;
    if (j == b.size || (i < a.size && a.leaves[static_cast<size_t>(i)] < b.leaves[static_cast<size_t>(j)])) {
      into.leaves[static_cast<size_t>(n++)] = a.leaves[static_cast<size_t>(i++)];
    } else {
      if (i < a.size && a.leaves[static_cast<size_t>(i)] == b.leaves[static_cast<size_t>(j)]) ++i;
      into.leaves[static_cast<size_t>(n++)] = b.leaves[static_cast<size_t>(j++)];
    }
  }
  into.size = n;
  return true;
}

// One cover in the making: which cut each node has, and how often each node is read by tables and users.
class Cover {
 public:
  explicit Cover(size_t nodes) : cuts(nodes), refs(nodes, 0) {}

  /// Tables that come in if the cut's leaves are read once more.
  int reference(const Cut& cut, const std::vector<bool>& is_gate) {
    int tables = 1;
    for (int i = 0; i < cut.size; ++i) {
      const std::uint32_t leaf = cut.leaves[static_cast<size_t>(i)];
      if (refs[leaf]++ == 0 && is_gate[leaf]) tables += reference(cuts[leaf], is_gate);
    }
    return tables;
  }
  int dereference(const Cut& cut, const std::vector<bool>& is_gate) {
    int tables = 1;
    for (int i = 0; i < cut.size; ++i) {
      const std::uint32_t leaf = cut.leaves[static_cast<size_t>(i)];
      if (--refs[leaf] == 0 && is_gate[leaf]) tables += dereference(cuts[leaf], is_gate);
    }
    return tables;
  }

  std::vector<Cut> cuts;
  std::vector<int> refs;
};

}  // namespace

std::int64_t LogicNetwork::cover(int inputs, std::vector<bool>* used) const {
  GW_CHECK(inputs >= 2 && inputs <= most_inputs);
  const size_t nodes = gates_.size();
  std::vector<bool> is_gate(nodes), live(nodes, false);
  for (const auto& [node, count] : needed_) live[node] = true;
  std::vector<float> fanout(nodes, 0);
  for (const auto& [node, count] : needed_) fanout[node] += static_cast<float>(count);
  for (size_t n = nodes; n-- > 0;) {
    is_gate[n] = gates_[n].is_gate;
    if (!live[n] || !is_gate[n]) continue;
    for (const Bit child : {gates_[n].a, gates_[n].b}) {
      live[child.node()] = true;
      fanout[child.node()] += 1;
    }
  }

  // All cuts of every node, best first by area flow.
  std::vector<std::vector<Cut>> cuts(nodes);
  std::vector<float> flow(nodes, 0);
  Cover cover(nodes);
  const auto trivial = [](std::uint32_t node) {
    Cut cut;
    cut.leaves[0] = node;
    cut.size = 1;
    return cut;
  };
  for (size_t n = 1; n < nodes; ++n) {
    if (!live[n]) continue;
    const auto node = static_cast<std::uint32_t>(n);
    if (!is_gate[n]) {
      cuts[n] = {trivial(node)};
      continue;
    }
    std::vector<Cut> found;
    for (const Cut& a : cuts[gates_[n].a.node()]) {
      for (const Cut& b : cuts[gates_[n].b.node()]) {
        Cut cut;
        if (!merge(a, b, inputs, cut)) continue;
        if (std::any_of(found.begin(), found.end(), [&](const Cut& c) { return c.same_leaves(cut); }))
          continue;
        cut.flow = 1;
        for (int i = 0; i < cut.size; ++i) cut.flow += flow[cut.leaves[static_cast<size_t>(i)]];
        found.push_back(cut);
      }
    }
    std::stable_sort(found.begin(), found.end(), [](const Cut& a, const Cut& b) {
      return a.flow != b.flow ? a.flow < b.flow : a.size < b.size;
    });
    if (found.size() > kept_cuts) found.resize(kept_cuts);
    cover.cuts[n] = found.front();
    flow[n] = found.front().flow / std::max(1.0f, fanout[n]);
    found.push_back(trivial(node));
    cuts[n] = std::move(found);
  }

  // What is needed is covered; then each table in turn is exchanged for the one that frees most.
  std::int64_t tables = 0;
  for (const auto& [node, count] : needed_) {
    if (cover.refs[node]++ == 0 && is_gate[node]) tables += cover.reference(cover.cuts[node], is_gate);
  }
  for (int round = 0; round < 2; ++round) {
    for (size_t n = 1; n < nodes; ++n) {
      if (!is_gate[n] || cover.refs[n] == 0) continue;
      tables -= cover.dereference(cover.cuts[n], is_gate);
      int best_area = 0;
      const Cut* best = nullptr;
      for (const Cut& cut : cuts[n]) {
        if (cut.size == 1 && cut.leaves[0] == n) continue;
        const int area = cover.reference(cut, is_gate);
        cover.dereference(cut, is_gate);
        if (!best || area < best_area) {
          best = &cut;
          best_area = area;
        }
      }
      cover.cuts[n] = *best;
      tables += cover.reference(cover.cuts[n], is_gate);
    }
  }
  if (used) {
    used->assign(nodes, false);
    for (size_t n = 1; n < nodes; ++n) (*used)[n] = is_gate[n] && cover.refs[n] > 0;
  }
  return tables;
}

}  // namespace gw
