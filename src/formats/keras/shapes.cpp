// Layers that move elements, and those that do nothing once a network is trained.

#include <algorithm>

#include "formats/keras/matrix.h"

namespace gw {

namespace {

using Json = nlohmann::json;

void read_flatten(KerasCall& call) {
  is_channels_last(call);
  if (call.failed()) return;
  call.give(call.add(Flatten(), {call.x()}));
}

void read_reshape(KerasCall& call) {
  const Json* said = call.value("target_shape");
  const std::int64_t all = element_count(call.shape(call.x()));
  Reshape layer;
  std::int64_t known = 1, open = -1;
  bool is_good = said && said->is_array() && !said->empty();
  for (size_t i = 0; is_good && i < said->size(); ++i) {
    const Json& extent = (*said)[i];
    const std::int64_t number = extent.is_number_integer() ? extent.get<std::int64_t>() : 0;
    is_good = (number > 0 && number <= all) || (number == -1 && open < 0);
    if (number == -1) open = static_cast<std::int64_t>(i);
    if (number > 0 && is_good) known = std::min(known * number, all + 1);
    layer.shape.push_back(is_good ? static_cast<int>(std::max<std::int64_t>(number, 1)) : 1);
  }
  if (is_good && open >= 0) layer.shape[static_cast<size_t>(open)] = static_cast<int>(all / known);
  if (!is_good || (open >= 0 && all % known != 0)) {
    return call.refuse_value("target_shape", said ? said->dump() : "left out",
                             fmt::format("extents of {} elements, one of them -1 at most", all));
  }
  call.give(call.add(layer, {call.x()}));
}

void read_permute(KerasCall& call) {
  const Json* said = call.value("dims");
  Permute layer;
  const auto rank = static_cast<std::int64_t>(call.rank());
  for (size_t i = 0; said && said->is_array() && i < said->size(); ++i) {
    const Json& axis = (*said)[i];
    const std::int64_t number = axis.is_number_integer() ? axis.get<std::int64_t>() : 0;
    layer.axes.push_back(static_cast<int>(std::clamp<std::int64_t>(number, 0, rank + 1)) - 1);
  }
  std::vector<int> sorted = layer.axes;
  std::sort(sorted.begin(), sorted.end());
  for (std::int64_t axis = 0; axis < rank; ++axis) {
    if (static_cast<std::int64_t>(sorted.size()) == rank && sorted[static_cast<size_t>(axis)] == axis)
      continue;
    return call.refuse_value("dims", said ? said->dump() : "left out",
                             fmt::format("each of 1 to {} once", rank));
  }
  call.give(call.add(layer, {call.x()}));
}

template <size_t axes>
void read_up_sampling(KerasCall& call) {
  UpSample layer;
  layer.factors = call.per_axis("size", axes, 2, 1);
  is_channels_last(call);
  const std::string how = call.text("interpolation", "nearest");
  if (how != "nearest") call.refuse_value("interpolation", how, "nearest");
  if (call.failed() || !has_rank(call, axes + 1)) return;
  call.give(call.add(layer, {call.x()}));
}

/// One number, one for each axis, or before and after each axis; of one axis a pair is the latter. Filled up
/// with the channels' 0.
struct Ends {
  std::vector<int> before, after;
};
Ends read_ends(KerasCall& call, const std::string& key, size_t axes) {
  constexpr std::int64_t most = 1 << 20;
  const Json* said = call.value(key);
  Ends ends;
  bool is_good = true;
  const auto take = [&](const Json& number) {
    const std::int64_t count = number.is_number_integer() ? number.get<std::int64_t>() : -1;
    is_good = is_good && count >= 0 && count <= most;
    return static_cast<int>(std::clamp<std::int64_t>(count, 0, most));
  };
  const Json whole = said ? *said : Json(1);
  const bool is_pair = axes == 1 && whole.is_array() && whole.size() == 2 && !whole[0].is_array();
  const Json list = is_pair ? Json::array({whole}) : whole;
  is_good = !list.is_array() || list.size() == axes;
  for (size_t axis = 0; is_good && axis < axes; ++axis) {
    const Json& part = list.is_array() ? list[axis] : list;
    const bool has_two = part.is_array() && part.size() == 2;
    is_good = has_two || !part.is_array();
    if (!is_good) break;
    ends.before.push_back(take(has_two ? part[0] : part));
    ends.after.push_back(take(has_two ? part[1] : part));
  }
  if (!is_good)
    call.refuse_value(key, whole.dump().substr(0, 60), "numbers from 0 to 1048576, for each axis one or two");
  ends.before.resize(axes, 0);
  ends.after.resize(axes, 0);
  ends.before.push_back(0);
  ends.after.push_back(0);
  return ends;
}

template <class L, size_t axes>
void read_edges(KerasCall& call) {
  L layer;
  Ends ends = read_ends(call, std::is_same_v<L, Pad> ? "padding" : "cropping", axes);
  layer.before = std::move(ends.before);
  layer.after = std::move(ends.after);
  is_channels_last(call);
  if (call.failed() || !has_rank(call, axes + 1)) return;
  call.give(call.add(layer, {call.x()}));
}

/// Only training sees these.
void read_nothing(KerasCall& call) {
  call.ignore_config();
  call.pass_through();
}

}  // namespace

std::span<const KerasClass> keras_shape_classes() {
  static const KerasClass rows[] = {
      {"Flatten", read_flatten},
      {"Reshape", read_reshape},
      {"Permute", read_permute},
      {"UpSampling1D", read_up_sampling<1>},
      {"UpSampling2D", read_up_sampling<2>},
      {"ZeroPadding1D", read_edges<Pad, 1>},
      {"ZeroPadding2D", read_edges<Pad, 2>},
      {"Cropping1D", read_edges<Crop, 1>},
      {"Cropping2D", read_edges<Crop, 2>},
      {"Dropout", read_nothing},
      {"SpatialDropout1D", read_nothing},
      {"SpatialDropout2D", read_nothing},
      {"AlphaDropout", read_nothing},
      {"GaussianDropout", read_nothing},
      {"GaussianNoise", read_nothing},
      {"ActivityRegularization", read_nothing},
      {"Identity", read_nothing},
  };
  return rows;
}

std::span<const std::string_view> keras_absent_classes() {
  static constexpr std::string_view names[] = {
      "LayerNormalization",
      "Embedding",
      "SimpleRNN",
      "LSTM",
      "GRU",
      "Bidirectional",
      "TimeDistributed",
      "EinsumDense",
      "Conv1DTranspose",
      "Conv2DTranspose",
      "GarNet",
      "GarNetStack",
      "QSimpleRNN",
      "QLSTM",
      "QGRU",
      "QBidirectional",
      "QAdaptiveActivation",
      "MultiHeadAttention",
      "UnaryLUT",
  };
  return names;
}

}  // namespace gw
