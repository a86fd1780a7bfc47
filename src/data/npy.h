#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/npy_type.h"
#include "support/pending_file.h"
#include "support/result.h"

namespace gw {

/// NumPy's .npy format (numpy/lib/format.py): "\x93NUMPY", version 1.0, 2.0 or 3.0, the length of a header,
/// the header, which is a Python dictionary of element type, order and shape, then the elements without a
/// gap.

/// An array in memory, its values as doubles: exact for every type but integers beyond 2^53, which are
/// rounded.
struct NpyArray {
  NpyType type;                     ///< as it was in the file, or is to be
  std::vector<std::int64_t> shape;  ///< empty for a single number; an extent may be 0
  std::vector<double> values;       ///< row-major, whatever the order in the file
};

/// "(64, 5)", "(3,)", "()".
std::string shape_text(std::span<const std::int64_t> shape);

/// Samples out of an array on disk, as many at a time as the caller wants, so that memory does not grow with
/// the file. The first extent counts samples.
class NpyReader {
 public:
  /// Opens a file of samples and checks header and length. Errors: not a .npy file, an element type that is
  /// no number, more or fewer bytes than the header says, no samples or samples without elements.
  static Result<NpyReader> open(const std::filesystem::path& path);

  const NpyType& type() const { return type_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  /// The shape of one sample.
  std::span<const std::int64_t> sample_shape() const { return std::span(shape_).subspan(1); }
  std::int64_t count() const { return shape_[0]; }
  std::int64_t sample_size() const { return sample_size_; }

  /// Reads samples [first, first + count), which must be there; `into` has count * sample_size() elements and
  /// is row-major. Floats are rounded to the nearest one. A number that is not finite, or not as a float, is
  /// an error that names its index and value.
  Status read(std::int64_t first, std::int64_t count, std::span<float> into) const;
  Status read(std::int64_t first, std::int64_t count, std::span<double> into) const;

 private:
  friend Result<NpyArray> parse_npy(std::string_view bytes, const std::string& file);
  /// Fills a buffer from a place in the file; false if that failed.
  using Source = std::function<bool(std::int64_t offset, std::span<char> into)>;

  NpyReader() = default;
  static Result<NpyReader> over(Source source, std::int64_t size, std::string file);
  template <class T>
  Status gather(std::int64_t first, std::int64_t count, std::span<T> into) const;
  template <class T>
  Status read_finite(std::int64_t first, std::int64_t count, std::span<T> into) const;

  std::string file_;
  Source source_;
  NpyType type_;
  std::vector<std::int64_t> shape_;
  bool column_major_ = false;
  std::int64_t data_ = 0;  ///< where the elements begin
  std::int64_t sample_size_ = 1;
};

/// A whole array; infinite values and NaN are read as they are. `file` is only used in messages.
Result<NpyArray> parse_npy(std::string_view bytes, const std::string& file);
Result<NpyArray> load_npy(const std::filesystem::path& path);

/// The bytes of a file, version 1.0, row-major. The values must be as many as the shape says and be values of
/// an integer type if that is the array's.
std::string print_npy(const NpyArray& array);
Status save_npy(const std::filesystem::path& path, const NpyArray& array);

/// Writes samples one batch after the other; the file appears, whole, when it is closed.
class NpyWriter {
 public:
  static Result<NpyWriter> create(const std::filesystem::path& path, NpyType type,
                                  std::vector<std::int64_t> sample_shape);

  /// Any number of whole samples.
  Status append(std::span<const float> samples);
  Status append(std::span<const double> samples);
  std::int64_t count() const { return count_; }

  /// Says in the header how many samples there are and moves the file to its place. Without it nothing is
  /// left.
  Status close();

 private:
  NpyWriter(PendingFile file, NpyType type, std::vector<std::int64_t> sample_shape);
  template <class T>
  Status append_samples(std::span<const T> samples);

  PendingFile file_;
  NpyType type_;
  std::vector<std::int64_t> sample_shape_;
  std::int64_t sample_size_ = 1, count_ = 0;
};

}  // namespace gw
