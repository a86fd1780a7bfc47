// Traces on disk. Two layers may differ in nothing but characters that a file's name should not have; their
// files are then told apart by a number.

#include "study/layer_files.h"

#include <span>
#include <vector>

#include <fmt/format.h>

#include "num/real_cast.h"
#include "support/messages.h"

namespace gw {

namespace {

/// A name for a file: what could be a path or puzzle a shell becomes '_'.
std::string file_name(const std::string& node) {
  std::string name = node;
  for (char& c : name) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '.' || c == '-' || c == '_';
    if (!plain) c = '_';
  }
  return name.empty() || name[0] == '.' ? "_" + name : name;
}

/// A file in a spelling that two names of it share.
fs::path one_name(const fs::path& file) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(fs::absolute(file, error), error);
  return error ? file : whole;
}

}  // namespace

Status WrittenFiles::add(const fs::path& file, std::string who) {
  const auto [at, is_new] = by_.emplace(one_name(file), who);
  if (is_new) return Done{};
  return diagnose(messages::file_written_twice, {file.string()}, at->second, std::move(who));
}

Result<LayerFiles> LayerFiles::create(const fs::path& folder, const Graph& graph, const std::string& ending,
                                      WrittenFiles& written) {
  LayerFiles files;
  std::map<std::string, int> used;
  for (const Node& node : graph.nodes()) {
    if (!std::holds_alternative<Layer>(node.op)) continue;
    std::string name = file_name(node.name);
    if (const int before = used[name]++; before > 0) name += fmt::format("~{}", before + 1);
    const fs::path file = folder / (name + ending + ".npy");
    if (auto added = written.add(file, "the trace of layer '" + node.name + "'"); !added)
      return added.errors();
    auto writer = NpyWriter::create(file, npy_f8, {node.type.shape.begin(), node.type.shape.end()});
    if (!writer) return writer.errors();
    files.writers_.emplace(node.name, *std::move(writer));
  }
  return files;
}

void LayerFiles::add(const Node& node, const Tensor& values) {
  if (!status_) return;
  std::vector<double> reals(static_cast<size_t>(values.batch() * values.size()));
  dequantize_run(values, 0, std::span(reals));
  status_ = writers_.at(node.name).append(reals);
}

void LayerFiles::add(const Node& node, const DoubleTensor& values) {
  if (status_) status_ = writers_.at(node.name).append(values.values);
}

Status LayerFiles::close() {
  for (auto& [name, writer] : writers_) {
    if (auto closed = writer.close(); !closed) return closed;
  }
  return Done{};
}

}  // namespace gw
