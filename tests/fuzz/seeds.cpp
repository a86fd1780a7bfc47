// Which file is for which reader.

#include "fuzz/seeds.h"

#include <algorithm>
#include <stdexcept>

#include "data/npy.h"
#include "formats/sample_files.h"
#include "support/files.h"

namespace gw::fuzz {

namespace {

bool is_for(const std::string& reader, const std::string& kind) {
  if (reader == "onnx") return kind == "qonnx" || kind.ends_with("onnx");
  if (reader == "pt2") return kind == "pt2";
  if (reader == "tflite") return kind.ends_with("tflite");
  if (reader == "keras") return kind.ends_with("h5") || kind.ends_with("keras");
  if (reader == "keras_model") return kind == "json";
  return (reader == "model_file" && kind == "gw") || (reader == "graph_text" && kind == "txt");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto samples = testing::sample_files();
  for (const std::string reader :
       {"onnx", "pt2", "tflite", "keras", "keras_model", "model_file", "graph_text"}) {
    for (const auto& file : samples) {
      if (is_for(reader, file.name)) all.push_back({reader, file.name, file.bytes});
    }
  }
  for (const auto& [reader, folder] : {std::pair("network", "networks"), std::pair("config", "configs")}) {
    for (const auto& entry : fs::directory_iterator(fs::path(GATEWRIGHT_TREE) / folder)) {
      const auto bytes = read_file(entry.path());
      if (!bytes) throw std::runtime_error(to_string(bytes.errors()[0]));
      all.push_back({reader, entry.path().filename().string(), *bytes});
    }
  }
  all.push_back({"config", "keys.yml",
                 "HLSConfig:\n"
                 "  Model: {Precision: {default: 'ap_fixed<16,6>', maximum: 'ap_fixed<32,16>'}}\n"
                 "  LayerName:\n"
                 "    fc1:\n"
                 "      Precision: auto\n"
                 "      ReuseFactor: 4\n"
                 "      Strategy: Resource\n"
                 "    ? act\n"
                 "    : {exp_table_t: 'ap_fixed<17,8>', Trace: true}\n"
                 "Part: xcku115-flvb2104-2-i\n"
                 "ClockPeriod: 5\n"
                 "ClockUncertainty: 27%\n"});
  all.push_back({"npy", "array", print_npy({{}, {2, 3}, {1, 2, 3, 4, 5, 6}})});
  return all;
}

}  // namespace gw::fuzz
