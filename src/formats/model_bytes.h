#pragma once

#include <filesystem>
#include <string>

#include "support/result.h"

namespace gw {

/// The bytes of a model file. Errors: no file, a folder that TensorFlow has written.
Result<std::string> read_model_bytes(const std::filesystem::path& path);

}  // namespace gw
