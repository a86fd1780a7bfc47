#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace gw {

/// One bit: a node of a network, perhaps inverted. Node 0 is constant, so that 0 is false and 1 is true.
struct Bit {
  std::uint32_t code = 0;
  std::uint32_t node() const { return code >> 1; }
  bool inverted() const { return code & 1; }
  Bit operator!() const { return {code ^ 1}; }
  auto operator<=>(const Bit&) const = default;
  static Bit zero() { return {0}; }
  static Bit one() { return {1}; }
};

/// Random logic as a network of two-input gates whose inputs may be inverted; equal gates are one gate. It
/// does not evaluate anything: it is there to be covered with look-up tables and counted.
class LogicNetwork {
 public:
  LogicNetwork() : gates_(1) {}

  /// A bit that comes from elsewhere: a register, a carry chain, a memory.
  Bit input();
  Bit land(Bit a, Bit b);
  Bit lor(Bit a, Bit b) { return !land(!a, !b); }
  Bit lxor(Bit a, Bit b);
  Bit mux(Bit select, Bit if_zero, Bit if_one);
  Bit all(std::vector<Bit> bits);  ///< their conjunction, as a balanced tree

  /// A bit that has to be there as a wire: it is read by something that is no gate.
  void need(Bit bit) { ++needed_[bit.node()]; }
  bool is_gate(Bit bit) const { return bit.node() != 0 && gates_[bit.node()].is_gate; }
  bool is_constant(Bit bit) const { return bit.node() == 0; }
  /// How often each node is read: by gates, and by need().
  std::vector<int> reads() const;
  std::size_t size() const { return gates_.size(); }

  /// Look-up tables of at most `inputs` (2 to 6) inputs that cover everything needed: priority cuts chosen by
  /// area flow, then by the exact area that each choice frees (Mishchenko, Cho, Chatterjee, Brayton,
  /// "Combinational and sequential mapping with priority cuts", ICCAD 2007), without regard to depth.
  /// `used`, if given, receives for every node whether it is the output of a table.
  std::int64_t cover(int inputs, std::vector<bool>* used = nullptr) const;

 private:
  struct Gate {
    Bit a, b;
    bool is_xor = false, is_gate = false;
  };
  Bit gate(Bit a, Bit b, bool is_xor);

  std::vector<Gate> gates_;
  std::map<std::array<std::uint32_t, 3>, std::uint32_t> known_;
  std::map<std::uint32_t, int> needed_;
};

}  // namespace gw
