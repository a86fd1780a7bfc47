// What each of PyTorch's operators is in ONNX, as PyTorch's own exporter writes it. Arguments are taken by
// the names of PyTorch's schema (native_functions.yaml); what an operator of ONNX cannot say is refused here,
// and what its reader does not understand, there.

#include <algorithm>
#include <cmath>

#include "formats/pt2/program.h"

namespace gw {

namespace {

struct Row {
  std::string_view target;
  void (*emit)(Pt2Call& call);
};

/// An operator of one tensor.
template <char const* op>
void plain(Pt2Call& call) {
  call.emit(op, {call.tensor(call.has("self") ? "self" : "input")});
}

constexpr char relu[] = "Relu", sigmoid[] = "Sigmoid", tanh_name[] = "Tanh", identity[] = "Identity",
               hard_swish[] = "HardSwish";

std::int64_t last_axis(std::int64_t axis, size_t rank) {
  return axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis;
}

void linear(Pt2Call& call) {
  const std::string x = call.tensor("input"), weight = call.tensor("weight"), bias = call.tensor("bias");
  if (call.shape(x).size() == 2) {
    std::vector<std::string> inputs{x, weight};
    if (!bias.empty()) inputs.push_back(bias);
    call.emit("Gemm", std::move(inputs)).attributes["transB"] = std::int64_t{1};
    return;
  }
  const std::string turned = call.part("weight"),
                    product = bias.empty() ? call.output() : call.part("product");
  call.emit_part("Transpose", {weight}, turned).attributes["perm"] = std::vector<std::int64_t>{1, 0};
  call.emit_part("MatMul", {x, turned}, product);
  if (!bias.empty()) call.emit("Add", {product, bias});
}

void addmm(Pt2Call& call) {
  OnnxNode& node = call.emit("Gemm", {call.tensor("mat1"), call.tensor("mat2"), call.tensor("self")});
  node.attributes["alpha"] = static_cast<float>(call.number("alpha", 1));
  node.attributes["beta"] = static_cast<float>(call.number("beta", 1));
}

void matmul(Pt2Call& call) {
  call.emit("MatMul", {call.tensor("self"), call.tensor(call.has("mat2") ? "mat2" : "other")});
}

void transpose(Pt2Call& call) {
  const size_t rank = call.rank("self");
  std::vector<std::int64_t> order(rank);
  for (size_t i = 0; i < rank; ++i) order[i] = static_cast<std::int64_t>(i);
  const auto swap = [&](std::int64_t a, std::int64_t b) {
    a = last_axis(a, rank);
    b = last_axis(b, rank);
    const auto count = static_cast<std::int64_t>(rank);
    if (a < 0 || b < 0 || a >= count || b >= count) return call.refuse_value("dim", "outside", "an axis");
    std::swap(order[static_cast<size_t>(a)], order[static_cast<size_t>(b)]);
  };
  if (call.has("dims")) {
    order = call.integers("dims", {});
    for (std::int64_t& axis : order) axis = last_axis(axis, rank);
  } else if (call.has("dim0")) {
    swap(call.integer("dim0", 0), call.integer("dim1", 1));
  } else if (rank == 2) {
    swap(0, 1);
  }
  call.emit("Transpose", {call.tensor("self")}).attributes["perm"] = std::move(order);
}

void convolution(Pt2Call& call) {
  const std::string x = call.tensor("input"), weight = call.tensor("weight"), bias = call.tensor("bias");
  const size_t axes = std::max<size_t>(call.shape(weight).size(), 3) - 2;
  if (call.flag("transposed", false)) call.refuse_value("transposed", "true", "false");
  std::vector<std::string> inputs{x, weight};
  if (!bias.empty()) inputs.push_back(bias);
  std::map<std::string, OnnxAttribute> said{{"strides", call.per_axis("stride", axes, 1)},
                                            {"dilations", call.per_axis("dilation", axes, 1)},
                                            {"group", call.integer("groups", 1)}};
  if (call.target().ends_with(".padding")) {
    const std::string padding = call.text("padding", "valid");
    if (padding != "same" && padding != "valid") call.refuse_value("padding", padding, "same or valid");
    said["auto_pad"] = std::string(padding == "same" ? "SAME_UPPER" : "VALID");
  } else {
    auto pads = call.per_axis("padding", axes, 0);
    pads.insert(pads.end(), pads.begin(), pads.end());
    pads.resize(2 * axes, 0);
    said["pads"] = std::move(pads);
  }
  call.emit("Conv", std::move(inputs)).attributes = std::move(said);
}

void batch_norm(Pt2Call& call) {
  if (call.flag("training", false)) call.refuse_value("training", "true", "false; export after model.eval()");
  const std::string mean = call.tensor("running_mean"), variance = call.tensor("running_var");
  const OnnxArray* values = call.parameter(mean);
  if (!values) return call.refuse_value("running_mean", "missing", "given: the norm of a trained network");
  const size_t channels = values->values.size();
  const auto or_all = [&](const char* name, double otherwise) {
    return call.has(name) ? call.tensor(name)
                          : call.constant(name, {static_cast<std::int64_t>(channels)},
                                          std::vector<double>(channels, otherwise), false);
  };
  const std::string scale = or_all("weight", 1), shift = or_all("bias", 0);
  call.emit("BatchNormalization", {call.tensor("input"), scale, shift, mean, variance})
      .attributes["epsilon"] = static_cast<float>(call.number("eps", 1e-5));
}

template <bool is_average>
void pool(Pt2Call& call) {
  const size_t axes = std::max<size_t>(call.rank("self"), 3) - 2;
  const auto kernel = call.per_axis("kernel_size", axes, 1);
  auto strides = call.integers("stride", kernel);
  if (strides.empty()) strides = kernel;
  if (strides.size() == 1) strides.resize(axes, strides[0]);
  auto pads = call.per_axis("padding", axes, 0);
  pads.insert(pads.end(), pads.begin(), pads.end());
  pads.resize(2 * axes, 0);
  std::map<std::string, OnnxAttribute> said{{"kernel_shape", kernel},
                                            {"strides", strides},
                                            {"pads", pads},
                                            {"ceil_mode", std::int64_t{call.flag("ceil_mode", false)}}};
  if (is_average) {
    said["count_include_pad"] = std::int64_t{call.flag("count_include_pad", true)};
    if (call.has("divisor_override")) call.refuse_value("divisor_override", "given", "left out");
  } else {
    said["dilations"] = call.per_axis("dilation", axes, 1);
  }
  call.emit(is_average ? "AveragePool" : "MaxPool", {call.tensor("self")}).attributes = std::move(said);
}

void adaptive_pool(Pt2Call& call) {
  const auto size = call.integers("output_size", {});
  if (size.empty() || std::any_of(size.begin(), size.end(), [](std::int64_t n) { return n != 1; }))
    call.refuse_value("output_size", "another", "1 along every axis");
  call.emit("GlobalAveragePool", {call.tensor("self")});
}

template <bool is_average>
void reduce(Pt2Call& call) {
  OnnxNode& node = call.emit(is_average ? "ReduceMean" : "ReduceMax", {call.tensor("self")});
  node.attributes["axes"] = call.integers("dim", {});
  node.attributes["keepdims"] = std::int64_t{call.flag("keepdim", false)};
}

void leaky_relu(Pt2Call& call) {
  call.emit("LeakyRelu", {call.tensor("self")}).attributes["alpha"] =
      static_cast<float>(call.number("negative_slope", 0.01));
}

void elu(Pt2Call& call) {
  for (const char* name : {"scale", "input_scale"}) {
    if (call.number(name, 1) != 1) call.refuse_value(name, "another", "1");
  }
  call.emit("Elu", {call.tensor("self")}).attributes["alpha"] = static_cast<float>(call.number("alpha", 1));
}

void clip(Pt2Call& call, const char* low, const char* high, std::optional<double> least,
          std::optional<double> most) {
  OnnxNode& node = call.emit("Clip", {call.tensor("self")});
  if (least || call.has(low))
    node.attributes["min"] = static_cast<float>(call.number(low, least.value_or(0)));
  if (most || call.has(high))
    node.attributes["max"] = static_cast<float>(call.number(high, most.value_or(0)));
}

void hard_sigmoid(Pt2Call& call) {
  OnnxNode& node = call.emit("HardSigmoid", {call.tensor("self")});
  node.attributes["alpha"] = 1.0F / 6;
  node.attributes["beta"] = 0.5F;
}

void silu(Pt2Call& call) {
  const std::string x = call.tensor("self"), gate = call.part("gate");
  call.emit_part("Sigmoid", {x}, gate);
  call.emit("Mul", {x, gate});
}

void softplus(Pt2Call& call) {
  if (call.number("beta", 1) != 1) call.refuse_value("beta", "another", "1");
  if (call.number("threshold", 20) < 20) call.refuse_value("threshold", "below 20", "20");
  call.emit("Softplus", {call.tensor("self")});
}

void gelu(Pt2Call& call) {
  call.emit("Gelu", {call.tensor("self")}).attributes["approximate"] = call.text("approximate", "none");
}

void softmax(Pt2Call& call) {
  call.emit("Softmax", {call.tensor("self")}).attributes["axis"] = call.integer("dim", -1);
}

/// One slope, or one for each channel, which comes behind the batch.
void prelu(Pt2Call& call) {
  const std::string x = call.tensor("self"), weight = call.tensor("weight");
  const OnnxArray* slopes = call.parameter(weight);
  if (!slopes) return call.refuse_value("weight", "computed", "a parameter");
  OnnxShape shape{static_cast<std::int64_t>(slopes->values.size())};
  if (const size_t rank = call.shape(x).size(); rank > 2) shape.resize(rank - 1, 1);
  call.emit("PRelu", {x, call.constant("slope", shape, slopes->values, false)});
}

template <char const* op>
void merge(Pt2Call& call) {
  if (call.number("alpha", 1) != 1) call.refuse_value("alpha", "another", "1");
  call.emit(op, {call.tensor("self"), call.tensor("other")});
}
constexpr char add_name[] = "Add", sub_name[] = "Sub", mul_name[] = "Mul", div_name[] = "Div",
               max_name[] = "Max", min_name[] = "Min";

void cat(Pt2Call& call) {
  call.emit("Concat", call.tensors("tensors")).attributes["axis"] = call.integer("dim", 0);
}

void dropout(Pt2Call& call) {
  if (call.flag("train", false)) call.refuse_value("train", "true", "false; export after model.eval()");
  call.emit("Identity", {call.tensor("input")});
}

/// The answer's own shape is in the file.
void reshape(Pt2Call& call) {
  auto shape = call.shape(call.output());
  if (shape.empty()) return call.refuse_value("size", "missing", "given");
  std::vector<double> values;
  for (const std::int64_t extent : shape) values.push_back(static_cast<double>(extent));
  const OnnxShape count{static_cast<std::int64_t>(values.size())};
  call.emit("Reshape", {call.tensor("self"), call.constant("shape", count, std::move(values), true)});
}

void flatten(Pt2Call& call) {
  if (call.integer("start_dim", 0) != 1 || last_axis(call.integer("end_dim", -1), call.rank("self")) + 1 !=
                                               static_cast<std::int64_t>(call.rank("self")))
    return reshape(call);
  call.emit("Flatten", {call.tensor("self")}).attributes["axis"] = std::int64_t{1};
}

void squeeze(Pt2Call& call) {
  call.emit("Squeeze", {call.tensor("self")}).attributes["axes"] = call.integers("dim", {});
}

void unsqueeze(Pt2Call& call) {
  call.emit("Unsqueeze", {call.tensor("self")}).attributes["axes"] = call.integers("dim", {});
}

/// Pads from the last axis on, two for each.
void pad(Pt2Call& call) {
  const auto said = call.integers("pad", {});
  const size_t rank = call.rank("self");
  if (said.size() % 2 != 0 || said.size() > 2 * rank)
    return call.refuse_value("pad", "too many", "two an axis");
  if (call.text("mode", "constant") != "constant") call.refuse_value("mode", "another", "constant");
  std::vector<std::int64_t> pads(2 * rank, 0);
  for (size_t i = 0; i < said.size() / 2; ++i) {
    pads[rank - 1 - i] = said[2 * i];
    pads[2 * rank - 1 - i] = said[2 * i + 1];
  }
  OnnxNode& node = call.emit("Pad", {call.tensor("self")});
  node.attributes["pads"] = std::move(pads);
  node.attributes["value"] = static_cast<float>(call.number("value", 0));
}

void slice(Pt2Call& call) {
  if (call.integer("step", 1) != 1) call.refuse_value("step", "another", "1");
  OnnxNode& node = call.emit("Slice", {call.tensor("self")});
  node.attributes["axes"] = std::vector<std::int64_t>{call.integer("dim", 0)};
  node.attributes["starts"] = std::vector<std::int64_t>{call.integer("start", 0)};
  node.attributes["ends"] = std::vector<std::int64_t>{call.integer("end", std::int64_t{1} << 40)};
}

const Row rows[] = {
    {"aten._native_batch_norm_legit_no_training.default", batch_norm},
    {"aten._softmax.default", softmax},
    {"aten._unsafe_view.default", reshape},
    {"aten.adaptive_avg_pool1d.default", adaptive_pool},
    {"aten.adaptive_avg_pool2d.default", adaptive_pool},
    {"aten.add.Tensor", merge<add_name>},
    {"aten.addmm.default", addmm},
    {"aten.alias.default", plain<identity>},
    {"aten.amax.default", reduce<false>},
    {"aten.avg_pool1d.default", pool<true>},
    {"aten.avg_pool2d.default", pool<true>},
    {"aten.batch_norm.default", batch_norm},
    {"aten.cat.default", cat},
    {"aten.clamp.default", [](Pt2Call& call) { clip(call, "min", "max", {}, {}); }},
    {"aten.clone.default", plain<identity>},
    {"aten.constant_pad_nd.default", pad},
    {"aten.contiguous.default", plain<identity>},
    {"aten.conv1d.default", convolution},
    {"aten.conv1d.padding", convolution},
    {"aten.conv2d.default", convolution},
    {"aten.conv2d.padding", convolution},
    {"aten.convolution.default", convolution},
    {"aten.detach.default", plain<identity>},
    {"aten.div.Tensor", merge<div_name>},
    {"aten.dropout.default", dropout},
    {"aten.elu.default", elu},
    {"aten.feature_dropout.default", dropout},
    {"aten.flatten.using_ints", flatten},
    {"aten.gelu.default", gelu},
    {"aten.hardsigmoid.default", hard_sigmoid},
    {"aten.hardswish.default", plain<hard_swish>},
    {"aten.hardtanh.default", [](Pt2Call& call) { clip(call, "min_val", "max_val", -1, 1); }},
    {"aten.leaky_relu.default", leaky_relu},
    {"aten.linear.default", linear},
    {"aten.matmul.default", matmul},
    {"aten.max_pool1d.default", pool<false>},
    {"aten.max_pool2d.default", pool<false>},
    {"aten.max_pool2d_with_indices.default", pool<false>},
    {"aten.maximum.default", merge<max_name>},
    {"aten.mean.dim", reduce<true>},
    {"aten.minimum.default", merge<min_name>},
    {"aten.mm.default", matmul},
    {"aten.mul.Tensor", merge<mul_name>},
    {"aten.pad.default", pad},
    {"aten.permute.default", transpose},
    {"aten.prelu.default", prelu},
    {"aten.relu.default", plain<relu>},
    {"aten.relu6.default", [](Pt2Call& call) { clip(call, "min_val", "max_val", 0, 6); }},
    {"aten.reshape.default", reshape},
    {"aten.sigmoid.default", plain<sigmoid>},
    {"aten.silu.default", silu},
    {"aten.slice.Tensor", slice},
    {"aten.softmax.int", softmax},
    {"aten.softplus.default", softplus},
    {"aten.squeeze.dim", squeeze},
    {"aten.squeeze.dims", squeeze},
    {"aten.sub.Tensor", merge<sub_name>},
    {"aten.t.default", transpose},
    {"aten.tanh.default", plain<tanh_name>},
    {"aten.transpose.int", transpose},
    {"aten.unsqueeze.default", unsqueeze},
    {"aten.view.default", reshape},
};

}  // namespace

bool emit_pt2_operator(Pt2Call& call) {
  const auto row =
      std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) { return r.target == call.target(); });
  if (row == std::end(rows)) return false;
  row->emit(call);
  call.note_changes();
  return true;
}

std::vector<std::string> pt2_operator_names() {
  std::vector<std::string> names;
  for (const Row& row : rows) names.emplace_back(row.target);
  return names;
}

}  // namespace gw
