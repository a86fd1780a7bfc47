// What types do to the numbers of a network, and which types would do better.
//
// A suggestion is made of what was seen. Bits at the top: as many as the largest real value asks for. Bits at
// the bottom: those of the type at hand without the ones that are 0 in every value; more where the type is
// too coarse, so that a quarter of the lower quartile is still told apart, but never finer than 1/256 of the
// largest value (the smallest answers of a softmax need no digits). A sign only where the type has one and a
// value was below 0 or, for layers, could be. Sums become exact, so that nothing is lost before a result is
// cast.
//
// That the real values fit does not prove that the rounded ones do. So the suggestion is run on every sample
// there is, and whatever overflows gets one more bit at the top until nothing does: what is handed out has
// been tried.

#include "study/profile.h"

#include <algorithm>
#include <cmath>

#include "formats/config/draft.h"
#include "graph/attributes.h"
#include "num/real_cast.h"
#include "passes/pass.h"
#include "support/messages.h"

namespace gw {

namespace {

/// Magnitudes of activations that are kept, of all layers together and of either network.
constexpr std::int64_t most_magnitudes = std::int64_t{1} << 25;
constexpr int most_widenings = 40;

/// What is gathered of one tensor.
struct Gathered {
  Magnitudes before, after;
  double lowest = 0, highest = 0;  ///< of the real values
  std::uint64_t bits = 0;          ///< all raw values or-ed
  std::int64_t underflows = 0, saturated = 0;

  void add(std::span<const double> real, const Tensor& fixed) {
    before.add(real);
    std::vector<double> typed(real.size());
    dequantize_run(fixed, 0, std::span(typed));
    after.add(typed);
    const FixedType& type = fixed.type();
    for (size_t i = 0; i < real.size(); ++i) {
      lowest = std::min(lowest, real[i]);
      highest = std::max(highest, real[i]);
      const std::int64_t raw = fixed.at(static_cast<std::int64_t>(i));
      bits |= static_cast<std::uint64_t>(raw);
      underflows += raw == 0 && real[i] != 0;
      // 0 is the lowest value of an unsigned type and no sign of anything.
      saturated += raw != 0 && (raw == type.lowest() || raw == type.highest());
    }
  }
};

/// The fewest integer bits with which a type of this fraction and sign holds both ends.
int integer_bits(const Quantizer& q, bool is_signed, int fraction, double lowest, double highest) {
  for (int integer = 1 - fraction; integer + fraction < max_width; ++integer) {
    const Quantizer tried{{integer + fraction, integer, is_signed}, q.rounding, q.overflow};
    if (!overflows(tried, lowest) && !overflows(tried, highest)) return integer;
  }
  return max_width - fraction;
}

void judge(TensorProfile& row, const Gathered& seen, bool may_be_negative) {
  row.before = seen.before.summary();
  row.after = seen.after.summary();
  row.underflows = seen.underflows;
  row.saturated = seen.saturated;
  row.suggested = row.type;
  const FixedType& type = row.type.to;
  if (row.before.count == 0) return;  // nothing is known of it
  int fraction = type.fraction();
  if (seen.bits != 0) row.wasted_fraction = std::min(std::countr_zero(seen.bits), type.width - 1);
  fraction -= row.wasted_fraction;
  const int resolving = static_cast<int>(std::ceil(2 - std::log2(row.before.first_quartile)));
  const int enough = static_cast<int>(std::ceil(8 - std::log2(row.before.highest)));
  fraction = std::max(fraction, std::min(resolving, enough));
  const bool is_signed = type.is_signed && (may_be_negative || seen.lowest < 0);
  const int integer = integer_bits(row.type, is_signed, fraction, seen.lowest, seen.highest);
  row.wasted_integer =
      type.integer - integer_bits(row.type, is_signed, type.fraction(), seen.lowest, seen.highest);
  row.suggested.to = {std::min(integer + fraction, max_width), integer, is_signed};
}

/// The real values of a constant of the typed network.
DoubleTensor reals_of(const Constant& constant) {
  DoubleTensor x{constant.values.shape, 1, {constant.values.values.begin(), constant.values.values.end()}};
  if (constant.values.values.empty() && constant.fixed) {
    x = {constant.fixed->shape(), 1, std::vector<double>(static_cast<size_t>(constant.fixed->size()))};
    dequantize_run(*constant.fixed, 0, std::span(x.values));
  }
  return x;
}

/// Calls visit(layer node, tensor's name in configurations, constant's node) for what layers are given as
/// weights.
template <class Visit>
void for_constants(const Graph& graph, const Visit& visit) {
  for (const Node& node : graph.nodes()) {
    const auto* layer = std::get_if<Layer>(&node.op);
    if (!layer) continue;
    const std::vector<std::string> tensors = configured_inputs(*layer);
    for (size_t i = 0; i < node.inputs.size() && i < tensors.size(); ++i) {
      const Node& from = graph[node.inputs[i]];
      if (std::holds_alternative<Constant>(from.op)) visit(node, tensors[i], from);
    }
  }
}

bool has_tensor(const Node& node, const std::string& tensor) {
  const std::vector<std::string> all = configurable_tensors(kind(node));
  return std::find(all.begin(), all.end(), tensor) != all.end();
}

/// The quantizer that a node's values went through: that of its result, or its type.
Quantizer quantizer_of(const Node& node) {
  Quantizer quantizer{*node.type.fixed};
  if (const auto* input = std::get_if<Input>(&node.op)) return *input->quantizer;
  Layer layer = std::get<Layer>(node.op);
  for (const Attribute& attribute : attributes(layer)) {
    if (attribute.name != "out") continue;
    if (const auto* own = std::get_if<Quantizer*>(&attribute.value)) quantizer = **own;
    if (const auto* own = std::get_if<std::optional<Quantizer>*>(&attribute.value); own && **own)
      quantizer = ***own;
  }
  return quantizer;
}

bool may_be_negative(const Node& node) {
  if (!node.type.fixed->is_signed || kind(node) == "relu") return false;
  if (node.type.ranges.empty()) return true;
  return std::any_of(node.type.ranges.begin(), node.type.ranges.end(),
                     [](const Interval& range) { return range.lo < 0; });
}

class Profiling {
 public:
  Profiling(const TwinOptions& options, Progress& progress) : progress_(progress) {
    result_.options = options;
  }

