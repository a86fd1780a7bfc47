#pragma once

#include <filesystem>

#include "train/model.h"

namespace gw::train {

/// A trained network whose answers another one learns from.
struct Teacher {
  Network network;
  Parameters parameters;
};

/// The teacher in a checkpoint, or in a model file (whose pixels are divided as the student's). Errors: of
/// the file; a teacher that takes other images or tells other classes apart than the student.
Result<Teacher> load_teacher(const std::filesystem::path& path, const Network& student);

}  // namespace gw::train
