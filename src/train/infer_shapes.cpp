// One walk along the layers infers the shapes and checks what only shows between neighbours. It ends at the
// first layer that does not fit, since every shape after it would be a guess.

#include "train/infer_shapes.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include <fmt/format.h>

#include "support/messages.h"

namespace gw::train {

namespace {

// Of one image's tensor; larger ones are mistakes, and counting them in 32 bits must not wrap around.
constexpr std::int64_t most_elements = 1 << 26;

bool fits(const Shape& shape) {
  std::int64_t left = most_elements;
  for (const int extent : shape) left /= extent;
  return left > 0;
}

// A network is quantised as a whole, or what is trained would not be what the hardware computes.
void check_quantizers(const Network& network, Diagnostics& errors) {
  const auto is_quantised = [](const LayerSpec& layer) {
    return layer.kernel_quantizer || layer.bias_quantizer || layer.quantizer;
  };
  if (!network.is_quantised() && std::none_of(network.layers.begin(), network.layers.end(), is_quantised))
    return;
  const auto missing = [&](int line, const std::string& item, const char* key) {
    errors.push_back(diagnose(messages::quantizer_missing, {network.file, line, item}, key));
  };
  if (!network.is_quantised()) missing(network.line, "input", "quantizer");
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const LayerSpec& layer = network.layers[i];
    if (has_weights(layer.kind) && !layer.kernel_quantizer)
      missing(layer.line, layer.name, "kernel_quantizer");
    if (is_function(layer.kind) && !layer.quantizer && !network.ends(i))
      missing(layer.line, layer.name, "quantizer");
    if (const int pixels = layer.kernel_h * layer.kernel_w;
        is_average(layer.kind) && (pixels & (pixels - 1)) != 0)
      errors.push_back(diagnose(messages::value_range, {network.file, layer.line, layer.name},
                                fmt::format("the mean of {} pixels", pixels),
                                "of a power of two in a quantised network, where other means are rounded"));
    if (const int source = network.sources(i)[0];
        layer.kind == LayerKind::BatchNorm &&
        (source < 0 || !has_weights(network.layers[static_cast<size_t>(source)].kind) ||
         network.norm_behind(static_cast<size_t>(source)) != &layer))
      errors.push_back(diagnose(messages::norm_not_folded, {network.file, layer.line, layer.name}));
  }
}

// As many outputs as strides begin inside the input; an odd row or column of padding comes last.
void pad_same(const Shape& image, LayerSpec& layer) {
  const auto pads = [](int extent, int kernel, int stride, int& before, int& after) {
    const int all = std::max(0, (extent + stride - 1) / stride * stride - stride + kernel - extent);
    before = all / 2;
    after = all - before;
  };
  pads(image[0], layer.extent_h(), layer.stride_h, layer.pad_top, layer.pad_bottom);
  pads(image[1], layer.extent_w(), layer.stride_w, layer.pad_left, layer.pad_right);
}

class Walk {
 public:
  explicit Walk(Network& network) : network_(network) {}

  Diagnostics all() {
    if (too_large(network_.input, {network_.file, network_.line, "input"})) return errors_;
    bool trained = false;
    for (size_t i = 0; i < network_.layers.size(); ++i) {
      LayerSpec& layer = network_.layers[i];
      if (!names_.insert(layer.name).second)
        errors_.push_back(diagnose(messages::name_used_twice, at(layer)));
      if (!find_sources(i) || !join(i) || !infer(layer) || !check_place(i)) return errors_;
      trained = trained || has_weights(layer.kind) || layer.kind == LayerKind::BatchNorm;
    }
    check_quantizers(network_, errors_);
    for (size_t i = 0; i < network_.layers.size(); ++i)
      if (const LayerSpec* norm = network_.norm_behind(i); norm != nullptr && network_.layers[i].bias)
        errors_.push_back(diagnose(messages::bias_cancelled, at(network_.layers[i]), norm->name));
    for (size_t i = 0; i + 1 < network_.layers.size(); ++i)
      if (network_.readers(i).empty())
        errors_.push_back(diagnose(messages::layer_unused, at(network_.layers[i])));
    if (!trained) errors_.push_back(diagnose(messages::nothing_trained, {network_.file, 0, network_.name}));
    return errors_;
  }

