#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "formats/file_model.h"
#include "graph/config.h"
#include "graph/evaluate.h"
#include "study/sample_source.h"
#include "support/progress.h"

namespace gw {

/// What a network is looked at with: its model, its types and samples.
struct TwinOptions {
  fs::path model = {};
  std::string config = {};             ///< a configuration file; empty: the default
  std::vector<NamedFile> inputs = {};  ///< .npy files, samples along the first axis
  std::string dataset = {};            ///< instead of inputs: "mnist:test", .. (docs/data.md)
  std::int64_t samples = 0;            ///< the first so many; 0: all
  int threads = 0;                     ///< 0: one per core
  fs::path cache_folder = {};          ///< of data sets
};

/// Where the samples come from, in words.
std::string data_text(const TwinOptions& options);

/// A network twice: as the real numbers that its training meant, and as the fixed-point ones that its
/// hardware computes. Batch norms are joined alike in both and nothing else is, so that layers of one name
/// answer the same question.
struct Twin {
  FileModel file;  ///< as it was read
  Config config;   ///< what types it
  Graph real;      ///< without types, except those that the file states
  Graph typed;     ///< every layer as the configuration says
  std::optional<SampleSource> source;
  std::int64_t samples = 0;  ///< how many of the source's are looked at

  std::span<const std::uint8_t> labels() const;
};

/// Reads and types; samples are optional. Errors: of the model, the configuration and the samples.
Result<Twin> open_twin(const TwinOptions& options);

/// Called with the values of every input and layer that both networks have, in order of the nodes, block of
/// samples after block; `first` is the block's first sample and `node` that of the typed network.
using TwinObserver =
    std::function<void(std::int64_t first, const Node& node, const DoubleTensor& real, const Tensor& fixed)>;

/// Runs samples [0, count) through both; `overflows`, if given, grows as in EvaluateOptions. False: the user
/// asked to stop.
Result<bool> run_twin(const Twin& twin, std::int64_t count, const TwinObserver& observer,
                      NodeCounts* overflows, int threads, Progress& progress);

/// What every layer of the real network answers to the samples, in files NAME.float.npy in `folder`, which
/// appear when all are through. False: the user asked to stop.
Result<bool> trace_real(const Twin& twin, const fs::path& folder, int threads, Progress& progress);

/// Runs samples [0, count) of a source through a typed network alone and adds up what overflows. False:
/// the user asked to stop.
Result<bool> count_overflows(const Graph& typed, const SampleSource& source, std::int64_t count,
                             NodeCounts& overflows, int threads, Progress& progress);

}  // namespace gw
