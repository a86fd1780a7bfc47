// Answers for a whole data set, a part of the samples at a time: read, put in the network's order, evaluated,
// put in the file's order, written. Only what one part needs is in memory. Every file is a pending one until
// the last part is through.

#include "study/predict.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "data/npy.h"
#include "formats/file_model.h"
#include "num/real_cast.h"
#include "passes/pass.h"
#include "study/accuracy.h"
#include "study/build.h"
#include "study/layer_files.h"
#include "study/sample_source.h"
#include "support/messages.h"

namespace gw {

namespace {

/// Elements of one part's inputs or answers at most, unless a single sample has more.
constexpr std::int64_t part_elements = std::int64_t{1} << 21;
constexpr std::int64_t most_samples = std::int64_t{1} << 17;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Where answers go.
struct Sink {
  NpyWriter writer;
  Layout layout;
};

/// A prediction on its way.
class Run {
 public:
  Run(const PredictOptions& options, Progress& progress) : options_(options), progress_(progress) {
    result_.options = options;
  }

  Result<Prediction> run() {
    const double start = now();
    for (const auto step : {&Run::make_ready, &Run::open_source, &Run::open_files}) {
      if (auto done = (this->*step)(); !done) return done.errors();
    }
    result_.start_up_seconds = now() - start;
    const auto done = source_->needs_double() ? answer<double>() : answer<float>();
    if (!done) return done.errors();
    if (!result_.stopped) {
      if (auto closed = close(); !closed) return closed.errors();
    }
    result_.total_seconds = now() - start;
    return std::move(result_);
  }

 private:
  /// The network with its types, and what is known of it without a sample.
  Status make_ready() {
    auto model = load_file_model(options_.model);
    if (!model) return model.errors();
    const auto config = configuration(options_.config, model->graph, model->aliases);
    if (!config) return config.errors();
    const std::vector<std::string> inputs = names_of(model->graph, model->graph.inputs());
    const std::vector<std::string> outputs = names_of(model->graph, model->graph.outputs());
    auto typed = compile(std::move(model->graph), *config);
    if (!typed) return typed.errors();
    graph_ = *std::move(typed);
    inputs_ = ports_of(inputs, graph_.inputs(), model->inputs);
    outputs_ = ports_of(outputs, graph_.outputs(), model->outputs);
    const bool is_ours = config->whole.transpose_outputs == false;
    layout_ = options_.layout.value_or(is_ours ? ArrayLayout::ChannelsLast : ArrayLayout::Model);
    result_.notes = config->notes;
    for (const Port& port : outputs_) {
      result_.outputs.push_back({port.name, port.type, {}});
      const FixedType& type = *port.type.fixed;
      if (type.width - (type.is_signed ? 1 : 0) > std::numeric_limits<double>::digits) {
        result_.notes.push_back(
            diagnose(messages::answers_rounded, {.item = "output '" + port.name + "'"}, to_string(type)));
      }
    }
    result_.risks = overflow_risks(graph_);
    return Done{};
  }

  static std::vector<std::string> names_of(const Graph& graph, const std::vector<NodeId>& nodes) {
    std::vector<std::string> names;
    for (const NodeId id : nodes) names.push_back(graph[id].name);
    return names;
  }

  /// Names as the network has them before any pass, types as after all of them.
  std::vector<Port> ports_of(const std::vector<std::string>& names, const std::vector<NodeId>& nodes,
                             const std::vector<FilePort>& in_file) const {
    GW_CHECK(names.size() == nodes.size() && names.size() == in_file.size());
    std::vector<Port> ports;
    for (size_t k = 0; k < names.size(); ++k) {
      const FilePort& port = in_file[k];
      ports.push_back(
          {names[k], port.name, graph_[nodes[k]].type, port.shape, Layout(port.shape, port.axes)});
    }
    return ports;
  }

  Status open_source() {
    if (options_.inputs.empty() && options_.dataset.empty()) {
      const std::string hint = inputs_.size() == 1 ? "FILE" : inputs_[0].name + "=FILE";
      return diagnose(messages::nothing_to_predict, {}, hint);
    }
    if (!options_.inputs.empty() && !options_.dataset.empty()) return diagnose(messages::two_sources, {});
    auto source = options_.dataset.empty()
                      ? SampleSource::of_arrays(options_.inputs, inputs_, layout_)
                      : SampleSource::of_dataset(options_.dataset, options_.cache_folder, inputs_);
    if (!source) return source.errors();
    source_ = *std::move(source);
    result_.samples = source_->count();
    if (options_.samples > 0) result_.samples = std::min(result_.samples, options_.samples);

    const bool has_classes = outputs_.size() == 1 && element_count(outputs_[0].type.shape) > 1;
    if (options_.labels.empty()) {
      if (has_classes) labels_.assign(source_->labels().begin(), source_->labels().end());
      return Done{};
    }
    if (!has_classes) {
      std::string shapes;
      for (const Port& port : outputs_)
        shapes += (shapes.empty() ? "" : " and ") + to_string(port.type.shape);
      return diagnose(messages::labels_without_classes, {options_.labels.string()}, shapes);
    }
    auto labels = read_labels(options_.labels, source_->count(), element_count(outputs_[0].type.shape));
    if (!labels) return labels.errors();
    labels_ = *std::move(labels);
    return Done{};
  }

