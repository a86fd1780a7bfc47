// A solved matrix as hardware: the design on plain ports gives the product on extreme and random vectors.

#include "study/solve_matrix.h"

#include <gtest/gtest.h>

#include "backends/side_by_side.h"
#include "common/random_stage.h"
#include "data/npy.h"
#include "graph/temporary_folder.h"

namespace gw {
namespace {

TEST(SolveMatrix, ItsDesignGivesTheProduct) {
  testing::TemporaryFolder folder;
  SilentProgress progress;
  Random random(21);
  const Part part = *find_part("xcu250-figd2104-2L-e");
  std::vector<testing::Candidate> candidates;
  for (const bool is_signed : {false, true}) {
    const int rows = 7, columns = 5;
    std::vector<double> weights;
    for (int i = 0; i < rows * columns; ++i)
      weights.push_back(i % 4 == 0 ? 0.0 : static_cast<double>(random.between(-90, 90)));
    MatrixOptions options;
    options.matrix = folder.path() / "m.npy";
    options.input = {6, 6, is_signed};
    options.effort = 0.1;
    ASSERT_TRUE(save_npy(options.matrix, {npy_f8, {rows, columns}, weights}));
    const auto solution = solve_matrix(options, part, progress);
    ASSERT_TRUE(solution) << to_string(solution.errors().front());
    Design design =
        matrix_design(*solution, part, is_signed ? 1.5 : 20, is_signed ? "of_signed" : "of_unsigned");
    const int frames = 12;
    const Tensor x = random_tensor(random, {rows}, options.input, frames);
    Tensor y({columns}, *design.outputs.front().type.fixed, frames);
    for (int n = 0; n < frames; ++n) {
      for (int c = 0; c < columns; ++c) {
        std::int64_t sum = 0;
        for (int r = 0; r < rows; ++r)
          sum +=
              static_cast<std::int64_t>(weights[static_cast<size_t>(r * columns + c)]) * x.at(n * rows + r);
        y.set(n * columns + c, sum);
      }
    }
    candidates.push_back({design.name, std::move(design), {x}, {y}});
  }
  testing::expect_same_bits(candidates);
}

}  // namespace
}  // namespace gw
