#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "circuit/adder_search.h"
#include "circuit/cost.h"
#include "schedule/design.h"
#include "support/progress.h"
#include "support/result.h"

namespace gw {

struct MatrixOptions {
  std::filesystem::path matrix = {};  ///< .npy of whole numbers, (inputs, outputs): y = x * M
  FixedType input = {8, 8, false};    ///< of every x: whole numbers of so many bits
  int depth_limit = -1;               ///< adders on a path; negative: any number
  int extra_depth = -1;               ///< or so many more than the least; negative: not asked
  double effort = 1;                  ///< AdderSearch::effort
  double seconds = 0;                 ///< AdderSearch::seconds
  std::uint64_t seed = 1;
  int checks = 1000;  ///< vectors that the circuit is tried on, besides the proof by coefficients
};

/// A constant matrix as shared shift-adds, with what is known of them.
struct MatrixSolution {
  MatrixOptions options;
  ConstantMatrix matrix;
  AdderGraph graph;
  Circuit circuit;      ///< combinational: input r is x[r], output c is y[c]
  int least_depth = 0;  ///< of any adder graph of the matrix's canonical signed digits
  double seconds = 0;   ///< of the search
  Cost cost;            ///< on the part that was asked for
  std::int64_t checked = 0;
  bool stopped = false;
};

/// Reads the matrix, searches, and proves the result: the coefficients of every output are those of the
/// matrix, and the circuit gives the product on the extreme inputs of each output and on random ones. Errors:
/// no matrix of whole numbers, a product beyond 63 bits, a depth limit below the least.
Result<MatrixSolution> solve_matrix(const MatrixOptions& options, const Part& part, Progress& progress);

/// The matrix as a design on plain ports: a vector of inputs a clock, its product some clocks later;
/// registers stand where the clock wants them. `y` is the sums in the type of the widest one.
Design matrix_design(const MatrixSolution& solution, const Part& part, double clock_ns,
                     const std::string& name);

std::string print_text(const MatrixSolution& solution);
std::string print_json(const MatrixSolution& solution);

}  // namespace gw
