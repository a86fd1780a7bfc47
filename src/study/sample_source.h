#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/npy.h"
#include "study/port.h"
#include "support/files.h"

namespace gw {

/// A file for one input or output; the name may be left out where there is only one.
struct NamedFile {
  std::string name;
  fs::path file;
};

/// In which order answers are written, and read where an array's shape fits both.
enum class ArrayLayout {
  Model,        ///< that of the model's file
  ChannelsLast  ///< ours
};

/// For each port the file that names it, or null. Errors: a name that no port has, no name where there are
/// several ports, two files for one port. `what` is "input" or "output".
std::vector<const NamedFile*> files_of_ports(const std::vector<NamedFile>& files,
                                             const std::vector<Port>& ports, const char* what,
                                             Diagnostics& errors);

/// Where samples come from: one array on disk per input, or a data set. Read in parts.
class SampleSource {
 public:
  /// An array has the shape that the model's file gives the input or ours, samples first. Errors: inputs
  /// without a file, shapes, numbers of samples that differ, what NpyReader finds wrong.
  static Result<SampleSource> of_arrays(const std::vector<NamedFile>& files, const std::vector<Port>& ports,
                                        ArrayLayout layout);
  /// Labelled samples in the notation of docs/data.md, "mnist:test"; known sets from the cache.
  static Result<SampleSource> of_dataset(const std::string& name, const fs::path& cache_folder,
                                         const std::vector<Port>& ports);
  /// Images whose pixels are divided by 255, or real numbers. An image must have as many values as the one
  /// input of the network.
  static Result<SampleSource> of_images(Dataset images, const std::vector<Port>& ports);

  std::int64_t count() const { return count_; }
  /// Whether some array holds numbers that a float may not.
  bool needs_double() const { return needs_double_; }
  /// The classes of a data set's samples; empty for arrays.
  std::span<const std::uint8_t> labels() const { return images_.labels; }

  /// Samples [first, first + count), one tensor per input, channels last. Errors: values that are not finite.
  template <class Real>
  Status read(std::int64_t first, std::int64_t count, std::vector<RealTensor<Real>>& into) const;

 private:
  struct Array {
    NpyReader reader;
    Layout layout;
    Shape shape;
  };
  std::vector<Array> arrays_;
  Dataset images_;  ///< if there are no arrays
  Shape image_shape_;
  std::int64_t count_ = 0;
  bool needs_double_ = false;
};

/// The classes of all samples from a .npy file: whole numbers in [0, classes), one a sample.
Result<std::vector<std::int64_t>> read_labels(const fs::path& file, std::int64_t samples,
                                              std::int64_t classes);

}  // namespace gw
