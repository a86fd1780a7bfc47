#pragma once

#include "data/data_spec.h"
#include "data/dataset.h"
#include "data/fetch.h"
#include "support/result.h"

namespace gw {

/// The four files of MNIST (LeCun, Cortes, Burges, 1998): 60,000 + 10,000 handwritten digits of 28 x 28 grey
/// pixels, pinned by the SHA-256 of the uncompressed IDX files; fetch_files() gets them.
const FileSet& mnist_files();

/// Those of Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017), as large and as many, pinned as the gzip files that
/// their authors publish.
const FileSet& fashion_mnist_files();

/// Reads MNIST from the cache folder, every file checked against its pin, and splits it 54,000 / 6,000 /
/// 10,000 (split_dataset). 28 x 28 x 1, 10 classes, pixels 0 (paper) to 255 (ink). All files that are absent
/// or damaged are named in one go. Never touches the network.
Result<Split> load_mnist(const fs::path& cache);
/// Likewise any set of four such files: training images, their labels, test images, theirs.
Result<Split> load_idx_set(const FileSet& set, const fs::path& cache);

/// One set alone: reads and checks the two files that it is made of, and not the others.
Result<Dataset> load_mnist(const fs::path& cache, SplitPart part);
/// Without a part: all training images, the validation images at their end.
Result<Dataset> load_idx_set(const FileSet& set, const fs::path& cache, std::optional<SplitPart> part);

}  // namespace gw
