#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "graph/precision.h"
#include "support/diagnostic.h"

namespace gw {

/// How a layer's multiplications are laid out: hls4ml's Strategy, and one of ours.
enum class Strategy {
  Auto,                   ///< whatever form costs least at the data rate
  Latency,                ///< all at once, or within ReuseFactor clocks
  Resource,               ///< ReuseFactor of them share a multiplier, over as many clocks
  ResourceUnrolled,       ///< likewise, however they are best divided among multipliers
  DistributedArithmetic,  ///< all at once, as shared adders
};
constexpr std::array<std::string_view, 5> names_of(Strategy) {
  return {"auto", "latency", "resource", "resource_unrolled", "distributed_arithmetic"};
}

/// How a convolution sees its window when pixels come as a stream.
enum class ConvImplementation { LineBuffer, Encoded };
constexpr std::array<std::string_view, 2> names_of(ConvImplementation) { return {"linebuffer", "encoded"}; }

enum class PipelineStyle { Auto, Pipeline, Dataflow };
constexpr std::array<std::string_view, 3> names_of(PipelineStyle) { return {"auto", "pipeline", "dataflow"}; }

enum class IoType { Parallel, Stream };
constexpr std::array<std::string_view, 2> names_of(IoType) { return {"io_parallel", "io_stream"}; }

/// What a configuration says of a layer besides its types; what it does not say is nothing.
struct LayerSettings {
  std::optional<Strategy> strategy;
  std::optional<int> reuse_factor;            ///< multiplications that share a multiplier, at least 1
  std::optional<int> target_cycles;           ///< clocks that the layer may take, in place of a reuse factor
  std::optional<int> parallelization_factor;  ///< pixels that a convolution computes at a time
  std::optional<ConvImplementation> conv_implementation;
  std::optional<bool> compression;  ///< weights without their zeros
  std::optional<bool> trace;        ///< the layer's answers are wanted
  /// Attributes of the layer itself, by the names in LayerInfo's `fields`.
  std::optional<int> table_size;
  std::optional<std::string> implementation;  ///< "stable", "latency", "legacy", "argmax"
  std::optional<bool> skip;                   ///< the softmax is left out
  bool operator==(const LayerSettings&) const = default;
};

/// What a configuration says of the network as a whole.
struct ModelSettings {
  std::optional<PipelineStyle> pipeline_style;
  std::optional<int> pipeline_interval;  ///< clocks from one image to the next
  std::optional<double> bram_factor;     ///< weights of more elements than this lie outside the design
  std::optional<bool> bit_exact;
  std::optional<bool> fold_batch_norm;  ///< none: where no type stands between it and the layer before
  std::optional<std::string> channels_last_conversion;  ///< "full", "internal", "off"
  std::optional<bool> transpose_outputs;
  std::optional<bool> trace_output;
  bool operator==(const ModelSettings&) const = default;
};

/// What a configuration says of the project around the network.
struct ProjectSettings {
  std::optional<std::string> output_dir, project_name, project_dir, backend, version, part;
  std::optional<double> clock_period;       ///< ns
  std::optional<double> clock_uncertainty;  ///< fraction of the period, 0.27 for "27%"
  std::optional<IoType> io_type;
  std::optional<std::string> input_data, output_predictions;  ///< .dat or .npy files
  bool operator==(const ProjectSettings&) const = default;
};

/// A whole configuration, as it is handed to passes and to the scheduler. Layers are named as in the graph
/// that the model file gave; kinds are those of LayerInfo, "dense".
struct Config {
  PrecisionConfig precision;
  LayerSettings model;
  std::map<std::string, LayerSettings> by_kind;  ///< LayerType
  std::map<std::string, LayerSettings> by_name;  ///< LayerName
  ModelSettings whole;
  ProjectSettings project;
  /// What the user should be told although nothing is wrong: keys that have no effect here.
  Diagnostics notes;

  /// The first that is said of: the layer by name, its kind, the model.
  template <class T>
  std::optional<T> setting(std::string_view kind, std::string_view name,
                           std::optional<T> LayerSettings::*key) const {
    for (const LayerSettings* said : {find(by_name, name), find(by_kind, kind), &model}) {
      if (said && said->*key) return said->*key;
    }
    return std::nullopt;
  }

  /// As setting, but only the first of the three that says anything at all of the layer is asked, which is
  /// how hls4ml reads ParallelizationFactor: a layer's own entry without the key hides the model's.
  template <class T>
  std::optional<T> setting_of_entry(std::string_view kind, std::string_view name,
                                    std::optional<T> LayerSettings::*key) const {
    for (const auto* types : {&precision.by_name, &precision.by_kind}) {
      const std::string_view entry = types == &precision.by_name ? name : kind;
      const auto& settings = types == &precision.by_name ? by_name : by_kind;
      if (const LayerSettings* said = find(settings, entry)) return said->*key;
      if (types->contains(std::string(entry))) return std::nullopt;
    }
    return model.*key;
  }

  Strategy strategy(std::string_view kind, std::string_view name) const {
    return setting(kind, name, &LayerSettings::strategy).value_or(Strategy::Auto);
  }
  int reuse_factor(std::string_view kind, std::string_view name) const {
    return setting(kind, name, &LayerSettings::reuse_factor).value_or(1);
  }
  int parallelization_factor(std::string_view kind, std::string_view name) const {
    return setting_of_entry(kind, name, &LayerSettings::parallelization_factor).value_or(1);
  }

 private:
  static const LayerSettings* find(const std::map<std::string, LayerSettings>& map, std::string_view key);
};

}  // namespace gw
