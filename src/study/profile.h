#pragma once

#include <string>
#include <vector>

#include "report/box_summary.h"
#include "report/document.h"
#include "report/figure.h"
#include "study/twin.h"

namespace gw {

/// One tensor before and after it was given its type.
struct TensorProfile {
  std::string layer;   ///< as a configuration names it
  std::string tensor;  ///< likewise: "weight", "bias", "result"
  std::string label() const { return tensor == "result" ? layer : layer + " " + tensor; }
  BoxSummary before, after;  ///< in real numbers, and in those of its type
  Quantizer type;
  std::int64_t overflows =
      0;  ///< values that did not fit; of a layer, also sums that its accumulator did not hold
  std::int64_t underflows = 0;  ///< real values that were not 0 and became 0
  std::int64_t saturated = 0;   ///< values at an end of the type
  int wasted_integer = 0;       ///< bits at the top that no real value needs; negative: so many are missing
  int wasted_fraction = 0;      ///< bits at the bottom that are 0 in every value
  Quantizer suggested;          ///< the smallest type that keeps what is used (docs/profile.md says how)

  std::int64_t values() const { return after.count + after.zeros; }
};

/// What types do to the numbers of a network.
struct Profile {
  TwinOptions options;
  std::vector<std::pair<std::string, BoxSummary>> weights_before;  ///< as the model's file has them
  std::vector<TensorProfile> constants;                            ///< of the network as it is typed
  std::vector<TensorProfile> activations;                          ///< empty without samples
  std::int64_t samples = 0;            ///< that the activations are summed up over
  std::int64_t available = 0;          ///< how many there are
  Config suggested;                    ///< the configuration with the suggested types
  std::string suggested_text;          ///< as a file
  std::int64_t suggested_samples = 0;  ///< on which it was found to overflow nowhere
  Diagnostics notes;
  bool stopped = false;  ///< the user asked for it; what is here is not whole
};

/// Reads a network, evaluates it on samples, if there are any, in real and in fixed-point numbers, and sums
/// up both. Without `options.samples` as many are taken as keep the magnitudes below 128 megabytes. The
/// suggested configuration is tried on all samples that there are, and what overflows is widened until
/// nothing does.
Result<Profile> profile(const TwinOptions& options, Progress& progress);

/// The magnitudes of what layers are given as weights, as the model's file has it.
std::vector<std::pair<std::string, BoxSummary>> weights_of(const Graph& model);
/// Likewise of a typed network, against the types. `config` is what it was typed with.
std::vector<TensorProfile> profile_constants(const Graph& typed, const Config& config);

/// The four figures: weights and activations, before and after.
std::vector<Figure> figures(const Profile& profile);

/// The first two of them, for a network whose samples are not at hand.
std::vector<Figure> weight_figures(const Graph& model, const Graph& typed);

/// For programs (docs/profile.md lists the keys).
std::string print_json(const Profile& profile);

}  // namespace gw
