#pragma once

#include <string>

#include "data/dataset.h"
#include "data/read_data.h"
#include "num/tensor.h"
#include "train/model.h"

namespace gw {

/// A set as the trainer takes it; it must outlive that.
train::Samples samples_of(const Dataset& set);

/// What a network is given of a set: pixels divided by `divide_by`, real numbers as they are.
FloatTensor numbers_of(const Dataset& set, double divide_by);

/// The data that a text names (docs/data.md), divided. Errors: of the text, which may name no part, and of
/// the files.
Result<Split> whole_data(const std::string& text, const fs::path& cache,
                         AnswerKind answers = AnswerKind::Classes);

/// The same, if the network can be trained on it. Errors also: samples or classes that do
/// not fit the network.
Result<Split> training_data(const std::string& text, const fs::path& cache, const train::Network& network);

/// Whether a network can be trained on data: its input has the shape of the samples, but for extents of 1,
/// and it tells at least their classes apart.
Status check_fit(const Split& data, const train::Network& network);

}  // namespace gw
