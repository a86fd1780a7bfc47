// Counting a fabric: what its outputs depend on, what that needs as wires, and the tables that cover the
// gates.

#include <algorithm>
#include <array>
#include <cmath>

#include "circuit/fabric.h"

namespace gw {

namespace {

// Chains of registers shorter than this stay registers.
constexpr int shortest_shift = 3;

// What the flow's mapper is told that tables of 0, 1, .. 6 inputs cost: two of two inputs are less than one
// of five.
constexpr std::array<float, 7> wide_prices{0, 2, 2, 3, 5, 5, 5}, even_prices{0, 1, 1, 1, 1, 1, 1};

}  // namespace

// Whatever an output depends on, from the outputs back.
void Fabric::mark() {
  live_nodes_.assign(logic_.size(), false);
  live_flops_.assign(flops_.size(), false);
  live_controls_.assign(controls_.size(), false);
  chain_lengths_.assign(chains_.size(), 0);
  block_outputs_.assign(blocks_.size(), 0);
  owners_.resize(logic_.size());
  std::vector<std::uint32_t> waiting;
  const auto visit = [&](Bit bit) {
    if (live_nodes_[bit.node()]) return;
    live_nodes_[bit.node()] = true;
    waiting.push_back(bit.node());
  };
  for (const Bit bit : outputs_) visit(bit);
  while (!waiting.empty()) {
    const std::uint32_t node = waiting.back();
    waiting.pop_back();
    for (const Bit child : logic_.children(node)) visit(child);
    const Owner owner = owners_[node];
    const auto index = static_cast<size_t>(owner.index);
    switch (owner.driver) {
      case Driver::None:
        break;
      case Driver::Flop: {
        live_flops_[index] = true;
        const Flop& flop = flops_[index];
        visit(flop.d);
        const auto control = static_cast<size_t>(flop.control);
        if (!live_controls_[control]) {
          live_controls_[control] = true;
          visit(controls_[control].enable);
          visit(controls_[control].reset);
        }
        break;
      }
      case Driver::Chain: {
        const Chain& chain = chains_[index];
        for (int& length = chain_lengths_[index]; length <= owner.bit; ++length) {
          visit(chain.a[static_cast<size_t>(length)]);
          visit(chain.b[static_cast<size_t>(length)]);
        }
        break;
      }
      case Driver::Block:
        if (block_outputs_[index]++ == 0) {
          for (const Bit bit : blocks_[index].inputs) visit(bit);
        }
        break;
    }
  }
}

// A bit that something other than a gate reads.
void Fabric::require(Bit bit) {
  if (logic_.is_constant(bit)) return;
  if (bit.inverted() && !sums_ready_ && !logic_.is_gate(bit)) {
    const auto [position, is_new] = inverters_.try_emplace(bit.code);
    if (is_new) position->second = logic_.inverter(!bit);
    bit = position->second;
  }
  logic_.need(bit);
}

// Everything that has to be there as a wire, and what does not depend on the cover.
void Fabric::require_all() {
  for (const Bit bit : outputs_) require(bit);
  for (size_t f = 0; f < flops_.size(); ++f) {
    if (!live_flops_[f]) continue;
    begin_section(flops_[f].section);
    require(flops_[f].d);
  }
  for (size_t c = 0; c < controls_.size(); ++c) {
    if (!live_controls_[c]) continue;
    begin_section(control_sections_[c]);
    // An enable that the reset has to wait for has to be there in a reset that wins, too.
    const bool joined = part_.ff_behind_lut && !controls_[c].waits;
    require(joined ? lor(controls_[c].enable, controls_[c].reset) : controls_[c].enable);
    require(controls_[c].reset);
  }
  for (size_t c = 0; c < chains_.size(); ++c) {
    const Chain& chain = chains_[c];
    const int length = chain_lengths_[c];
    begin_section(chain.section);
    Cost& cost = cost_of(chain.section);
    for (size_t i = 0; i < static_cast<size_t>(length); ++i) {
      if (sums_ready_) {
        require(lxor(chain.a[i], chain.b[i]));
        require(chain.a[i]);
      } else {
        require(chain.a[i]);
        // The pair cell inverts by itself.
        require(chains_in_pairs_ && chain.subtract ? !chain.b[i] : chain.b[i]);
        // Where both operands are nothing the sum is the carry itself.
        const bool is_carry = logic_.is_constant(chain.a[i]) && logic_.is_constant(chain.b[i]);
        if (!chains_in_pairs_ && owners_[chain.sum[i].node()].driver == Driver::Chain &&
            live_nodes_[chain.sum[i].node()] && !is_carry)
          cost.lut += 1;
      }
    }
    cost.carry += length;
    if (chains_in_pairs_) cost.lut += 2 * std::ceil(length / 2.0);
  }
  for (size_t b = 0; b < blocks_.size(); ++b) {
    if (block_outputs_[b] == 0) continue;
    begin_section(blocks_[b].section);
    for (const Bit bit : blocks_[b].inputs) require(bit);
    cost_of(blocks_[b].section) += blocks_[b].price(block_outputs_[b]);
  }
  begin_section(0);  // every node has its section now
}

Cost Fabric::count() {
  Cost total;
  for (const Cost& cost : count_sections()) total += cost;
  return total;
}

std::vector<Cost> Fabric::count_sections() {
  mark();
  costs_.assign(static_cast<size_t>(sections_), Cost{});
  require_all();
  const std::vector<LookUpTable> tables =
      logic_.cover(part_.lut_inputs, sums_ready_ ? wide_prices : even_prices);
  const std::vector<int> reads = logic_.reads();
  std::vector<bool> is_table(logic_.size(), false);
  for (const LookUpTable& table : tables) {
    is_table[table.node] = true;
    cost_of(node_sections_[table.node]).lut += 1;
  }
  if (part_.ff_behind_lut) {
    const std::vector<int> wires = wire_reads(tables);
    pack_followers(tables, wires);
    pack_below_top(tables, wires);
  }
  count_flops(is_table, reads);
  return std::move(costs_);
}

// How often each node is read as a wire.
std::vector<int> Fabric::wire_reads(const std::vector<LookUpTable>& tables) const {
  std::vector<int> reads(logic_.size(), 0);
  for (size_t n = 0; n < reads.size(); ++n) reads[n] = logic_.needed(static_cast<std::uint32_t>(n));
  for (const LookUpTable& table : tables) {
    for (int i = 0; i < table.size; ++i) ++reads[table.leaves[static_cast<size_t>(i)]];
  }
  return reads;
}

// Tables that only the last bit of a chain reads, which has no carry cell behind it.
void Fabric::pack_below_top(const std::vector<LookUpTable>& tables, const std::vector<int>& reads) {
  std::vector<int> sizes(logic_.size(), 0);
  for (const LookUpTable& table : tables) sizes[table.node] = table.size;
  for (size_t c = 0; c < chains_.size(); ++c) {
    const Chain& chain = chains_[c];
    const auto length = static_cast<size_t>(chain_lengths_[c]);
    if (length == 0) continue;
    const Bit a = chain.a[length - 1], b = chain.b[length - 1];
    int used = 1 + (logic_.is_constant(a) ? 0 : 1) + (logic_.is_constant(b) ? 0 : 1);
    for (Bit operand : {a, b}) {
      if (const auto inverter = inverters_.find(operand.code); inverter != inverters_.end())
        operand = inverter->second;
      const int size = sizes[operand.node()];
      if (size == 0 || reads[operand.node()] != 1 || used - 1 + size > part_.lut_inputs) continue;
      used += size - 1;
      cost_of(chain.section).lut -= 1;
    }
  }
}

void Fabric::pack_followers(const std::vector<LookUpTable>& tables, const std::vector<int>& reads) {
  std::vector<bool> taken(chains_.empty() ? 0 : logic_.size(), false);
  for (const LookUpTable& table : tables) {
    for (int i = 0; i < table.size; ++i) {
      const std::uint32_t sum = table.leaves[static_cast<size_t>(i)];
      const Owner owner = sum < owners_.size() ? owners_[sum] : Owner{};
      if (owner.driver != Driver::Chain || reads[sum] != 1 || taken[sum]) continue;
      const Chain& chain = chains_[static_cast<size_t>(owner.index)];
      const Bit a = chain.a[static_cast<size_t>(owner.bit)], b = chain.b[static_cast<size_t>(owner.bit)];
      int others = 0;
      for (int k = 0; k < table.size; ++k) {
        const std::uint32_t leaf = table.leaves[static_cast<size_t>(k)];
        if (leaf != sum && leaf != a.node() && leaf != b.node()) ++others;
      }
      const int own_inputs = 1 + (logic_.is_constant(a) ? 0 : 1) + (logic_.is_constant(b) ? 0 : 1);
      if (own_inputs + others > part_.lut_inputs) continue;
      taken[sum] = true;
      cost_of(node_sections_[table.node]).lut -= 1;
      break;
    }
  }
}

void Fabric::count_flops(const std::vector<bool>& tables, const std::vector<int>& reads) {
  std::map<Bit, size_t> follower;  // of a flop's output that is read once: the flop that reads it
  for (size_t f = 0; f < flops_.size(); ++f) {
    if (live_flops_[f] && flops_[f].shifts && reads[flops_[f].d.node()] == 1) follower[flops_[f].d] = f;
  }
  const auto next = [&](size_t f) -> size_t {
    const auto found = follower.find(flops_[f].q);
    const bool follows =
        found != follower.end() && flops_[f].shifts && flops_[f].control == flops_[found->second].control;
    return follows ? found->second : flops_.size();
  };
  std::vector<bool> follows(flops_.size() + 1, false);
  for (size_t f = 0; f < flops_.size(); ++f) {
    if (live_flops_[f]) follows[next(f)] = true;
  }
  for (size_t f = 0; f < flops_.size(); ++f) {
    if (!live_flops_[f]) continue;
    Cost& cost = cost_of(flops_[f].section);
    if (!(tables[flops_[f].d.node()] && reads[flops_[f].d.node()] == 1)) cost.loose_ff += 1;
    if (follows[f]) continue;
    int length = 1;
    for (size_t last = next(f); last < flops_.size(); last = next(last)) ++length;
    if (part_.lut_shift_bits > 0 && length >= shortest_shift) {
      const double tables_of = std::ceil(static_cast<double>(length) / part_.lut_shift_bits);
      cost.srl += tables_of;
      cost.lut += tables_of;
    } else {
      cost.ff += length;
    }
  }
}

}  // namespace gw
