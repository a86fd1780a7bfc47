// Which types a layer gets. What holds of most is said once; an overload is for families whose types hls4ml
// infers, or that have types of their own.
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

PrecisionChoice TypeSite::of_sums(const PrecisionChoice& stated, bool states_result) const {
  if (stated || !states_result) return unless_stated(stated, "accum");
  const PrecisionChoice* said = config.precision.of_layer(kind, name, "accum");
  return said ? *said : std::nullopt;
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
  const PrecisionChoice sums = site.of_sums(layer.accumulator, layer.out.has_value());
  layer.accumulator = layer.out ? sums : inferred(sums, site, sum);
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
  layer.accumulator = site.of_sums(layer.accumulator, layer.out.has_value());
  layer.out = site.unless_stated(layer.out, "result");
  return layer.out ? layer.out : site.inputs[0];
}

Declared types_of(GlobalMaxPool& layer, const TypeSite& site) {
  const PrecisionChoice largest = site.of_sums(layer.accumulator, layer.out.has_value());
  layer.accumulator = layer.out ? largest : or_default(largest, site);
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
Declared types_of_merge(Merge<op>& layer, const TypeSite& site) {
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

template <class L>
requires OneOf<L, Add, Subtract, Multiply, Average, Maximum, Minimum> Declared
types_of(L& layer, const TypeSite& site) {
  return types_of_merge(layer, site);
}

Declared types_of(Dot& layer, const TypeSite& site) {
  layer.accumulator = site.of_sums(layer.accumulator, layer.out.has_value());
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

Declared types_of(Quantize& layer, const TypeSite& site) {
  const PrecisionChoice* said = site.config.precision.of_layer(site.kind, site.name, "result");
  if (said && *said) {
    layer.out = **said;
    layer.elements.clear();
  }
  return layer.out;
}

/// The type of the slope or threshold of an activation.
template <class L>
void give_parameter(L& layer, const TypeSite& site) {
  const PrecisionChoice said = site("param");
  if (said) {
    layer.parameter = *said;
  } else if constexpr (requires { layer.alpha; }) {
    layer.parameter = declared_parameter(layer.alpha);
  } else {
    layer.parameter = site.inputs[0];
  }
}

/// What holds of a layer that has no overload here. hls4ml does not infer the type of its answer, and its
/// other types stay until one is named itself. A layer that has no type for its answer moves elements, which
/// keep theirs.
template <class L>
Declared types_of(L& layer, const TypeSite& site) {
  L::fields(layer, [&]<class T>(std::string_view name, T& value) {
    if constexpr (std::is_same_v<T, Quantizer>) {
      const auto tensor = configured_name(name);
      if (tensor && *tensor != "param") value = site.keeping_named(value, *tensor);
    }
  });
  if constexpr (requires { layer.parameter; }) give_parameter(layer, site);
  if constexpr (requires { layer.table_size; })
    layer.table_size =
        site.config.setting(site.kind, site.name, &LayerSettings::table_size).value_or(layer.table_size);
  if constexpr (requires { layer.out; }) {
    layer.out = or_default(site.unless_stated(layer.out, "result"), site);
    return layer.out;
  } else {
    return site.inputs[0];
  }
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

  // The bits that address a table are counted from the top of the declared type of x; of one that is wider
  // than what can be computed with, the top is all that counts.
  const int sign = x.is_signed ? 1 : 0, width = std::min(x.width - sign, max_width - sign);
  const Quantizer difference{{width, x.integer - sign, false}, Rounding::Trn, Overflow::Sat};
  const bool divides = layer.implementation == SoftmaxImplementation::Divided;
  if (!layer.difference && width >= 1 && !divides) layer.difference = difference;
  if (!layer.address && layer.implementation == SoftmaxImplementation::Latency)
    layer.address = Quantizer{{width + sign, x.integer, x.is_signed}};
  if (layer.difference) layer.difference = site.keeping_named(*layer.difference, "inp_norm");
  const auto size = site.config.setting(site.kind, site.name, &LayerSettings::table_size);
  if (size) layer.table_size = layer.inverse_table_size = *size;
  const int addressed = divides ? x.width : std::min(x.width, layer.inverse_type.to.width);
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
