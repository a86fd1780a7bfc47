// Frames for simulation: at random with the extremes first, or from a data set.

#include "study/frames.h"

#include <algorithm>

#include "num/real_cast.h"
#include "study/sample_source.h"
#include "support/random.h"

namespace gw {

Frames random_frames(const Build& build, std::int64_t count, std::uint64_t seed) {
  Frames frames;
  if (count == 0) return frames;
  for (const StreamPort& port : build.design.inputs) {
    Random random(seed + frames.inputs.size());
    const FixedType& type = *port.type.fixed;
    Tensor& values = frames.inputs.emplace_back(port.type.shape, type, static_cast<int>(count));
    for (std::int64_t i = 0; i < count * values.size(); ++i) {
      const std::int64_t frame = i / values.size();
      values.set(i, frame == 0   ? type.lowest()
                    : frame == 1 ? type.highest()
                                 : random.between(type.lowest(), type.highest()));
    }
  }
  return frames;
}

Result<Frames> dataset_frames(const Build& build, const std::string& dataset, std::int64_t count,
                              const fs::path& cache_folder) {
  std::vector<Port> ports;
  for (const NodeId id : build.graph.inputs()) {
    const Node& node = build.graph[id];
    ports.push_back({node.name, node.name, node.type, {node.type.shape.begin(), node.type.shape.end()}, {}});
  }
  const auto source = SampleSource::of_dataset(dataset, cache_folder, ports);
  if (!source) return source.errors();
  if (count == 0) count = source->count();
  count = std::min(count, source->count());
  std::vector<FloatTensor> reals;
  if (auto read = source->read(0, count, reals); !read) return read.errors();
  Frames frames;
  for (size_t k = 0; k < reals.size(); ++k) {
    const Node& node = build.graph[build.graph.inputs()[k]];
    frames.inputs.push_back(quantize(*std::get<Input>(node.op).quantizer, reals[k]));
  }
  frames.classes.assign(source->labels().begin(), source->labels().begin() + count);
  return frames;
}

}  // namespace gw
