// Counting what a netlist of bits needs in a part.
//
// Problem: what does synthesis leave of a design, without running it? Approach: the netlist is built of what
// the flow does not take apart (carry chains, registers, memories, multiplier blocks) and of gates in
// between, which become one network that is covered with look-up tables, so that logic is merged and shared
// much as a technology mapper does it. What no output depends on is not counted. The rules are structural:
//
//  - Adders. The bits below the lowest at which both operands have something pass by. Where the carry cell
//    takes a ready-made XOR of its operands (six-input tables), a bit costs the table of that XOR, with the
//    logic of the second operand inside, and the first operand has to be there besides; equal XORs are one.
//    Where two bits of a chain are a cell (ECP5), a cell is two tables, used or not. Where the table stands
//    behind the carry cell (iCE40), a bit is a table, both operands have to be there as wires, and an
//    inverted one is a table of its own, which all subtractions share. Very short sums are plain gates.
//  - Comparisons are chains likewise; with six-input tables in groups of three pairs of bits (one operand
//    constant: six bits), a group being two tables.
//  - Registers with equal input and control are one. Three or more in a row are a shift register where the
//    part has those. On iCE40 a register behind a multiplexer with a constant side takes its select as reset.
//  - Inverters are free where vendors' tools push them into the next cell, else a table.
//  - iCE40's adder tables have a free input: a table that alone reads a sum, and one thing more, moves in.

#include "circuit/fabric.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "support/check.h"

