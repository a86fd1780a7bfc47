#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "formats/file_model.h"
#include "formats/inspect.h"

namespace gw {

/// Reads a network from a file of Keras or QKeras (docs/keras.md): a whole model as HDF5 (.h5) or as an
/// archive
/// (.keras), whatever its name ends with, or an architecture (.json) and weights beside each other
/// ("net.json" and "net_weights.h5", "net.weights.h5" or "net.h5"; either may be given). What layers and
/// weights are quantised with stands in the graph. Errors: all that is not understood, by layer, class,
/// attribute and value.
Result<FileModel> load_keras(const std::filesystem::path& path);

/// As above from the bytes of a file; `path` tells messages apart, and where the other half of a model lies.
Result<FileModel> read_keras(std::string_view bytes, const std::filesystem::path& path);

/// What such a file holds (inspect.h). Errors: a file that is none, or whose description cannot be followed.
Result<FileInspection> inspect_keras(std::string_view bytes, const std::filesystem::path& path);

/// True if the bytes are HDF5, a zip archive, or JSON that describes a model.
bool is_keras(std::string_view bytes);

}  // namespace gw
