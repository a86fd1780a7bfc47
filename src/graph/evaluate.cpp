// The fast answer of a whole graph. A batch is cut into blocks of samples small enough that what one layer
// writes is still in the cache when the next one reads it; a block goes through all layers before the next
// block starts, so memory does not grow with the batch. Blocks are independent: threads take them one by one,
// and each writes its own part of the answer and its own overflow counts, which are added up afterwards. So
// neither the number of threads nor the size of a block changes a bit.

#include "graph/evaluate.h"

#include <algorithm>

#include "support/threads.h"

namespace gw {

namespace {

/// What one block's widest layer may take, in bytes of 16-bit lanes: half of a usual second-level cache.
constexpr std::int64_t block_bytes = std::int64_t{1} << 19;
constexpr int most_samples = 64;

int samples_per_block(const Graph& graph) {
  std::int64_t widest = 1;
  for (const Node& node : graph.nodes()) {
    if (!std::holds_alternative<Constant>(node.op)) widest = std::max(widest, element_count(node.type.shape));
  }
  return static_cast<int>(std::clamp<std::int64_t>(block_bytes / (widest * 2), 1, most_samples));
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

Tensor block_of(const FloatTensor& x, const Input& input, std::int64_t first, int samples,
                std::int64_t* overflows) {
  const std::int64_t size = element_count(x.shape);
  FloatTensor block{x.shape, samples, {}};
  block.values.assign(x.values.begin() + first * size, x.values.begin() + (first + samples) * size);
  return quantize(*input.quantizer, block, overflows);
}

int batch_of(const Tensor& x) { return x.batch(); }
int batch_of(const FloatTensor& x) { return x.batch; }
void check_input(const Tensor& x, const Node& node) {
  GW_CHECK(x.shape() == node.type.shape && x.type() == *node.type.fixed);
}
void check_input(const FloatTensor& x, const Node& node) {
  GW_CHECK(x.shape == node.type.shape && std::get<Input>(node.op).quantizer);
}

using Counts = std::vector<std::int64_t>;  // per node

template <class In>
class Evaluation {
 public:
  Evaluation(const Graph& graph, std::span<const In> inputs, const EvaluateOptions& options)
      : graph_(graph), inputs_(inputs), options_(options), last_user_(last_users(graph)) {
    GW_CHECK(graph.is_typed());
    const std::vector<NodeId> ids = graph.inputs();
    GW_CHECK(inputs.size() == ids.size());
    for (size_t k = 0; k < ids.size(); ++k) {
      check_input(inputs[k], graph[ids[k]]);
      GW_CHECK(batch_of(inputs[k]) == batch_of(inputs[0]));
    }
  }

  std::vector<Tensor> run() {
    const int batch = batch_of(inputs_[0]);
    for (const NodeId id : graph_.outputs())
      answers_.emplace_back(graph_[id].type.shape, *graph_[id].type.fixed, batch);
    const int samples = samples_per_block(graph_);
    const int blocks = (batch + samples - 1) / samples;
    std::vector<Counts> counts(static_cast<size_t>(blocks), Counts(graph_.nodes().size(), 0));
    // An observer is promised the blocks in order, so that then the threads work inside the layers.
    const int outer = options_.observer ? 1 : options_.threads;
    const int inner = options_.observer ? options_.threads : 1;
    parallel_for(blocks, outer, [&](std::int64_t b) {
      const int first = static_cast<int>(b) * samples;
      block(first, std::min(samples, batch - first), inner, counts[static_cast<size_t>(b)]);
    });
    if (options_.overflows) report(counts);
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
      const EvalOptions options{threads, overflows};
      values[id] = std::visit([&](const auto& l) { return eval(l, from, node.type, options); }, *layer);
      if (options_.observer) options_.observer(node, values[id]);
      for (const NodeId input : node.inputs) {
        if (last_user_[static_cast<size_t>(input)] == static_cast<NodeId>(id))
          values[static_cast<size_t>(input)] = {};
      }
    }
    for (size_t k = 0; k < answers_.size(); ++k) {
      copy_block(values[static_cast<size_t>(graph_.outputs()[k])], 0, answers_[k], first, samples);
    }
  }

  void report(const std::vector<Counts>& counts) const {
    for (size_t id = 0; id < graph_.nodes().size(); ++id) {
      const Node& node = graph_.nodes()[id];
      const auto* constant = std::get_if<Constant>(&node.op);
      std::int64_t total = constant ? constant->overflows : 0;
      for (const Counts& block : counts) total += block[id];
      if (total > 0) (*options_.overflows)[node.name] += total;
    }
  }

  const Graph& graph_;
  std::span<const In> inputs_;
  const EvaluateOptions& options_;
  std::vector<NodeId> last_user_;
  std::vector<Tensor> answers_;
};

}  // namespace

std::vector<Tensor> evaluate(const Graph& graph, std::span<const Tensor> inputs,
                             const EvaluateOptions& options) {
  return Evaluation<Tensor>(graph, inputs, options).run();
}

std::vector<Tensor> evaluate(const Graph& graph, std::span<const FloatTensor> inputs,
                             const EvaluateOptions& options) {
  return Evaluation<FloatTensor>(graph, inputs, options).run();
}

}  // namespace gw
