// From the notation to samples. Each kind of source has a function that reads all of it: training samples,
// and test samples where it has them. What is whole is then divided, so that splits are the same for every
// kind.

#include "data/read_data.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "data/csv.h"
#include "data/gzip.h"
#include "data/idx.h"
#include "data/mnist.h"
#include "data/npz.h"
#include "support/messages.h"
#include "support/random.h"

namespace gw {

namespace {

constexpr int most_classes = 256;

const std::vector<const FileSet*>& known_sets() {
  static const std::vector<const FileSet*> sets{&mnist_files(), &fashion_mnist_files()};
  return sets;
}

/// What a source holds before anything is divided.
struct Whole {
  Dataset samples;
  std::optional<Dataset> test;  ///< its own test samples
  bool is_ordered = false;      ///< validation samples are the last ones unless a seed is said
};

// "file.npy: index (3, 2)" of an element of an array.
Place place_of(const std::string& file, const std::vector<std::int64_t>& shape, size_t element) {
  std::vector<std::int64_t> index(shape.size());
  auto rest = static_cast<std::int64_t>(element);
  for (size_t d = shape.size(); d-- > 0; rest /= shape[d]) index[d] = rest % shape[d];
  return {file, 0, "index " + shape_text(index)};
}

// All values, which must be finite in single precision.
Status take_numbers(const NpyArray& array, const std::string& file, std::vector<float>& to) {
  const auto is_bad = [](double value) { return !std::isfinite(static_cast<float>(value)); };
  const auto bad = std::find_if(array.values.begin(), array.values.end(), is_bad);
  if (bad != array.values.end())
    return diagnose(messages::npy_not_finite,
                    place_of(file, array.shape, static_cast<size_t>(bad - array.values.begin())),
                    fmt::format("{}", *bad), "single", std::count_if(bad, array.values.end(), is_bad));
  to.assign(array.values.begin(), array.values.end());
  return Done{};
}

Status take_samples(const NpyArray& array, const std::string& file, Dataset& set) {
  const auto& shape = array.shape;
  if (shape.size() < 2 || shape.size() > 4 || std::find(shape.begin(), shape.end(), 0) != shape.end())
    return diagnose(messages::samples_shape, {file}, shape_text(shape));
  const auto extent = [&](size_t axis) { return static_cast<int>(shape[axis]); };
  set.height = shape.size() > 2 ? extent(1) : 1;
  set.width = shape.size() > 2 ? extent(2) : 1;
  set.channels = shape.size() == 2 ? extent(1) : shape.size() == 4 ? extent(3) : 1;
  if (array.type.kind == NpyType::Kind::Unsigned && array.type.size == 1) {
    for (const double value : array.values) set.pixels.push_back(static_cast<std::uint8_t>(value));
    return Done{};
  }
  return take_numbers(array, file, set.reals);
}

// Real numbers to be answered, one a sample or a row.
Status take_targets(const NpyArray& array, const std::string& file, std::int64_t samples, Dataset& set) {
  const auto& shape = array.shape;
  if (shape.empty() || shape.size() > 2 || shape.back() < 1)
    return diagnose(messages::targets_shape, {file}, shape_text(shape), samples);
  set.outputs = shape.size() == 2 ? static_cast<int>(shape[1]) : 1;
  return take_numbers(array, file, set.targets);
}

// Whole numbers, one a sample, or a row of zeros with a single one.
Status take_labels(const NpyArray& array, const std::string& file, std::int64_t samples, Dataset& set) {
  const auto& shape = array.shape;
  const std::int64_t width = shape.size() == 2 ? shape[1] : 1;
  if (shape.empty() || shape.size() > 2 || width < 1)
    return diagnose(messages::labels_shape, {file}, shape_text(shape), samples);
  if (width > most_classes) return diagnose(messages::too_many_classes, {file}, width);
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    const auto row =
        std::span(array.values).subspan(static_cast<size_t>(n * width), static_cast<size_t>(width));
    if (width > 1) {
      const auto one = std::find(row.begin(), row.end(), 1);
      if (one == row.end() || std::count(row.begin(), row.end(), 0) != width - 1)
        return diagnose(messages::one_hot_row, {file, 0, fmt::format("row {}", n)}, width);
      set.labels.push_back(static_cast<std::uint8_t>(one - row.begin()));
      continue;
    }
    const double label = row[0];
    if (!(label >= 0 && label < most_classes) || label != std::floor(label))
      return diagnose(messages::label_value, place_of(file, shape, static_cast<size_t>(n)),
                      fmt::format("{}", label), most_classes - 1);
    set.labels.push_back(static_cast<std::uint8_t>(label));
  }
  set.classes =
      width > 1 ? static_cast<int>(width) : *std::max_element(set.labels.begin(), set.labels.end()) + 1;
  return Done{};
}

Result<Dataset> join(const NpyArray& samples, const std::string& samples_file, const NpyArray& labels,
                     const std::string& labels_file, const std::string& name, AnswerKind answers) {
  Dataset set;
  set.name = name;
  if (auto taken = take_samples(samples, samples_file, set); !taken) return taken.errors();
  if (!labels.shape.empty() && labels.shape[0] != samples.shape[0])
    return diagnose(messages::sample_counts, {labels_file}, labels.shape[0], samples_file, samples.shape[0]);
  const auto take = answers == AnswerKind::Numbers ? take_targets : take_labels;
  if (auto taken = take(labels, labels_file, samples.shape[0], set); !taken) return taken.errors();
  return set;
}

Result<Whole> read_npz(const std::string& file, AnswerKind answers) {
  auto arrays = load_npz(file);
  if (!arrays) return arrays.errors();
  const auto pair = [&](const char* x, const char* y) -> std::optional<Result<Dataset>> {
    if (!arrays->contains(x) || !arrays->contains(y)) return std::nullopt;
    const auto member = [&](const char* name) { return fmt::format("{}/{}.npy", file, name); };
    return join(arrays->at(x), member(x), arrays->at(y), member(y), file, answers);
  };
  auto whole = pair("x", "y");
  std::optional<Result<Dataset>> test;
  if (!whole) whole = pair("x_train", "y_train"), test = pair("x_test", "y_test");
  if (!whole) {
    std::string names;
    for (const auto& [name, array] : *arrays) names += (names.empty() ? "" : ", ") + name;
    return diagnose(messages::npz_arrays, {file}, names);
  }
  if (!*whole) return whole->errors();
  if (test && !*test) return test->errors();
  return Whole{**std::move(whole), test ? std::optional(**std::move(test)) : std::nullopt, false};
}

Result<Dataset> read_files(const std::string& samples, const std::string& labels, const std::string& name,
                           AnswerKind answers) {
  if (samples.ends_with(".npy") || labels.ends_with(".npy")) {
    const auto x = load_npy(samples), y = load_npy(labels);
    Diagnostics errors;
    for (const auto* array : {&x, &y}) {
      if (!*array) errors.insert(errors.end(), array->errors().begin(), array->errors().end());
    }
    if (!errors.empty()) return errors;
    return join(*x, samples, *y, labels, name, answers);
  }
  auto x = read_idx(samples), y = read_idx(labels);
  Diagnostics errors;
  for (const auto* array : {&x, &y}) {
    if (!*array) errors.insert(errors.end(), array->errors().begin(), array->errors().end());
  }
  if (!errors.empty()) return errors;
  const int classes = y->values.empty() ? 1 : *std::max_element(y->values.begin(), y->values.end()) + 1;
  return dataset_from_idx(name, classes, *std::move(x), *std::move(y));
}

// The four files of MNIST's names, whoever made them.
Result<Whole> read_folder(const fs::path& folder) {
  const auto find = [&](const std::string& name) -> std::string {
    for (const std::string& spelling : idx_spellings(name)) {
      std::error_code ignored;
      if (fs::exists(folder / spelling, ignored)) return (folder / spelling).string();
    }
    return "";
  };
  std::vector<std::string> files;
  Diagnostics errors;
  for (const PinnedFile& file : mnist_files().files) {
    files.push_back(find(file.name));
    if (files.back().empty())
      errors.push_back(diagnose(messages::data_not_in_folder, {folder.string(), 0, file.name},
                                fmt::format("{}", fmt::join(idx_spellings(file.name), ", "))));
  }
  if (!errors.empty()) return errors;
  auto training = read_files(files[0], files[1], folder.string(), AnswerKind::Classes);
  if (!training) return training.errors();
  auto test = read_files(files[2], files[3], folder.string(), AnswerKind::Classes);
  if (!test) return test.errors();
  return Whole{*std::move(training), *std::move(test), true};
}

Result<Whole> read_whole(const DataSpec& spec, const fs::path& cache, const std::string& option,
                         AnswerKind answers) {
  const std::string& first = spec.sources.empty() ? spec.text : spec.sources.front();
  const auto alone = [&]() -> Status {
    if (spec.sources.size() < 2) return Done{};
    return diagnose(messages::data_source_too_many, {spec.sources[1]});
  };
  std::error_code ignored;
  const bool is_known = is_known_data(first), is_folder = !is_known && fs::is_directory(first, ignored);
  if (is_known || is_folder || first.ends_with(".npz") || first.ends_with(".csv")) {
    if (auto fine = alone(); !fine) return fine.errors();
    if (is_folder) return read_folder(first);
    if (first.ends_with(".npz")) return read_npz(first, answers);
    if (first.ends_with(".csv")) {
      auto table = read_csv(first, spec.label, answers);
      if (!table) return table.errors();
      return Whole{*std::move(table), std::nullopt, false};
    }
    const FileSet& set = files_of_data(first);
    auto training = load_idx_set(set, cache, std::nullopt);
    if (!training) return training.errors();
    auto test = load_idx_set(set, cache, SplitPart::Test);
    if (!test) return test.errors();
    return Whole{*std::move(training), *std::move(test), true};
  }
  if (!fs::exists(first, ignored))
    return diagnose(messages::data_unknown, {.item = option + " " + first},
                    fmt::format("{}", fmt::join(known_data(), ", ")));
  if (spec.sources.size() > 2) return diagnose(messages::data_source_too_many, {spec.sources[2]});
  if (spec.sources.size() < 2) return diagnose(messages::data_unlabelled, {first}, first);
  auto samples = read_files(first, spec.sources[1], spec.text, answers);
  if (!samples) return samples.errors();
  return Whole{*std::move(samples), std::nullopt, false};
}

// Fisher, Yates 1938.
Dataset shuffled(const Dataset& set, std::uint64_t seed) {
  std::vector<int> order(static_cast<size_t>(set.count()));
  std::iota(order.begin(), order.end(), 0);
  Random random(seed);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return set.picked(order);
}

Result<Split> divide(Whole whole, const DataSpec& spec) {
  constexpr double usual_test = 0.2, usual_validation = 0.1;
  Dataset& all = whole.samples;
  const int count = all.count();
  if (!whole.is_ordered || spec.seed) all = shuffled(all, spec.seed.value_or(1));
  Split split;
  const auto last = [&](double share) {
    const int size = static_cast<int>(share * all.count());
    Dataset some = all.slice(all.count() - size, size);
    all = all.slice(0, all.count() - size);
    return some;
  };
  split.test = whole.test ? *std::move(whole.test) : last(spec.test.value_or(usual_test));
  split.validation = last(spec.validation.value_or(usual_validation));
  split.train = std::move(all);
  const int classes = std::max({split.train.classes, split.validation.classes, split.test.classes});
  for (Dataset* part : {&split.train, &split.validation, &split.test}) {
    part->classes = classes;
    part->name = spec.text;
  }
  const auto too_few = [&](const char* part) {
    return diagnose(messages::data_too_few, {spec.text}, count, part);
  };
  if (split.train.count() == 0) return too_few("training");
  if (split.validation.count() == 0 && spec.validation != 0.0) return too_few("validation");
  if (split.test.count() == 0 && spec.test != 0.0) return too_few("test");
  return split;
}

}  // namespace

