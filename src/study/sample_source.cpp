// Samples from .npy files, one per input of the network, or from one of our data sets.

#include "study/sample_source.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "data/read_data.h"
#include "support/messages.h"

namespace gw {

namespace {

std::string names_of(const std::vector<Port>& ports) {
  std::string text;
  for (const Port& port : ports) text += (text.empty() ? "'" : ", '") + port.name + "'";
  return text;
}

bool fits_float(const NpyType& type) {
  return type.kind == NpyType::Kind::Float ? type.size <= 4 : type.size <= 2;
}

std::string sample_shapes(const Port& port) {
  const auto text = [](const std::vector<std::int64_t>& shape) {
    return fmt::format("(n, {})", fmt::join(shape, ", "));
  };
  const std::string ours = text(port.our_shape());
  return port.file_shape == port.our_shape() ? ours : text(port.file_shape) + " or, channels last, " + ours;
}

}  // namespace

std::vector<const NamedFile*> files_of_ports(const std::vector<NamedFile>& files,
                                             const std::vector<Port>& ports, const char* what,
                                             Diagnostics& errors) {
  std::vector<const NamedFile*> chosen(ports.size(), nullptr);
  for (const NamedFile& file : files) {
    size_t at = 0;
    if (file.name.empty() && ports.size() > 1) {
      errors.push_back(diagnose(messages::port_unnamed, {file.file.string()}, what, names_of(ports)));
      continue;
    }
    if (!file.name.empty()) {
      const auto found = std::find_if(ports.begin(), ports.end(), [&](const Port& p) {
        return p.name == file.name || p.file_name == file.name;
      });
      if (found == ports.end()) {
        std::vector<std::string> names;
        for (const Port& port : ports) names.push_back(port.name);
        errors.push_back(diagnose(messages::port_unknown, {.item = fmt::format("{} '{}'", what, file.name)},
                                  what, nearest(file.name, names), names_of(ports)));
        continue;
      }
      at = static_cast<size_t>(found - ports.begin());
    }
    if (chosen[at]) {
      errors.push_back(
          diagnose(messages::port_twice, {.item = fmt::format("{} '{}'", what, ports[at].name)}));
      continue;
    }
    chosen[at] = &file;
  }
  return chosen;
}

Result<SampleSource> SampleSource::of_arrays(const std::vector<NamedFile>& files,
                                             const std::vector<Port>& ports, ArrayLayout layout) {
  SampleSource source;
  Diagnostics errors;
  std::string counted;  // the file that gave the number of samples
  const auto collect = [&](const Diagnostics& more) {
    errors.insert(errors.end(), more.begin(), more.end());
  };
  const std::vector<const NamedFile*> chosen = files_of_ports(files, ports, "input", errors);
  for (size_t k = 0; k < ports.size(); ++k) {
    const Port& port = ports[k];
    if (!chosen[k]) {
      const bool is_told = !errors.empty();  // a name with a typing error is one mistake
      if (!is_told)
        errors.push_back(diagnose(messages::input_missing, {.item = "input '" + port.name + "'"}, port.name));
      continue;
    }
    auto reader = NpyReader::open(chosen[k]->file);
    if (!reader) {
      collect(reader.errors());
      continue;
    }
    const std::vector<std::int64_t> shape(reader->sample_shape().begin(), reader->sample_shape().end());
    const bool fits_file = shape == port.file_shape, fits_ours = shape == port.our_shape();
    if (!fits_file && !fits_ours) {
      errors.push_back(diagnose(messages::array_shape, {chosen[k]->file.string()},
                                shape_text(reader->shape()), port.name, sample_shapes(port)));
      continue;
    }
    if (source.arrays_.empty()) {
      source.count_ = reader->count();
      counted = chosen[k]->file.string();
    } else if (reader->count() != source.count_) {
      errors.push_back(diagnose(messages::sample_counts, {chosen[k]->file.string()}, reader->count(), counted,
                                source.count_));
    }
    const bool is_ours = fits_ours && (!fits_file || layout == ArrayLayout::ChannelsLast);
    source.needs_double_ |= !fits_float(reader->type());
    source.arrays_.push_back({*std::move(reader), is_ours ? Layout() : port.file_layout, port.type.shape});
  }
  if (!errors.empty()) return errors;
  return source;
}

Result<SampleSource> SampleSource::of_dataset(const std::string& name, const fs::path& cache_folder,
                                              const std::vector<Port>& ports) {
  const auto spec = parse_data(name, "--dataset");
  if (!spec) return spec.errors();
  auto images = load_part(*spec, cache_folder, "--dataset");
  if (!images) return images.errors();
  return of_images(*std::move(images), ports);
}

Result<SampleSource> SampleSource::of_images(Dataset images, const std::vector<Port>& ports) {
  const auto size = static_cast<std::int64_t>(images.image_size());
  if (ports.size() != 1 || element_count(ports[0].type.shape) != size) {
    std::string shapes;
    for (const Port& port : ports) shapes += (shapes.empty() ? "" : " and ") + to_string(port.type.shape);
    return diagnose(messages::dataset_input, {images.name}, shapes, size);
  }
  SampleSource source;
  source.count_ = images.count();
  source.images_ = std::move(images);
  source.image_shape_ = ports[0].type.shape;
  return source;
}

template <class Real>
Status SampleSource::read(std::int64_t first, std::int64_t count, std::vector<RealTensor<Real>>& into) const {
  into.clear();
  const int batch = static_cast<int>(count);
  for (const Array& array : arrays_) {
    RealTensor<Real> x{array.shape, batch,
                       std::vector<Real>(static_cast<size_t>(count * array.reader.sample_size()))};
    if (auto read = array.reader.read(first, count, std::span(x.values)); !read) return read;
    array.layout.to_ours(std::span(x.values));
    into.push_back(std::move(x));
  }
  if (arrays_.empty()) {
    RealTensor<Real> x{image_shape_, batch, {}};
    const auto size = static_cast<std::int64_t>(images_.image_size());
    if (images_.is_real()) {
      x.values.assign(images_.reals.begin() + first * size, images_.reals.begin() + (first + count) * size);
    } else {
      for (std::int64_t n = first; n < first + count; ++n) {
        for (const std::uint8_t pixel : images_.image(static_cast<int>(n)))
          x.values.push_back(static_cast<float>(pixel / 255.0));
      }
    }
    into.push_back(std::move(x));
  }
  return Done{};
}

/// The classes of all samples.
Result<std::vector<std::int64_t>> read_labels(const fs::path& file, std::int64_t samples,
                                              std::int64_t classes) {
  const auto reader = NpyReader::open(file);
  if (!reader) return reader.errors();
  if (reader->count() != samples || reader->sample_size() != 1)
    return diagnose(messages::labels_shape, {file.string()}, shape_text(reader->shape()), samples);
  std::vector<double> values(static_cast<size_t>(samples));
  if (auto read = reader->read(0, samples, std::span(values)); !read) return read.errors();
  std::vector<std::int64_t> labels;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0 || values[i] >= static_cast<double>(classes) || values[i] != std::floor(values[i])) {
      return diagnose(messages::label_value, {file.string(), 0, fmt::format("index ({},)", i)},
                      fmt::format("{}", values[i]), classes - 1);
    }
    labels.push_back(static_cast<std::int64_t>(values[i]));
  }
  return labels;
}

template Status SampleSource::read(std::int64_t, std::int64_t, std::vector<FloatTensor>&) const;
template Status SampleSource::read(std::int64_t, std::int64_t, std::vector<DoubleTensor>&) const;

}  // namespace gw
