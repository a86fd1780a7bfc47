// Claim: a file around any operator, with any attributes, ranks and versions, answers what ONNX Runtime
// answers, or is refused with its node and a reason. ONNX Runtime is asked where Node finds it
// (`npm install --ignore-scripts onnxruntime-node`, and NODE_PATH says where); without it the cases are read
// and refused all the same.

#include "formats/onnx/sweep.h"

#include <cmath>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/layout.h"
#include "graph/evaluate_real.h"
#include "graph/expect.h"
#include "support/process.h"
#include "support/random.h"

namespace gw {
namespace {

using testing::refusal;
using testing::SweepCase;
using Json = nlohmann::json;
using Dims = std::vector<std::int64_t>;

/// The values of an input: numbers around 0, or whole ones.
Json input_of(const onnx::ValueInfoProto& port, Random& random) {
  const auto& type = port.type().tensor_type();
  Dims dims;
  std::int64_t count = 1;
  for (const auto& extent : type.shape().dim()) {
    dims.push_back(extent.has_dim_value() ? extent.dim_value() : 2);
    count *= dims.back();
  }
  static const std::map<int, std::pair<std::string, std::pair<int, int>>> types{
      {onnx::TensorProto::FLOAT, {"float32", {0, 0}}},   {onnx::TensorProto::DOUBLE, {"float64", {0, 0}}},
      {onnx::TensorProto::UINT8, {"uint8", {0, 255}}},   {onnx::TensorProto::INT8, {"int8", {-128, 127}}},
      {onnx::TensorProto::INT32, {"int32", {-99, 99}}},  {onnx::TensorProto::INT16, {"int16", {-300, 300}}},
      {onnx::TensorProto::UINT16, {"uint16", {0, 600}}}, {onnx::TensorProto::BOOL, {"bool", {0, 1}}},
  };
  const auto& [name, range] = types.at(type.elem_type());
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const double real = static_cast<double>(random.between(-512, 512)) / 128;
    values.push_back(
        range.first == range.second ? real : static_cast<double>(random.between(range.first, range.second)));
  }
  return {{"type", name}, {"dims", dims}, {"values", values}};
}

DoubleTensor to_ours(const FilePort& port, const Json& input) {
  const std::vector<size_t> from = testing::positions(port);
  const auto values = input["values"].get<std::vector<double>>();
  DoubleTensor x{port.our_shape(), static_cast<int>(values.size() / from.size()), {}};
  for (size_t start = 0; start + from.size() <= values.size(); start += from.size()) {
    for (const size_t position : from) x.values.push_back(values[start + position]);
  }
  return x;
}

std::vector<double> to_file(const FilePort& port, const DoubleTensor& y) {
  const std::vector<size_t> to = testing::positions(port);
  std::vector<double> file(y.values.size());
  for (size_t i = 0; i < file.size(); ++i) file[i / to.size() * to.size() + to[i % to.size()]] = y.values[i];
  return file;
}

/// "" or where the two differ.
std::string difference(const FileModel& model, const Json& inputs, const Json& expected) {
  std::vector<DoubleTensor> x;
  for (const FilePort& port : model.inputs) x.push_back(to_ours(port, inputs[port.name]));
  const auto answers = evaluate_real(model.graph, x);
  for (size_t i = 0; i < answers.size(); ++i) {
    const FilePort& port = model.outputs[i];
    const std::vector<double> ours = to_file(port, answers[i]);
    const auto dims = expected[port.name]["dims"].get<Dims>();
    // Values that are endless or no numbers have no JSON.
    std::vector<double> theirs;
    for (const Json& value : expected[port.name]["values"])
      theirs.push_back(value.is_null() ? std::nan("") : value.get<double>());
    if (ours.size() != theirs.size() ||
        (dims.size() == port.shape.size() + 1 && Dims(dims.begin() + 1, dims.end()) != port.shape))
      return fmt::format("{}: {} x {} values, but {}", port.name, fmt::join(port.shape, "x"), ours.size(),
                         fmt::join(dims, "x"));
    for (size_t k = 0; k < ours.size(); ++k) {
      const double room = 2e-5 * std::max(1.0, std::fabs(theirs[k]));
      if (!(std::fabs(ours[k] - theirs[k]) <= room))
        return fmt::format("{}[{}]: {}, but {}", port.name, k, ours[k], theirs[k]);
    }
  }
  return "";
}

TEST(OnnxSweep, IsReadOrRefusedByNode) {
  for (const SweepCase& one : testing::sweep_cases()) {
    const auto model = one.file.read();
    EXPECT_EQ(static_cast<bool>(model), one.is_read) << one.name << ": " << refusal(model);
    if (model) continue;
    // Of a version that is not understood the whole file is the place.
    const Diagnostic& first = model.errors()[0];
    EXPECT_TRUE(first.id == "onnx-opset" || !first.place.item.empty())
        << one.name << ": " << to_string(first);
  }
}

TEST(OnnxSweep, AnswersAsOnnxRuntime) {
  const std::string node = find_program("node");
  if (node.empty() || run_process({node, "-e", "require('onnxruntime-node')"})->exit_code != 0)
    GTEST_SKIP() << "Node finds no onnxruntime-node: the answers were not compared";
  const auto folder = std::filesystem::temp_directory_path() / "gatewright_onnx_sweep";
  std::filesystem::create_directories(folder);
  const std::vector<SweepCase> cases = testing::sweep_cases();
  Random random(1);
  Json asked = Json::array();
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string file = fmt::format("{}.onnx", i);
    std::ofstream(folder / file, std::ios::binary) << cases[i].file.bytes();
    Json inputs = Json::object();
    for (const auto& port : cases[i].file.model().graph().input())
      inputs[port.name()] = input_of(port, random);
    asked.push_back({{"file", file}, {"inputs", inputs}});
  }
  std::ofstream(folder / "cases.json") << asked;
  const auto run = run_process({node, GATEWRIGHT_TESTS "/formats/onnx/run_onnx.js", folder.string()});
  ASSERT_TRUE(run && run->exit_code == 0) << (run ? run->output : "");
  const Json answers = Json::parse(std::ifstream(folder / "answers.json"));
  int compared = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto model = cases[i].file.read();
    if (!model) continue;
    if (answers[i].contains("error")) {
      ADD_FAILURE() << cases[i].name << ": " << answers[i]["error"];
      continue;
    }
    ++compared;
    EXPECT_EQ(difference(*model, asked[i]["inputs"], answers[i]["outputs"]), "") << cases[i].name;
  }
  RecordProperty("cases", static_cast<int>(cases.size()));
  RecordProperty("compared", compared);
  EXPECT_GT(compared, 300);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gw