  Status open_files() {
    Diagnostics errors;
    WrittenFiles written;
    const std::vector<const NamedFile*> files = files_of_ports(options_.outputs, outputs_, "output", errors);
    sinks_.resize(outputs_.size());
    for (size_t k = 0; k < outputs_.size(); ++k) {
      if (!files[k]) continue;
      if (auto added = written.add(files[k]->file, "output '" + outputs_[k].name + "'"); !added) {
        errors.insert(errors.end(), added.errors().begin(), added.errors().end());
        continue;
      }
      const bool is_ours = layout_ == ArrayLayout::ChannelsLast;
      auto writer = NpyWriter::create(files[k]->file, npy_f8,
                                      is_ours ? outputs_[k].our_shape() : outputs_[k].file_shape);
      if (!writer) {
        errors.insert(errors.end(), writer.errors().begin(), writer.errors().end());
        continue;
      }
      sinks_[k].emplace(Sink{*std::move(writer), is_ours ? Layout() : outputs_[k].file_layout});
      result_.outputs[k].file = files[k]->file;
    }
    if (!options_.trace.empty()) {
      auto trace = LayerFiles::create(options_.trace, graph_, "", written);
      if (!trace) {
        errors.insert(errors.end(), trace.errors().begin(), trace.errors().end());
      } else {
        trace_.emplace(*std::move(trace));
      }
    }
    if (!errors.empty()) return errors;
    return Done{};
  }

  std::int64_t samples_per_part() const {
    if (options_.part > 0) return options_.part;
    std::int64_t widest = 1;
    for (const Port& port : inputs_) widest = std::max(widest, element_count(port.type.shape));
    for (const Port& port : outputs_) widest = std::max(widest, element_count(port.type.shape));
    return std::clamp<std::int64_t>(part_elements / widest, 1, most_samples);
  }

  template <class Real>
  Status answer() {
    EvaluateOptions how{.threads = options_.threads};
    if (options_.overflow) how.overflows = &result_.overflows;
    if (trace_) how.observer = [this](const Node& node, const Tensor& values) { trace_->add(node, values); };
    Evaluator evaluator(graph_, how);
    if (options_.overflow) add_constant_overflows(graph_, result_.overflows);
    const std::int64_t part = samples_per_part();
    std::vector<RealTensor<Real>> in;
    std::vector<double> out;
    std::int64_t right = 0;
    progress_.begin("predict", result_.samples);
    for (std::int64_t first = 0; first < result_.samples; first += part) {
      if (progress_.stop_requested()) {
        result_.stopped = true;
        progress_.end("stopped; nothing was written");
        return Done{};
      }
      const std::int64_t count = std::min(part, result_.samples - first);
      if (auto read = source_->read(first, count, in); !read) return read;
      const double start = now();
      const std::vector<Tensor> answers = evaluator.run(in);
      double seconds = now() - start;
      if (trace_ && !trace_->status()) return trace_->status();
      if (!labels_.empty())
        right += right_answers(answers[0], std::span<const std::int64_t>(labels_).subspan(
                                               static_cast<size_t>(first), static_cast<size_t>(count)));
      for (size_t k = 0; k < answers.size(); ++k) {
        if (!sinks_[k]) continue;
        const double again = now();
        out.resize(static_cast<size_t>(count * answers[k].size()));
        dequantize_run(answers[k], 0, std::span(out));
        sinks_[k]->layout.from_ours(std::span(out));
        seconds += now() - again;
        if (auto written = sinks_[k]->writer.append(out); !written) return written;
      }
      result_.seconds += seconds;
      progress_.update(first + count, "");
    }
    if (!labels_.empty())
      result_.accuracy = static_cast<double>(right) / static_cast<double>(result_.samples);
    progress_.end(fmt::format("predict: {} samples", result_.samples));
    return Done{};
  }

  Status close() {
    for (auto& sink : sinks_) {
      if (!sink) continue;
      if (auto closed = sink->writer.close(); !closed) return closed;
    }
    return trace_ ? trace_->close() : Done{};
  }

  const PredictOptions& options_;
  Progress& progress_;
  Prediction result_;
  Graph graph_;
  std::vector<Port> inputs_, outputs_;
  ArrayLayout layout_ = ArrayLayout::Model;
  std::optional<SampleSource> source_;
  std::vector<std::int64_t> labels_;  ///< empty: not known
  std::vector<std::optional<Sink>> sinks_;
  std::optional<LayerFiles> trace_;
};

}  // namespace

Result<Prediction> predict(const PredictOptions& options, Progress& progress) {
  return Run(options, progress).run();
}

}  // namespace gw
