#pragma once

#include <memory>
#include <vector>

#include "circuit/circuit.h"
#include "circuit/fabric.h"

namespace gw {

/// A circuit in a fabric, registers included, with the logic that moves its tokens on. Made in two steps,
/// since the window in front of it moves when the circuit lets it, and the circuit reads that window.
class FabricCircuit {
 public:
  /// `valid`: a window stands in front of it; `ready`: its answer is taken. Both constant: it always moves.
  FabricCircuit(Fabric& fabric, const Circuit& circuit, Bit valid, Bit ready, Bit reset);
  ~FabricCircuit();

  Bit valid() const;  ///< an answer stands behind it
  Bit taken() const;  ///< the window may go
  /// The bits of all outputs. `inputs`: of each Input cell's index; what is missing comes from elsewhere.
  std::vector<Bits> build(const std::vector<Bits>& inputs);

 private:
  class Builder;
  std::unique_ptr<Builder> builder_;
};

/// A counter of `count` clocks as every module has them, and whether it stands at its last one.
struct FabricCounter {
  Bits value;
  Bit last = Bit::one();
};
FabricCounter build_counter(Fabric& fabric, std::int64_t count, Bit step, Bit reset);

}  // namespace gw
