// The keys of hls4ml's configuration files, one row each.
//
// A key that changed nothing without a word would be a trap, and a file that hls4ml wrote has to be read. So
// each key says what it is here, and what has no effect is told unless it has the value that hls4ml writes
// anyway.

#include "formats/config/keys.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace gw {

namespace {

using enum KeyEffect;
using Layer = LayerSettings;
using Model = ModelSettings;
using Project = ProjectSettings;

constexpr std::monostate nowhere;

std::vector<ConfigKey> rows() {
  const unsigned sections = TopMap | HlsMap;
  const unsigned everywhere = ModelMap | LayerMap;
  return {
      // The project.
      {"OutputDir", TopMap, Tells, &Project::output_dir, "", "The folder of hls4ml's project"},
      {"ProjectName", TopMap, Tells, &Project::project_name, "", "The name of hls4ml's top function"},
      {"ProjectDir", TopMap, Tells, &Project::project_dir, "", "The folder of the synthesis project"},
      {"Backend",
       TopMap,
       Tells,
       &Project::backend,
       "",
       "The tool that hls4ml writes for",
       {"Vivado", "Vitis", "VivadoAccelerator", "VitisAccelerator", "VitisUnified", "Quartus", "oneAPI",
        "Catapult", "Libero", "SymbolicExpression"}},
      {"Version", TopMap, Tells, &Project::version, "", "The version of the project"},
      {"Part", TopMap, Used, &Project::part, "", "The FPGA part, if `--part` names none"},
      {"ClockPeriod", TopMap, Used, &Project::clock_period, "",
       "The clock period in ns, if `--clock-ns` gives none"},
      {"ClockUncertainty", TopMap, Used, &Project::clock_uncertainty, "",
       "How much of the clock period HLS C++ leaves as a margin, as \"27%\""},
      {"IOType", TopMap, Used, &Project::io_type, "",
       "io_parallel or io_stream: how HLS C++ takes a frame, if `--io` says nothing; no answer depends on it"},
      {"InputData", TopMap, Tells, &Project::input_data, "",
       "Samples for hls4ml's test bench; `gatewright predict --input` names those to use"},
      {"OutputPredictions", TopMap, Tells, &Project::output_predictions, "",
       "Answers for hls4ml's test bench"},
      {"KerasModel", TopMap, Tells, nowhere, "",
       "Where the network came from; here it is the MODEL that is named"},
      {"KerasJson", TopMap, Tells, nowhere, "", "As KerasModel"},
      {"KerasH5", TopMap, Tells, nowhere, "", "As KerasModel"},
      {"PytorchModel", TopMap, Tells, nowhere, "", "As KerasModel"},
      {"OnnxModel", TopMap, Tells, nowhere, "", "As KerasModel"},
      {"InputShape", TopMap, Tells, nowhere, "", "The shape of the input; here the model file states it"},
      {"InputShapes", TopMap, Tells, nowhere, "", "As InputShape"},
      {"OutputShapes", TopMap, Tells, nowhere, "", "As InputShape"},
      {"Stamp", TopMap, Tells, nowhere, "", "A mark of hls4ml's build"},
      {"TraceOutput", TopMap | ModelMap, Tells, &Model::trace_output, "",
       "Answers of single layers; `gatewright predict --trace` writes those of all"},
      {"WriterConfig", TopMap, Used, nowhere, "", "A map of keys about hls4ml's files"},
      {"AcceleratorConfig", TopMap, Unused, nowhere, "", "A map about hls4ml's wrapper for a board"},
      {"MaximumSize", TopMap, Unused, nowhere, "4096",
       "A limit of Vivado HLS on the size of partitioned arrays"},
      {"FIFO", TopMap, Unused, nowhere, "", "Of the Catapult backend"},
      {"Technology", TopMap, Unused, nowhere, "", "Of the Catapult backend"},
      {"ASICLibs", TopMap, Unused, nowhere, "", "Of the Catapult backend"},
      {"HyperoptHandshake", TopMap, Unused, nowhere, "false", "Of the oneAPI backend"},
      {"Namespace", WriterMap, Unused, nowhere, "null", "The C++ namespace of hls4ml's project"},
      {"WriteWeightsTxt", WriterMap, Unused, nowhere, "true", "Weights as text beside hls4ml's project"},
      {"WriteTar", WriterMap, Unused, nowhere, "false", "An archive of hls4ml's project"},
      {"TBOutputStream", WriterMap, Unused, nowhere, "both", "Where hls4ml's test bench prints"},
      {"WriteEmulationConstants", WriterMap, Unused, nowhere, "false", "Of hls4ml's emulation in C++"},
      // hls4ml's own passes.
      {"Flows", sections, Unused, nowhere, "", "The passes of hls4ml; Gatewright has its own"},
      {"Optimizers", sections, Refused, nowhere, "", "Gatewright has passes of its own; leave it out"},
      {"SkipOptimizers", sections, Refused, nowhere, "", "Gatewright has passes of its own; leave it out"},
      // Of layers, and of all layers at once.
      {"ReuseFactor", everywhere, Used, &Layer::reuse_factor, "1",
       "How many multiplications of a matrix share a multiplier, and so for how many clocks a window stands before it; "
       "with Strategy Resource also the order in which a saturating accumulator adds"},
      {"Strategy", everywhere, Used, &Layer::strategy, "Auto",
       "Auto, Latency, Resource, ResourceUnrolled or DistributedArithmetic"},
      {"ParallelizationFactor", everywhere, Unused, &Layer::parallelization_factor, "1",
       "How many pixels a convolution computes at a time; the schedule finds that from the data rate"},
      {"ConvImplementation", everywhere, Unused, &Layer::conv_implementation, "LineBuffer",
       "LineBuffer or Encoded; convolutions have line buffers here"},
      {"TargetCycles", everywhere, Refused, &Layer::target_cycles, "null",
       "hls4ml finds a ReuseFactor from it; give that"},
      {"Compression", everywhere, Refused, &Layer::compression, "false",
       "Multiplications by zero are never built here, with no list of the others kept; leave it out"},
      {"Trace", LayerMap, Tells, &Layer::trace, "",
       "The answers of this layer; `gatewright predict --trace` writes those of all"},
      {"TableSize", LayerMap, Used, &Layer::table_size, "1024",
       "Entries of a function table, for a softmax a power of two; 0: as many as make the answer exact to one unit in the "
       "last place (functions of one number only)"},
      {"Implementation",
       LayerMap,
       Used,
       &Layer::implementation,
       "stable",
       "The algorithm of a softmax: stable, latency, legacy, argmax or divided",
       {"stable", "latency", "legacy", "argmax", "divided"}},
      {"Skip", LayerMap, Used, &Layer::skip, "false", "The softmax is left out; its input is the answer"},
      // Of the network as a whole.
      {"BramFactor", ModelMap, Unused, &Model::bram_factor, "1000000000",
       "Weights of more elements than this would lie outside the design; here they never do"},
      {"PipelineStyle", ModelMap, Unused, &Model::pipeline_style, "auto",
       "auto, pipeline or dataflow; stages are always pipelined and joined as a stream"},
      {"PipelineInterval", ModelMap, Used, &Model::pipeline_interval, "null",
       "Clocks from one sample to the next, if `--interval` gives none"},
      {"BitExact", ModelMap, Unused, &Model::bit_exact, "null",
       "hls4ml's types without loss; here every `auto` is such a type"},
      {"FoldBatchNorm", ModelMap, Used, &Model::fold_batch_norm, "null",
       "Whether a batch norm becomes part of the dense layer or convolution beside it: true, false or, as in hls4ml, "
       "null: where the result of the layer before it is `auto`"},
      {"ChannelsLastConversion",
       ModelMap,
       Tells,
       &Model::channels_last_conversion,
       "",
       "How hls4ml turned a PyTorch network; here tensors are channels last, and files are turned as they are read",
       {"full", "internal", "off"}},
      {"TransposeOutputs", ModelMap, Tells, &Model::transpose_outputs, "",
       "Whether hls4ml turned the answers back; `gatewright predict` says how it lays out its own"},
      {"AllowDAFallback", ModelMap, Unused, nowhere, "",
       "How hls4ml reads layers of Keras that it does not know"},
      {"AllowV2Fallback", ModelMap, Unused, nowhere, "",
       "How hls4ml reads layers of Keras that it does not know"},
  };
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_false(std::string_view text) {
  return text.empty() || text == "false" || text == "0" || text == "null" || text == "none" || text == "~";
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> keys = rows();
  return keys;
}

const ConfigKey* find_key(std::string_view name, ConfigMap map) {
  for (const ConfigKey& key : config_keys()) {
    if (key.name == name && (key.maps & map) != 0) return &key;
  }
  return nullptr;
}

std::vector<std::string> key_names(ConfigMap map) {
  std::vector<std::string> names;
  for (const ConfigKey& key : config_keys()) {
    if ((key.maps & map) != 0) names.emplace_back(key.name);
  }
  return names;
}

bool is_usual(const ConfigKey& key, std::string_view value) {
  const std::string written = lower_case(value), usual = lower_case(key.usual);
  if (written == usual || (is_false(written) && is_false(usual))) return true;
  const auto a = number(written), b = number(usual);
  return a && b && *a == *b;
}

}  // namespace gw
