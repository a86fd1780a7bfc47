#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "circuit/cost.h"
#include "circuit/logic_network.h"
#include "target/part.h"

namespace gw {

using Bits = std::vector<Bit>;

/// A netlist of bits as synthesis leaves it in a part's fabric: gates that become look-up tables, carry
/// chains, registers, memories, blocks. It is built from the inputs to the outputs, then counted. Rules are
/// those of the flow in src/tools/yosys.cpp.
class Fabric {
 public:
  explicit Fabric(const Part& part);

  /// What registers of one word have in common.
  struct Control {
    Bit enable = Bit::one(), reset = Bit::zero();
    bool waits = false;   ///< the reset waits for the enable; otherwise it wins over it
    bool to_one = false;  ///< what it resets to
    auto operator<=>(const Control&) const = default;
  };

  const Part& part() const { return part_; }
  /// Whether the flow finds registers that never change; that of the parts with four-input tables looks too
  /// late.
  bool sweeps_registers() const { return sums_ready_; }

  Bit input() { return logic_.input(); }
  Bits inputs(int count);
  bool is_constant(Bit bit) const { return logic_.is_constant(bit); }
  Bit land(Bit a, Bit b) { return logic_.land(a, b); }
  Bit lor(Bit a, Bit b) { return logic_.lor(a, b); }
  Bit lxor(Bit a, Bit b) { return logic_.lxor(a, b); }
  Bit all(Bits bits) { return logic_.all(std::move(bits)); }
  /// A multiplexer, remembered as such: where one side is constant, a register behind it may reset instead.
  Bit mux(Bit select, Bit if_zero, Bit if_one);
  Bits mux(Bit select, const Bits& if_zero, const Bits& if_one);
  /// The option of that number, the last one beyond them: a tree, the lowest bit of the selector at its
  /// leaves.
  Bit choose(const Bits& selector, Bits options);
  Bit equal(const Bits& a, std::int64_t value);

  /// a + b or a - b modulo 2^n, of n bits each: a carry chain above the lowest bits that pass by.
  Bits sum(const Bits& a, const Bits& b, bool subtract);
  Bits plus_one(const Bits& a);
  /// a < b, of n bits each.
  Bit less(const Bits& a, const Bits& b, bool is_signed);
  /// a < value and a >= value, unsigned.
  Bit below(const Bits& a, std::int64_t value);
  /// The product modulo 2^width, made of look-up tables. a and b are signed.
  Bits product(const Bits& a, const Bits& b, int width);

  /// A register; equal ones are one. `shifts`: may be part of a shift register.
  Bit flop(Bit d, const Control& control, bool shifts);
  /// A register that is read before its input is known: first its output, then the rest.
  Bit state() { return logic_.input(); }
  Bits states(int count) { return inputs(count); }
  void set_state(Bit q, Bit d, const Control& control, bool shifts = false);
  void set_states(const Bits& q, const Bits& d, const Control& control, bool shifts = false);

  /// What stands before a word of registers; nothing if these bits are not one, or if the registers are the
  /// output of a memory.
  std::optional<Bits> before(const Bits& word) const;
  /// What a word of registers will hold at the next clock; nothing if it is not one.
  std::optional<Bits> next_of(const Bits& word);

  /// A memory of `depth` words without a register behind its port: in look-up tables where those can be
  /// memory, else in registers. `into_register`: all that reads it is a register. Otherwise a read address
  /// that comes out of registers is made a second time, since the flow takes it for the memory's own.
  Bits memory(int depth, const Bits& data, Bit write, const Bits& write_address, const Bits& read_address,
              bool into_register);
  Bits register_memory(int depth, const Bits& data, Bit write, const Bits& write_address,
                       const Bits& read_address, bool into_register);

  /// Anything else: reads `inputs`, gives `count` bits, and costs what `price` says of the number of bits
  /// that are read. It is there only if one is.
  Bits block(Bits inputs, int count, std::function<Cost(int)> price, bool is_memory = false);

  /// A bit that leaves.
  void output(Bit bit) { outputs_.push_back(bit); }
  void output(const Bits& bits) { outputs_.insert(outputs_.end(), bits.begin(), bits.end()); }

  /// What is built from here on belongs to that section; it begins with section 0.
  void begin_section(int number);

  /// Look-up tables and everything else that the outputs depend on.
  Cost count();
  /// The same by sections. What several have in common belongs to the first.
  std::vector<Cost> count_sections();

 private:
  struct Flop {
    Bit d, q;
    int control = 0;
    bool shifts = false;
    int section = 0;
  };
  struct Chain {
    Bits a, b;  ///< operands as the chain takes them
    Bits sum;
    bool subtract = false;
    int section = 0;
  };
  struct Block {
    Bits inputs, outputs;
    std::function<Cost(int)> price;
    bool is_memory = false;
    int section = 0;
  };
  enum class Driver : std::uint8_t { None, Flop, Chain, Block };
  struct Owner {
    Driver driver = Driver::None;
    int index = 0, bit = 0;
  };
  struct ConstantMux {
    Bit select, data;
    bool value = false;
  };

  int control_of(const Control& control);
  Bit read_word_bit(const Bits& address, Bits options);
  Bits own_address(const Bits& address);
  bool is_worth_a_block(int depth, int bits) const;
  Bits block_behind_registers(int depth, const Bits& data, Bit write, const Bits& write_address,
                              const Bits& read_address);
  Bits distributed(int depth, const Bits& data, Bit write, const Bits& write_address,
                   const Bits& read_address);
  std::vector<int> wire_reads(const std::vector<LookUpTable>& tables) const;
  Bits small_sum(const Bits& a, const Bits& b, Bit carry);
  Bit carried(const Bits& a, const Bits& b, bool subtract);
  void own(Bit bit, Owner owner);
  void mark();
  void require(Bit bit);
  Cost& cost_of(int section) { return costs_[static_cast<size_t>(section)]; }
  void require_all();
  void count_flops(const std::vector<bool>& tables, const std::vector<int>& reads);
  void pack_followers(const std::vector<LookUpTable>& tables, const std::vector<int>& reads);
  void pack_below_top(const std::vector<LookUpTable>& tables, const std::vector<int>& reads);

  const Part& part_;
  bool sums_ready_;  ///< the carry cell takes the XOR of its operands from a table, and does not hold one
  bool chains_in_pairs_;  ///< the carry cell is two bits and their tables
  LogicNetwork logic_;
  std::vector<Flop> flops_;
  std::vector<Chain> chains_;
  std::vector<Block> blocks_;
  std::vector<Control> controls_;
  std::vector<int> control_sections_;  ///< of each control
  std::map<Control, int> control_numbers_;
  std::map<std::pair<std::uint32_t, int>, size_t> known_flops_;  ///< by input and control
  std::map<Bit, ConstantMux> constant_muxes_;
  std::map<std::uint32_t, Bit> inverters_;
  std::set<Bit> registered_;  ///< come out of a memory that has the register behind it inside
  std::vector<Owner> owners_;
  Bits outputs_;
  std::vector<bool> live_nodes_, live_flops_, live_controls_;
  std::vector<int> chain_lengths_;  ///< of each chain: its bits that count
  std::vector<int> block_outputs_;  ///< of each block: its bits that are read
  int section_ = 0, sections_ = 1;
  std::vector<int> node_sections_;  ///< of each node that was there when the section changed last
  std::vector<Cost> costs_;         ///< of each section
};

}  // namespace gw
