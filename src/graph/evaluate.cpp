// The fast answer of a whole graph. A batch is cut into blocks of samples small enough that what one layer
// writes is still in the cache when the next one reads it; a block goes through all layers before the next
// block starts, so memory does not grow with the batch. Blocks are independent: threads take them one by one,
// and each writes its own part of the answer and adds to its own overflow counts. So neither the number of
// threads nor the size of a block changes a bit. Packed weights and tables stay with the evaluator: a block
// that is small because its tensors are large does not pay for them again.

#include "graph/evaluate.h"

#include <algorithm>
#include <atomic>

#include "num/real_cast.h"
#include "support/threads.h"

namespace gw {

namespace {

/// What one block's widest tensor may take: half of a usual second-level cache.
constexpr std::int64_t block_bytes = std::int64_t{1} << 19;
constexpr std::int64_t most_samples = 1 << 14;

std::int64_t bytes_of(const TensorType& type) {
  const int bits = type.fixed->width + (type.fixed->is_signed ? 0 : 1);
  return element_count(type.shape) * (bits <= 16 ? 2 : bits <= 32 ? 4 : 8);
}

int samples_per_block(const Graph& graph) {
  std::int64_t widest = 1;
  for (const Node& node : graph.nodes()) {
    if (!std::holds_alternative<Constant>(node.op)) widest = std::max(widest, bytes_of(node.type));
  }
  return static_cast<int>(std::clamp<std::int64_t>(block_bytes / widest, 1, most_samples));
}

/// For every node the last one that reads it; outputs are read at the end.
std::vector<NodeId> last_users(const Graph& graph) {
  const auto count = static_cast<NodeId>(graph.nodes().size());
  std::vector<NodeId> last(graph.nodes().size(), -1);
  for (NodeId id = 0; id < count; ++id) {
    for (const NodeId input : graph[id].inputs) last[static_cast<size_t>(input)] = id;
  }
  for (const NodeId id : graph.outputs()) last[static_cast<size_t>(id)] = count;
  return last;
}

void copy_block(const Tensor& from, std::int64_t from_sample, Tensor& to, std::int64_t to_sample,
                int samples) {
  std::visit(
      [&]<class Lane>(const Lane& source) {
        Lane& target = std::get<Lane>(to.lanes());
        std::copy_n(source.begin() + from_sample * from.size(), samples * from.size(),
                    target.begin() + to_sample * to.size());
      },
      from.lanes());
}

Tensor block_of(const Tensor& x, const Input&, std::int64_t first, int samples, std::int64_t*) {
  Tensor block(x.shape(), x.type(), samples);
  copy_block(x, first, block, 0, samples);
  return block;
}

template <class Real>
Tensor block_of(const RealTensor<Real>& x, const Input& input, std::int64_t first, int samples,
                std::int64_t* overflows) {
  Tensor block(x.shape, input.quantizer->to, samples);
  const auto size = static_cast<size_t>(block.size());
  const auto values =
      std::span(x.values).subspan(static_cast<size_t>(first) * size, static_cast<size_t>(samples) * size);
  const std::int64_t outside = quantize_run(*input.quantizer, values, block, 0, overflows != nullptr);
  if (overflows) *overflows += outside;
  return block;
}

void check_input(const Tensor& x, const Node& node) {
  GW_CHECK(x.shape() == node.type.shape && x.type() == *node.type.fixed);
}
template <class Real>
void check_input(const RealTensor<Real>& x, const Node& node) {
  GW_CHECK(x.shape == node.type.shape && std::get<Input>(node.op).quantizer);
  GW_CHECK(static_cast<std::int64_t>(x.values.size()) == x.batch * element_count(x.shape));
}
int batch_of(const Tensor& x) { return x.batch(); }
template <class Real>
int batch_of(const RealTensor<Real>& x) {
  return x.batch;
}

using Counts = std::vector<std::int64_t>;  // per node

}  // namespace

/// One batch on its way through the graph.
template <class In>
class Evaluator::Batch {
 public:
  Batch(Evaluator& evaluator, std::span<const In> inputs)
      : evaluator_(evaluator), graph_(evaluator.graph_), options_(evaluator.options_), inputs_(inputs) {
    const std::vector<NodeId> ids = graph_.inputs();
    GW_CHECK(inputs.size() == ids.size() && !ids.empty());
    for (size_t k = 0; k < ids.size(); ++k) {
      check_input(inputs[k], graph_[ids[k]]);
      GW_CHECK(batch_of(inputs[k]) == batch_of(inputs[0]));
    }
  }

