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
#include <bit>
#include <numeric>
#include <utility>

#include "support/check.h"

namespace gw {

Bit LogicNetwork::input() {
  gates_.push_back({});
  needed_.push_back(0);
  return {static_cast<std::uint32_t>(gates_.size() - 1) << 1};
}

Bit LogicNetwork::gate(Bit a, Bit b, bool is_xor) {
  if (b < a) std::swap(a, b);
  const auto [position, is_new] =
      known_.try_emplace({a.code, b.code, is_xor}, static_cast<std::uint32_t>(gates_.size()));
  if (is_new) {
    gates_.push_back({a, b, is_xor, true});
    needed_.push_back(0);
  }
  return {position->second << 1};
}

Bit LogicNetwork::inverter(Bit bit) {
  const Bit result = input();
  gates_[result.node()] = {bit, bit, false, true};
  return result;
}

void LogicNetwork::need(Bit bit) { ++needed_[bit.node()]; }

std::vector<Bit> LogicNetwork::children(std::uint32_t node) const {
  const Gate& gate = gates_[node];
  if (!gate.is_gate) return {};
  return {gate.a, gate.b};
}

Bit LogicNetwork::land(Bit a, Bit b) {
  if (a == Bit::zero() || b == Bit::zero() || a == !b) return Bit::zero();
  if (a == Bit::one() || a == b) return b;
  if (b == Bit::one()) return a;
  // What one side says of the other.
  for (const auto& [x, y] : {std::pair(a, b), std::pair(b, a)}) {
    const Gate& gate = gates_[y.node()];
    if (!gate.is_gate || gate.is_xor) continue;
    for (const auto& [one, other] : {std::pair(gate.a, gate.b), std::pair(gate.b, gate.a)}) {
      if (y.inverted() ? one == !x : one == x) return y.inverted() ? x : y;
      if (y.inverted() && one == x) return land(x, !other);
      if (!y.inverted() && one == !x) return Bit::zero();
    }
  }
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
  std::vector<int> reads = needed_;
  for (const Gate& gate : gates_) {
    if (!gate.is_gate) continue;
    ++reads[gate.a.node()];
    ++reads[gate.b.node()];
  }
  return reads;
}

namespace {

constexpr size_t kept_by_depth = 4, kept_cuts = 10;
constexpr int most_inputs = 6;

struct Cut {
  std::array<std::uint32_t, most_inputs> leaves{};  ///< ascending; 0 beyond `size`
  int size = 0;
  int depth = 0;
  float flow = 0;
  std::uint64_t members = 0;  ///< a bit for each leaf, by its number modulo 64
  bool same_leaves(const Cut& other) const { return members == other.members && leaves == other.leaves; }
};

bool merge(const Cut& a, const Cut& b, int inputs, Cut& into) {
  into.members = a.members | b.members;
  if (std::popcount(into.members) > inputs) return false;
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
  Cover(size_t nodes, const std::array<float, 7>& prices) : cuts(nodes), refs(nodes, 0), prices_(prices) {}

  /// What tables come in if the cut's leaves are read once more, by price.
  float reference(const Cut& cut, const std::vector<bool>& is_gate) {
    float price = prices_[static_cast<size_t>(cut.size)];
    for (int i = 0; i < cut.size; ++i) {
      const std::uint32_t leaf = cut.leaves[static_cast<size_t>(i)];
      if (refs[leaf]++ == 0 && is_gate[leaf]) price += reference(cuts[leaf], is_gate);
    }
    return price;
  }
  void dereference(const Cut& cut, const std::vector<bool>& is_gate) {
    for (int i = 0; i < cut.size; ++i) {
      const std::uint32_t leaf = cut.leaves[static_cast<size_t>(i)];
      if (--refs[leaf] == 0 && is_gate[leaf]) dereference(cuts[leaf], is_gate);
    }
  }

  std::vector<Cut> cuts;
  std::vector<int> refs;

 private:
  const std::array<float, 7>& prices_;
};

Cut trivial(std::uint32_t node) {
  Cut cut;
  cut.leaves[0] = node;
  cut.size = 1;
  cut.members = std::uint64_t{1} << (node % 64);
  return cut;
}

bool has_less_flow(const Cut& x, const Cut& y) {
  return x.flow != y.flow ? x.flow < y.flow : x.size < y.size;
}

bool is_shallower(const Cut& x, const Cut& y) {
  return x.depth != y.depth ? x.depth < y.depth : has_less_flow(x, y);
}

// The cuts that promise most, in this order: some by their depth, which is how a mapper begins, the others by
// area flow. `order` is room to work in.
void keep_best(const std::vector<Cut>& found, std::vector<std::uint32_t>& order) {
  order.resize(found.size());
  std::iota(order.begin(), order.end(), 0u);
  const auto part = [&](size_t from, size_t to, auto&& less) {
    const auto at = [&](size_t n) {
      return order.begin() + static_cast<std::ptrdiff_t>(std::min(n, order.size()));
    };
    std::partial_sort(at(from), at(to), order.end(), less);
  };
  part(0, kept_by_depth, [&](std::uint32_t x, std::uint32_t y) {
    if (is_shallower(found[x], found[y])) return true;
    return !is_shallower(found[y], found[x]) && x < y;
  });
  part(kept_by_depth, kept_cuts, [&](std::uint32_t x, std::uint32_t y) {
    if (has_less_flow(found[x], found[y])) return true;
    if (has_less_flow(found[y], found[x])) return false;
    return found[x].depth != found[y].depth ? found[x].depth < found[y].depth : x < y;
  });
  if (order.size() > kept_cuts) order.resize(kept_cuts);
}

}  // namespace

std::vector<LookUpTable> LogicNetwork::cover(int inputs, const std::array<float, 7>& prices) const {
  GW_CHECK(inputs >= 2 && inputs <= most_inputs);
  const size_t nodes = gates_.size();
  std::vector<bool> is_gate(nodes), live(nodes, false);
  std::vector<float> fanout(nodes, 0);
  for (size_t n = 0; n < nodes; ++n) {
    is_gate[n] = gates_[n].is_gate;
    live[n] = needed_[n] > 0;
    fanout[n] = static_cast<float>(needed_[n]);
  }
  for (size_t n = nodes; n-- > 0;) {
    if (!live[n] || !is_gate[n]) continue;
    for (const Bit child : {gates_[n].a, gates_[n].b}) {
      live[child.node()] = true;
      fanout[child.node()] += 1;
    }
  }

  std::vector<std::uint32_t> first(nodes + 1, 0);  // cuts of node n: from first[n] to first[n + 1]
  std::vector<Cut> cuts, found;
  std::vector<std::uint32_t> order;
  std::vector<float> flow(nodes, 0);
  std::vector<int> depth(nodes, 0);
  Cover cover(nodes, prices);
  for (size_t n = 1; n < nodes; ++n) {
    first[n] = static_cast<std::uint32_t>(cuts.size());
    if (!live[n]) continue;
    const auto node = static_cast<std::uint32_t>(n);
    if (!is_gate[n]) {
      cuts.push_back(trivial(node));
      continue;
    }
    found.clear();
    const std::uint32_t a_node = gates_[n].a.node(), b_node = gates_[n].b.node();
    for (std::uint32_t a = first[a_node]; a < first[a_node + 1]; ++a) {
      for (std::uint32_t b = first[b_node]; b < first[b_node + 1]; ++b) {
        Cut cut;
        if (!merge(cuts[a], cuts[b], inputs, cut)) continue;
        if (std::any_of(found.begin(), found.end(), [&](const Cut& c) { return c.same_leaves(cut); }))
          continue;
        cut.flow = prices[static_cast<size_t>(cut.size)];
        for (int i = 0; i < cut.size; ++i) {
          const std::uint32_t leaf = cut.leaves[static_cast<size_t>(i)];
          cut.flow += flow[leaf];
          cut.depth = std::max(cut.depth, depth[leaf]);
        }
        ++cut.depth;
        found.push_back(cut);
      }
    }
    keep_best(found, order);
    cover.cuts[n] = found[order.front()];
    depth[n] = cover.cuts[n].depth;
    float least = found[order.front()].flow;
    for (const std::uint32_t kept : order) {
      least = std::min(least, found[kept].flow);
      cuts.push_back(found[kept]);
    }
    flow[n] = least / std::max(1.0f, fanout[n]);
    cuts.push_back(trivial(node));
    first[n + 1] = static_cast<std::uint32_t>(cuts.size());
  }
  first[nodes] = static_cast<std::uint32_t>(cuts.size());

  // What is needed is covered; then each table in turn is exchanged for the one that frees most.
  for (size_t n = 1; n < nodes; ++n) {
    if (needed_[n] == 0) continue;
    if (cover.refs[n] == 0 && is_gate[n]) cover.reference(cover.cuts[n], is_gate);
    cover.refs[n] += needed_[n];
  }
  for (int round = 0; round < 2; ++round) {
    for (size_t n = 1; n < nodes; ++n) {
      if (!is_gate[n] || cover.refs[n] == 0) continue;
      cover.dereference(cover.cuts[n], is_gate);
      float best_area = 0;
      const Cut* best = nullptr;
      for (std::uint32_t c = first[n]; c + 1 < first[n + 1]; ++c) {
        const float area = cover.reference(cuts[c], is_gate);
        cover.dereference(cuts[c], is_gate);
        if (!best || area < best_area) {
          best = &cuts[c];
          best_area = area;
        }
      }
      cover.cuts[n] = *best;
      cover.reference(cover.cuts[n], is_gate);
    }
  }
  std::vector<LookUpTable> tables;
  for (size_t n = 1; n < nodes; ++n) {
    if (!is_gate[n] || cover.refs[n] == 0) continue;
    const Cut& cut = cover.cuts[n];
    tables.push_back({static_cast<std::uint32_t>(n), cut.leaves, cut.size});
  }
  return tables;
}

}  // namespace gw
