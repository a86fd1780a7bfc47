// Pools. Keras never counts padding in an average.

#include "formats/keras/matrix.h"
#include "formats/keras/qkeras.h"

namespace gw {

namespace {

template <class L>
void give_pool(KerasCall& call, const KerasWindow& window) {
  L layer;
  if constexpr (requires { layer.pool_h; }) {
    layer.pool_h = window.kernel[0];
    layer.pool_w = window.kernel[1];
    layer.stride_h = window.strides[0];
    layer.stride_w = window.strides[1];
  } else {
    layer.pool = window.kernel[0];
    layer.stride = window.strides[0];
  }
  layer.padding = window.padding;
  give_activated(call, call.add(layer, {call.x()}));
}

/// QKeras multiplies sums with a quantised reciprocal where it is told to.
void check_average(KerasCall& call) {
  if (const nlohmann::json* said = call.value("average_quantizer"))
    call.refuse_value("average_quantizer", said->dump().substr(0, 60), "none; quantise the answer instead");
}

template <class L, size_t axes>
void read_pool(KerasCall& call) {
  const KerasWindow window = read_keras_window(call, axes, "pool_size");
  check_average(call);
  if (call.failed() || !has_rank(call, axes + 1)) return;
  give_pool<L>(call, window);
}

template <class L, size_t axes>
void read_global_pool(KerasCall& call) {
  L layer;
  layer.keep_dims = call.flag("keepdims", false);
  is_channels_last(call);
  check_average(call);
  if (call.failed() || !has_rank(call, axes + 1)) return;
  give_activated(call, call.add(layer, {call.x()}));
}

}  // namespace

std::span<const KerasClass> keras_pool_classes() {
  static const KerasClass rows[] = {
      {"MaxPooling1D", read_pool<MaxPool1D, 1>},
      {"MaxPooling2D", read_pool<MaxPool2D, 2>},
      {"AveragePooling1D", read_pool<AveragePool1D, 1>},
      {"AveragePooling2D", read_pool<AveragePool2D, 2>},
      {"QAveragePooling2D", read_pool<AveragePool2D, 2>},
      {"GlobalMaxPooling1D", read_global_pool<GlobalMaxPool, 1>},
      {"GlobalMaxPooling2D", read_global_pool<GlobalMaxPool, 2>},
      {"GlobalAveragePooling1D", read_global_pool<GlobalAveragePool, 1>},
      {"GlobalAveragePooling2D", read_global_pool<GlobalAveragePool, 2>},
      {"QGlobalAveragePooling2D", read_global_pool<GlobalAveragePool, 2>},
  };
  return rows;
}

}  // namespace gw
