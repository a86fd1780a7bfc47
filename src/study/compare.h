#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/box_summary.h"
#include "report/figure.h"
#include "report/roc.h"
#include "study/twin.h"

namespace gw {

/// How far a layer's fixed-point answers are from the real ones, over all samples.
struct LayerDifference {
  std::string name;
  Quantizer type;
  double norm = 0;                                     ///< Euclidean, of the real answers
  double difference_norm = 0;                          ///< of fixed - real
  double relative_error = 0;                           ///< difference_norm / norm; 0 if both are 0
  double mean_difference = 0, largest_difference = 0;  ///< of fixed - real; the largest by its magnitude
  double correlation = 1;                              ///< Pearson's; 1 if either never changes
  BoxSummary differences;                              ///< of the magnitudes of fixed - real
  std::int64_t overflows = 0;
};

/// From this relative error on a layer counts as wrong.
inline constexpr double wrong_layer = 0.1;

/// The classes that both networks answer, where the right ones are known.
struct ClassComparison {
  double real_accuracy = 0, fixed_accuracy = 0;
  std::vector<std::vector<std::int64_t>>
      confusion;                 ///< [right class][answered class], in fixed-point numbers
  std::vector<Roc> real, fixed;  ///< per class
};

struct Comparison {
  TwinOptions options;
  std::int64_t samples = 0;
  std::vector<LayerDifference> layers;  ///< inputs and layers in order
  std::string first_wrong;              ///< the first layer that goes wrong; empty: none does
  std::optional<ClassComparison> classes;
  Diagnostics notes;
  bool stopped = false;
};

/// Evaluates a network in real and in fixed-point numbers, layer beside layer. `labels` is a .npy file of the
/// right classes; empty: those of the data set, if it is one. Without `options.samples` as many samples are
/// taken as keep the differences below 128 megabytes.
Result<Comparison> compare_networks(const TwinOptions& options, const fs::path& labels, Progress& progress);

/// Relative errors and differences by layer, confusion matrix, ROC curves.
std::vector<Figure> figures(const Comparison& comparison);

/// For programs (docs/compare.md lists the keys).
std::string print_json(const Comparison& comparison);

}  // namespace gw
