// Teachers come from where trained networks are: checkpoints and model files.

#include "train/teacher.h"

#include <fmt/format.h>

#include "graph/model_file.h"
#include "graph/safetensors.h"
#include "support/files.h"
#include "support/messages.h"
#include "train/checkpoint.h"
#include "train/graph.h"

namespace gw::train {

namespace {

Result<Teacher> read(const fs::path& path, const Network& student) {
  const auto container = load_safetensors(path);
  if (!container) return container.errors();
  if (container->metadata.contains(graph_metadata_key)) {
    const auto graph = load_model(path);
    if (!graph) return graph.errors();
    auto model = from_graph(*graph, path.string(), student.divide_by);
    if (!model) return model.errors();
    return Teacher{std::move(model->network), std::move(model->parameters)};
  }
  const auto checkpoint = load_checkpoint(path);
  if (!checkpoint) return checkpoint.errors();
  auto network = parse_network(checkpoint->network, path.string());
  if (!network) return network.errors();
  return Teacher{std::move(*network), checkpoint->answering()};
}

}  // namespace

Result<Teacher> load_teacher(const fs::path& path, const Network& student) {
  auto teacher = read(path, student);
  if (!teacher) return teacher;
  const auto refuse = [&](std::string why) {
    return diagnose(messages::teacher_refused, {path.string(), 0, ""}, std::move(why));
  };
  if (teacher->network.input != student.input)
    return refuse(
        fmt::format("its input is {}, not {}", to_string(teacher->network.input), to_string(student.input)));
  if (teacher->network.loss != student.loss)
    return refuse(fmt::format("its loss is {}", losses[static_cast<size_t>(teacher->network.loss)]));
  if (teacher->network.outputs() != student.outputs())
    return refuse(
        fmt::format("it tells {} classes apart, not {}", teacher->network.classes(), student.classes()));
  return teacher;
}

}  // namespace gw::train
