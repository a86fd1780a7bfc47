// A network in real numbers beside the same network in fixed-point ones. The passes up to the joining of
// batch norms work on real weights; what they leave is the real network. The typed one is what the pipeline
// makes of it without the passes that join and narrow layers behind the types. So both have the same layers,
// but for a softmax that a configuration leaves out.
//
// Samples go through in blocks, sized so that the widest tensor of a block stays small in doubles.

#include "study/twin.h"

#include <algorithm>

#include "graph/evaluate_real.h"
#include "num/real_cast.h"
#include "passes/pass.h"
#include "study/build.h"
#include "study/layer_files.h"
#include "support/messages.h"

namespace gw {

namespace {

/// Elements of the widest tensor of a block, unless one sample has more.
constexpr std::int64_t block_elements = std::int64_t{1} << 18;

std::vector<Port> ports_of(const FileModel& file, const Graph& typed) {
  std::vector<Port> ports;
  const std::vector<NodeId> before = file.graph.inputs(), after = typed.inputs();
  for (size_t k = 0; k < before.size(); ++k) {
    const FilePort& port = file.inputs[k];
    ports.push_back({file.graph[before[k]].name, port.name, typed[after[k]].type, port.shape,
                     Layout(port.shape, port.axes)});
  }
  return ports;
}

int block_of(const Graph& graph) {
  std::int64_t widest = 1;
  for (const Node& node : graph.nodes()) widest = std::max(widest, element_count(node.type.shape));
  return static_cast<int>(std::clamp<std::int64_t>(block_elements / widest, 1, 4096));
}

/// Samples as doubles; where single precision holds them, rounded to it as prediction does.
Status read_block(const SampleSource& source, std::int64_t first, std::int64_t count,
                  std::vector<DoubleTensor>& in) {
  if (source.needs_double()) return source.read(first, count, in);
  std::vector<FloatTensor> narrow;
  if (auto read = source.read(first, count, narrow); !read) return read;
  in.clear();
  for (const FloatTensor& x : narrow)
    in.push_back({x.shape, x.batch, std::vector<double>(x.values.begin(), x.values.end())});
  return Done{};
}

}  // namespace

std::span<const std::uint8_t> Twin::labels() const {
  if (!source || source->labels().empty()) return {};
  return source->labels().first(static_cast<size_t>(samples));
}

std::string data_text(const TwinOptions& options) {
  std::string text = options.dataset;
  for (const NamedFile& input : options.inputs) text += (text.empty() ? "" : " ") + input.file.string();
  return text;
}

Result<Twin> open_twin(const TwinOptions& options) {
  if (!options.inputs.empty() && !options.dataset.empty()) return diagnose(messages::two_sources, {});
  Twin twin;
  auto file = load_file_model(options.model);
  if (!file) return file.errors();
  twin.file = *std::move(file);
  auto config = configuration(options.config, twin.file.graph, twin.file.aliases);
  if (!config) return config.errors();
  twin.config = *std::move(config);
  auto typed = compile(twin.file.graph, twin.config);
  if (!typed) return typed.errors();
  twin.typed = *std::move(typed);
  auto real = compile(twin.file.graph, twin.config, {.stop_after = fold_batch_norm.name});
  if (!real) return real.errors();
  twin.real = *std::move(real);
  if (options.inputs.empty() && options.dataset.empty()) return twin;
  const std::vector<Port> ports = ports_of(twin.file, twin.typed);
  auto source = options.dataset.empty()
                    ? SampleSource::of_arrays(options.inputs, ports, ArrayLayout::Model)
                    : SampleSource::of_dataset(options.dataset, options.cache_folder, ports);
  if (!source) return source.errors();
  twin.source = *std::move(source);
  const std::int64_t all = twin.source->count();
  twin.samples = options.samples > 0 ? std::min(options.samples, all) : all;
  return twin;
}

Result<bool> run_twin(const Twin& twin, std::int64_t count, const TwinObserver& observer,
                      NodeCounts* overflows, int threads, Progress& progress) {
  GW_CHECK(twin.source && count <= twin.source->count());
  const int block = block_of(twin.typed);
  std::int64_t first = 0;
  std::map<std::string, DoubleTensor> real;  // of one block
  const auto pair = [&](const Node& node, const Tensor& fixed) {
    const auto found = real.find(node.name);
    if (found == real.end()) return;
    observer(first, node, found->second, fixed);
    real.erase(found);
  };
  EvaluateOptions how{.threads = threads, .observer = pair, .overflows = overflows};
  how.block = block;
  Evaluator evaluator(twin.typed, how);
  const std::vector<NodeId> inputs = twin.typed.inputs();
  std::vector<DoubleTensor> in;
  for (; first < count; first += block) {
    if (progress.stop_requested()) return false;
    const std::int64_t taken = std::min<std::int64_t>(block, count - first);
    if (auto read = read_block(*twin.source, first, taken, in); !read) return read.errors();
    real.clear();
    evaluate_real(
        twin.real, in, [&](const Node& node, const DoubleTensor& values) { real[node.name] = values; },
        threads);
    for (size_t k = 0; k < inputs.size(); ++k) {
      const Node& node = twin.typed[inputs[k]];
      Tensor x(node.type.shape, *node.type.fixed, static_cast<int>(taken));
      quantize_run(*std::get<Input>(node.op).quantizer, std::span<const double>(in[k].values), x, 0, false);
      pair(node, x);
    }
    evaluator.run(in);
    progress.update(first + taken, "");
  }
  return true;
}

Result<bool> trace_real(const Twin& twin, const fs::path& folder, int threads, Progress& progress) {
  GW_CHECK(twin.source);
  WrittenFiles written;
  auto files = LayerFiles::create(folder, twin.real, ".float", written);
  if (!files) return files.errors();
  const auto keep = [&](const Node& node, const DoubleTensor& values) {
    if (std::holds_alternative<Layer>(node.op)) files->add(node, values);
  };
  const int block = block_of(twin.real);
  std::vector<DoubleTensor> in;
  progress.begin("real numbers", twin.samples);
  for (std::int64_t first = 0; first < twin.samples; first += block) {
    if (progress.stop_requested()) return false;
    const std::int64_t taken = std::min<std::int64_t>(block, twin.samples - first);
    if (auto read = read_block(*twin.source, first, taken, in); !read) return read.errors();
    evaluate_real(twin.real, in, keep, threads);
    if (!files->status()) return files->status().errors();
    progress.update(first + taken, "");
  }
  progress.end(fmt::format("real numbers: {} samples", twin.samples));
  if (auto closed = files->close(); !closed) return closed.errors();
  return true;
}

Result<bool> count_overflows(const Graph& typed, const SampleSource& source, std::int64_t count,
                             NodeCounts& overflows, int threads, Progress& progress) {
  EvaluateOptions how{.threads = threads, .observer = {}, .overflows = &overflows};
  Evaluator evaluator(typed, how);
  const int block = 8 * block_of(typed);
  std::vector<DoubleTensor> in;
  for (std::int64_t first = 0; first < count; first += block) {
    if (progress.stop_requested()) return false;
    const std::int64_t taken = std::min<std::int64_t>(block, count - first);
    if (auto read = read_block(source, first, taken, in); !read) return read.errors();
    evaluator.run(in);
    progress.update(first + taken, "");
  }
  return true;
}

}  // namespace gw
