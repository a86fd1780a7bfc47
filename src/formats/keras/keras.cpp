// A Keras model is an architecture, in JSON, and weights, in HDF5: together in one HDF5 file, together in a
// zip archive, or in two files. Which it is is told by the first bytes.

#include "formats/keras/keras.h"

#include <charconv>
#include <numeric>

#include <fmt/format.h>

#include "formats/keras/qkeras.h"
#include "formats/keras/reader.h"
#include "support/files.h"
#include "support/messages.h"
#include "support/zip.h"

namespace gw {

namespace {

/// Keras packs nothing, and texts not tighter than this: a small archive that holds more is made to do harm.
std::uint64_t largest_member(std::string_view archive) {
  constexpr std::uint64_t always = std::uint64_t{1} << 25, tightest = 16;
  return always + tightest * archive.size();
}

bool is_zip(std::string_view bytes) { return bytes.starts_with("PK\3\4") || bytes.starts_with("PK\5\6"); }

/// An architecture and its weights, wherever they came from.
struct KerasParts {
  std::string file;          ///< for messages
  std::string architecture;  ///< JSON
  Hdf5File weights;
  std::string version;  ///< of Keras, or ""
};

Diagnostic unreadable(const fs::path& path, std::string why) {
  return diagnose(messages::keras_unreadable, {path.string()}, std::move(why));
}

/// The one text of an attribute, or "".
std::string text_of(const Hdf5File& file, const std::string& object, const std::string& name) {
  const auto* texts = file.attribute(object, name);
  return texts && texts->size() == 1 ? (*texts)[0] : "";
}

/// The first of these files that is there, or "".
fs::path find_beside(const fs::path& path, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    std::error_code error;
    fs::path candidate = path.parent_path() / name;
    if (candidate != path && fs::is_regular_file(candidate, error)) return candidate;
  }
  return {};
}

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("'{}'", fmt::join(names, "', '"));
}

/// An archive of Keras 3: metadata.json, config.json, model.weights.h5.
Result<KerasParts> read_archive(std::string_view bytes, const fs::path& path) {
  ZipReading how;
  how.largest_member = largest_member(bytes);
  how.wanted = [](const std::string& name) {
    return name == "config.json" || name == "metadata.json" || name == "model.weights.h5";
  };
  how.fault = [&](const std::string& member, std::string why) {
    return unreadable(member.empty() ? path : path / member, "its zip archive is damaged: " + why);
  };
  auto members = read_zip(bytes, how);
  if (!members) return members.errors();
  KerasParts parts{path.string(), "", {}, ""};
  bool has_weights = false;
  for (ZipMember& member : *members) {
    if (member.name == "config.json") parts.architecture = std::move(member.bytes);
    if (member.name == "metadata.json") {
      const auto metadata = nlohmann::json::parse(member.bytes, nullptr, false);
      if (metadata.is_object() && metadata.contains("keras_version") && metadata["keras_version"].is_string())
        parts.version = metadata["keras_version"];
    }
    if (member.name != "model.weights.h5") continue;
    has_weights = true;
    auto weights = read_hdf5(member.bytes, (path / member.name).string());
    if (!weights) return weights.errors();
    parts.weights = std::move(*weights);
  }
  if (parts.architecture.empty()) return unreadable(path, "it is a zip archive without config.json");
  if (!has_weights) return unreadable(path, "it is a zip archive without model.weights.h5");
  return parts;
}

Result<KerasParts> read_json(std::string_view bytes, const fs::path& path) {
  const std::string stem = path.stem().string();
  const std::vector<std::string> names{stem + "_weights.h5", stem + ".weights.h5", stem + ".h5"};
  const fs::path beside = find_beside(path, names);
  if (beside.empty()) {
    return unreadable(path,
                      "it is an architecture without weights, and beside it is none of " + listed(names));
  }
  const auto packed = read_file(beside);
  if (!packed) return packed.errors();
  if (!is_hdf5(*packed)) return unreadable(beside, "it is no HDF5 file");
  auto weights = read_hdf5(*packed, beside.string());
  if (!weights) return weights.errors();
  KerasParts parts{path.string(), std::string(bytes), std::move(*weights), ""};
  const auto json = nlohmann::json::parse(bytes, nullptr, false);
  if (json.is_object() && json.contains("keras_version") && json["keras_version"].is_string())
    parts.version = json["keras_version"];
  return parts;
}

