// Adders of constant matrices: how many, how wide, how deep, how long it took.
//
//     bench_constant_matrices [effort] [matrices of a size]
//
// Matrices are uniform over signed B bits, inputs are of 8 signed bits, seeded; a row of the table is the
// mean over the matrices of a size. "Greedy" is the first answer, without any search. Published means of
// da4ml 0.6 on matrices of the same kind stand beside it (its adders, no limit of the depth).

#include <cstdlib>
#include <ctime>

#include <fmt/core.h>
#include <fmt/format.h>

#include "circuit/adder_search.h"
#include "circuit/shared_sums.h"
#include "support/random.h"

using namespace gw;

namespace {

struct Row {
  int size, bits;
  double da4ml;  // adders; 0: not known
};

constexpr Row rows[] = {{8, 4, 0},      {8, 8, 0},      {16, 4, 201.8}, {16, 6, 284.8},
                        {16, 8, 359.8}, {32, 4, 746.7}, {32, 6, 1042},  {32, 8, 1318},
                        {64, 4, 2732},  {64, 6, 3819},  {64, 8, 4850},  {128, 8, 0}};

ConstantMatrix random_matrix(const Row& row, Random& random) {
  ConstantMatrix matrix;
  matrix.rows = matrix.columns = row.size;
  const std::int64_t top = std::int64_t{1} << (row.bits - 1);
  for (int i = 0; i < row.size * row.size; ++i) matrix.weights.push_back(random.between(-top, top - 1));
  matrix.inputs.assign(static_cast<size_t>(row.size), Interval{-128, 127, 0});
  return matrix;
}

struct Sum {
  double adders = 0, bits = 0, depth = 0, seconds = 0;
  void add(const ConstantMatrix& matrix, const AdderSearch& search) {
    const std::clock_t start = std::clock();
    const AdderGraph graph = search_adders(matrix, search);
    seconds += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    adders += static_cast<double>(graph.adders.size());
    bits += static_cast<double>(graph.bits());
    depth += graph.depth();
    if (!computes(graph, matrix)) std::abort();
  }
};

}  // namespace

int main(int argc, char** argv) {
  const double effort = argc > 1 ? std::atof(argv[1]) : 1;
  const int wanted = argc > 2 ? std::atoi(argv[2]) : 3;
  fmt::print("{:>10} {:>9} {:>9} {:>7} {:>9} {:>9} {:>7} {:>9} {:>9}\n", "matrix", "greedy", "bits", "CPU s",
             "adders", "bits", "CPU s", "at depth", "da4ml");
  for (const Row& row : rows) {
    Random random(static_cast<std::uint64_t>(row.size * 100 + row.bits));
    const int count = row.size >= 64 ? 1 : wanted;
    Sum greedy, searched, shallow;
    for (int n = 0; n < count; ++n) {
      const ConstantMatrix matrix = random_matrix(row, random);
      greedy.add(matrix, {.effort = 0});
      searched.add(matrix, {.effort = effort});
      shallow.add(matrix, {.extra_depth = 2, .effort = effort});
    }
    const auto mean = [&](double sum) { return sum / count; };
    fmt::print("{:>10} {:>9.1f} {:>9.0f} {:>7.3f} {:>9.1f} {:>9.0f} {:>7.3f} {:>9.1f} {:>9}\n",
               fmt::format("{}x{} w{}", row.size, row.size, row.bits), mean(greedy.adders), mean(greedy.bits),
               mean(greedy.seconds), mean(searched.adders), mean(searched.bits), mean(searched.seconds),
               mean(shallow.adders), row.da4ml > 0 ? fmt::format("{:.1f}", row.da4ml) : "");
  }
  return 0;
}
