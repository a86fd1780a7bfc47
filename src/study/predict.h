#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/evaluate.h"
#include "graph/overflow_risk.h"
#include "study/sample_source.h"
#include "support/progress.h"

namespace gw {

struct PredictOptions {
  fs::path model = {};
  std::string config = {};             ///< a configuration file; empty: the default
  std::vector<NamedFile> inputs = {};  ///< .npy files, samples along the first axis
  std::string dataset = {};            ///< instead of inputs: "mnist:test", .. (docs/data.md)
  std::vector<NamedFile> outputs =
      {};                 ///< .npy files to write: float64, exact; may be fewer than the network has
  fs::path labels = {};   ///< the right class of each sample; empty: none
  fs::path trace = {};    ///< a folder for every layer's values; empty: none
  bool overflow = false;  ///< count the values that do not fit their types
  std::optional<ArrayLayout> layout =
      {};                      ///< none: as the configuration says, or else that of the model's file
  std::int64_t samples = 0;    ///< the first so many; 0: all
  int threads = 0;             ///< 0: one per core
  std::int64_t part = 0;       ///< samples that are in memory together; 0: as many as suit their size
  fs::path cache_folder = {};  ///< of data sets
};

/// What a prediction found out besides its answers.
struct Prediction {
  PredictOptions options;
  std::int64_t samples = 0;
  bool stopped = false;         ///< the user asked for it; nothing was written
  double start_up_seconds = 0;  ///< reading the model, the configuration, and making the network ready
  double seconds = 0;           ///< from real inputs to real answers, without reading and writing files
  double total_seconds = 0;
  std::optional<double>
      accuracy;          ///< share of samples whose largest answer (the first of equal ones) is right
  Diagnostics notes;     ///< what the user should be told although nothing is wrong
  NodeCounts overflows;  ///< per tensor, if counted
  std::vector<OverflowRisk> risks;  ///< where values can be that do not fit
  struct Output {
    std::string name;
    TensorType type;
    fs::path file;  ///< empty: not written
  };
  std::vector<Output> outputs;

  double samples_per_second() const { return seconds > 0 ? static_cast<double>(samples) / seconds : 0; }
};

/// Answers of the network, bit for bit those of the hardware, for all samples of the inputs: read, evaluated
/// and written in parts, so that memory does not grow with their number. Files appear when all is done, or
/// not at all. Errors: of the model, the configuration and the arrays (values that are not finite, shapes,
/// counts).
Result<Prediction> predict(const PredictOptions& options, Progress& progress);

/// For people, and for programs (docs/predict.md lists the keys).
std::string print_text(const Prediction& prediction);
std::string print_json(const Prediction& prediction);

}  // namespace gw