Result<KerasParts> read_whole(std::string_view bytes, const fs::path& path) {
  auto file = read_hdf5(bytes, path.string());
  if (!file) return file.errors();
  if (std::string config = text_of(*file, "/", "model_config"); !config.empty()) {
    KerasParts parts{path.string(), std::move(config), {}, text_of(*file, "/", "keras_version")};
    parts.weights = std::move(*file);
    return parts;
  }
  std::string stem = path.stem().string();
  for (const std::string end : {"_weights", ".weights"}) {
    if (stem.ends_with(end)) stem.resize(stem.size() - end.size());
  }
  const std::vector<std::string> names{stem + ".json"};
  const fs::path beside = find_beside(path, names);
  if (beside.empty()) {
    return unreadable(path, "it holds weights without an architecture, and beside it is no " + listed(names));
  }
  const auto architecture = read_file(beside);
  if (!architecture) return architecture.errors();
  KerasParts parts{beside.string(), *architecture, {}, text_of(*file, "/", "keras_version")};
  parts.weights = std::move(*file);
  return parts;
}

/// The number before the first point; 2 if there is none.
int first_number(const std::string& version) {
  int number = 2;
  std::from_chars(version.data(), version.data() + version.size(), number);
  return number;
}

FilePort port_of(const GraphBuilder& builder, NodeId id, const std::string& name) {
  const Shape& shape = builder.type(id).shape;
  FilePort port{name, {shape.begin(), shape.end()}, std::vector<int>(shape.size())};
  std::iota(port.axes.begin(), port.axes.end(), 0);
  return port;
}

}  // namespace

bool is_keras(std::string_view bytes) { return is_hdf5(bytes) || is_zip(bytes) || is_keras_json(bytes); }

namespace {

Result<KerasParts> read_parts(std::string_view bytes, const fs::path& path) {
  if (is_zip(bytes)) return read_archive(bytes, path);
  return is_hdf5(bytes) ? read_whole(bytes, path) : read_json(bytes, path);
}

Result<FileModel> read_model(const KerasModel& architecture, const KerasWeights& weights,
                             const KerasParts& parts) {
  KerasReader reader(architecture, weights, parts.file, first_number(parts.version));
  reader.read();
  FileModel model{{}, {}, {}, reader.aliases()};
  const auto& inputs = reader.inputs();
  for (size_t i = 0; i < inputs.size(); ++i) {
    model.inputs.push_back(port_of(reader.builder(), inputs[i], reader.input_names()[i]));
  }
  for (const auto& [id, name] : reader.outputs())
    model.outputs.push_back(port_of(reader.builder(), id, name));
  auto graph = reader.builder().build();
  Diagnostics errors = reader.take_errors();
  if (!graph) add_builder_errors(errors, graph.errors());
  if (!errors.empty()) return errors;
  model.graph = *std::move(graph);
  return model;
}

/// Classes and quantizers of a model and the models in it.
void inspect_layers(const KerasModel& model, FileInspection& found) {
  for (const KerasLayer& layer : model.layers) {
    if (layer.model) {
      inspect_layers(*layer.model, found);
      continue;
    }
    if (layer.class_name == "InputLayer") continue;
    count_by(found.operators, &FileInspection::Operators::name, {layer.class_name, 1, is_understood(layer)});
    for (const std::string& text : quantizers_of(layer)) {
      count_by(found.quantizers, &FileInspection::Quantizers::text, {text, 1});
    }
  }
}

}  // namespace

Result<FileModel> read_keras(std::string_view bytes, const std::filesystem::path& path) {
  auto parts = read_parts(bytes, path);
  if (!parts) return parts.errors();
  const auto architecture = parse_keras_model(parts->architecture, parts->file);
  if (!architecture) return architecture.errors();
  const KerasWeights weights(std::move(parts->weights), *architecture);
  return read_model(*architecture, weights, *parts);
}

Result<FileInspection> inspect_keras(std::string_view bytes, const std::filesystem::path& path) {
  auto parts = read_parts(bytes, path);
  if (!parts) return parts.errors();
  const auto architecture = parse_keras_model(parts->architecture, parts->file);
  if (!architecture) return architecture.errors();
  FileInspection found;
  found.format = is_zip(bytes)                                          ? "Keras model in an archive"
                 : text_of(parts->weights, "/", "model_config").empty() ? "Keras architecture and weights"
                                                                        : "Keras model in HDF5";
  if (!parts->version.empty()) found.format += ", Keras " + parts->version;
  for (const auto& [name, dataset] : parts->weights.datasets) {
    if (!is_idle_variable(name)) found.parameters += static_cast<std::int64_t>(dataset.values.size());
  }
  inspect_layers(*architecture, found);
  const KerasWeights weights(std::move(parts->weights), *architecture);
  auto model = read_model(*architecture, weights, *parts);
  if (model) found.model = *std::move(model);
  if (!model) found.problems = model.errors();
  return found;
}

Result<FileModel> load_keras(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  if (!bytes) return bytes.errors();
  if (!is_keras(*bytes))
    return unreadable(path, "it is neither HDF5 nor a zip archive nor the JSON of a model");
  return read_keras(*bytes, path);
}

}  // namespace gw
