#pragma once

#include <string>
#include <vector>

#include "data/data_spec.h"
#include "data/dataset.h"
#include "data/fetch.h"

namespace gw {

/// The data sets that are known by name: "mnist", "fashion_mnist".
std::vector<std::string> known_data();
bool is_known_data(const std::string& name);
/// Their files; the name must be known.
const FileSet& files_of_data(const std::string& name);

/// Reads the samples and divides them. Whole numbers of bytes (IDX, .npy of uint8) are pixels, everything
/// else real numbers. What has no test samples of its own gives a share of 0.2 of them, and a share of 0.1 of
/// the rest is for validation: drawn by the seed (1), but for data sets and folders of IDX files the last
/// ones, unless a seed is said. Known sets are read from the cache, never from the network. Errors name the
/// file and the place: samples and labels that do not belong together, labels that are none, numbers that are
/// not finite, parts that would be empty. Wanted numbers are the second array, (n) or (n, outputs), or the
/// label's column of a table; other sources have none.
Result<Split> load_data(const DataSpec& spec, const fs::path& cache,
                        AnswerKind answers = AnswerKind::Classes);

/// The part that the notation names; without one every sample, which a set with parts of its own refuses.
Result<Dataset> load_part(const DataSpec& spec, const fs::path& cache, const std::string& option = "--data");

}  // namespace gw