 private:
  Place at(const LayerSpec& layer) const { return {network_.file, layer.line, layer.name}; }

  bool too_large(const Shape& shape, const Place& place) {
    if (fits(shape)) return false;
    errors_.push_back(diagnose(messages::tensor_too_large, place, to_string(shape), most_elements));
    return true;
  }

  // The layers that `from` names.
  bool find_sources(size_t i) {
    LayerSpec& layer = network_.layers[i];
    const Place place{network_.file, layer.line, layer.name + ".from"};
    std::vector<std::string> before{"input"};
    for (size_t k = 0; k < i; ++k) before.push_back(network_.layers[k].name);
    layer.from.clear();
    for (const std::string& name : layer.reads) {
      const auto found = std::find(before.begin(), before.end(), name);
      if (found != before.end()) {
        layer.from.push_back(static_cast<int>(found - before.begin()) - 1);
        continue;
      }
      const bool is_later =
          std::any_of(network_.layers.begin() + static_cast<std::ptrdiff_t>(i), network_.layers.end(),
                      [&](const LayerSpec& l) { return l.name == name; });
      errors_.push_back(is_later ? diagnose(messages::reads_later, place, name)
                                 : diagnose(messages::unknown_value, place, name, nearest(name, before)));
      return false;
    }
    const size_t count = network_.sources(i).size();
    const std::set<int> different(layer.from.begin(), layer.from.end());
    if (is_merge(layer.kind) ? count < 2 || different.size() < count : count > 1) {
      errors_.push_back(diagnose(
          messages::value_range, place,
          layer.reads.empty() ? "the layer before it" : fmt::format("[{}]", fmt::join(layer.reads, ", ")),
          is_merge(layer.kind) ? "two or more different layers" : "one layer"));
      return false;
    }
    // The layer before need not be said.
    if (layer.from == std::vector{static_cast<int>(i) - 1}) {
      layer.from.clear();
      layer.reads.clear();
    }
    return true;
  }

  // What the layer is given: of one source, or of several that fit each other.
  bool join(size_t i) {
    LayerSpec& layer = network_.layers[i];
    std::vector<Shape> shapes;
    for (const int source : network_.sources(i))
      shapes.push_back(source < 0 ? network_.input : network_.layers[static_cast<size_t>(source)].out);
    layer.in = shapes[0];
    for (size_t k = 1; k < shapes.size(); ++k) {
      Shape other = shapes[k];
      const bool concatenates = layer.kind == LayerKind::Concatenate && other.size() == layer.in.size();
      if (concatenates) other.back() = layer.in.back();
      if (other != layer.in) {
        errors_.push_back(diagnose(messages::merge_shapes, at(layer),
                                   fmt::format("'{}' is {} and '{}' is {}", layer.reads[0],
                                               to_string(shapes[0]), layer.reads[k], to_string(shapes[k])),
                                   std::string(concatenates ? "but for their channels" : "whole")));
        return false;
      }
      // Too many are told as such, and counted no further.
      if (concatenates)
        layer.in.back() =
            static_cast<int>(std::min(most_elements + 1, std::int64_t{layer.in.back()} + shapes[k].back()));
    }
    return true;
  }

  // What comes of layer.in; false if the layer does not fit it.
  bool infer(LayerSpec& layer) {
    const bool window = is_conv(layer.kind) || is_max_pool(layer.kind) || is_average(layer.kind);
    layer.out = layer.in;
    if (window && !slide(layer)) return false;
    if ((layer.kind == LayerKind::Dense || layer.kind == LayerKind::Softmax) && layer.in.size() != 1) {
      errors_.push_back(
          diagnose(messages::wants_flat, at(layer), std::string(name_of(layer.kind)), to_string(layer.in)));
      return false;
    }
    if (has_weights(layer.kind)) layer.out.back() = layer.filters;
    if (layer.kind == LayerKind::GlobalAveragePool) layer.out = {layer.in.back()};
    if (layer.kind == LayerKind::Flatten) layer.out = {static_cast<int>(element_count(layer.in))};
    return !too_large(layer.out, at(layer));
  }

