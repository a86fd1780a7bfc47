// Reshapes, slices, pads, repeats and reductions, and chains of constants, with the shapes of the operator
// tests of the ONNX project and what lies around them.

#include "formats/onnx/sweep.h"

namespace gw::testing {

namespace {

using Case = SweepCase;
using Dims = SweepCase::Dims;

/// A stream whose channels are last with us: what moves axes has something to do.
Case image(const std::string& name, std::int64_t opset = 13) {
  return Case(name, opset)
      .x({1, 2, 4, 5})
      .w("w", {4, 2, 1, 2})
      .op("Conv", {"x", "w"}, {"c"});  // c: 1 x 4 x 4 x 4
}

void add_moves(std::vector<Case>& all) {
  const auto reshape = [](const std::string& name, const Dims& x, const Dims& shape) {
    return Case("reshape_" + name).x(x).n("s", shape).op("Reshape", {"x", "s"});
  };
  const auto transpose = [](const Dims& perm) {
    return Case("transpose").x({1, 2, 3, 4}).op("Transpose").is("perm", perm);
  };
  all.insert(
      all.end(),
      {reshape("reordered", {1, 2, 3, 4}, {1, 4, 2, 3}),
       reshape("reduced", {1, 2, 3, 4}, {1, 24}),
       reshape("extended", {1, 2, 3, 4}, {1, 2, 3, 2, 2}),
       reshape("one_dim", {1, 24}, {24}).refused(),
       reshape("negative", {1, 2, 3, 4}, {1, -1, 2}),
       reshape("zero", {2, 3, 4}, {0, 3, 4, 1}),
       reshape("zero_and_negative", {2, 3, 4}, {0, -1}),
       reshape("samples", {3, 4, 5}, {3, 20}),
       reshape("samples_open", {3, 4, 5}, {-1, 20}),
       reshape("samples_moved", {3, 4, 5}, {4, 15}).refused(),
       reshape("wrong", {1, 4}, {1, 5}).refused(),
       image("reshape_image").n("s", {1, 8, 8}).op("Reshape", {"c", "s"}),
       image("reshape_image_split").n("s", {1, 2, 2, 16}).op("Reshape", {"c", "s"}),
       Case("flatten_1").x({2, 3, 4, 5}).op("Flatten").i("axis", 1),
       Case("flatten_default").x({5, 4, 3, 2}).op("Flatten"),
       Case("flatten_0").x({1, 3, 4}).op("Flatten").i("axis", 0),
       Case("flatten_0_samples").x({2, 3, 4}).op("Flatten").i("axis", 0).refused(),
       Case("flatten_2").x({1, 3, 4}).op("Flatten").i("axis", 2).refused(),
       Case("flatten_negative").x({1, 3, 4}).op("Flatten").i("axis", -2),
       image("flatten_image").op("Flatten", {"c"}),
       transpose({0, 1, 2, 3}).refused(),
       transpose({0, 3, 1, 2}),
       transpose({0, 2, 3, 1}),
       transpose({0, 3, 2, 1}),
       transpose({1, 0, 2, 3}).refused(),
       Case("transpose_default").x({1, 2, 3}).op("Transpose").refused(),
       Case("squeeze_2").x({1, 3, 1, 5}).n("a", {2}).op("Squeeze", {"x", "a"}),
       Case("squeeze_negative").x({1, 3, 1, 5}).n("a", {-2}).op("Squeeze", {"x", "a"}),
       Case("squeeze_0").x({1, 3, 4, 5}).n("a", {0}).op("Squeeze", {"x", "a"}).refused(),
       Case("squeeze_all_samples").x({2, 3, 1, 1}).op("Squeeze"),
       Case("squeeze_all_at_end").x({1, 3, 1, 1}).op("Squeeze"),
       Case("squeeze_all_within").x({1, 3, 1, 4}).op("Squeeze", {"x"}, {"a"}).op("Relu", {"a"}).refused(),
       Case("squeeze_11", 11).x({1, 3, 1, 5}).op("Squeeze").is("axes", {2}),
       Case("unsqueeze_2").x({3, 4, 5}).n("a", {2}).op("Unsqueeze", {"x", "a"}),
       Case("unsqueeze_several").x({3, 4, 5}).n("a", {2, 4, 5}).op("Unsqueeze", {"x", "a"}),
       Case("unsqueeze_unsorted").x({3, 4, 5}).n("a", {5, 4, 2}).op("Unsqueeze", {"x", "a"}),
       Case("unsqueeze_negative").x({1, 3, 1, 5}).n("a", {-2}).op("Unsqueeze", {"x", "a"}),
       Case("unsqueeze_0").x({3, 4, 5}).n("a", {0}).op("Unsqueeze", {"x", "a"}).refused(),
       Case("gather_one")
           .x({5, 4, 3, 2})
           .whole("k", {3}, {1}, 7)
           .op("Gather", {"x", "k"})
           .i("axis", 1)
           .refused(),
       Case("gather_places").x({5, 4, 3, 2}).n("k", {0, 1, 3}).op("Gather", {"x", "k"}).i("axis", 1),
       Case("gather_backwards").x({1, 4, 3}).n("k", {3, 2, 1, 0}).op("Gather", {"x", "k"}).i("axis", 1),
       Case("gather_negative").x({1, 9, 10}).n("k", {-1, -9, -10}).op("Gather", {"x", "k"}).i("axis", 2),
       Case("gather_repeated").x({1, 4, 3}).n("k", {1, 1, 0, 2}).op("Gather", {"x", "k"}).i("axis", -1),
       Case("gather_0").x({5, 4}).n("k", {0}).op("Gather", {"x", "k"}).refused(),
       Case("gather_out").x({1, 4, 3}).n("k", {4}).op("Gather", {"x", "k"}).i("axis", 1).refused(),
       image("gather_image").n("k", {2, 0}).op("Gather", {"c", "k"}).i("axis", 1),
       Case("gather_computed").x({1, 4}).x({1, 2}, 6, "k").op("Gather", {"x", "k"}).i("axis", 1).refused(),
       Case("tile").x({1, 2, 3}).n("r", {1, 2, 3}).op("Tile", {"x", "r"}),
       Case("tile_0").x({1, 2}).n("r", {2, 1}).op("Tile", {"x", "r"}).refused(),
       image("tile_image").n("r", {1, 3, 1, 2}).op("Tile", {"c", "r"}),
       Case("expand").x({1, 3, 1}).n("s", {1, 3, 4}).op("Expand", {"x", "s"}),
       Case("expand_same").x({1, 3, 4}).n("s", {3, 1}).op("Relu", {"x"}, {"r"}).op("Expand", {"r", "s"}),
       Case("expand_rank").x({1, 3}).n("s", {2, 1, 3}).op("Expand", {"x", "s"}).refused(),
       Case("depthtospace").x({1, 8, 2, 3}).op("DepthToSpace").i("blocksize", 2),
       Case("depthtospace_crd").x({1, 8, 2, 3}).op("DepthToSpace").i("blocksize", 2).s("mode", "CRD"),
       image("depthtospace_conv")
           .op("DepthToSpace", {"c"}, {"d"})
           .i("blocksize", 2)
           .w("v", {2, 1, 3, 3})
           .op("Conv", {"d", "v"}),
       image("depthtospace_conv_crd")
           .op("DepthToSpace", {"c"}, {"d"})
           .i("blocksize", 2)
           .s("mode", "CRD")
           .op("GlobalMaxPool", {"d"}),
       Case("spacetodepth").x({1, 2, 4, 6}).op("SpaceToDepth").i("blocksize", 2),
       image("spacetodepth_conv")
           .op("SpaceToDepth", {"c"}, {"d"})
           .i("blocksize", 2)
           .w("v", {2, 16, 1, 1})
           .op("Conv", {"d", "v"}),
       Case("spacetodepth_odd").x({1, 2, 4, 5}).op("SpaceToDepth").i("blocksize", 2).refused()});
}

void add_parts(std::vector<Case>& all) {
  const auto slice = [](const std::string& name, const Dims& x, const Dims& starts, const Dims& ends) {
    return Case("slice_" + name).x(x).n("b", starts).n("e", ends);
  };
  const auto pad = [](const std::string& name, const Dims& pads) {
    return Case("pad_" + name).x({1, 3, 4, 5}).n("p", pads).w("v", {}, {1.2F}).op("Pad", {"x", "p", "v"});
  };
  const auto split = [](const std::string& name, const Dims& x, std::int64_t opset = 13) {
    return Case("split_" + name, opset).x(x).y("a").y("b");
  };
  const Case::Names two{"a", "b"};
  constexpr std::int64_t endless = INT64_MAX;
  all.insert(
      all.end(),
      {slice("axes", {2, 10, 5}, {0, 1}, {3, 4}).n("a", {1, 2}).op("Slice", {"x", "b", "e", "a"}),
       slice("negative", {1, 10, 5}, {0}, {-1}).n("a", {1}).op("Slice", {"x", "b", "e", "a"}),
       slice("negative_axes", {2, 10, 5}, {0, 1}, {3, 4}).n("a", {-2, -1}).op("Slice", {"x", "b", "e", "a"}),
       slice("steps", {1, 10, 5}, {1, 0}, {1000, 4})
           .n("a", {1, 2})
           .n("t", {2, 3})
           .op("Slice", {"x", "b", "e", "a", "t"}),
       slice("backwards", {1, 10, 5}, {-1, 4}, {-100, 0})
           .n("a", {1, 2})
           .n("t", {-1, -2})
           .op("Slice", {"x", "b", "e", "a", "t"}),
       slice("backwards_all", {1, 4}, {endless}, {INT64_MIN})
           .n("a", {1})
           .n("t", {-1})
           .op("Slice", {"x", "b", "e", "a", "t"}),
       slice("all_samples", {2, 10}, {0, 2}, {endless, 7}).op("Slice", {"x", "b", "e"}),
       slice("some_samples", {3, 10}, {1, 2}, {endless, 7}).op("Slice", {"x", "b", "e"}).refused(),
       slice("empty", {1, 10}, {7}, {7}).n("a", {1}).op("Slice", {"x", "b", "e", "a"}).refused(),
       Case("slice_9", 9).x({1, 4, 5}).op("Slice").is("starts", {1}).is("ends", {3}).is("axes", {2}),
       Case("slice_conv")
           .x({1, 2, 4, 5})
           .w("w", {4, 2, 1, 2})
           .n("b", {3})
           .n("e", {-100})
           .n("a", {1})
           .n("t", {-2})
           .op("Conv", {"x", "w"}, {"c"})
           .op("Slice", {"c", "b", "e", "a", "t"}),
       Case("slice_computed").x({1, 4}).x({1, 1}, 6, "b").n("e", {3}).op("Slice", {"x", "b", "e"}).refused(),
       split("equal", {1, 6}).op("Split", {"x"}, two).i("axis", 1),
       split("variable", {2, 6, 2}).n("s", {2, 4}).op("Split", {"x", "s"}, two).i("axis", 1),
       split("18", {1, 7}, 18).op("Split", {"x"}, two).i("axis", -1).i("num_outputs", 2),
       split("11", {1, 7}, 11).op("Split", {"x"}, two).i("axis", 1).is("split", {3, 4}),
       split("0", {2, 6}).op("Split", {"x"}, two).refused(),
       split("wrong", {1, 6}).n("s", {2, 3}).op("Split", {"x", "s"}, two).i("axis", 1).refused(),
       pad("constant", {0, 0, 1, 2, 0, 0, 3, 4}),
       pad("channels", {0, 1, 0, 0, 0, 2, 0, 0}),
       pad("none", {0, 0, 0, 0, 0, 0, 0, 0}).refused(),
       pad("negative", {0, -1, 0, 0, 0, 0, -1, -2}),
       pad("both", {0, 1, -1, 2, 0, 0, 2, -3}),
       pad("nothing_left", {0, 0, -2, 0, 0, 0, -2, 0}).refused(),
       pad("samples", {1, 0, 0, 0, 0, 0, 0, 0}).refused(),
       pad("edge", {0, 0, 1, 1, 0, 0, 1, 1}).s("mode", "edge").refused(),
       Case("pad_axes", 18)
           .x({1, 3, 4, 5})
           .n("p", {0, 3, 0, 4})
           .n("a", {1, -1})
           .w("v", {}, {1.2F})
           .op("Pad", {"x", "p", "v", "a"}),
       Case("pad_no_value", 18).x({1, 3, 4, 5}).n("p", {1, 3}).n("a", {2}).op("Pad", {"x", "p", "", "a"}),
       Case("pad_2", 10).x({1, 3, 4}).op("Pad").is("pads", {0, 0, 1, 0, 0, 2}).f("value", -1),
       Case("pad_conv")
           .x({1, 2, 3, 3})
           .n("p", {0, 0, 1, 1, 0, 0, 0, 0})
           .w("w", {2, 2, 2, 2})
           .op("Pad", {"x", "p"}, {"d"})
           .op("Conv", {"d", "w"})});
  const auto resize = [](const std::string& name, const std::vector<float>& scales) {
    return Case("resize_" + name).x({1, 2, 3, 4}).w("s", {4}, scales).op("Resize", {"x", "", "s"});
  };
  all.insert(
      all.end(),
      {resize("nearest", {1, 1, 2, 3}).s("mode", "nearest"),
       resize("asymmetric", {1, 1, 2, 2}).s("coordinate_transformation_mode", "asymmetric"),
       resize("asymmetric_floor", {1, 1, 3, 4})
           .s("coordinate_transformation_mode", "asymmetric")
           .s("nearest_mode", "floor"),
       resize("asymmetric_3", {1, 1, 3, 3}).s("coordinate_transformation_mode", "asymmetric").refused(),
       resize("ceil", {1, 1, 2, 2}).s("nearest_mode", "ceil").refused(),
       resize("linear", {1, 1, 2, 2}).s("mode", "linear").refused(),
       resize("cubic", {1, 1, 2, 2}).s("mode", "cubic").refused(),
       resize("down", {1, 1, 0.6F, 0.6F}).refused(),
       resize("corners", {1, 1, 2, 2}).s("coordinate_transformation_mode", "align_corners").refused(),
       resize("half_ceil", {1, 1, 2, 4}).s("nearest_mode", "round_prefer_ceil"), resize("one", {1, 1, 1, 1}),
       Case("resize_sizes").x({1, 2, 3, 4}).n("s", {1, 2, 6, 8}).op("Resize", {"x", "", "", "s"}),
       Case("resize_sizes_uneven")
           .x({1, 2, 3, 4})
           .n("s", {1, 2, 7, 8})
           .op("Resize", {"x", "", "", "s"})
           .refused(),
       Case("resize_axes", 18)
           .x({1, 2, 3, 4})
           .w("s", {2}, {3, 2})
           .op("Resize", {"x", "", "s"})
           .is("axes", {3, 2})
           .i("antialias", 0)
           .s("keep_aspect_ratio_policy", "stretch"),
       Case("resize_10", 10).x({1, 2, 3, 4}).w("s", {4}, {1, 1, 2, 3}).op("Resize", {"x", "s"}),
       Case("resize_1d").x({1, 2, 4}).w("s", {3}, {1, 1, 2}).op("Resize", {"x", "", "s"}),
       Case("upsample_9", 9)
           .x({1, 1, 2, 2})
           .w("s", {4}, {1, 1, 2, 3})
           .op("Upsample", {"x", "s"})
           .s("mode", "nearest")});
}

void add_reductions(std::vector<Case>& all) {
  for (const std::string op : {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"}) {
    // Only the sum has its axes as an input in version 13; the others since version 18.
    const auto over = [&](const std::string& name, const Dims& x, const Dims& axes, std::int64_t keeps) {
      return Case(op + "_" + name, 18).x(x).n("a", axes).op(op, {"x", "a"}).i("keepdims", keeps);
    };
    all.insert(all.end(), {over("middle", {3, 2, 2}, {1}, 1),
                           over("middle_gone", {3, 2, 2}, {1}, 0),
                           over("negative", {3, 2, 4}, {-2}, 1),
                           over("last", {2, 3, 4, 5}, {3}, 0),
                           over("space", {2, 3, 4, 5}, {2, 3}, 1),
                           over("space_gone", {2, 3, 4, 5}, {2, 3}, 0),
                           over("channels", {1, 3, 4, 5}, {1}, 1),
                           over("two", {1, 3, 4, 5}, {1, 3}, 0),
                           over("all", {1, 3, 4}, {1, 2}, 0),
                           over("features", {2, 6}, {1}, 1),
                           over("features_gone", {2, 6}, {-1}, 0),
                           over("samples", {2, 6}, {0}, 1).refused(),
                           over("five", {1, 2, 3, 2, 2}, {2, 4}, 1),
                           Case(op + "_whole").x({1, 3, 4}).op(op).i("keepdims", 1),
                           Case(op + "_whole_gone").x({1, 3, 4}).op(op).i("keepdims", 0),
                           Case(op + "_whole_samples").x({2, 3, 4}).op(op).refused(),
                           Case(op + "_none", 18)
                               .x({2, 3, 4})
                               .op("Relu", {"x"}, {"r"})
                               .op(op, {"r"})
                               .i("noop_with_empty_axes", 1),
                           image(op + "_conv", 18).n("a", {1}).op(op, {"c", "a"}),
                           image(op + "_conv_space", 18).n("a", {2, 3}).op(op, {"c", "a"}).i("keepdims", 0),
                           image(op + "_conv_row", 18).n("a", {2}).op(op, {"c", "a"}).i("keepdims", 0)});
    if (op != "ReduceSum")
      all.push_back(Case(op + "_11", 11).x({1, 3, 4, 5}).op(op).is("axes", {1, 2}).i("keepdims", 0));
  }
  for (const std::string op : {"ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceSumSquare", "ReduceProd"})
    all.push_back(Case(op + "_refused").x({1, 3, 4}).op(op).is("axes", {1}).refused());
  for (const std::string op : {"ArgMax", "ArgMin"}) {
    constexpr int type_long = 7;
    const auto place = [&](const std::string& name, const Dims& x, std::int64_t axis, std::int64_t keeps) {
      return Case(op + "_" + name).x(x).y("y", type_long).op(op).i("axis", axis).i("keepdims", keeps);
    };
    all.insert(all.end(), {place("features", {2, 10}, 1, 1), place("features_gone", {2, 10}, 1, 0),
                           place("negative", {2, 3, 4}, -1, 1), place("channels", {1, 5, 3, 3}, 1, 1),
                           place("rows", {1, 5, 3, 4}, 2, 0), place("samples", {3, 4}, 0, 1).refused(),
                           place("last", {2, 3, 4}, 1, 1).i("select_last_index", 1),
                           Case(op + "_bytes").x({4, 40}, 3).y("y", type_long).op(op).i("axis", 1),
                           Case(op + "_ties")
                               .x({1, 6})
                               .w("z", {6}, {0, 0, 0, 0, 0, 0})
                               .y("y", type_long)
                               .op("Mul", {"x", "z"}, {"m"})
                               .op(op, {"m"})
                               .i("axis", 1)});
  }
  all.insert(
      all.end(),
      {Case("topk").x({2, 10}).n("k", {1}).y("v").y("p", 7).op("TopK", {"x", "k"}, {"v", "p"}),
       Case("topk_place").x({1, 10}).n("k", {1}).y("p", 7).op("TopK", {"x", "k"}, {"v", "p"}).i("axis", 1),
       Case("topk_value").x({1, 3, 4}).n("k", {1}).y("v").op("TopK", {"x", "k"}, {"v", "p"}).i("axis", 1),
       Case("topk_3").x({1, 10}).n("k", {3}).y("p", 7).op("TopK", {"x", "k"}, {"v", "p"}).refused(),
       Case("topk_least", 11)
           .x({1, 10})
           .n("k", {1})
           .y("p", 7)
           .op("TopK", {"x", "k"}, {"v", "p"})
           .i("largest", 0)
           .refused()});
}

void add_constants(std::vector<Case>& all) {
  const auto dense = [](const std::string& name, std::int64_t opset = 13) {
    return Case("constants_" + name, opset).x({1, 4});
  };
  all.insert(
      all.end(),
      {dense("transpose")
           .w("a", {3, 4})
           .op("Transpose", {"a"}, {"w"})
           .is("perm", {1, 0})
           .op("MatMul", {"x", "w"}),
       dense("reshape")
           .w("a", {12})
           .n("s", {4, -1})
           .op("Reshape", {"a", "s"}, {"w"})
           .op("MatMul", {"x", "w"}),
       dense("identity_cast")
           .w("a", {4, 3})
           .op("Identity", {"a"}, {"b"})
           .op("Cast", {"b"}, {"w"})
           .i("to", 1)
           .op("MatMul", {"x", "w"}),
       dense("cast_from_byte")
           .whole("a", {4, 3}, {1, -2, 3, 4, 5, -6, 7, 8, -9, 0, 1, 2}, 3)
           .op("Cast", {"a"}, {"w"})
           .i("to", 1)
           .op("MatMul", {"x", "w"}),
       dense("quantised")
           .w("a", {4, 3})
           .w("s", {}, {0.1F})
           .whole("z", {}, {0}, 3)
           .op("QuantizeLinear", {"a", "s", "z"}, {"q"})
           .op("DequantizeLinear", {"q", "s", "z"}, {"w"})
           .op("MatMul", {"x", "w"}),
       dense("where")
           .w("a", {4, 3})
           .w("l", {}, {0})
           .op("Greater", {"a", "l"}, {"m"})
           .op("Where", {"m", "a", "l"}, {"w"})
           .op("MatMul", {"x", "w"}),
       dense("expand").w("a", {4, 1}).n("s", {4, 3}).op("Expand", {"a", "s"}, {"w"}).op("MatMul", {"x", "w"}),
       dense("tile").w("a", {2, 3}).n("r", {2, 1}).op("Tile", {"a", "r"}, {"w"}).op("MatMul", {"x", "w"}),
       dense("of_shape")
           .n("s", {4, 2})
           .op("ConstantOfShape", {"s"}, {"w"})
           .w("b", {2})
           .op("Gemm", {"x", "w", "b"}),
       dense("range")
           .whole("b", {}, {0}, 6)
           .whole("e", {}, {4}, 6)
           .whole("t", {}, {1}, 6)
           .op("Range", {"b", "e", "t"}, {"r"})
           .op("Cast", {"r"}, {"c"})
           .i("to", 1)
           .op("Mul", {"x", "c"}),
       dense("slice")
           .w("a", {6, 5})
           .n("b", {1, 4})
           .n("e", {5, 0})
           .n("t", {1, -2})
           .op("Slice", {"a", "b", "e", "", "t"}, {"w"})
           .op("MatMul", {"x", "w"}),
       dense("split")
           .w("a", {8, 2})
           .op("Split", {"a"}, {"w", "v"})
           .op("MatMul", {"x", "w"}, {"p"})
           .op("MatMul", {"x", "v"}, {"q"})
           .op("Add", {"p", "q"}),
       dense("arithmetic")
           .w("a", {4})
           .op("Abs", {"a"}, {"b"})
           .op("Sqrt", {"b"}, {"c"})
           .op("Neg", {"c"}, {"d"})
           .op("Exp", {"d"}, {"e"})
           .op("Mul", {"x", "e"}),
       dense("extremes")
           .w("a", {4})
           .w("b", {4}, {0, 1, 0, 1})
           .op("Max", {"a", "b"}, {"c"})
           .op("Min", {"c", "b"}, {"d"})
           .op("Add", {"x", "d"}),
       dense("sum")
           .w("a", {4, 3})
           .n("k", {1})
           .op("ReduceSum", {"a", "k"}, {"b"})
           .i("keepdims", 0)
           .op("Add", {"x", "b"}),
       dense("rounded")
           .w("a", {4})
           .op("Floor", {"a"}, {"b"})
           .op("Ceil", {"a"}, {"c"})
           .op("Round", {"a"}, {"d"})
           .op("Sum", {"b", "c", "d"}, {"e"})
           .op("Add", {"x", "e"}),
       Case("shape_slice")
           .x({1, 2, 3, 4})
           .op("Shape", {"x"}, {"h"})
           .n("b", {0})
           .n("e", {2})
           .op("Slice", {"h", "b", "e"}, {"s"})
           .n("m", {-1})
           .op("Concat", {"s", "m"}, {"t"})
           .i("axis", 0)
           .op("Reshape", {"x", "t"}),
       Case("shape_range", 15)
           .x({1, 2, 3, 4})
           .op("Shape", {"x"}, {"h"})
           .i("start", 0)
           .i("end", 2)
           .n("m", {-1})
           .op("Concat", {"h", "m"}, {"t"})
           .i("axis", 0)
           .op("Reshape", {"x", "t"}),
       Case("dropout").x({3, 4}).op("Relu", {"x"}, {"r"}).op("Dropout", {"r"}),
       Case("dropout_ratio").x({3, 4}).w("r", {}, {0.5F}).op("Relu", {"x"}, {"h"}).op("Dropout", {"h", "r"}),
       Case("dropout_mask").x({3, 4}).y("y").y("m", 9).op("Dropout", {"x"}, {"y", "m"}).refused(),
       Case("dropout_trains")
           .x({3, 4})
           .w("r", {}, {0.5F})
           .whole("t", {}, {1}, 9)
           .op("Dropout", {"x", "r", "t"})
           .refused(),
       Case("cast_double").x({1, 4}).y("y", 11).op("Relu", {"x"}, {"r"}).op("Cast", {"r"}).i("to", 11),
       Case("cast_int").x({1, 4}).y("y", 6).op("Cast").i("to", 6).refused(),
       Case("cast_bytes", 14).x({1, 4}, 3).y("y", 6).op("Relu", {"x"}, {"r"}).op("Cast", {"r"}).i("to", 6),
       Case("cast_narrow").x({1, 4}, 6).y("y", 3).op("Cast").i("to", 3).refused(),
       Case("double", 14).x({1, 4}, 11).y("y", 11).op("Relu"),
       Case("rank_1_matmul").x({4}).w("w", {4, 2}).op("MatMul", {"x", "w"}).refused(),
       Case("scalar").x({}).op("Relu").refused(),
       Case("no_elements").x({1, 0, 4}).op("Relu").refused(),
       Case("if").x({1, 4}).op("If").refused(),
       Case("loop").x({1, 4}).op("Loop").refused(),
       Case("version_25", 25).x({1, 4}).op("Relu"),
       Case("version_26", 26).x({1, 4}).op("Relu").refused()});
}

}  // namespace

std::vector<SweepCase> sweep_of_shapes() {
  std::vector<Case> all;
  add_moves(all);
  add_parts(all);
  add_reductions(all);
  add_constants(all);
  return all;
}

}  // namespace gw::testing
