#pragma once

#include <cstring>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/zip.h"

namespace gw::testing {

/// Puts an archive of torch.export together, as PyTorch 2.8 and later write it.
class Pt2Builder {
 public:
  using Json = nlohmann::json;

  static Json sizes(const std::vector<std::int64_t>& shape) {
    Json list = Json::array();
    for (const std::int64_t extent : shape)
      list.push_back(extent < 0 ? Json{{"as_expr", {{"expr_str", "s0"}}}} : Json{{"as_int", extent}});
    return list;
  }
  static Json tensor(const std::string& name) { return {{"as_tensor", {{"name", name}}}}; }
  static Json integers(const std::vector<std::int64_t>& values) { return {{"as_ints", values}}; }

  Pt2Builder& input(const std::string& name, const std::vector<std::int64_t>& shape) {
    inputs_.push_back({{"user_input", {{"arg", tensor(name)}}}});
    return describe(name, shape);
  }
  Pt2Builder& describe(const std::string& name, const std::vector<std::int64_t>& shape) {
    values_[name] = {{"dtype", 7}, {"sizes", sizes(shape)}};
    return *this;
  }
  /// A weight; its elements lie in the file `strides` apart.
  Pt2Builder& weight(const std::string& name, const std::vector<std::int64_t>& shape,
                     const std::vector<float>& values, std::vector<std::int64_t> strides = {},
                     const std::string& kind = "parameter") {
    if (strides.empty()) {
      strides.assign(shape.size(), 1);
      for (size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
    }
    std::string argument = "p_" + name;
    for (char& c : argument) c = c == '.' ? '_' : c;
    inputs_.push_back({{kind, {{"arg", {{"name", argument}}}, {kind + "_name", name}}}});
    const std::string file = "weight_" + std::to_string(weights_.size());
    weights_[name] = {{"path_name", file},
                      {"is_param", true},
                      {"use_pickle", false},
                      {"tensor_meta",
                       {{"dtype", 7},
                        {"sizes", sizes(shape)},
                        {"strides", sizes(strides)},
                        {"storage_offset", {{"as_int", 0}}}}}};
    std::string bytes(values.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    files_.push_back({"net/data/weights/" + file, bytes});
    return *this;
  }
  /// "torch.ops." stands in front of the target.
  Pt2Builder& node(const std::string& target, const std::vector<std::pair<std::string, Json>>& arguments,
                   const std::string& output, const std::vector<std::int64_t>& shape,
                   const std::string& module = "") {
    Json inputs = Json::array();
    for (const auto& [name, value] : arguments)
      inputs.push_back({{"name", name}, {"arg", value}, {"kind", 1}});
    nodes_.push_back(
        {{"target", "torch.ops." + target},
         {"inputs", inputs},
         {"outputs", {tensor(output)}},
         {"metadata",
          {{"nn_module_stack", "L['self'],,net.Net;L['self']." + module + "," + module + ",torch.nn.M"}}}});
    return describe(output, shape);
  }
  Json program(const std::string& output) const {
    return {
        {"graph_module",
         {{"graph", {{"nodes", nodes_}, {"tensor_values", values_}}},
          {"signature",
           {{"input_specs", inputs_}, {"output_specs", {{{"user_output", {{"arg", tensor(output)}}}}}}}}}},
        {"schema_version", {{"major", 8}, {"minor", 8}}}};
  }
  std::string bytes(const std::string& output) const {
    std::vector<ZipMember> members{
        {"net/archive_format", "pt2"},
        {"net/byteorder", "little"},
        {"net/models/model.json", program(output).dump()},
        {"net/data/weights/model_weights_config.json", Json{{"config", weights_}}.dump()}};
    members.insert(members.end(), files_.begin(), files_.end());
    return write_zip(members, ZipPacking::Store);
  }

 private:
  Json nodes_ = Json::array(), inputs_ = Json::array(), values_ = Json::object(), weights_ = Json::object();
  std::vector<ZipMember> files_;
};

}  // namespace gw::testing
