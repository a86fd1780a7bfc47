// Which types a layer gets, one overload a family of layers; a layer without one does not compile.
//
// `auto` means what it means to hls4ml, in exact types where those give the same bits. Layers that compute
// sums and products are exact. Activations are not inferred there: they get the model's default, and where
// the model has none, the exact type. A cast behind a layer whose type is `auto` is the layer's own, so that
// nothing rounds before it. Average pools answer in their input's type.

#include "passes/give_types.h"

#include <algorithm>
#include <concepts>
#include <type_traits>

#include "graph/attributes.h"
#include "passes/hls4ml_types.h"

namespace gw {

PrecisionChoice TypeSite::operator()(const std::string& tensor) const {
  return config.precision.lookup(kind, name, tensor);
}

PrecisionChoice TypeSite::unless_stated(const PrecisionChoice& stated, const std::string& tensor) const {
  if (!stated) return (*this)(tensor);
  const PrecisionChoice* said = config.precision.of_layer(kind, name, tensor);
  return said ? *said : stated;
}

Quantizer TypeSite::keeping_named(const Quantizer& own, const std::string& tensor) const {
  const PrecisionChoice* said = config.precision.of_tensor(kind, name, tensor);
  return said && *said ? **said : own;
}

PrecisionChoice TypeSite::model_default() const {
  const auto found = config.precision.model.find("default");
  return found == config.precision.model.end() ? std::nullopt : found->second;
}

namespace {

using Declared = std::optional<Quantizer>;

template <class L, class... Ls>
concept OneOf = (std::is_same_v<L, Ls> || ...);

/// The choice of a type that hls4ml would infer as `declared`: nothing, the exact type, unless a maximum cuts
/// it. `declared` becomes the type that results.
PrecisionChoice inferred(const PrecisionChoice& said, const TypeSite& site, Quantizer& declared) {
  if (said) {
    declared = *said;
    return said;
  }
  const auto& maximum = site.config.precision.maximum;
  if (!maximum) return std::nullopt;
  const Quantizer cut = capped(declared, *maximum);
  if (cut == declared) return std::nullopt;
  declared = cut;
  return cut;
}

/// The choice of a type that hls4ml does not infer.
PrecisionChoice or_default(const PrecisionChoice& said, const TypeSite& site) {
  return said || site.is_cast_next ? said : site.model_default();
}

const FixedType no_bias{1, 1, false};

template <class L>
requires OneOf<L, Dense, Conv1D, Conv2D> Declared types_of(L& layer, const TypeSite& site) {
  const Shape& weight = site.shapes[1];  // (inputs of one output.., outputs)
  const FixedType bias = site.inputs.size() > 2 ? site.inputs[2].to : no_bias;
  Quantizer sum =
      declared_matrix(site.inputs[0].to, site.inputs[1].to, bias, element_count(weight) / weight.back());
  Quantizer result = sum;
  layer.accumulator = inferred(site.unless_stated(layer.accumulator, "accum"), site, sum);
  layer.out = inferred(site.unless_stated(layer.out, "result"), site, result);
  // The order of the additions shows where a partial sum saturates.
  const Strategy strategy = site.config.strategy(site.kind, site.name);
  const bool shares = strategy == Strategy::Resource || strategy == Strategy::ResourceUnrolled;
  const bool saturates = layer.accumulator && layer.accumulator->overflow != Overflow::Wrap;
  if (shares && saturates) layer.reuse = site.config.reuse_factor(site.kind, site.name);
  return result;
}

Declared types_of(BatchNorm& layer, const TypeSite& site) {
  Quantizer result = declared_affine(site.inputs[0].to, site.inputs[1].to, site.inputs[2].to);
  layer.out = inferred(site.unless_stated(layer.out, "result"), site, result);
  return result;
}

template <class L>
requires OneOf<L, MaxPool1D, MaxPool2D> Declared types_of(L& layer, const TypeSite& site) {
  layer.accumulator = site.unless_stated(layer.accumulator, "accum");
  layer.out = site.unless_stated(layer.out, "result");
  return layer.out ? layer.out : site.inputs[0];
}

Declared types_of(GlobalMaxPool& layer, const TypeSite& site) {
  layer.accumulator = or_default(site.unless_stated(layer.accumulator, "accum"), site);
  layer.out = or_default(site.unless_stated(layer.out, "result"), site);
  return layer.out;
}

std::int64_t window_of(const AveragePool1D& layer) { return layer.pool; }
std::int64_t window_of(const AveragePool2D& layer) { return std::int64_t{layer.pool_h} * layer.pool_w; }

template <class L>
requires OneOf<L, AveragePool1D, AveragePool2D> Declared types_of(L& layer, const TypeSite& site) {
  const Quantizer sum = declared_mean(site.inputs[0].to, window_of(layer));
  layer.accumulator = site.unless_stated(layer.accumulator, "accum");
  if (!layer.accumulator && sum.to.width <= max_width) layer.accumulator = sum;
  layer.out = site.unless_stated(layer.out, "result");
  if (!layer.out && site.inputs[0].to.width <= max_width) layer.out = site.inputs[0];
  return layer.out;
}

Declared types_of(GlobalAveragePool& layer, const TypeSite& site) {
  layer.accumulator = or_default(site.unless_stated(layer.accumulator, "accum"), site);
  layer.out = or_default(site.unless_stated(layer.out, "result"), site);
  return layer.out;
}

template <MergeOp op>
Declared types_of(Merge<op>& layer, const TypeSite& site) {
  Quantizer result = site.inputs[0];
  for (size_t i = 1; i < site.inputs.size(); ++i) {
    const Quantizer& next = site.inputs[i];
    if (op == MergeOp::Multiply) {
      result = declared_product(result.to, next.to);
    } else if (op == MergeOp::Maximum || op == MergeOp::Minimum) {
      result = result == next ? result : Quantizer{declared_union(result, next).to};
    } else {
      result = declared_sum(result.to, next.to, op == MergeOp::Subtract);
    }
  }
  layer.out = inferred(site.unless_stated(layer.out, "result"), site, result);
  // The half that an average may have is no part of the type that hls4ml gives to it.
  if (op == MergeOp::Average && !layer.out && result.to.width <= max_width) layer.out = result;
  return result;
}

Declared types_of(Dot& layer, const TypeSite& site) {
  layer.accumulator = site.unless_stated(layer.accumulator, "accum");
  Quantizer result = declared_product(site.inputs[0].to, site.inputs[1].to, element_count(site.shapes[0]));
  layer.out = inferred(site.unless_stated(layer.out, "result"), site, result);
  return result;
}

Declared types_of(Concatenate& layer, const TypeSite& site) {
  Quantizer result = site.inputs[0];
  for (const Quantizer& next : site.inputs) result = result == next ? result : declared_union(result, next);
  layer.out = inferred(site.unless_stated(layer.out, "result"), site, result);
  return result;
}

/// Elements that are only moved keep their type.
template <class L>
requires OneOf<L, Flatten, Reshape, Permute, Pad, Crop, Slice, UpSample> Declared
types_of(L&, const TypeSite& site) {
  return site.inputs[0];
}

Declared types_of(Quantize& layer, const TypeSite& site) {
  const PrecisionChoice* said = site.config.precision.of_layer(site.kind, site.name, "result");
  if (said && *said) {
    layer.out = **said;
    layer.elements.clear();
  }
  return layer.out;
}

/// The parameter of a ReLU with a slope or a threshold.
template <class L>
void give_parameter(L& layer, const TypeSite& site) {
  if constexpr (requires { layer.parameter; }) {
    const PrecisionChoice said = site("param");
    if (said) {
      layer.parameter = *said;
    } else if constexpr (requires { layer.alpha; }) {
      layer.parameter = declared_parameter(layer.alpha);
    } else {
      layer.parameter = site.inputs[0];
    }
  }
}

template <class L>
requires OneOf<L, Relu, ClippedRelu, LeakyRelu, ThresholdedRelu, PRelu, HardSigmoid, HardTanh, BinaryTanh,
               TernaryTanh>
    Declared types_of(L& layer, const TypeSite& site) {
  give_parameter(layer, site);
  if constexpr (requires { layer.slope_type; }) {
    layer.slope_type = site.keeping_named(layer.slope_type, "slope");
    layer.shift_type = site.keeping_named(layer.shift_type, "shift");
  }
  layer.out = or_default(site.unless_stated(layer.out, "result"), site);
  return layer.out;
}

template <class L>
requires std::derived_from<L, TableFunction> Declared types_of(L& layer, const TypeSite& site) {
  give_parameter(layer, site);
  layer.table = site.keeping_named(layer.table, "table");
  layer.table_size =
      site.config.setting(site.kind, site.name, &LayerSettings::table_size).value_or(layer.table_size);
  layer.out = or_default(site.unless_stated(layer.out, "result"), site);
  return layer.out;
}

/// The most entries that `bits` bits can address, at most `limit`.
int entries_within(int limit, int bits) {
  return bits < 31 ? std::min(limit, 1 << std::max(bits, 0)) : limit;
}

Declared types_of(Softmax& layer, const TypeSite& site) {
  const FixedType& x = site.inputs[0].to;
  if (const auto said = site.config.setting(site.kind, site.name, &LayerSettings::implementation)) {
    const auto names = names_of(layer.implementation);
    const auto found = std::find(names.begin(), names.end(), *said);
    GW_CHECK(found != names.end());
    layer.implementation = static_cast<SoftmaxImplementation>(found - names.begin());
  }
  layer.exp_type = site.keeping_named(layer.exp_type, "exp_table");
  layer.inverse_type = site.keeping_named(layer.inverse_type, "inv_table");
  layer.table = site.keeping_named(layer.table, "table");
  const Quantizer usual{{18, 8, true}, Rounding::Rnd, Overflow::Sat};
  const Quantizer inverse_input = site.keeping_named(layer.inverse_input.value_or(usual), "inv_inp");
  layer.inverse_input = inverse_input == site.model_default() ? layer.exp_type : inverse_input;
  // hls4ml widens an accumulator of the model's default type until the sum is exact.
  layer.accumulator = site.unless_stated(layer.accumulator, "accum");
  if (layer.accumulator == site.model_default()) layer.accumulator = std::nullopt;

  // The bits that address a table are counted from the top of the declared type of x.
  const int sign = x.is_signed ? 1 : 0;
  const Quantizer difference{{x.width - sign, x.integer - sign, false}, Rounding::Trn, Overflow::Sat};
  if (!layer.difference && difference.to.width >= 1 && difference.to.width <= max_width)
    layer.difference = difference;
  if (layer.difference) layer.difference = site.keeping_named(*layer.difference, "inp_norm");
  const auto size = site.config.setting(site.kind, site.name, &LayerSettings::table_size);
  if (size) layer.table_size = layer.inverse_table_size = *size;
  const int addressed = std::min(x.width, layer.inverse_type.to.width);
  layer.table_size = entries_within(layer.table_size, addressed);
  layer.inverse_table_size = entries_within(layer.inverse_table_size, addressed);
  layer.out = or_default(site.unless_stated(layer.out, "result"), site);
  return layer.out;
}

}  // namespace

std::optional<Quantizer> give_types(Layer& layer, const TypeSite& site) {
  return std::visit([&](auto& l) { return types_of(l, site); }, layer);
}

std::optional<Quantizer> cast_behind(const Layer& layer, const TypeSite& site) {
  const bool crops = std::holds_alternative<Crop>(layer);
  if (!crops && !std::holds_alternative<Permute>(layer) && !std::holds_alternative<Pad>(layer) &&
      !std::holds_alternative<UpSample>(layer))
    return std::nullopt;
  const PrecisionChoice said = crops ? or_default(site("result"), site) : site("result");
  return said && *said != site.inputs[0] ? said : std::nullopt;
}

}  // namespace gw
