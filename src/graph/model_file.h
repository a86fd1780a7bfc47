#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "graph/graph.h"

namespace gw {

/// Our own model file: a safetensors container with the weights as F32 tensors named after their nodes and
/// the architecture as JSON text in its metadata (docs/model-file.md). It holds real weights, or those of a
/// quantised network with their types; what a configuration makes of them is computed anew each time.
inline constexpr const char* graph_metadata_key = "gatewright.graph";

/// What else is said of a model: texts by key, as a trainer or importer chooses.
using ModelMetadata = std::map<std::string, std::string>;

/// The bytes of a model file. A constant that is quantised must have values of 24 significant bits at most;
/// `metadata` must not use graph_metadata_key. Equal graphs give equal bytes.
std::string print_model(const Graph& graph, const ModelMetadata& metadata = {});

/// Reads what print_model writes. Kinds, attributes, keys and tensors that are not understood are errors, all
/// of them in one run. `file` is only used in messages.
Result<Graph> parse_model(std::string_view bytes, const std::string& file);

/// Written whole or not at all.
Status save_model(const std::filesystem::path& path, const Graph& graph, const ModelMetadata& metadata = {});
/// Reads the bytes of a model file or the text form of a graph (text.h), whichever it is.
Result<Graph> read_model(std::string_view bytes, const std::string& file);
/// Likewise from disk.
Result<Graph> load_model(const std::filesystem::path& path);

}  // namespace gw
