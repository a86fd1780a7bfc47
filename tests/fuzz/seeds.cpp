// Writes what fuzzing begins from: the sample files of the tests, the networks and configurations of this
// tree, and an array, each into the folder of the readers that they are for.

#include <cstdio>

#include "data/npy.h"
#include "formats/sample_files.h"
#include "support/files.h"

namespace {

bool is_for(const std::string& reader, const std::string& kind) {
  if (reader == "onnx") return kind == "qonnx" || kind.ends_with("onnx");
  if (reader == "pt2") return kind == "pt2";
  if (reader == "tflite") return kind.ends_with("tflite");
  if (reader == "keras") return kind.ends_with("h5") || kind.ends_with("keras");
  if (reader == "keras_model") return kind == "json";
  return (reader == "model_file" && kind == "gw") || (reader == "graph_text" && kind == "txt");
}

bool write_into(const gw::fs::path& folder, const std::string& name, const std::string& bytes) {
  gw::fs::create_directories(folder);
  return static_cast<bool>(gw::write_file(folder / name, bytes));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: fuzz_seeds FOLDER\n", stderr);
    return 2;
  }
  const gw::fs::path top = arguments[1], tree = GATEWRIGHT_TREE;
  bool is_good = true;
  for (const std::string reader :
       {"onnx", "pt2", "tflite", "keras", "keras_model", "model_file", "graph_text"}) {
    for (const auto& file : gw::testing::sample_files()) {
      if (is_for(reader, file.name)) is_good = write_into(top / reader, file.name, file.bytes) && is_good;
    }
  }
  for (const auto& [reader, folder] : {std::pair("network", "networks"), std::pair("config", "configs")}) {
    for (const auto& entry : gw::fs::directory_iterator(tree / folder)) {
      const auto bytes = gw::read_file(entry.path());
      is_good = bytes && write_into(top / reader, entry.path().filename().string(), *bytes) && is_good;
    }
  }
  is_good = write_into(top / "npy", "array", gw::print_npy({{}, {2, 3}, {1, 2, 3, 4, 5, 6}})) && is_good;
  return is_good ? 0 : 1;
}
