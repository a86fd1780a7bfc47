#pragma once

#include <cstdint>
#include <vector>

#include "passes/request.h"
#include "passes/rewrite.h"

namespace gw {

/// What is asked of the elements of a tensor: one request for all, one per channel, or one per element in
/// row-major order.
using TensorRequest = std::vector<Request>;

/// What every tensor's readers look at, from the answers of the network backwards: of an answer, everything.
/// Per channel where a layer slides over pixels, per element where elements are moved. In order of the nodes;
/// `graph` is typed. A layer that this knows nothing of asks for everything.
std::vector<TensorRequest> requests_of(const Graph& graph);

/// The one cast that leaves what is asked for of each element of a tensor of this type, if it is narrower
/// than the tensor.
std::optional<Quantizer> narrower_cast(const TensorRequest& request, const TensorType& type);

}  // namespace gw