  Result<Profile> run() {
    auto twin = open_twin(result_.options);
    if (!twin) return twin.errors();
    twin_.emplace(*std::move(twin));
    result_.notes = twin_->config.notes;
    result_.weights_before = weights_of(twin_->file.graph);
    result_.constants = profile_constants(twin_->typed, twin_->config);
    if (twin_->source) {
      if (auto done = look_at_activations(); !done) return done.errors();
    }
    if (!result_.stopped) {
      if (auto done = suggest(); !done) return done.errors();
    }
    return std::move(result_);
  }

 private:
  Status look_at_activations() {
    std::int64_t per_sample = 0;
    for (const Node& node : twin_->typed.nodes()) {
      if (!std::holds_alternative<Constant>(node.op)) per_sample += element_count(node.type.shape);
    }
    result_.available = twin_->source->count();
    result_.samples = twin_->samples;
    if (result_.options.samples == 0)
      result_.samples = std::min(result_.samples, std::max<std::int64_t>(1, most_magnitudes / per_sample));
    twin_->samples = result_.samples;
    std::map<std::string, Gathered> seen;
    NodeCounts overflows;
    progress_.begin("profile", result_.samples);
    const auto whole = run_twin(
        *twin_, result_.samples,
        [&](std::int64_t, const Node& node, const DoubleTensor& real, const Tensor& fixed) {
          seen[node.name].add(real.values, fixed);
        },
        &overflows, result_.options.threads, progress_);
    if (!whole) return whole.errors();
    result_.stopped = !*whole;
    progress_.end(fmt::format("profile: {} samples", result_.samples));
    for (const Node& node : twin_->typed.nodes()) {
      const auto found = seen.find(node.name);
      if (found == seen.end()) continue;
      TensorProfile row;
      row.layer = node.name;
      row.tensor = "result";
      row.type = quantizer_of(node);
      row.overflows = overflows.contains(node.name) ? overflows.at(node.name) : 0;
      judge(row, found->second, may_be_negative(node));
      result_.activations.push_back(std::move(row));
      seen.erase(found);
    }
    return Done{};
  }

  /// Writes the types of `rows` into the suggested configuration where one can be given.
  void ask_for(const std::vector<TensorProfile>& rows) {
    for (const TensorProfile& row : rows) {
      const Node& node = twin_->typed[twin_->typed.find(row.layer)];
      const NodeId in_file = twin_->file.graph.find(row.layer);
      if (in_file < 0 || !has_tensor(node, row.tensor)) continue;
      auto& types = result_.suggested.precision.by_name[row.layer];
      types[row.tensor] = row.suggested;
      if (has_tensor(node, "accum")) types["accum"] = std::nullopt;
    }
  }

