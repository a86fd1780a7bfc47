// Arrays are read where they lie: a range of samples is one run of bytes in a row-major file, and one run for
// each element of a sample in a column-major one, where the samples' index runs fastest. A whole array is the
// range of all its samples, so that there is one way to read.

#include "data/npy.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/npy_header.h"
#include "support/files.h"
#include "support/messages.h"

namespace gw {

namespace {

/// Product of the extents, or nothing if no file could hold so many elements.
std::optional<std::int64_t> product(std::span<const std::int64_t> shape) {
  constexpr std::int64_t most = std::int64_t{1} << 56;
  std::int64_t count = 1;
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  for (const std::int64_t extent : shape) {
    if (count > most / extent) return std::nullopt;
    count *= extent;
  }
  return count;
}

/// The index of a row-major position: "index (3, 0, 2)".
std::string index_text(std::int64_t position, std::span<const std::int64_t> shape) {
  std::vector<std::int64_t> index(shape.size());
  for (size_t axis = shape.size(); axis-- > 0; position /= shape[axis]) index[axis] = position % shape[axis];
  return "index " + shape_text(index);
}

struct FileCloser {
  int file;
  explicit FileCloser(int opened) : file(opened) {}
  FileCloser(const FileCloser&) = delete;
  FileCloser& operator=(const FileCloser&) = delete;
  ~FileCloser() { ::close(file); }
};

bool read_at(int file, std::int64_t offset, std::span<char> into) {
  while (!into.empty()) {
    const ssize_t step = ::pread(file, into.data(), into.size(), offset);
    if (step < 0 && errno == EINTR) continue;
    if (step == 0) errno = ENODATA;
    if (step <= 0) return false;
    into = into.subspan(static_cast<size_t>(step));
    offset += step;
  }
  return true;
}

}  // namespace

std::string shape_text(std::span<const std::int64_t> shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

Result<NpyReader> NpyReader::over(Source source, std::int64_t size, std::string file) {
  std::string start(static_cast<size_t>(std::min(size, max_npy_header + 12)), '\0');
  if (!source(0, start)) return diagnose(messages::file_unreadable, {file}, std::strerror(errno));
  auto header = parse_npy_header(start, file);
  if (!header) return header.errors();
  const auto count = product(header->shape);
  const std::int64_t present = size - header->size;
  if (!count || *count * header->type.size != present) {
    return diagnose(messages::npy_size, {file}, shape_text(header->shape), to_string(header->type), present);
  }
  NpyReader reader;
  reader.file_ = std::move(file);
  reader.source_ = std::move(source);
  reader.type_ = header->type;
  reader.column_major_ = header->column_major;
  reader.data_ = header->size;
  reader.shape_ = std::move(header->shape);
  for (size_t axis = 1; axis < reader.shape_.size(); ++axis) reader.sample_size_ *= reader.shape_[axis];
  return reader;
}

Result<NpyReader> NpyReader::open(const std::filesystem::path& path) {
  const auto unreadable = [&](const char* why) {
    return diagnose(messages::file_unreadable, {path.string()}, why);
  };
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return unreadable(std::strerror(errno));
  const auto file = std::make_shared<FileCloser>(descriptor);
  struct stat facts;
  if (::fstat(descriptor, &facts) != 0) return unreadable(std::strerror(errno));
  if (S_ISDIR(facts.st_mode)) return unreadable("it is a folder");
  auto reader =
      over([file](std::int64_t offset, std::span<char> into) { return read_at(file->file, offset, into); },
           facts.st_size, path.string());
  if (reader && (reader->shape_.empty() || product(reader->shape_) == 0)) {
    return diagnose(messages::npy_no_samples, {path.string()}, shape_text(reader->shape_));
  }
  return reader;
}

template <class T>
Status NpyReader::gather(std::int64_t first, std::int64_t count, std::span<T> into) const {
  GW_CHECK(static_cast<std::int64_t>(into.size()) == count * sample_size_);
  const auto fetch = [&](std::int64_t element, std::string& bytes) {
    return source_(data_ + element * type_.size, bytes);
  };
  const auto failed = [&] { return diagnose(messages::file_unreadable, {file_}, std::strerror(errno)); };
  if (!column_major_) {
    std::string bytes(into.size() * static_cast<size_t>(type_.size), '\0');
    if (!fetch(first * sample_size_, bytes)) return failed();
    decode(type_, bytes.data(), into);
    return Done{};
  }
  const std::int64_t samples = shape_.empty() ? 1 : shape_[0];
  std::string bytes(static_cast<size_t>(count * type_.size), '\0');
  std::vector<T> run(static_cast<size_t>(count));
  for (std::int64_t element = 0; element < sample_size_; ++element) {
    // The row-major position within the sample, its digits turned round.
    std::int64_t column = 0, scale = 1, rest = element, below = sample_size_;
    for (size_t axis = 1; axis < shape_.size(); ++axis) {
      below /= shape_[axis];
      column += rest / below * scale;
      rest %= below;
      scale *= shape_[axis];
    }
    if (!fetch(column * samples + first, bytes)) return failed();
    decode(type_, bytes.data(), std::span<T>(run));
    for (std::int64_t i = 0; i < count; ++i) {
      into[static_cast<size_t>(i * sample_size_ + element)] = run[static_cast<size_t>(i)];
    }
  }
  return Done{};
}

template <class T>
Status NpyReader::read_finite(std::int64_t first, std::int64_t count, std::span<T> into) const {
  GW_CHECK(first >= 0 && count >= 0 && first + count <= this->count());
  if (auto status = gather(first, count, into); !status) return status;
  const auto is_bad = [](T value) { return !std::isfinite(value); };
  const auto bad = std::find_if(into.begin(), into.end(), is_bad);
  if (bad == into.end()) return Done{};
  const std::int64_t position = first * sample_size_ + (bad - into.begin());
  double value = *bad;
  if constexpr (std::is_same_v<T, float>) {  // what is infinite here may be a large double in the file
    std::vector<double> sample(static_cast<size_t>(sample_size_));
    if (auto status = gather(position / sample_size_, 1, std::span(sample)); !status) return status;
    value = sample[static_cast<size_t>(position % sample_size_)];
  }
  return diagnose(messages::npy_not_finite, {file_, 0, index_text(position, shape_)},
                  fmt::format("{}", value), std::is_same_v<T, float> ? "single" : "double",
                  std::count_if(bad, into.end(), is_bad));
}

Status NpyReader::read(std::int64_t first, std::int64_t count, std::span<float> into) const {
  return read_finite(first, count, into);
}
Status NpyReader::read(std::int64_t first, std::int64_t count, std::span<double> into) const {
  return read_finite(first, count, into);
}

Result<NpyArray> parse_npy(std::string_view bytes, const std::string& file) {
  const auto copy = [bytes](std::int64_t offset, std::span<char> into) {
    std::copy_n(bytes.data() + offset, into.size(), into.data());
    return true;
  };
  const auto reader = NpyReader::over(copy, static_cast<std::int64_t>(bytes.size()), file);
  if (!reader) return reader.errors();
  NpyArray array{reader->type(), reader->shape(), {}};
  const std::int64_t samples = array.shape.empty() ? 1 : array.shape[0];
  array.values.resize(static_cast<size_t>(samples * reader->sample_size()));
  if (auto status = reader->gather(0, samples, std::span(array.values)); !status) return status.errors();
  return array;
}

Result<NpyArray> load_npy(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  if (!bytes) return bytes.errors();
  return parse_npy(*bytes, path.string());
}

std::string print_npy(const NpyArray& array) {
  GW_CHECK(product(array.shape) == static_cast<std::int64_t>(array.values.size()));
  std::string bytes = print_npy_header(array.type, array.shape);
  encode(array.type, std::span(array.values), bytes);
  return bytes;
}

Status save_npy(const std::filesystem::path& path, const NpyArray& array) {
  return write_file(path, print_npy(array));
}

namespace {

std::vector<std::int64_t> with_count(std::int64_t count, const std::vector<std::int64_t>& sample_shape) {
  std::vector<std::int64_t> shape{count};
  shape.insert(shape.end(), sample_shape.begin(), sample_shape.end());
  return shape;
}

}  // namespace

NpyWriter::NpyWriter(PendingFile file, NpyType type, std::vector<std::int64_t> sample_shape)
    : file_(std::move(file)), type_(type), sample_shape_(std::move(sample_shape)) {
  const auto size = product(sample_shape_);
  GW_CHECK(size && *size > 0);
  sample_size_ = *size;
}

Result<NpyWriter> NpyWriter::create(const std::filesystem::path& path, NpyType type,
                                    std::vector<std::int64_t> sample_shape) {
  auto file = PendingFile::create(path);
  if (!file) return file.errors();
  if (auto status = file->append(print_npy_header(type, with_count(0, sample_shape))); !status) {
    return status.errors();
  }
  return NpyWriter(*std::move(file), type, std::move(sample_shape));
}

template <class T>
Status NpyWriter::append_samples(std::span<const T> samples) {
  GW_CHECK(static_cast<std::int64_t>(samples.size()) % sample_size_ == 0);
  std::string bytes;
  encode(type_, samples, bytes);
  if (auto status = file_.append(bytes); !status) return status;
  count_ += static_cast<std::int64_t>(samples.size()) / sample_size_;
  return Done{};
}

Status NpyWriter::append(std::span<const float> samples) { return append_samples(samples); }
Status NpyWriter::append(std::span<const double> samples) { return append_samples(samples); }

Status NpyWriter::close() {
  const std::string header = print_npy_header(type_, with_count(count_, sample_shape_));
  if (auto status = file_.overwrite(0, header); !status) return status;
  return file_.commit();
}

}  // namespace gw
