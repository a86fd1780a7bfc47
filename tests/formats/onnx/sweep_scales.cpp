// Whole numbers with scales and zero points: the operators of ONNX and those of ONNX Runtime. The cases are
// such that no quotient comes near a tie.

#include "formats/onnx/sweep.h"

namespace gw::testing {

namespace {

using Case = SweepCase;
using Dims = SweepCase::Dims;

constexpr int uint8 = 2, int8 = 3, int32 = 6;

Dims bytes(std::int64_t count, std::int64_t shift) {
  Dims values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back((i * 37 + 11) % 251 - shift);
  return values;
}

/// Scales and zero points named a, b and y.
Case scaled(const std::string& name, const Dims& x, int type, std::int64_t opset = 13) {
  const std::int64_t zero = type == uint8 ? 117 : -7;
  return Case(name, opset)
      .x(x, type)
      .y("y", type)
      .w("as", {}, {0.019F})
      .whole("az", {}, {zero}, type)
      .w("bs", {}, {0.0063F})
      .whole("bz", {}, {type == uint8 ? 130 : 0}, type)
      .w("ys", {}, {0.083F})
      .whole("yz", {}, {zero - 2}, type);
}

/// An operator on numbers that a quantizer has made, which stand for something else: with one scale or one a
/// channel, and with a zero point or without.
void add_behind_quantizers(std::vector<Case>& all) {
  using Add = void (*)(Case&);
  struct Row {
    const char* name;
    Add add;
  };
  static const Row rows[] = {
      {"reduce_sum",
       [](Case& c) {
         c.n("a", {1}).op("ReduceSum", {"d", "a"});
       }},
      {"reduce_mean",
       [](Case& c) {
         c.n("a", {3}).op("ReduceMean", {"d", "a"}).i("keepdims", 0);
       }},
      {"reduce_mean_space",
       [](Case& c) {
         c.n("a", {2, 3}).op("ReduceMean", {"d", "a"});
       }},
      {"reduce_max",
       [](Case& c) {
         c.n("a", {1, 2}).op("ReduceMax", {"d", "a"});
       }},
      {"reduce_min",
       [](Case& c) {
         c.n("a", {-1}).op("ReduceMin", {"d", "a"});
       }},
      {"arg_max", [](Case& c) { c.y("y", 7).op("ArgMax", {"d"}).i("axis", 1); }},
      {"arg_min", [](Case& c) { c.y("y", 7).op("ArgMin", {"d"}).i("axis", 2); }},
      {"gather",
       [](Case& c) {
         c.n("k", {3, 0, 1}).op("Gather", {"d", "k"}).i("axis", 1);
       }},
      {"tile",
       [](Case& c) {
         c.n("r", {1, 2, 1, 1}).op("Tile", {"d", "r"});
       }},
      {"depth_to_space", [](Case& c) { c.op("DepthToSpace", {"d"}).i("blocksize", 2); }},
      {"concat_constant",
       [](Case& c) {
         c.w("k", {1, 1, 4, 4}).op("Concat", {"k", "d"}).i("axis", 1);
       }},
      {"concat_itself",
       [](Case& c) {
         c.op("Concat", {"d", "d"}).i("axis", 2);
       }},
      {"neg",
       [](Case& c) {
         c.op("Neg", {"d"}, {"e"}).op("MaxPool", {"e"}).is("kernel_shape", {2, 2});
       }},
      {"neg_relu", [](Case& c) { c.op("Neg", {"d"}, {"e"}).op("Relu", {"e"}); }},
      {"neg_arg_max", [](Case& c) { c.y("y", 7).op("Neg", {"d"}, {"e"}).op("ArgMax", {"e"}).i("axis", 1); }},
      {"abs", [](Case& c) { c.op("Abs", {"d"}); }},
      {"pow",
       [](Case& c) {
         c.w("e", {}, {2}).op("Pow", {"d", "e"});
       }},
      {"matmul_left",
       [](Case& c) {
         c.w("k", {3, 4}).op("MatMul", {"k", "d"});
       }},
      {"matmul",
       [](Case& c) {
         c.w("k", {4, 3}).op("MatMul", {"d", "k"});
       }},
      {"slice_backwards",
       [](Case& c) {
         c.n("b", {3}).n("f", {-9}).n("a", {1}).n("t", {-2}).op("Slice", {"d", "b", "f", "a", "t"});
       }},
      {"pad",
       [](Case& c) {
         c.n("p", {0, 0, 1, -1, 0, 1, 0, 0}).op("Pad", {"d", "p"});
       }},
      {"max_pool_dilated",
       [](Case& c) {
         c.op("MaxPool", {"d"}).is("kernel_shape", {2, 2}).is("dilations", {2, 3});
       }},
      {"average_pool_dilated",
       [](Case& c) {
         c.op("AveragePool", {"d"}).is("kernel_shape", {2, 2}).is("dilations", {3, 2});
       }},
      {"average_pool",
       [](Case& c) {
         c.op("AveragePool", {"d"}).is("kernel_shape", {3, 2});
       }},
      {"softmax", [](Case& c) { c.op("Softmax", {"d"}).i("axis", 1); }},
      {"transposed",
       [](Case& c) {
         c.op("Transpose", {"d"}).is("perm", {0, 2, 3, 1});
       }},
      {"as_it_is", [](Case& c) { c.op("Identity", {"d"}); }},
      {"conv",
       [](Case& c) {
         c.w("k", {3, 4, 2, 2}).w("g", {3}).op("Conv", {"d", "k", "g"}).is("pads", {1, 0, 0, 1});
       }},
      {"batchnorm",
       [](Case& c) {
         c.w("g", {4})
             .w("h", {4})
             .w("m", {4})
             .w("v", {4}, {1, 2, 0.5F, 1})
             .op("BatchNormalization", {"d", "g", "h", "m", "v"});
       }},
      {"clip",
       [](Case& c) {
         c.w("l", {}, {-1}).w("h", {}, {0.5F}).op("Clip", {"d", "l", "h"});
       }},
      {"prelu",
       [](Case& c) {
         c.w("k", {4, 1, 1}).op("PRelu", {"d", "k"});
       }},
      {"leakyrelu", [](Case& c) { c.op("LeakyRelu", {"d"}).f("alpha", 0.25F); }},
      {"div",
       [](Case& c) {
         c.w("k", {4, 1, 1}, {2, -0.5F, 3, 1}).op("Div", {"d", "k"});
       }},
      {"constant_minus",
       [](Case& c) {
         c.w("k", {4, 1, 1}).op("Sub", {"k", "d"}, {"e"}).op("GlobalMaxPool", {"e"});
       }},
      {"resize",
       [](Case& c) {
         c.w("k", {4}, {1, 1, 2, 2}).op("Resize", {"d", "", "k"});
       }},
      {"sum_of_both",
       [](Case& c) {
         c.op("Relu", {"d"}, {"e"}).op("Sum", {"d", "e"});
       }},
      {"product_of_both",
       [](Case& c) {
         c.op("Relu", {"d"}, {"e"}).op("Mul", {"d", "e"});
       }},
  };
  for (const int kind : {0, 1, 2, 3}) {
    const bool is_each = kind % 2 == 1;
    const std::int64_t zero = kind < 2 ? 0 : 101;
    for (const Row& row : rows) {
      Case one("behind_" + std::to_string(kind) + "_" + row.name, 19);
      one.x({1, 4, 4, 4})
          .w("s", is_each ? Dims{4} : Dims{},
             is_each ? std::vector{0.0371F, 0.0211F, 0.0433F, 0.0291F} : std::vector{0.0371F});
      one.whole("z", is_each ? Dims{4} : Dims{}, Dims(is_each ? 4 : 1, zero), zero == 0 ? int8 : uint8);
      one.op("QuantizeLinear", {"x", "s", "z"}, {"q"}).op("DequantizeLinear", {"q", "s", "z"}, {"d"});
      row.add(one);
      all.push_back(std::move(one));
    }
  }
}

}  // namespace

std::vector<SweepCase> sweep_of_scales() {
  const std::string runtime = "com.microsoft";
  std::vector<Case> all;
  for (const int type : {uint8, int8}) {
    const std::string suffix = type == uint8 ? "_uint8" : "_int8";
    const std::int64_t shift = type == uint8 ? 0 : 125;
    all.insert(all.end(),
               {Case("quantizelinear" + suffix)
                    .x({2, 6})
                    .y("y", type)
                    .w("s", {}, {0.37F})
                    .whole("z", {}, {3}, type)
                    .op("QuantizeLinear", {"x", "s", "z"}),
                Case("quantizelinear_axis" + suffix)
                    .x({1, 3, 3, 2})
                    .y("y", type)
                    .w("s", {3}, {0.37F, 0.11F, 0.53F})
                    .whole("z", {3}, {3, 3, 3}, type)
                    .op("QuantizeLinear", {"x", "s", "z"})
                    .i("axis", 1),
                Case("quantizelinear_zeros" + suffix)
                    .x({1, 3, 3, 2})
                    .y("y", type)
                    .w("s", {3}, {0.37F, 0.11F, 0.53F})
                    .whole("z", {3}, {3, 30, 1}, type)
                    .op("QuantizeLinear", {"x", "s", "z"})
                    .refused(),
                Case("dequantizelinear" + suffix)
                    .x({2, 6}, type)
                    .w("s", {}, {0.37F})
                    .whole("z", {}, {3}, type)
                    .op("DequantizeLinear", {"x", "s", "z"}),
                Case("dequantizelinear_axis" + suffix)
                    .x({1, 3, 3, 2}, type)
                    .w("s", {3}, {0.37F, 2, 0.53F})
                    .whole("z", {3}, {84, 24, 96}, type)
                    .op("DequantizeLinear", {"x", "s", "z"})
                    .i("axis", 1),
                Case("dequantizelinear_last" + suffix)
                    .x({2, 3}, type)
                    .w("s", {3}, {0.37F, 2, 0.53F})
                    .whole("z", {3}, {84, 24, 96}, type)
                    .op("DequantizeLinear", {"x", "s", "z"})
                    .i("axis", -1),
                Case("dequantizelinear_blocks" + suffix, 21)
                    .x({1, 4}, type)
                    .w("s", {1, 2}, {0.37F, 2})
                    .op("DequantizeLinear", {"x", "s"})
                    .i("block_size", 2)
                    .refused(),
                scaled("qlinearmatmul" + suffix, {2, 4}, type)
                    .whole("b", {4, 3}, bytes(12, shift), type)
                    .op("QLinearMatMul", {"x", "as", "az", "b", "bs", "bz", "ys", "yz"}),
                scaled("qlinearmatmul_3d" + suffix, {2, 2, 4}, type)
                    .whole("b", {4, 3}, bytes(12, shift), type)
                    .op("QLinearMatMul", {"x", "as", "az", "b", "bs", "bz", "ys", "yz"}),
                scaled("qlinearconv" + suffix, {1, 2, 5, 5}, type)
                    .whole("w", {3, 2, 3, 3}, bytes(54, shift), type)
                    .op("QLinearConv", {"x", "as", "az", "w", "bs", "bz", "ys", "yz"})
                    .is("pads", {1, 1, 1, 1}),
                scaled("qlinearconv_bias" + suffix, {1, 2, 5, 5}, type)
                    .whole("w", {2, 1, 3, 2}, bytes(12, shift), type)
                    .whole("b", {2}, {1900, -700}, int32)
                    .op("QLinearConv", {"x", "as", "az", "w", "bs", "bz", "ys", "yz", "b"})
                    .is("strides", {2, 2})
                    .i("group", 2),
                scaled("qlinearadd" + suffix, {1, 2, 3}, type)
                    .x({1, 2, 3}, type, "u")
                    .op("QLinearAdd", {"x", "as", "az", "u", "bs", "bz", "ys", "yz"}, {"y"}, runtime),
                scaled("qlinearmul" + suffix, {1, 2, 3}, type)
                    .x({1, 2, 3}, type, "u")
                    .op("QLinearMul", {"x", "as", "az", "u", "bs", "bz", "ys", "yz"}, {"y"}, runtime),
                scaled("qlinearglobalaveragepool" + suffix, {1, 2, 3, 3}, type)
                    .op("QLinearGlobalAveragePool", {"x", "as", "az", "ys", "yz"}, {"y"}, runtime)
                    .i("channels_last", 0),
                scaled("qlinearaveragepool" + suffix, {1, 2, 6, 5}, type)
                    .op("QLinearAveragePool", {"x", "as", "az", "ys", "yz"}, {"y"}, runtime)
                    .is("kernel_shape", {2, 3})
                    .is("strides", {2, 1}),
                scaled("qlinearleakyrelu" + suffix, {1, 2, 6, 5}, type)
                    .op("QLinearLeakyRelu", {"x", "as", "az", "ys", "yz"}, {"y"}, runtime)
                    .f("alpha", 0.1F),
                Case("convinteger" + suffix)
                    .x({1, 1, 3, 3}, type)
                    .y("y", int32)
                    .whole("w", {1, 1, 2, 2}, bytes(4, shift), type)
                    .whole("z", {}, {1}, type)
                    .op("ConvInteger", {"x", "w", "z"}),
                Case("convinteger_padding" + suffix)
                    .x({1, 1, 3, 3}, type)
                    .y("y", int32)
                    .whole("w", {1, 1, 2, 2}, bytes(4, shift), type)
                    .whole("z", {}, {1}, type)
                    .op("ConvInteger", {"x", "w", "z"})
                    .is("pads", {1, 1, 1, 1}),
                Case("matmulinteger" + suffix)
                    .x({4, 3}, type)
                    .y("y", int32)
                    .whole("w", {3, 2}, bytes(6, shift), type)
                    .whole("a", {}, {12}, type)
                    .whole("b", {}, {type == uint8 ? 5 : 0}, type)
                    .op("MatMulInteger", {"x", "w", "a", "b"}),
                Case("maxpool" + suffix)
                    .x({1, 2, 5, 5}, type)
                    .y("y", type)
                    .op("MaxPool")
                    .is("kernel_shape", {3, 3})
                    .is("pads", {1, 1, 1, 1}),
                Case("clip" + suffix)
                    .x({1, 9}, type)
                    .y("y", type)
                    .whole("l", {}, {20}, type)
                    .whole("h", {}, {90}, type)
                    .op("Clip", {"x", "l", "h"})});
  }
  all.insert(all.end(),
             {Case("quantizelinear_no_zero")
                  .x({2, 6})
                  .y("y", uint8)
                  .w("s", {}, {0.037F})
                  .op("QuantizeLinear", {"x", "s"}),
              Case("dynamicquantizelinear").x({2, 6}).y("y", uint8).op("DynamicQuantizeLinear").refused(),
              Case("quantizelinear_computed")
                  .x({2, 6})
                  .x({}, 1, "s")
                  .y("y", uint8)
                  .op("QuantizeLinear", {"x", "s"})
                  .refused(),
              Case("fake_quantised")
                  .x({1, 2, 4, 4})
                  .w("w", {3, 2, 3, 3})
                  .w("s", {}, {0.037F})
                  .w("t", {3}, {0.01F, 0.02F, 0.03F})
                  .w("u", {}, {0.061F})
                  .whole("z", {}, {100}, uint8)
                  .whole("tz", {3}, {0, 0, 0}, int8)
                  .op("QuantizeLinear", {"x", "s", "z"}, {"xq"})
                  .op("DequantizeLinear", {"xq", "s", "z"}, {"xd"})
                  .op("QuantizeLinear", {"w", "t", "tz"}, {"wq"})
                  .i("axis", 0)
                  .op("DequantizeLinear", {"wq", "t", "tz"}, {"wd"})
                  .i("axis", 0)
                  .op("Conv", {"xd", "wd"}, {"c"})
                  .op("Relu", {"c"}, {"r"})
                  .op("QuantizeLinear", {"r", "u", "z"}, {"rq"})
                  .op("DequantizeLinear", {"rq", "u", "z"})});
  add_behind_quantizers(all);
  return all;
}

std::vector<SweepCase> sweep_cases() {
  std::vector<SweepCase> all = sweep_of_layers();
  for (auto* more : {&sweep_of_shapes, &sweep_of_scales}) {
    for (SweepCase& one : more()) all.push_back(std::move(one));
  }
  // A file says its answer is y of single precision where the case does not.
  for (SweepCase& one : all) {
    one.file.add_opset("com.microsoft", 1);
    if (one.file.model().graph().output_size() == 0) one.y("y");
  }
  return all;
}

}  // namespace gw::testing
