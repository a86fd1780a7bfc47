#pragma once

#include <span>
#include <string_view>

/// What is fuzzed: each reads any bytes as one kind of file. A message is as good an answer as a value.
namespace gw::fuzz {

void onnx(std::string_view bytes);
void pt2(std::string_view bytes);
void tflite(std::string_view bytes);
/// A whole file, of which HDF5 is read in a process of its own.
void keras(std::string_view bytes);
/// The description alone, without any weights.
void keras_model(std::string_view bytes);
void model_file(std::string_view bytes);
void graph_text(std::string_view bytes);
/// hls4ml's file, of a small network.
void config(std::string_view bytes);
void network(std::string_view bytes);
void npy(std::string_view bytes);

struct Reader {
  std::string_view name;
  void (*read)(std::string_view bytes);
};

/// All of them.
std::span<const Reader> readers();

}  // namespace gw::fuzz
