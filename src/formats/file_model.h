#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace gw {

/// A tensor that goes into or comes out of a network, as the file that the network came from has it. Ours are
/// channels last; a file's may be channels first.
struct FilePort {
  std::string name;                 ///< in the file
  std::vector<std::int64_t> shape;  ///< in the file, without the batch
  /// Our axes by the file's: axis k of our tensor is axis axes[k] of the file's, (1, 2, 0) for a picture that
  /// the file has channels first.
  std::vector<int> axes;

  /// True if the two layouts differ.
  bool is_permuted() const;
  /// Our shape.
  Shape our_shape() const;
};

/// The most elements of a tensor that a network computes, in the files of others (GraphBuilder).
inline constexpr std::int64_t most_stream_elements = std::int64_t{1} << 24;

/// A network together with what its file calls things.
struct FileModel {
  Graph graph;
  std::vector<FilePort> inputs, outputs;  ///< in the order of graph.inputs() and graph.outputs()
  /// Other names by which a configuration may speak of nodes of the graph; "" is what left neither layer nor
  /// constant.
  std::map<std::string, std::string> aliases;
};

/// True if the bytes are one of our own files: the model file or the text form.
bool is_our_model(std::string_view bytes);

/// True if the bytes are a pickle of Python's, or PyTorch's archive of one.
bool is_pickle(std::string_view bytes);

/// Adds what the builder of a graph found to what its reader found, unless it only follows from an input or
/// output that was refused.
void add_builder_errors(Diagnostics& errors, const Diagnostics& more);

/// Reads a network from any file that is understood: our own model file or text form (model_file.h), ONNX
/// (onnx.h), Keras (keras.h), TensorFlow Lite (tflite.h), torch.export (pt2.h). What it is is told by its bytes, not by its name.
Result<FileModel> load_file_model(const std::filesystem::path& path);

/// As above from the bytes of a file; `path` tells messages apart, and where the other half of a model lies.
Result<FileModel> read_file_model(std::string_view bytes, const std::filesystem::path& path);

}  // namespace gw