  std::vector<Tensor> run() {
    const int batch = batch_of(inputs_[0]);
    for (const NodeId id : graph_.outputs())
      answers_.emplace_back(graph_[id].type.shape, *graph_[id].type.fixed, batch);
    // An observer is promised the blocks in order, so that then the threads work inside the layers.
    const int threads = options_.threads > 0 ? options_.threads : hardware_threads();
    const int outer = options_.observer ? 1 : threads;
    const int inner = options_.observer ? threads : 1;
    const int samples = std::min(evaluator_.block_, (batch + outer - 1) / outer);
    const auto totals = std::make_unique<std::atomic<std::int64_t>[]>(graph_.nodes().size());
    parallel_for((batch + samples - 1) / samples, outer, [&](std::int64_t b) {
      const int first = static_cast<int>(b) * samples;
      Counts counts(graph_.nodes().size(), 0);
      block(first, std::min(samples, batch - first), inner, counts);
      for (size_t id = 0; id < counts.size(); ++id) totals[id] += counts[id];
    });
    for (size_t id = 0; options_.overflows && id < graph_.nodes().size(); ++id) {
      if (totals[id] > 0) (*options_.overflows)[graph_.nodes()[id].name] += totals[id];
    }
    return std::move(answers_);
  }

 private:
  void block(int first, int samples, int threads, Counts& counts) {
    std::vector<Tensor> values(graph_.nodes().size());
    size_t next_input = 0;
    for (size_t id = 0; id < values.size(); ++id) {
      const Node& node = graph_.nodes()[id];
      std::int64_t* overflows = options_.overflows ? &counts[id] : nullptr;
      if (const auto* input = std::get_if<Input>(&node.op)) {
        values[id] = block_of(inputs_[next_input++], *input, first, samples, overflows);
        continue;
      }
      const auto* layer = std::get_if<Layer>(&node.op);
      if (!layer) continue;
      std::vector<const Tensor*> from;
      for (const NodeId input : node.inputs) {
        const auto* constant = std::get_if<Constant>(&graph_[input].op);
        from.push_back(constant ? &*constant->fixed : &values[static_cast<size_t>(input)]);
      }
      const EvalOptions options{threads, overflows, options_.kernels, &evaluator_.prepared_[id]};
      values[id] = std::visit([&](const auto& l) { return eval(l, from, node.type, options); }, *layer);
      if (options_.observer) options_.observer(node, values[id]);
      for (const NodeId input : node.inputs) {
        if (evaluator_.last_user_[static_cast<size_t>(input)] == static_cast<NodeId>(id))
          values[static_cast<size_t>(input)] = {};
      }
    }
    for (size_t k = 0; k < answers_.size(); ++k) {
      copy_block(values[static_cast<size_t>(graph_.outputs()[k])], 0, answers_[k], first, samples);
    }
  }

  Evaluator& evaluator_;
  const Graph& graph_;
  const EvaluateOptions& options_;
  std::span<const In> inputs_;
  std::vector<Tensor> answers_;
};

Evaluator::Evaluator(const Graph& graph, EvaluateOptions options)
    : graph_(graph),
      options_(std::move(options)),
      last_user_(last_users(graph)),
      prepared_(std::make_unique<Prepared[]>(graph.nodes().size())) {
  GW_CHECK(graph.is_typed() && options_.block >= 0);
  block_ = options_.block > 0 ? options_.block : samples_per_block(graph);
}

template <class In>
std::vector<Tensor> Evaluator::run_batch(std::span<const In> inputs) {
  return Batch<In>(*this, inputs).run();
}

std::vector<Tensor> Evaluator::run(std::span<const Tensor> inputs) { return run_batch(inputs); }
std::vector<Tensor> Evaluator::run(std::span<const FloatTensor> inputs) { return run_batch(inputs); }
std::vector<Tensor> Evaluator::run(std::span<const DoubleTensor> inputs) { return run_batch(inputs); }

std::vector<Tensor> evaluate(const Graph& graph, std::span<const Tensor> inputs,
                             const EvaluateOptions& options) {
  if (options.overflows) add_constant_overflows(graph, *options.overflows);
  return Evaluator(graph, options).run(inputs);
}

std::vector<Tensor> evaluate(const Graph& graph, std::span<const FloatTensor> inputs,
                             const EvaluateOptions& options) {
  if (options.overflows) add_constant_overflows(graph, *options.overflows);
  return Evaluator(graph, options).run(inputs);
}

void add_constant_overflows(const Graph& graph, NodeCounts& overflows) {
  for (const Node& node : graph.nodes()) {
    const auto* constant = std::get_if<Constant>(&node.op);
    if (constant && constant->overflows > 0) overflows[node.name] += constant->overflows;
  }
}

}  // namespace gw
