// Exact sums that outgrow 32 bits, against the sum of the products in 128.

#include <gtest/gtest.h>

#include "layers/dense.h"
#include "layers/kernels.h"
#include "layers/random_layer.h"
#include "num/rounding.h"

namespace gw {
namespace {

TEST(WideSum, OfSixteenBitOperandsIsExactInWhateverItIsCastTo) {
  Random random(81);
  constexpr int rows = 700, outputs = 19, batch = 21;
  const FixedType type{16, 6, true};
  Tensor weight({rows, outputs}, type), x({rows}, type, batch);
  const auto fill = [&](Tensor& t) {
    for (std::int64_t i = 0; i < t.batch() * t.size(); ++i) {
      t.set(i, random.below(3) == 0 ? (random.below(2) == 0 ? type.lowest() : type.highest())
                                    : random.between(type.lowest(), type.highest()));
    }
  };
  fill(weight);
  fill(x);
  for (int i = 0; i < rows; ++i) {  // the largest sums there are
    weight.set(i * outputs, type.lowest());
    weight.set(i * outputs + 1, type.highest());
    x.set(i, type.lowest());
    x.set(rows + i, type.highest());
  }
  for (const Quantizer& out : {Quantizer{{16, 6, true}, Rounding::Trn, Overflow::Wrap},
                               Quantizer{{22, 12, true}, Rounding::Trn, Overflow::Wrap},
                               Quantizer{{12, 4, false}, Rounding::Trn, Overflow::Wrap},
                               Quantizer{{23, 13, true}, Rounding::Trn, Overflow::Wrap},
                               Quantizer{{32, 12, true}, Rounding::Trn, Overflow::Wrap},
                               Quantizer{{16, 6, true}, Rounding::RndConv, Overflow::Wrap},
                               Quantizer{{16, 6, true}, Rounding::Trn, Overflow::Sat}}) {
    const Dense dense{out, {}};
    const TensorType y{{outputs}, out.to};
    std::int64_t outside = 0;
    std::vector<std::int64_t> wanted;
    for (int n = 0; n < batch; ++n) {
      for (int o = 0; o < outputs; ++o) {
        std::int64_t sum = 0;
        for (int i = 0; i < rows; ++i) sum += x.at(n * rows + i) * weight.at(i * outputs + o);
        wanted.push_back(quantize(out, sum, 20));
        outside += overflows(out, sum, 20) ? 1 : 0;
      }
    }
    for (const Kernels* kernels : testing::kernel_sets()) {
      std::int64_t counted = 0;
      const Tensor* const inputs[] = {&x, &weight};
      const Tensor plain = eval(dense, inputs, y, {1, nullptr, kernels});
      const Tensor counting = eval(dense, inputs, y, {1, &counted, kernels});
      for (size_t i = 0; i < wanted.size(); ++i) {
        ASSERT_EQ(plain.at(static_cast<std::int64_t>(i)), wanted[i])
            << to_string(out) << " " << kernels->name;
        ASSERT_EQ(counting.at(static_cast<std::int64_t>(i)), wanted[i])
            << to_string(out) << " " << kernels->name;
      }
      EXPECT_EQ(counted, outside) << to_string(out);
    }
  }
}

}  // namespace
}  // namespace gw
