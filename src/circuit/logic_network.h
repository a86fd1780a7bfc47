#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
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

/// A look-up table of a cover: the node that it makes, and the nodes that it reads.
struct LookUpTable {
  std::uint32_t node = 0;
  std::array<std::uint32_t, 6> leaves{};
  int size = 0;
};

/// Random logic as a network of two-input gates whose inputs may be inverted; equal gates are one gate. It
/// does not evaluate anything: it is there to be covered with look-up tables and counted.
class LogicNetwork {
 public:
  LogicNetwork() : gates_(1), needed_(1, 0) {}

  /// A bit that comes from elsewhere: a register, a carry chain, a memory.
  Bit input();
  Bit land(Bit a, Bit b);
  Bit lor(Bit a, Bit b) { return !land(!a, !b); }
  Bit lxor(Bit a, Bit b);
  Bit mux(Bit select, Bit if_zero, Bit if_one);
  Bit all(std::vector<Bit> bits);  ///< their conjunction, as a balanced tree

  /// The bit's inverse as a gate of its own, where polarity is not free.
  Bit inverter(Bit bit);

  /// A bit that has to be there as a wire: it is read by something that is no gate.
  void need(Bit bit);
  int needed(std::uint32_t node) const { return needed_[node]; }
  /// What a gate reads; none of an input.
  std::vector<Bit> children(std::uint32_t node) const;
  bool is_gate(Bit bit) const { return bit.node() != 0 && gates_[bit.node()].is_gate; }
  bool is_constant(Bit bit) const { return bit.node() == 0; }
  /// How often each node is read: by gates, and by need().
  std::vector<int> reads() const;
  std::size_t size() const { return gates_.size(); }

  /// Look-up tables of at most `inputs` (2 to 6) inputs that cover everything needed, where a table of n
  /// inputs has the price `prices[n]`: priority cuts chosen by area flow, then by the exact area that each
  /// choice frees (Mishchenko, Cho, Chatterjee, Brayton, "Combinational and sequential mapping with priority
  /// cuts", ICCAD 2007), without regard to depth.
  std::vector<LookUpTable> cover(int inputs, const std::array<float, 7>& prices) const;

 private:
  struct Gate {
    Bit a, b;
    bool is_xor = false, is_gate = false;
  };
  struct KeyHash {
    std::size_t operator()(const std::array<std::uint32_t, 3>& key) const {
      return (key[0] * std::size_t{0x9e3779b97f4a7c15} + key[1]) * std::size_t{0xbf58476d1ce4e5b9} + key[2];
    }
  };
  Bit gate(Bit a, Bit b, bool is_xor);

  std::vector<Gate> gates_;
  std::unordered_map<std::array<std::uint32_t, 3>, std::uint32_t, KeyHash> known_;
  std::vector<int> needed_;  ///< how often, of each node
};

}  // namespace gw
