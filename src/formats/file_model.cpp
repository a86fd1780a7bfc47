// Whatever a network came from, what follows needs the same of it: a graph, and how the user sees its ends.

#include "formats/file_model.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "formats/keras/keras.h"
#include "formats/model_bytes.h"
#include "formats/onnx/onnx.h"
#include "formats/pt2/pt2.h"
#include "formats/tflite/file.h"
#include "formats/tflite/tflite.h"
#include "graph/model_file.h"
#include "support/files.h"
#include "support/messages.h"

namespace gw {

bool FilePort::is_permuted() const { return !std::is_sorted(axes.begin(), axes.end()); }

Shape FilePort::our_shape() const {
  Shape ours;
  for (const int axis : axes) ours.push_back(static_cast<int>(shape[static_cast<size_t>(axis)]));
  return ours;
}

namespace {

FilePort our_port(const Node& node) {
  FilePort port{node.name, {node.type.shape.begin(), node.type.shape.end()}, {}};
  port.axes.resize(port.shape.size());
  std::iota(port.axes.begin(), port.axes.end(), 0);
  return port;
}

}  // namespace

/// Our own files open with the length of a JSON text and that text, or are text themselves. An ONNX file
/// opens with the tag of one of its fields.
bool is_our_model(std::string_view bytes) {
  std::uint64_t length = 0;
  if (bytes.size() > sizeof length && bytes[sizeof length] == '{') {
    std::memcpy(&length, bytes.data(), sizeof length);
    if (length <= bytes.size() - sizeof length) return true;
  }
  const auto is_text = [](char c) { return c == '\n' || c == '\r' || c == '\t' || (c >= ' ' && c <= '~'); };
  return std::all_of(bytes.begin(), bytes.begin() + std::min<std::ptrdiff_t>(std::ssize(bytes), 16), is_text);
}

/// Python's pickles open with their protocol; PyTorch packs one as data.pkl into a zip archive, stored, of
/// which it is the first member.
bool is_pickle(std::string_view bytes) {
  constexpr std::string_view protocols[] = {"\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05"};
  constexpr size_t header = 30, name_size = 26, longest = 256;
  if (std::any_of(std::begin(protocols), std::end(protocols), [&](auto p) { return bytes.starts_with(p); }))
    return true;
  if (!bytes.starts_with("PK\x03\x04") || bytes.size() < header) return false;
  const auto size = static_cast<size_t>(static_cast<unsigned char>(bytes[name_size]));
  return bytes.substr(header, std::min(size, longest)).ends_with("data.pkl");
}

void add_builder_errors(Diagnostics& errors, const Diagnostics& more) {
  const auto follows = [](const Diagnostic& error) {
    return error.id == messages::graph_without_input.id || error.id == messages::graph_without_output.id;
  };
  const bool is_alone = errors.empty() && std::all_of(more.begin(), more.end(), follows);
  for (const Diagnostic& error : more) {
    if (is_alone || !follows(error)) errors.push_back(error);
  }
}

Result<FileModel> read_file_model(std::string_view bytes, const std::filesystem::path& path) {
  if (is_pickle(bytes)) return diagnose(messages::pytorch_pickle, {path.string()});
  if (is_pt2(bytes)) return read_pt2(bytes, path.string());
  if (is_keras(bytes)) return read_keras(bytes, path);
  if (is_tflite(bytes)) return read_tflite(bytes, path.string());
  if (!is_our_model(bytes)) return read_onnx(bytes, path.string());
  auto graph = read_model(bytes, path.string());
  if (!graph) return graph.errors();
  FileModel model{*std::move(graph), {}, {}, {}};
  for (const NodeId id : model.graph.inputs()) model.inputs.push_back(our_port(model.graph[id]));
  for (const NodeId id : model.graph.outputs()) model.outputs.push_back(our_port(model.graph[id]));
  return model;
}

Result<std::string> read_model_bytes(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path / "saved_model.pb", error)) {
    return diagnose(messages::file_unreadable, {path.string()},
                    "it is a SavedModel of TensorFlow, a folder; save the network as one file there: "
                    "model.save(\"model.keras\")");
  }
  return read_file(path);
}

Result<FileModel> load_file_model(const std::filesystem::path& path) {
  const auto bytes = read_model_bytes(path);
  if (!bytes) return bytes.errors();
  return read_file_model(*bytes, path);
}

}  // namespace gw
