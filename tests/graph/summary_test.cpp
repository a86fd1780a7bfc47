// The table that shows a network.

#include "graph/summary.h"

#include <gtest/gtest.h>

#include "graph/random_graph.h"

namespace gw {
namespace {

TEST(Summary, ShowsShapesTypesAndCounts) {
  Random random(51);
  GraphBuilder b;
  const Quantizer q{{16, 6, true}, Rounding::Trn, Overflow::Wrap};
  const NodeId x = b.input("x", {28, 28, 1}, q);
  const NodeId w1 = b.constant("w1", testing::random_values(random, {3, 3, 1, 16}), q);
  const NodeId conv1 = b.layer("conv1", Conv2D{.out = q}, {x, w1});
  const NodeId s = b.constant("s", testing::random_values(random, {16}), q);
  const NodeId c = b.constant("c", testing::random_values(random, {16}), q);
  const NodeId norm1 = b.layer("norm1", BatchNorm{q}, {conv1, s, c});
  const NodeId w2 = b.constant("w2", testing::random_values(random, {10816, 10}), q);
  const NodeId b2 = b.constant("b2", testing::random_values(random, {10}), q);
  const NodeId flatten1 = b.layer("flatten1", Flatten{}, {norm1});
  b.output(b.layer("dense1", Dense{q, q}, {flatten1, w2, b2}));
  EXPECT_EQ(
      summary(b.build().value()),
      "name      kind        shape     type            weights         parameters   zeros  multiplications\n"
      "x         input       28x28x1   ap_fixed<16,6>  -                        -       -                -\n"
      "conv1     conv2d      26x26x16  ap_fixed<16,6>  ap_fixed<16,6>         144  16.0 %           97,344\n"
      "norm1     batch_norm  26x26x16  ap_fixed<16,6>  ap_fixed<16,6>          32  12.5 %           10,816\n"
      "flatten1  flatten     10816     ap_fixed<16,6>  -                        -       -                -\n"
      "dense1    dense       10        ap_fixed<16,6>  ap_fixed<16,6>     108,170  19.9 %          108,160\n"
      "total                                                              108,346  19.9 %          216,320\n");
}

TEST(Summary, UntypedIsFloat) {
  GraphBuilder b;
  b.output(b.layer("relu1", Relu{}, {b.input("x", {3})}));
  EXPECT_EQ(summary(b.build().value()),
            "name   kind   shape  type   weights  parameters  zeros  multiplications\n"
            "x      input  3      float  -                 -      -                -\n"
            "relu1  relu   3      float  -                 -      -                -\n"
            "total                                         -      -                -\n");
}

}  // namespace
}  // namespace gw
