#pragma once

#include <map>
#include <string>

#include "data/npy.h"
#include "graph/graph.h"
#include "num/tensor.h"
#include "support/files.h"
#include "support/result.h"

namespace gw {

/// Files that are to be written, each by one.
class WrittenFiles {
 public:
  /// `who` completes "... would be written there". An error if somebody else writes there already, under
  /// whatever spelling of the path.
  Status add(const fs::path& file, std::string who);

 private:
  std::map<fs::path, std::string> by_;
};

/// What every layer of a network answers, a .npy file each: float64, samples first, channels last. They
/// appear when they are closed; what is not closed leaves nothing.
class LayerFiles {
 public:
  /// Files are named after the layers, with `ending` before ".npy"; what does not belong in the name of a
  /// file becomes '_'.
  static Result<LayerFiles> create(const fs::path& folder, const Graph& graph, const std::string& ending,
                                   WrittenFiles& written);

  /// The next samples of a layer. What goes wrong is in the status, and nothing is written from then on.
  void add(const Node& node, const Tensor& values);
  void add(const Node& node, const DoubleTensor& values);
  const Status& status() const { return status_; }
  Status close();

 private:
  std::map<std::string, NpyWriter> writers_;
  Status status_ = Done{};
};

}  // namespace gw
