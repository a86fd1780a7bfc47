// One line a reader; what it answers is looked at only as far as it must be there.

#include "fuzz/readers.h"

#include "data/npy.h"
#include "formats/config/config_file.h"
#include "formats/keras/keras.h"
#include "formats/keras/reader.h"
#include "formats/onnx/onnx.h"
#include "formats/pt2/pt2.h"
#include "formats/tflite/tflite.h"
#include "graph/model_file.h"
#include "graph/text.h"
#include "train/network.h"

namespace gw::fuzz {

void onnx(std::string_view bytes) { (void)read_onnx(bytes, "m"); }

void pt2(std::string_view bytes) { (void)read_pt2(bytes, "m"); }

void tflite(std::string_view bytes) { (void)read_tflite(bytes, "m"); }

void keras(std::string_view bytes) { (void)read_keras(bytes, "m"); }

void keras_model(std::string_view bytes) {
  const auto model = parse_keras_model(bytes, "m");
  if (!model) return;
  const KerasWeights weights({}, *model);
  KerasReader reader(*model, weights, "m", 3);
  reader.read();
}

void model_file(std::string_view bytes) { (void)read_model(bytes, "m"); }

void graph_text(std::string_view bytes) { (void)parse_graph(bytes, "m"); }

void config(std::string_view bytes) {
  static const Graph graph = parse_graph(
                                 "x: input 4 float\n"
                                 "w: constant 4x2 float [1, -2, 3, 0, 1, 1, 0.5, 2]\n"
                                 "fc1: dense(x, w)\n"
                                 "act: softmax(fc1)\n"
                                 "output act\n")
                                 .value();
  (void)parse_config(bytes, "m", graph);
}

void network(std::string_view bytes) { (void)train::parse_network(bytes, "m"); }

void npy(std::string_view bytes) { (void)parse_npy(bytes, "m"); }

std::span<const Reader> readers() {
  static constexpr Reader all[] = {{"onnx", onnx},
                                   {"pt2", pt2},
                                   {"tflite", tflite},
                                   {"keras", keras},
                                   {"keras_model", keras_model},
                                   {"model_file", model_file},
                                   {"graph_text", graph_text},
                                   {"config", config},
                                   {"network", network},
                                   {"npy", npy}};
  return all;
}

}  // namespace gw::fuzz
