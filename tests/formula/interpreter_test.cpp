// Windows and the reference interpreter: where a window reads, and that a wrong claim ends the program.

#include <stdexcept>

#include <gtest/gtest.h>

#include "formula/formula.h"
#include "support/random.h"

namespace gw {
namespace {

const FixedType q8_8{8, 8, true};

Tensor counting(Shape shape, int batch = 1) {
  Tensor x(std::move(shape), q8_8, batch);
  for (std::int64_t i = 0; i < x.size() * batch; ++i) x.set(i, i % 251 - 125);
  return x;
}

// Output channel n of the stage is element n of the window.
Stage copying(const Window& window) {
  Stage stage{
      "", {window}, {q8_8}, {}, {{window.output_height(), window.output_width(), window.elements()}, q8_8}};
  std::vector<ExprId> outputs;
  for (int n = 0; n < window.elements(); ++n) outputs.push_back(stage.formula.load(0, n, q8_8));
  stage.formula.set_outputs(outputs);
  return stage;
}

// A padded copy of the input, then plain indexing: another way to the same elements.
std::int64_t padded_element(const Tensor& x, const Window& w, int sample, int row, int column, int i, int j,
                            int channel) {
  std::vector<std::int64_t> padded;
  const int height = w.pad_top + w.height + w.pad_bottom, width = w.pad_left + w.width + w.pad_right;
  padded.assign(static_cast<size_t>(height * width), 0);
  for (int r = 0; r < w.height; ++r) {
    for (int c = 0; c < w.width; ++c) {
      padded[static_cast<size_t>((r + w.pad_top) * width + c + w.pad_left)] =
          x.at(sample * x.size() + (r * w.width + c) * w.channels + channel);
    }
  }
  return padded.at(static_cast<size_t>((row * w.stride_h + i * w.dilation_h) * width + column * w.stride_w +
                                       j * w.dilation_w));
}

TEST(Window, ReadsWhereItsGeometrySays) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    const auto pick = [&](int low, int high) { return static_cast<int>(random.between(low, high)); };
    Window w;
    w.channels = pick(1, 3);
    w.kernel_h = pick(1, 3), w.kernel_w = pick(1, 3);
    w.stride_h = pick(1, 3), w.stride_w = pick(1, 3);
    w.dilation_h = pick(1, 3), w.dilation_w = pick(1, 3);
    w.pad_top = pick(0, 2), w.pad_left = pick(0, 2), w.pad_bottom = pick(0, 2), w.pad_right = pick(0, 2);
    w.height = (w.kernel_h - 1) * w.dilation_h + 1 + pick(0, 4);
    w.width = (w.kernel_w - 1) * w.dilation_w + 1 + pick(0, 4);

    // The last position still fits into the padded input, one more does not.
    const int last_row = (w.output_height() - 1) * w.stride_h + (w.kernel_h - 1) * w.dilation_h;
    EXPECT_LT(last_row, w.pad_top + w.height + w.pad_bottom);
    EXPECT_GE(last_row + w.stride_h, w.pad_top + w.height + w.pad_bottom);

    const Tensor x = counting({w.height, w.width, w.channels}, 2);
    const Tensor* const inputs[] = {&x};
    const Tensor y = run(copying(w), inputs);
    std::int64_t at = 0;
    for (int sample = 0; sample < 2; ++sample) {
      for (int row = 0; row < w.output_height(); ++row) {
        for (int column = 0; column < w.output_width(); ++column) {
          for (int i = 0; i < w.kernel_h; ++i) {
            for (int j = 0; j < w.kernel_w; ++j) {
              for (int channel = 0; channel < w.channels; ++channel) {
                ASSERT_EQ(y.at(at++), padded_element(x, w, sample, row, column, i, j, channel))
                    << "seed " << seed;
              }
            }
          }
        }
      }
    }
    EXPECT_EQ(at, 2 * y.size());
  }
}

TEST(Window, IsPointwiseIfItOnlyPassesOn) {
  Window w;
  w.height = 4, w.width = 5, w.channels = 3;
  EXPECT_TRUE(w.is_pointwise());
  for (int Window::*attribute :
       {&Window::kernel_h, &Window::kernel_w, &Window::stride_h, &Window::stride_w}) {
    Window other = w;
    other.*attribute = 2;
    EXPECT_FALSE(other.is_pointwise());
  }
  for (int Window::*attribute :
       {&Window::pad_top, &Window::pad_left, &Window::pad_bottom, &Window::pad_right}) {
    Window other = w;
    other.*attribute = 1;
    EXPECT_FALSE(other.is_pointwise());
  }
}

