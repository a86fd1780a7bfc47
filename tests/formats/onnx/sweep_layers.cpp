// Matrices, convolutions, pools, activations and merges, with the shapes and attributes of the operator tests
// of the ONNX project (onnx/backend/test/case/node) and what lies around them.

#include "formats/onnx/sweep.h"

namespace gw::testing {

namespace {

using Case = SweepCase;
using Dims = SweepCase::Dims;

Case conv(const std::string& name, const Dims& x, const Dims& w) {
  return Case("conv_" + name).x(x).w("w", w).op("Conv", {"x", "w"});
}

Case pool(const std::string& op, const std::string& name, const Dims& x, const Dims& kernel,
          std::int64_t opset = 13) {
  return Case(op + "_" + name, opset).x(x).op(op).is("kernel_shape", kernel);
}

void add_products(std::vector<Case>& all) {
  all.insert(
      all.end(),
      {conv("basic_with_padding", {1, 1, 5, 5}, {1, 1, 3, 3})
           .is("kernel_shape", {3, 3})
           .is("pads", {1, 1, 1, 1}),
       conv("basic_without_padding", {1, 1, 5, 5}, {1, 1, 3, 3}).is("pads", {0, 0, 0, 0}),
       conv("strides_padding", {1, 1, 7, 5}, {1, 1, 3, 3}).is("strides", {2, 2}).is("pads", {1, 1, 1, 1}),
       conv("strides_asymmetric", {1, 1, 7, 5}, {1, 1, 3, 3}).is("strides", {2, 2}).is("pads", {1, 0, 1, 0}),
       conv("autopad_same", {1, 1, 5, 5}, {1, 1, 3, 3}).s("auto_pad", "SAME_LOWER").is("strides", {2, 2}),
       conv("same_upper_even", {1, 2, 5, 6}, {3, 2, 2, 4}).s("auto_pad", "SAME_UPPER").is("strides", {1, 3}),
       conv("same_lower_even", {1, 2, 5, 6}, {3, 2, 2, 4}).s("auto_pad", "SAME_LOWER").is("strides", {1, 3}),
       conv("valid", {1, 2, 5, 6}, {3, 2, 2, 4}).s("auto_pad", "VALID"),
       conv("1d", {1, 3, 10}, {2, 3, 3}).is("pads", {2, 0}),
       conv("1d_dilated", {2, 3, 10}, {2, 3, 3}).is("dilations", {3}).is("pads", {3, 1}),
       conv("batch", {3, 2, 5, 6}, {4, 2, 3, 3}).is("strides", {3, 4}).is("pads", {2, 1, 0, 3}),
       conv("stride_above_kernel", {1, 2, 9, 9}, {2, 2, 2, 2}).is("strides", {4, 3}),
       conv("dilated_strided", {1, 2, 9, 9}, {2, 2, 3, 2}).is("dilations", {2, 3}).is("strides", {2, 2}),
       conv("groups", {1, 4, 5, 5}, {6, 2, 3, 3}).i("group", 2),
       conv("depthwise", {1, 4, 5, 5}, {8, 1, 3, 3}).i("group", 4).is("pads", {1, 1, 1, 1}),
       conv("1x1", {1, 4, 1, 1}, {3, 4, 1, 1}),
       conv("bad_groups", {1, 4, 5, 5}, {6, 3, 3, 3}).i("group", 2).refused(),
       conv("bad_channels", {1, 4, 5, 5}, {6, 3, 3, 3}).refused(),
       conv("kernel_too_large", {1, 1, 3, 3}, {1, 1, 5, 5}).refused(),
       conv("3d", {1, 1, 4, 4, 4}, {1, 1, 2, 2, 2}).refused(),
       Case("conv_bias").x({1, 2, 4, 4}).w("w", {3, 2, 3, 3}).w("b", {3}).op("Conv", {"x", "w", "b"}),
       Case("conv_empty_bias").x({1, 2, 4, 4}).w("w", {3, 2, 3, 3}).op("Conv", {"x", "w", ""}),
       Case("conv_weights_computed").x({1, 1, 5, 5}).x({1, 1, 3, 3}, 1, "w").op("Conv", {"x", "w"}).refused(),
       Case("convtranspose").x({1, 1, 3, 3}).w("w", {1, 2, 3, 3}).op("ConvTranspose", {"x", "w"}).refused(),
       Case("gemm_default").x({1, 5}).w("w", {5, 4}).w("c", {1, 4}).op("Gemm", {"x", "w", "c"}),
       Case("gemm_no_bias").x({2, 10}).w("w", {10, 3}).op("Gemm", {"x", "w"}),
       Case("gemm_scalar_bias").x({2, 3}).w("w", {3, 4}).w("c", {}).op("Gemm", {"x", "w", "c"}),
       Case("gemm_single_bias").x({3, 7}).w("w", {7, 3}).w("c", {1}).op("Gemm", {"x", "w", "c"}),
       Case("gemm_vector_bias").x({2, 7}).w("w", {7, 4}).w("c", {1, 4}).op("Gemm", {"x", "w", "c"}),
       Case("gemm_bias_of_samples")
           .x({2, 7})
           .w("w", {7, 4})
           .w("c", {2, 4})
           .op("Gemm", {"x", "w", "c"})
           .refused(),
       Case("gemm_all")
           .x({1, 4})
           .w("w", {5, 4})
           .w("c", {1, 5})
           .op("Gemm", {"x", "w", "c"})
           .f("alpha", 0.25F)
           .f("beta", 0.35F)
           .i("transB", 1),
       Case("gemm_beta_0").x({1, 4}).w("w", {4, 5}).w("c", {5}).op("Gemm", {"x", "w", "c"}).f("beta", 0),
       Case("gemm_trans_a").x({4, 1}).w("w", {4, 5}).op("Gemm", {"x", "w"}).i("transA", 1).refused(),
       Case("gemm_7", 7).x({1, 4}).w("w", {4, 5}).w("c", {5}).op("Gemm", {"x", "w", "c"}),
       Case("matmul_2d").x({3, 4}).w("w", {4, 3}).op("MatMul", {"x", "w"}),
       Case("matmul_3d").x({2, 3, 4}).w("w", {4, 3}).op("MatMul", {"x", "w"}),
       Case("matmul_4d").x({1, 2, 3, 4}).w("w", {4, 3}).op("MatMul", {"x", "w"}),
       Case("matmul_vector").x({2, 3, 4}).w("w", {4}).op("MatMul", {"x", "w"}),
       Case("matmul_stacked").x({1, 2, 3, 4}).w("w", {1, 1, 4, 3}).op("MatMul", {"x", "w"}),
       Case("matmul_each").x({1, 2, 3, 4}).w("w", {2, 4, 3}).op("MatMul", {"x", "w"}).refused(),
       Case("matmul_left").x({1, 4, 3}).w("w", {5, 4}).op("MatMul", {"w", "x"}),
       Case("matmul_left_of_samples").x({4, 3}).w("w", {5, 4}).op("MatMul", {"w", "x"}).refused(),
       Case("matmul_streams").x({1, 3, 4}).x({1, 4, 3}, 1, "z").op("MatMul", {"x", "z"}).refused(),
       Case("batchnorm")
           .x({2, 3, 4, 5})
           .w("s", {3})
           .w("b", {3})
           .w("m", {3})
           .w("v", {3}, {0.5F, 2, 1})
           .op("BatchNormalization", {"x", "s", "b", "m", "v"}, {"y"})
           .f("epsilon", 1e-2F),
       Case("batchnorm_15", 15)
           .x({1, 3})
           .w("s", {3})
           .w("b", {3})
           .w("m", {3})
           .w("v", {3}, {0.5F, 2, 1})
           .op("BatchNormalization", {"x", "s", "b", "m", "v"}),
       Case("batchnorm_1d", 9)
           .x({1, 3, 7})
           .w("s", {3})
           .w("b", {3})
           .w("m", {3})
           .w("v", {3}, {0.5F, 2, 1})
           .op("BatchNormalization", {"x", "s", "b", "m", "v"}),
       Case("batchnorm_trains", 15)
           .x({2, 3, 4, 5})
           .w("s", {3})
           .w("b", {3})
           .w("m", {3})
           .w("v", {3}, {1, 2, 1})
           .y("y")
           .y("rm")
           .op("BatchNormalization", {"x", "s", "b", "m", "v"}, {"y", "rm", "rv"})
           .i("training_mode", 1)
           .refused(),
       Case("instancenorm")
           .x({1, 2, 3, 4})
           .w("s", {2})
           .w("b", {2})
           .op("InstanceNormalization", {"x", "s", "b"})
           .refused(),
       Case("lrn").x({1, 5, 3, 3}).op("LRN").i("size", 3).refused(),
       Case("layernorm", 17).x({1, 4}).w("s", {4}).op("LayerNormalization", {"x", "s"}).refused()});
}

void add_pools(std::vector<Case>& all) {
  for (const std::string op : {"MaxPool", "AveragePool"}) {
    const Dims line{1, 3, 32}, image{1, 3, 8, 8}, small{1, 1, 4, 4};
    all.insert(
        all.end(),
        {pool(op, "1d_default", line, {2}),
         pool(op, "2d_default", image, {2, 2}),
         pool(op, "2d_ceil", small, {3, 3}).is("strides", {2, 2}).i("ceil_mode", 1),
         pool(op, "2d_ceil_output_size", {1, 1, 2, 2}, {1, 1}).is("strides", {2, 2}).i("ceil_mode", 1),
         pool(op, "2d_ceil_pads", {1, 2, 7, 6}, {3, 2})
             .is("strides", {2, 3})
             .is("pads", {1, 0, 1, 1})
             .i("ceil_mode", 1),
         pool(op, "2d_ceil_starts_on_pad", {1, 3, 2, 2}, {3, 3})
             .is("strides", {3, 3})
             .is("pads", {1, 1, 1, 1})
             .i("ceil_mode", 1),
         pool(op, "2d_pads", {1, 3, 7, 7}, {3, 3}).is("pads", {2, 2, 2, 2}),
         pool(op, "2d_uneven_pads", {1, 3, 7, 7}, {3, 3}).is("pads", {2, 0, 1, 1}).is("strides", {2, 1}),
         pool(op, "2d_strides", {1, 3, 11, 11}, {5, 5}).is("strides", {3, 3}),
         pool(op, "2d_stride_above_kernel", {1, 3, 11, 11}, {2, 2}).is("strides", {3, 4}),
         pool(op, "same_upper", image, {2, 2}).s("auto_pad", "SAME_UPPER"),
         pool(op, "same_lower", image, {2, 2}).s("auto_pad", "SAME_LOWER"),
         pool(op, "same_upper_strided", {1, 1, 5, 5}, {3, 3})
             .s("auto_pad", "SAME_UPPER")
             .is("strides", {2, 2}),
         pool(op, "same_lower_strided", {2, 1, 6, 5}, {3, 2})
             .s("auto_pad", "SAME_LOWER")
             .is("strides", {2, 2}),
         pool(op, "valid_ceil", {1, 1, 6, 7}, {3, 2}).s("auto_pad", "VALID").is("strides", {2, 2}),
         pool(op, "1d_ceil", {1, 2, 10}, {3}).is("strides", {2}).i("ceil_mode", 1),
         pool(op, "dilations", small, {2, 2}, 19).is("dilations", {2, 2}).is("strides", {1, 1}),
         pool(op, "dilations_ceil", {1, 2, 7, 8}, {2, 3}, 19)
             .is("dilations", {2, 2})
             .is("strides", {2, 2})
             .i("ceil_mode", 1)
             .refused(),
         pool(op, "dilations_pads", {1, 2, 7, 8}, {2, 3}, 19)
             .is("dilations", {2, 2})
             .is("pads", {1, 1, 1, 1})
             .refused(),
         pool(op, "dilations_1d", {1, 2, 9}, {3}, 19).is("dilations", {3}).is("strides", {2}),
         pool(op, "3d", {1, 1, 4, 4, 4}, {2, 2, 2}).refused(),
         pool(op, "7", image, {3, 3}, 7),
         pool(op, "22", image, {3, 3}, 22)});
  }
  const auto counted = [&](const std::string& name, const Dims& x, const Dims& kernel) {
    return pool("AveragePool", name, x, kernel).i("count_include_pad", 1);
  };
  all.insert(all.end(),
             {counted("count_pads", {1, 3, 7, 7}, {3, 3}).is("pads", {2, 2, 2, 2}),
              counted("count_same", {1, 3, 7, 7}, {3, 3}).s("auto_pad", "SAME_UPPER").is("strides", {2, 2}),
              counted("count_ceil", {1, 3, 8, 8}, {3, 3}).is("strides", {2, 2}).i("ceil_mode", 1).refused(),
              counted("count_ceil_fits", {1, 3, 7, 7}, {3, 3})
                  .is("strides", {2, 2})
                  .i("ceil_mode", 1)
                  .is("pads", {1, 1, 1, 1}),
              pool("MaxPool", "byte", {1, 1, 5, 5}, {5, 5}).is("pads", {2, 2, 2, 2}),
              pool("MaxPool", "places_unused", {1, 1, 5, 5}, {2, 2}).i("storage_order", 0),
              Case("maxpool_places")
                  .x({1, 1, 5, 5})
                  .y("y")
                  .y("z", 7)
                  .op("MaxPool", {"x"}, {"y", "z"})
                  .is("kernel_shape", {2, 2})
                  .refused(),
              Case("globalmaxpool").x({2, 3, 5, 5}).op("GlobalMaxPool"),
              Case("globalmaxpool_1d").x({1, 3, 5}).op("GlobalMaxPool"),
              Case("globalaveragepool").x({1, 3, 5, 5}).op("GlobalAveragePool"),
              Case("globalaveragepool_22", 22).x({1, 3, 3, 3}).op("GlobalAveragePool"),
              Case("globalaveragepool_1d").x({2, 3, 5}).op("GlobalAveragePool"),
              Case("globalaveragepool_3d").x({1, 3, 2, 3, 4}).op("GlobalAveragePool"),
              Case("lppool").x({1, 3, 8}).op("LpPool").is("kernel_shape", {2}).refused()});
}

void add_activations(std::vector<Case>& all) {
  for (const std::string op : {"Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Elu", "Selu", "LeakyRelu",
                               "HardSigmoid", "ThresholdedRelu", "Neg", "Abs"}) {
    all.push_back(Case(op + "_default").x({3, 4, 5}).op(op));
    all.push_back(Case(op + "_image").x({1, 3, 4, 5}).op(op));
    all.push_back(Case(op + "_rank_1").x({6}).op(op));
    all.push_back(
        Case(op + "_conv").x({1, 2, 3, 3}).w("w", {2, 2, 2, 2}).op("Conv", {"x", "w"}, {"c"}).op(op, {"c"}));
  }
  for (const std::string op : {"Sqrt", "Exp", "Log", "Floor", "Ceil", "Round", "Reciprocal", "Sign", "Erf",
                               "Sin", "LogSoftmax", "Hardmax", "Shrink", "Celu", "Mish"})
    all.push_back(Case(op + "_refused", 18).x({1, 4}).op(op).refused());
  all.insert(
      all.end(),
      {Case("leakyrelu").x({3, 4, 5}).op("LeakyRelu").f("alpha", 0.1F),
       Case("leakyrelu_negative").x({3, 4, 5}).op("LeakyRelu").f("alpha", -0.5F),
       Case("elu").x({3, 4, 5}).op("Elu").f("alpha", 2),
       Case("selu").x({3, 4}).op("Selu").f("alpha", 2).f("gamma", 3).refused(),
       Case("hardsigmoid").x({3, 4, 5}).op("HardSigmoid").f("alpha", 0.5F).f("beta", 0.6F),
       Case("hardsigmoid_steep").x({3, 4, 5}).op("HardSigmoid").f("alpha", 1.5F).f("beta", -0.25F).refused(),
       Case("hardsigmoid_sixth").x({3, 4, 5}).op("HardSigmoid").f("alpha", 0.1666667F).f("beta", 0.5F),
       Case("hardswish", 14).x({3, 4, 5}).op("HardSwish"),
       Case("thresholdedrelu").x({3, 4, 5}).op("ThresholdedRelu").f("alpha", 2),
       Case("gelu", 20).x({3, 4, 5}).op("Gelu"),
       Case("gelu_tanh", 20).x({3, 4, 5}).op("Gelu").s("approximate", "tanh").refused(),
       Case("swish", 24).x({3, 4, 5}).op("Swish"),
       Case("prelu").x({3, 4, 5}).w("a", {3, 4, 5}).op("PRelu", {"x", "a"}).refused(),
       Case("prelu_last").x({3, 4, 5}).w("a", {5}).op("PRelu", {"x", "a"}),
       Case("prelu_channel").x({1, 3, 4, 5}).w("a", {3, 1, 1}).op("PRelu", {"x", "a"}),
       Case("prelu_one").x({1, 3, 4, 5}).w("a", {1}).op("PRelu", {"x", "a"}),
       Case("prelu_all").x({1, 3, 4, 5}).w("a", {1, 3, 4, 5}).op("PRelu", {"x", "a"}),
       Case("prelu_dense").x({2, 4}).w("a", {4}).op("PRelu", {"x", "a"}),
       Case("prelu_rows").x({1, 3, 4, 5}).w("a", {4, 1}).op("PRelu", {"x", "a"}),
       Case("clip").x({3, 4, 5}).w("l", {}, {-1}).w("h", {}, {1}).op("Clip", {"x", "l", "h"}),
       Case("clip_rank_1").x({3}).w("l", {}, {-1}).w("h", {}, {1}).op("Clip", {"x", "l", "h"}),
       Case("clip_min").x({3, 4, 5}).w("l", {}, {0}).op("Clip", {"x", "l"}),
       Case("clip_max").x({3, 4, 5}).w("h", {}, {0}).op("Clip", {"x", "", "h"}),
       Case("clip_none").x({3, 4, 5}).op("Clip").refused(),
       Case("clip_6", 6).x({3, 4}).op("Clip").f("min", -0.5F).f("max", 0.5F),
       Case("clip_relu6").x({3, 4, 5}).w("l", {}, {0}).w("h", {}, {6}).op("Clip", {"x", "l", "h"}),
       Case("clip_low").x({3, 4, 5}).w("l", {}, {-3}).w("h", {}, {-1}).op("Clip", {"x", "l", "h"}),
       Case("clip_crossed")
           .x({3, 4, 5})
           .w("l", {}, {2})
           .w("h", {}, {1})
           .op("Clip", {"x", "l", "h"})
           .refused(),
       Case("clip_byte").x({3, 4, 5}, 3).y("y", 3).whole("l", {}, {-100}, 3).op("Clip", {"x", "l"}),
       Case("clip_computed").x({3, 4}).x({}, 1, "l").op("Clip", {"x", "l"}).refused(),
       Case("softmax_default").x({3, 4, 5}).op("Softmax"),
       Case("softmax_0").x({3, 4, 5}).op("Softmax").i("axis", 0).refused(),
       Case("softmax_1").x({3, 4, 5}).op("Softmax").i("axis", 1),
       Case("softmax_2").x({3, 4, 5}).op("Softmax").i("axis", 2),
       Case("softmax_negative").x({3, 4, 5}).op("Softmax").i("axis", -2),
       Case("softmax_image").x({1, 3, 4, 5}).op("Softmax").i("axis", 1),
       Case("softmax_conv")
           .x({1, 2, 3, 3})
           .w("w", {2, 2, 2, 2})
           .op("Conv", {"x", "w"}, {"c"})
           .op("Softmax", {"c"})
           .i("axis", 1),
       Case("softmax_11", 11).x({3, 4, 5}).op("Softmax"),
       Case("softmax_11_last", 11).x({3, 4, 5}).op("Softmax").i("axis", 2),
       Case("softmax_11_joined", 11).x({1, 3, 4, 5}).op("Softmax").i("axis", 2),
       Case("softmax_11_conv", 11)
           .x({1, 2, 3, 3})
           .w("w", {2, 2, 2, 2})
           .op("Conv", {"x", "w"}, {"c"})
           .op("Softmax", {"c"}),
       Case("pow_2").x({3, 4}).w("e", {}, {2}).op("Pow", {"x", "e"}),
       Case("pow_3").x({3, 4}).w("e", {}, {3}).op("Pow", {"x", "e"}).refused(),
       Case("neg_byte").x({3, 4}, 3).y("y", 3).op("Neg"),
       Case("relu_byte", 14).x({3, 4}, 3).y("y", 3).op("Relu"),
       Case("abs_byte").x({3, 4}, 3).y("y", 3).op("Abs")});
}

void add_comparisons(std::vector<Case>& all) {
  for (const std::string op : {"Less", "LessOrEqual", "Greater", "GreaterOrEqual"}) {
    // Relu makes zeros, which are equals.
    all.push_back(Case(op + "_where", 16)
                      .x({2, 3, 4})
                      .w("c", {}, {0})
                      .w("a", {4}, {1, 2, 3, 4})
                      .w("b", {}, {-1})
                      .op("Relu", {"x"}, {"r"})
                      .op(op, {"r", "c"}, {"t"})
                      .op("Where", {"t", "a", "b"}));
    all.push_back(Case(op + "_first", 16)
                      .x({2, 3, 4})
                      .w("c", {}, {0})
                      .op("Relu", {"x"}, {"r"})
                      .op(op, {"c", "r"}, {"t"})
                      .op("Cast", {"t"})
                      .i("to", 1));
  }
  all.push_back(Case("where_same", 16)
                    .x({1, 4})
                    .w("c", {}, {0})
                    .op("Less", {"x", "c"}, {"t"})
                    .op("Where", {"t", "c", "c"})
                    .refused());
  all.push_back(
      Case("less_streams", 16).x({1, 4}).x({1, 4}, 1, "z").y("y", 9).op("Less", {"x", "z"}).refused());
}

void add_merges(std::vector<Case>& all) {
  for (const std::string op : {"Add", "Sub", "Mul", "Div", "Max", "Min"}) {
    const auto with = [&](const std::string& name, const Dims& x, const Dims& c) {
      const size_t count = c.empty() || c == Dims{1} ? 1 : c == Dims{2, 1, 1} ? 2 : 4;
      const std::vector<float> values{2, -0.5F, 1.5F, 3};
      return Case(op + "_" + name)
          .x(x)
          .w("c", c, {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)})
          .op(op, {"x", "c"});
    };
    all.insert(all.end(),
               {with("scalar", {3, 4, 5}, {}), with("one", {3, 4, 5}, {1}), with("last", {3, 4, 4}, {4}),
                with("channel", {1, 4, 3, 3}, {4, 1, 1}), with("with_batch", {1, 4, 3, 3}, {1, 4, 1, 1}),
                with("wider", {1, 1, 3}, {4, 1}).refused(), with("samples", {2, 2, 2}, {2, 1, 1}).refused(),
                Case(op + "_first").x({3, 4}).w("c", {4}, {2, -0.5F, 1.5F, 3}).op(op, {"c", "x"})});
    if (op == "Div") all.back().refused();
    auto both = Case(op + "_streams").x({3, 4, 5}).x({3, 4, 5}, 1, "z").op(op, {"x", "z"});
    auto wide = Case(op + "_broadcast").x({1, 3, 4, 5}).x({1, 3, 1, 1}, 1, "z").op(op, {"x", "z"});
    auto rank = Case(op + "_ranks").x({1, 3, 4, 5}).x({1, 5}, 1, "z").op(op, {"x", "z"});
    if (op == "Div") both.refused(), wide.refused();
    all.insert(all.end(), {both, wide, rank.refused()});
  }
  for (const std::string op : {"Sum", "Mean", "Max", "Min"}) {
    all.push_back(Case(op + "_one").x({3, 4}).op("Relu", {"x"}, {"r"}).op(op, {"r"}));
    all.push_back(Case(op + "_three").x({3, 4}).x({3, 4}, 1, "z").x({3, 4}, 1, "u").op(op, {"x", "z", "u"}));
  }
  for (const std::string op : {"Add", "Sub", "Mul"}) {
    all.push_back(Case(op + "_bytes", 14).x({3, 4}, 2).x({3, 4}, 2, "z").y("y", 2).op(op, {"x", "z"}));
    all.push_back(Case(op + "_other_batch").x({3, 4}).x({1, 4}, 1, "z").op(op, {"x", "z"}).refused());
  }
  all.insert(
      all.end(),
      {Case("div_bytes", 14).x({3, 4}, 2).whole("c", {}, {3}, 2).y("y", 2).op("Div", {"x", "c"}).refused(),
       Case("mul_zero").x({1, 3}).w("c", {3}, {0, 1, 2}).op("Mul", {"x", "c"}),
       Case("concat_1").x({1, 2, 3}).x({1, 4, 3}, 1, "z").op("Concat", {"x", "z"}).i("axis", 1),
       Case("concat_negative").x({1, 2, 3, 2}).x({1, 2, 3, 4}, 1, "z").op("Concat", {"x", "z"}).i("axis", -1),
       Case("concat_one").x({1, 2, 3}).op("Relu", {"x"}, {"r"}).op("Concat", {"r"}).i("axis", 1),
       Case("concat_0").x({1, 2}).x({1, 2}, 1, "z").op("Concat", {"x", "z"}).i("axis", 0).refused(),
       Case("concat_constant").x({1, 2}).w("z", {1, 2}).op("Concat", {"x", "z"}).i("axis", 1),
       Case("where").x({1, 4}).w("c", {1, 4}).x({1, 4}, 9, "b").op("Where", {"b", "x", "c"}).refused(),
       Case("equal").x({1, 4}).w("c", {4}).op("Equal", {"x", "c"}).refused()});
}

}  // namespace

std::vector<SweepCase> sweep_of_layers() {
  std::vector<Case> all;
  add_products(all);
  add_pools(all);
  add_activations(all);
  add_comparisons(all);
  add_merges(all);
  return all;
}

}  // namespace gw::testing