  // Rows and columns of a window's answers, with what the input settles.
  bool slide(LayerSpec& layer) {
    const Shape& shape = layer.in;
    const bool global = layer.kind == LayerKind::GlobalAveragePool;
    if (global ? shape.size() < 2 : shape.size() != (is_1d(layer.kind) ? 2u : 3u)) {
      errors_.push_back(diagnose(is_1d(layer.kind) ? messages::wants_sequence : messages::wants_image,
                                 at(layer), std::string(name_of(layer.kind)), to_string(shape)));
      return false;
    }
    const Shape image = as_image(shape);
    if (layer.multiplier > most_elements / image[2]) {
      errors_.push_back(
          diagnose(messages::value_range, {network_.file, layer.line, layer.name + ".multiplier"},
                   std::to_string(layer.multiplier),
                   fmt::format("at most {} for {} channels", most_elements / image[2], image[2])));
      return false;
    }
    if (layer.multiplier > 0) {
      layer.groups = image[2];
      layer.filters = layer.multiplier * image[2];
      layer.multiplier = 0;
    }
    if (layer.same) pad_same(image, layer);
    if (global) {
      layer.kernel_h = image[0];
      layer.kernel_w = image[1];
    }
    const int rows = image[0] + layer.pad_top + layer.pad_bottom;
    const int columns = image[1] + layer.pad_left + layer.pad_right;
    if (layer.extent_h() > rows || layer.extent_w() > columns) {
      const std::string window = is_1d(layer.kind) ? std::to_string(layer.extent_w())
                                                   : fmt::format("{}x{}", layer.extent_h(), layer.extent_w());
      errors_.push_back(diagnose(messages::window_too_large, at(layer), window, to_string(shape)));
      return false;
    }
    if (image[2] % layer.groups != 0 || layer.filters % layer.groups != 0) {
      errors_.push_back(
          diagnose(messages::value_range, {network_.file, layer.line, layer.name + ".groups"},
                   std::to_string(layer.groups),
                   fmt::format("a divisor of {} input channels and {} filters", image[2], layer.filters)));
      return false;
    }
    layer.out[layer.out.size() - 2] = (columns - layer.extent_w()) / layer.stride_w + 1;
    if (shape.size() == 3) layer.out[0] = (rows - layer.extent_h()) / layer.stride_h + 1;
    return true;
  }

  // Among its neighbours; false where it makes no sense to go on.
  bool check_place(size_t i) {
    const LayerSpec& layer = network_.layers[i];
    const bool last = i + 1 == network_.layers.size();
    if (layer.kind == LayerKind::Softmax && !last) {
      errors_.push_back(diagnose(messages::softmax_not_last, at(layer)));
      return false;
    }
    if (last && network_.is_binary()) {
      if (layer.kind != LayerKind::Sigmoid || layer.quantizer || layer.out != Shape{1})
        errors_.push_back(
            diagnose(messages::value_range, at(layer),
                     fmt::format("a {} that answers {}", name_of(layer.kind), to_string(layer.out)),
                     "a sigmoid of one number without a quantizer where the loss is binary_crossentropy"));
    } else if (last && network_.regresses()) {
      if (layer.kind == LayerKind::Softmax)
        errors_.push_back(diagnose(messages::softmax_regresses, at(layer)));
      if (layer.out.size() != 1)
        errors_.push_back(diagnose(messages::answer_not_flat, at(layer), to_string(layer.out)));
    } else if (last && layer.kind != LayerKind::Softmax) {
      errors_.push_back(diagnose(messages::softmax_missing, at(layer)));
    }
    return true;
  }

  Network& network_;
  Diagnostics errors_;
  std::set<std::string> names_{"input"};
};

}  // namespace

Diagnostics infer_shapes(Network& network) { return Walk(network).all(); }

}  // namespace gw::train
