// What a file holds, before anything is asked of it. Each format tells it in its own words; ours are the
// kinds of layers and the types that they state.

#include "formats/inspect.h"

#include "formats/keras/keras.h"
#include "formats/model_bytes.h"
#include "formats/onnx/onnx.h"
#include "formats/pt2/pt2.h"
#include "formats/tflite/file.h"
#include "formats/tflite/tflite.h"
#include "graph/model_file.h"
#include "graph/summary.h"
#include "support/messages.h"

namespace gw {

namespace {

FileInspection inspect_ours(FileModel model) {
  FileInspection found;
  found.format = "Gatewright model";
  for (const Node& node : model.graph.nodes()) {
    if (std::holds_alternative<Layer>(node.op)) {
      count_by(found.operators, &FileInspection::Operators::name, {std::string(kind(node)), 1, true});
    } else if (node.type.fixed) {
      count_by(found.quantizers, &FileInspection::Quantizers::text, {to_string(*node.type.fixed), 1});
    }
  }
  for (const SummaryRow& row : summarise(model.graph)) found.parameters += row.parameters;
  found.model = std::move(model);
  return found;
}

}  // namespace

Result<FileInspection> inspect_file(const std::filesystem::path& path) {
  const auto bytes = read_model_bytes(path);
  if (!bytes) return bytes.errors();
  if (is_pickle(*bytes)) return diagnose(messages::pytorch_pickle, {path.string()});
  if (is_pt2(*bytes)) return inspect_pt2(*bytes, path.string());
  if (is_keras(*bytes)) return inspect_keras(*bytes, path);
  if (is_tflite(*bytes)) return inspect_tflite(*bytes, path.string());
  if (!is_our_model(*bytes)) return inspect_onnx(*bytes, path.string());
  auto model = read_file_model(*bytes, path);
  if (!model) return model.errors();
  return inspect_ours(*std::move(model));
}

}  // namespace gw