namespace gw {

namespace {

// What the flow takes a block of 4 kilobits to be worth, in bits of registers.
constexpr double small_block_price = 64;

}  // namespace

Fabric::Fabric(const Part& part)
    : part_(part), sums_ready_(part.lut_inputs >= 6), chains_in_pairs_(part.carry_bits == 2) {}

Bits Fabric::inputs(int count) {
  Bits bits;
  for (int i = 0; i < count; ++i) bits.push_back(input());
  return bits;
}

void Fabric::begin_section(int number) {
  node_sections_.resize(logic_.size(), section_);
  section_ = number;
  sections_ = std::max(sections_, number + 1);
}

void Fabric::own(Bit bit, Owner owner) {
  owners_.resize(std::max(owners_.size(), size_t{bit.node()} + 1));
  owners_[bit.node()] = owner;
}

Bit Fabric::mux(Bit select, Bit if_zero, Bit if_one) {
  const Bit result = logic_.mux(select, if_zero, if_one);
  if (!part_.ff_behind_lut || logic_.is_constant(select) || !logic_.is_gate(result)) return result;
  // What became simpler than a multiplexer is none.
  if (std::max(if_zero.node(), if_one.node()) >= result.node()) return result;
  if (logic_.is_constant(if_one)) {
    constant_muxes_.try_emplace(result, ConstantMux{select, if_zero, if_one == Bit::one()});
  } else if (logic_.is_constant(if_zero)) {
    constant_muxes_.try_emplace(result, ConstantMux{!select, if_one, if_zero == Bit::one()});
  }
  return result;
}

Bits Fabric::mux(Bit select, const Bits& if_zero, const Bits& if_one) {
  Bits result;
  for (size_t i = 0; i < if_zero.size(); ++i) result.push_back(mux(select, if_zero[i], if_one[i]));
  return result;
}

// A choice from four is two tables of four inputs, and not three, if the first one hands the low bit of the
// selector on where it is not asked. The mapper finds that where a memory is read.
Bit Fabric::read_word_bit(const Bits& address, Bits options) {
  size_t done = 0;
  for (; part_.lut_inputs == 4 && done + 1 < address.size() && options.size() >= 4; done += 2) {
    const Bit low = address[done], high = address[done + 1];
    Bits next;
    for (size_t n = 0; n < options.size(); n += 4) {
      const std::span<const Bit> some(options.data() + n, std::min<size_t>(4, options.size() - n));
      if (some.size() == 4) {
        const Bit first = mux(high, mux(low, some[0], some[1]), low);
        next.push_back(mux(high, first, mux(first, some[2], some[3])));
      } else {
        next.push_back(choose({low, high}, {some.begin(), some.end()}));
      }
    }
    options = std::move(next);
  }
  return choose({address.begin() + static_cast<std::ptrdiff_t>(done), address.end()}, std::move(options));
}

Bit Fabric::choose(const Bits& selector, Bits options) {
  for (const Bit select : selector) {
    if (options.size() == 1) break;
    Bits next;
    for (size_t n = 0; n < options.size(); n += 2)
      next.push_back(n + 1 < options.size() ? mux(select, options[n], options[n + 1]) : options[n]);
    options = std::move(next);
  }
  return options[0];
}

Bit Fabric::equal(const Bits& a, std::int64_t value) {
  Bits same;
  for (size_t i = 0; i < a.size(); ++i) same.push_back((value >> std::min<size_t>(i, 63)) & 1 ? a[i] : !a[i]);
  return all(std::move(same));
}

int Fabric::control_of(const Control& control) {
  const auto [position, is_new] = control_numbers_.try_emplace(control, static_cast<int>(controls_.size()));
  if (is_new) {
    controls_.push_back(control);
    control_sections_.push_back(section_);
  }
  return position->second;
}

void Fabric::set_state(Bit q, Bit d, const Control& control, bool shifts) {
  own(q, {Driver::Flop, static_cast<int>(flops_.size()), 0});
  flops_.push_back({d, q, control_of(control), shifts, section_});
}

void Fabric::set_states(const Bits& q, const Bits& d, const Control& control, bool shifts) {
  for (size_t i = 0; i < q.size(); ++i) set_state(q[i], d[i], control, shifts);
}

Bit Fabric::flop(Bit d, const Control& control, bool shifts) {
  if (logic_.is_constant(d) || registered_.contains(d)) return d;
  Control whole = control;
  if (control.reset == Bit::zero()) {
    for (auto known = constant_muxes_.find(d); known != constant_muxes_.end();
         known = constant_muxes_.find(d)) {
      if (whole.waits && whole.to_one != known->second.value) break;
      whole.waits = true;
      whole.to_one = known->second.value;
      whole.reset = lor(whole.reset, known->second.select);
      d = known->second.data;
    }
  }
  const int number = control_of(whole);
  const auto [position, is_new] = known_flops_.try_emplace({d.code, number}, flops_.size());
  if (is_new) {
    flops_.push_back({d, logic_.input(), number, shifts && !whole.waits, section_});
    own(flops_.back().q, {Driver::Flop, static_cast<int>(flops_.size()) - 1, 0});
  }
  return flops_[position->second].q;
}

std::optional<Bits> Fabric::before(const Bits& word) const {
  Bits inputs;
  int control = -1;
  for (const Bit bit : word) {
    if (bit.inverted() || bit.node() >= owners_.size()) return std::nullopt;
    const Owner owner = owners_[bit.node()];
    if (owner.driver != Driver::Flop) return std::nullopt;
    const Flop& flop = flops_[static_cast<size_t>(owner.index)];
    if (control >= 0 && control != flop.control) return std::nullopt;
    control = flop.control;
    if (flop.d.node() < owners_.size()) {
      const Owner from = owners_[flop.d.node()];
      if (from.driver == Driver::Block && blocks_[static_cast<size_t>(from.index)].is_memory)
        return std::nullopt;
    }
    inputs.push_back(flop.d);
  }
  return inputs;
}

std::optional<Bits> Fabric::next_of(const Bits& word) {
  Bits next;
  bool any = false;
  for (const Bit bit : word) {
    if (logic_.is_constant(bit)) {
      next.push_back(bit);
      continue;
    }
    if (bit.inverted() || bit.node() >= owners_.size()) return std::nullopt;
    const Owner owner = owners_[bit.node()];
    if (owner.driver != Driver::Flop) return std::nullopt;
    const Flop& flop = flops_[static_cast<size_t>(owner.index)];
    const Control& control = controls_[static_cast<size_t>(flop.control)];
    next.push_back(land(!control.reset, mux(control.enable, bit, flop.d)));
    any = true;
  }
  if (!any) return std::nullopt;
  return next;
}

Bits Fabric::own_address(const Bits& address) {
  if (!next_of(address)) return address;
  Bits copy;
  for (const Bit bit : address) {
    if (logic_.is_constant(bit)) {
      copy.push_back(bit);
      continue;
    }
    const Flop of = flops_[static_cast<size_t>(owners_[bit.node()].index)];
    const Control control = controls_[static_cast<size_t>(of.control)];
    copy.push_back(flop(mux(control.enable, bit, of.d), {Bit::one(), control.reset}, false));
  }
  return copy;
}

Bits Fabric::register_memory(int depth, const Bits& data, Bit write, const Bits& write_address,
                             const Bits& address, bool into_register) {
  const Bits read_address = into_register ? address : own_address(address);
  std::vector<Bits> words;
  for (int word = 0; word < depth; ++word) {
    const Control control{land(write, equal(write_address, word)), Bit::zero()};
    const Bits q = states(static_cast<int>(data.size()));
    set_states(q, data, control);
    words.push_back(q);
  }
  Bits result;
  for (size_t i = 0; i < data.size(); ++i) {
    Bits options;
    for (const Bits& word : words) options.push_back(word[i]);
    result.push_back(read_word_bit(read_address, std::move(options)));
  }
  return result;
}

// In the memory of look-up tables: banks of the depth of a table, a multiplexer behind them.
Bits Fabric::distributed(int depth, const Bits& data, Bit write, const Bits& write_address,
                         const Bits& read_address) {
  // A slice shares one write address, which takes one of its tables; a table is one bit deep or two half as
  // deep. ECP5's four tables are one block of four bits.
  const int table = part_.lut_memory_bits;
  const bool halves = sums_ready_ && depth <= table / 2;
  const int slice_tables = sums_ready_ ? part_.carry_bits : 4;
  const int slice_bits = sums_ready_ ? (slice_tables - 1) * (halves ? 2 : 1) : 4;
  const int bank_words = halves ? table / 2 : table;
  const int banks = (depth + bank_words - 1) / bank_words;
  const auto low = std::min(static_cast<size_t>(bits_for(bank_words - 1)), write_address.size());
  std::vector<Bits> answers;
  for (int bank = 0; bank < banks; ++bank) {
    Bits control(write_address.begin(), write_address.begin() + static_cast<std::ptrdiff_t>(low));
    control.insert(control.end(), read_address.begin(),
                   read_address.begin() + static_cast<std::ptrdiff_t>(low));
    const Bits high(write_address.begin() + static_cast<std::ptrdiff_t>(low), write_address.end());
    control.push_back(land(write, equal(high, bank)));
    Bits& answer = answers.emplace_back();
    // A slice of which a bit is read is there whole.
    for (size_t first = 0; first < data.size(); first += static_cast<size_t>(slice_bits)) {
      const size_t end = std::min(data.size(), first + static_cast<size_t>(slice_bits));
      Bits read(data.begin() + static_cast<std::ptrdiff_t>(first),
                data.begin() + static_cast<std::ptrdiff_t>(end));
      read.insert(read.end(), control.begin(), control.end());
      const Bits bits = block(
          std::move(read), static_cast<int>(end - first),
          [slice_tables](int) {
            Cost cost;
            cost.lut = slice_tables;
            return cost;
          },
          true);
      answer.insert(answer.end(), bits.begin(), bits.end());
    }
  }
  const Bits high(read_address.begin() + static_cast<std::ptrdiff_t>(low), read_address.end());
  Bits result;
  for (size_t i = 0; i < data.size(); ++i) {
    Bits options;
    for (const Bits& answer : answers) options.push_back(answer[i]);
    result.push_back(choose(high, std::move(options)));
  }
  return result;
}

// Whether the flow makes a block of a memory that is read into a register. The memory of its own blocks
// cannot tell what is read where something is written at the same time: that is made around it.
bool Fabric::is_worth_a_block(int depth, int bits) const {
  if (part_.bram.count == 0) return false;
  const double blocks = block_memory(depth, bits, part_) * 36 / part_.bram.kilobits;
  return static_cast<double>(depth) * bits > blocks * small_block_price + 4.0 * bits;
}

Bits Fabric::block_behind_registers(int depth, const Bits& data, Bit write, const Bits& write_address,
                                    const Bits& read_address) {
  // What is written comes a clock late, and is handed on where it is read meanwhile.
  Bits late, late_address;
  for (const Bit bit : data) late.push_back(flop(bit, {}, false));
  for (const Bit bit : write_address) late_address.push_back(flop(bit, {}, false));
  const Bit late_write = flop(write, {}, false);
  Bits same;
  for (size_t i = 0; i < read_address.size(); ++i) same.push_back(!lxor(late_address[i], read_address[i]));
  const Bit forward = flop(land(late_write, all(std::move(same))), {}, false);
  Bits read = late;
  read.insert(read.end(), late_address.begin(), late_address.end());
  read.insert(read.end(), read_address.begin(), read_address.end());
  read.push_back(late_write);
  const Part& part = part_;
  const Bits word = block(
      std::move(read), static_cast<int>(data.size()),
      [=, &part](int bits) {
        Cost cost;
        cost.bram36 = block_memory(depth, bits, part);
        return cost;
      },
      true);
  Bits result;
  for (size_t i = 0; i < data.size(); ++i) {
    result.push_back(mux(forward, word[i], flop(late[i], {}, false)));
    registered_.insert(result.back());
  }
  return result;
}

Bits Fabric::memory(int depth, const Bits& data, Bit write, const Bits& write_address,
                    const Bits& read_address, bool into_register) {
  if (part_.lut_memory_bits == 0 && into_register && is_worth_a_block(depth, static_cast<int>(data.size())))
    return block_behind_registers(depth, data, write, write_address, read_address);
  if (part_.lut_memory_bits == 0)
    return register_memory(depth, data, write, write_address, read_address, into_register);
  return distributed(depth, data, write, write_address,
                     into_register ? read_address : own_address(read_address));
}

Bits Fabric::block(Bits inputs_of_block, int count, std::function<Cost(int)> price, bool is_memory) {
  Block block{std::move(inputs_of_block), {}, std::move(price), is_memory, section_};
  for (int i = 0; i < count; ++i) {
    block.outputs.push_back(input());
    own(block.outputs.back(), {Driver::Block, static_cast<int>(blocks_.size()), i});
  }
  blocks_.push_back(std::move(block));
  return blocks_.back().outputs;
}

}  // namespace gw
