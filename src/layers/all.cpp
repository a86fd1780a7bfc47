// The special functions of a layer, for all alternatives at once.

#include "layers/all.h"

namespace gw {

Layer::Layer(const Layer& other) = default;
Layer::Layer(Layer&& other) noexcept = default;
Layer& Layer::operator=(const Layer& other) = default;
Layer& Layer::operator=(Layer&& other) noexcept = default;
Layer::~Layer() = default;

}  // namespace gw