TEST(Interpreter, ComputesEachKind) {
  const FixedType half{8, 7, true};
  Stage stage{"", {Window{.channels = 2}, Window{.channels = 1}}, {q8_8, half}, {}, {}};
  Formula& f = stage.formula;
  const ExprId a = f.load(0, 0, q8_8), b = f.load(0, 1, q8_8), c = f.load(1, 0, half);
  const int table = f.add_table({"t", 1, {10, 11, 12, 13}, {8, 7, true}});
  f.set_outputs({f.add(a, c), f.subtract(c, b), f.multiply(a, c), f.maximum(b, c), f.minimum(b, c),
                 f.is_negative(c), f.sum({a, b, c, f.constant(1, 2)}), f.select(a, b, c),
                 f.cast({{4, 4, true}, Rounding::Rnd, Overflow::Sat}, c),
                 f.table(table, f.cast({{2, 1, false}, Rounding::Trn, Overflow::Wrap}, c))});
  stage.output = {{10}, FixedType{20, 18, true}};  // quarters
  Tensor x({2}, q8_8, 2), y({1}, half, 2);
  const int xs[] = {7, -20, 0, 5}, ys[] = {-5, 19};  // y: -2.5, 9.5
  for (int i = 0; i < 4; ++i) x.set(i, xs[i]);
  for (int i = 0; i < 2; ++i) y.set(i, ys[i]);
  const Tensor* const inputs[] = {&x, &y};
  const Tensor z = run(stage, inputs);
  const double wanted[] = {4.5, 17.5, -17.5, -2.5, -20, -64, -15.25, -20, -2, 6.5,  //
                           9.5, 4.5,  0,     9.5,  5,   0,   14.75,  9.5, 7,  6.5};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(to_double(z.at(i), 2), wanted[i]) << i;
}

TEST(Window, CropsRepeatsAndTellsPaddingFromZeros) {
  // Up-sampled by 2, one column cropped on the left, one row of padding above.
  Window w{.height = 2, .width = 3, .pad_top = 1, .pad_left = -1, .repeat_h = 2, .repeat_w = 2};
  ASSERT_EQ(w.output_height(), 6);
  ASSERT_EQ(w.output_width(), 4);
  Stage stage{"", {w}, {q8_8}, {}, {{6, 4, 2}, q8_8}};
  stage.formula.set_outputs({stage.formula.load(0, 0, q8_8), stage.formula.inside(0, 0)});
  Tensor x({2, 3, 1}, q8_8);
  for (int i = 0; i < 6; ++i) x.set(i, i == 4 ? 0 : 10 + i);
  const Tensor* const inputs[] = {&x};
  const Tensor y = run(stage, inputs);
  const int wanted[3][2] = {{0, 0}, {11, 12}, {0, 15}}, inside[3] = {0, 1, 1};
  for (int r = 0; r < 6; ++r) {
    for (int c = 0; c < 4; ++c) {
      EXPECT_EQ(y.at((r * 4 + c) * 2), wanted[r / 2][c / 2]) << r << ' ' << c;
      EXPECT_EQ(y.at((r * 4 + c) * 2 + 1), inside[r / 2]) << r << ' ' << c;
    }
  }
}

TEST(Interpreter, ReadsElementsInCoarserUnitsWhereThoseSayAll) {
  Stage stage{"", {Window{}}, {q8_8}, {}, {{1}, q8_8}};
  stage.formula.set_outputs({stage.formula.load(0, 0, Interval{-3, 3, -2})});  // multiples of 4
  Tensor x({1}, q8_8);
  x.set(0, -12);
  const Tensor* const inputs[] = {&x};
  EXPECT_EQ(run(stage, inputs).at(0), -12);
  x.set(0, 6);
  EXPECT_THROW(run(stage, inputs), std::logic_error);
}

TEST(Interpreter, RefusesWhatBreaksItsPromises) {
  Window w;
  w.channels = 2;
  const Stage stage = copying(w);
  const Tensor x = counting({2}), other({2}, {8, 7, true}), small({1}, q8_8);
  const Tensor* const right[] = {&x};
  const Tensor* const typed[] = {&other};
  const Tensor* const sized[] = {&small};
  const Tensor* const two[] = {&x, &x};
  EXPECT_EQ(run(stage, right).at(1), -124);
  EXPECT_THROW(run(stage, typed), std::logic_error);
  EXPECT_THROW(run(stage, sized), std::logic_error);
  EXPECT_THROW(run(stage, two), std::logic_error);

  // An output type one bit too narrow for a value that comes.
  Stage narrow = stage;
  narrow.output.fixed = FixedType{7, 7, true};
  EXPECT_THROW(run(narrow, right), std::logic_error);
  // A load that claims fewer bits than its stream has.
  Stage wrong = stage;
  wrong.formula = Formula();
  wrong.formula.set_outputs(
      {wrong.formula.load(0, 0, FixedType{7, 7, true}), wrong.formula.load(0, 1, q8_8)});
  EXPECT_THROW(run(wrong, right), std::logic_error);
}

}  // namespace
}  // namespace gw