  Status suggest() {
    result_.suggested = twin_->config;
    const auto count_norms = [](const Graph& graph) {
      return std::count_if(graph.nodes().begin(), graph.nodes().end(),
                           [](const Node& node) { return kind(node) == "batch_norm"; });
    };
    // A result type of its own would otherwise keep a batch norm apart.
    if (count_norms(twin_->file.graph) > count_norms(twin_->real))
      result_.suggested.whole.fold_batch_norm = true;
    for (int n = 0; n < most_widenings; ++n) {
      ask_for(result_.constants);
      ask_for(result_.activations);
      const auto overflows = try_suggestion();
      if (!overflows) return overflows.errors();
      if (result_.stopped) return Done{};
      if (overflows->empty()) break;
      if (widen(*overflows) && n + 1 < most_widenings) continue;
      std::string names;
      for (const auto& [name, count] : *overflows) names += (names.empty() ? "" : ", ") + name;
      result_.notes.push_back(diagnose(messages::still_overflows, {result_.options.model.string()}, names));
      break;
    }
    result_.suggested_text =
        print_config(result_.suggested, twin_->file.graph, result_.options.model.filename().string());
    return Done{};
  }

  /// What overflows with the suggested types on all samples.
  Result<NodeCounts> try_suggestion() {
    auto typed = compile(twin_->file.graph, result_.suggested);
    if (!typed) return typed.errors();
    NodeCounts overflows;
    add_constant_overflows(*typed, overflows);
    // A layer's own name, for what stands beside it in the graph.
    constants_of_.clear();
    for_constants(*typed, [&](const Node& node, const std::string& tensor, const Node& from) {
      constants_of_.emplace(from.name, std::pair{node.name, tensor});
    });
    if (!twin_->source) return overflows;
    progress_.begin("try the suggested types", result_.available);
    const auto whole = count_overflows(*typed, *twin_->source, result_.available, overflows,
                                       result_.options.threads, progress_);
    if (!whole) return whole.errors();
    result_.stopped = !*whole;
    progress_.end(fmt::format("suggested types: {} tensors overflow", overflows.size()));
    result_.suggested_samples = result_.available;
    return overflows;
  }

  /// One more bit at the top of each type that overflowed; false if that is possible for none.
  bool widen(const NodeCounts& overflows) {
    bool is_wider = false;
    const auto widen_row = [&](std::vector<TensorProfile>& rows, const std::string& layer,
                               const std::string& tensor) {
      for (TensorProfile& row : rows) {
        if (row.layer != layer || row.tensor != tensor || row.suggested.to.width >= max_width) continue;
        ++row.suggested.to.width;
        ++row.suggested.to.integer;
        is_wider = true;
      }
    };
    for (const auto& [name, count] : overflows) {
      const auto constant = constants_of_.find(name);
      if (constant != constants_of_.end()) {
        widen_row(result_.constants, constant->second.first, constant->second.second);
      } else {
        widen_row(result_.activations, name, "result");
      }
    }
    return is_wider;
  }

  Progress& progress_;
  Profile result_;
  std::optional<Twin> twin_;
  std::map<std::string, std::pair<std::string, std::string>> constants_of_;
};

}  // namespace

std::vector<std::pair<std::string, BoxSummary>> weights_of(const Graph& model) {
  std::vector<std::pair<std::string, BoxSummary>> weights;
  for_constants(model, [&](const Node& node, const std::string& tensor, const Node& from) {
    Magnitudes magnitudes;
    magnitudes.add(reals_of(std::get<Constant>(from.op)).values);
    weights.emplace_back(fmt::format("{} {}", node.name, tensor), magnitudes.summary());
  });
  return weights;
}

std::vector<TensorProfile> profile_constants(const Graph& typed, const Config& config) {
  std::vector<TensorProfile> rows;
  for_constants(typed, [&](const Node& node, const std::string& tensor, const Node& from) {
    const Constant& constant = std::get<Constant>(from.op);
    Gathered seen;
    seen.add(reals_of(constant).values, *constant.fixed);
    TensorProfile row;
    row.layer = node.name;
    row.tensor = tensor;
    const PrecisionChoice asked = config.precision.lookup(kind(node), node.name, tensor);
    row.type = asked && asked->to == *from.type.fixed ? *asked : Quantizer{*from.type.fixed};
    row.overflows = constant.overflows;
    judge(row, seen, false);
    rows.push_back(std::move(row));
  });
  return rows;
}

Result<Profile> profile(const TwinOptions& options, Progress& progress) {
  return Profiling(options, progress).run();
}

}  // namespace gw