std::vector<std::string> known_data() {
  std::vector<std::string> names;
  for (const FileSet* set : known_sets()) names.push_back(set->name);
  return names;
}

bool is_known_data(const std::string& name) {
  const auto& sets = known_sets();
  return std::any_of(sets.begin(), sets.end(), [&](const FileSet* set) { return set->name == name; });
}

const FileSet& files_of_data(const std::string& name) {
  for (const FileSet* set : known_sets()) {
    if (set->name == name) return *set;
  }
  GW_CHECK(false);
  return mnist_files();
}

Result<Split> load_data(const DataSpec& spec, const fs::path& cache, AnswerKind answers) {
  auto whole = read_whole(spec, cache, "--data", answers);
  if (!whole) return whole.errors();
  return divide(*std::move(whole), spec);
}

Result<Dataset> load_part(const DataSpec& spec, const fs::path& cache, const std::string& option) {
  const std::string& first = spec.sources.empty() ? spec.text : spec.sources.front();
  if (!spec.part) {
    std::error_code ignored;
    if (is_known_data(first) || fs::is_directory(first, ignored))
      return diagnose(messages::unknown_value, {.item = option}, spec.text, spec.text + ":test");
    auto whole = read_whole(spec, cache, option, AnswerKind::Classes);
    if (!whole) return whole.errors();
    if (whole->test)
      return diagnose(messages::unknown_value, {.item = option}, spec.text, spec.text + ":test");
    return std::move(whole->samples);
  }
  // The usual parts of a known set need not all of its files.
  if (is_known_data(first) && spec.sources.size() == 1 && !spec.seed && !spec.validation)
    return load_idx_set(files_of_data(first), cache, *spec.part);
  auto split = load_data(spec, cache);
  if (!split) return split.errors();
  return *spec.part == SplitPart::Train        ? std::move(split->train)
         : *spec.part == SplitPart::Validation ? std::move(split->validation)
                                               : std::move(split->test);
}

}  // namespace gw
