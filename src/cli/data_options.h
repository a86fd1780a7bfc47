#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "study/twin.h"

namespace gw::cli {

/// "name=x.npy" or "x.npy": what stands before the first '=' is a name unless there is a file of that path.
std::vector<NamedFile> named_files(const std::vector<std::string>& texts);

/// The arrays among what --data was given; labelled samples, which docs/data.md tells of, become `dataset`.
std::vector<NamedFile> arrays_of(const std::vector<std::string>& texts, std::string& dataset);

/// What commands are told alike that look at a network with samples.
struct DataOptions {
  TwinOptions twin;
  std::vector<std::string> inputs;
};

/// Declares MODEL, --config, --data, --dataset, --samples, --threads and --cache. `options` has to outlive
/// the parsing.
void declare_data(CLI::App& app, DataOptions& options);

/// The options with files and cache folder filled in. An error if samples are needed and none are given.
Result<TwinOptions> data_of(const DataOptions& options, bool needs_samples, Session& session);

}  // namespace gw::cli
