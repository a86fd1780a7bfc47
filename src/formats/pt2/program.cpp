// Arguments of PyTorch's operators out of the JSON of an exported program, each as one of a union, {"as_int":
// 3}, and the operators of ONNX that are written down for them.

#include "formats/pt2/program.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/graph.h"
#include "support/messages.h"

namespace gw {

using Json = nlohmann::json;

const Json* json_member(const Json* json, const char* key) {
  if (!json || !json->is_object()) return nullptr;
  const auto found = json->find(key);
  return found == json->end() || found->is_null() ? nullptr : &*found;
}

std::string json_text(const Json* json, const char* key) {
  const Json* said = json_member(json, key);
  return said && said->is_string() ? said->get<std::string>() : "";
}

std::vector<std::int64_t> pt2_sizes(const Json* list) {
  std::vector<std::int64_t> sizes;
  for (size_t i = 0; list && list->is_array() && i < list->size(); ++i) {
    const Json* said = json_member(&(*list)[i], "as_int");
    sizes.push_back(said && said->is_number_integer() ? said->get<std::int64_t>() : -1);
  }
  return sizes;
}

namespace {

/// "features.0" of "L['self'],,__main__.M;L['self'].features.0,features.0,torch.nn.modules.conv.Conv2d".
std::string innermost_module(const std::string& stack) {
  const std::string last = stack.substr(stack.rfind(';') + 1);  // npos + 1 is 0
  const size_t first = last.find(','), second = last.find(',', first == last.npos ? first : first + 1);
  return first == last.npos || second == last.npos ? "" : last.substr(first + 1, second - first - 1);
}

std::string shown(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60);
}

}  // namespace

Pt2Call::Pt2Call(OnnxFile& file, const Json& graph, const Json& node, Pt2Changes& changes,
                 Diagnostics& errors)
    : file_(file), graph_(graph), node_(node), changes_(changes), errors_(errors) {
  target_ = json_text(&node, "target");
  if (const std::string start = "torch.ops."; target_.starts_with(start))
    target_ = target_.substr(start.size());
  const size_t end = target_.rfind('.');
  is_in_place_ = end != target_.npos && end > 0 && target_[end - 1] == '_';
  if (is_in_place_) target_.erase(end - 1, 1);
  const Json* outputs = json_member(&node, "outputs");
  for (size_t i = 0; outputs && outputs->is_array() && i < outputs->size() && output_.empty(); ++i) {
    output_ = json_text(json_member(&(*outputs)[i], "as_tensor"), "name");
    const Json* several = json_member(&(*outputs)[i], "as_tensors");
    if (output_.empty() && several && several->is_array() && !several->empty())
      output_ = json_text(&(*several)[0], "name");
  }
  module_ = innermost_module(json_text(json_member(&node, "metadata"), "nn_module_stack"));
  if (output_.empty()) refuse_value("outputs", "no tensor", "a tensor");
}

void Pt2Call::note_changes() {
  const std::string changed = json_text(json_member(argument("self"), "as_tensor"), "name");
  if (is_in_place_ && !changed.empty()) changes_[changed] = output_;
}

void Pt2Call::refuse(Diagnostic error) {
  failed_ = true;
  error.place = {file_.path, 0, place_of(output_.empty() ? target_ : output_)};
  errors_.push_back(std::move(error));
}

void Pt2Call::refuse_value(const std::string& argument, std::string seen, std::string wanted) {
  refuse(diagnose(messages::onnx_attribute_value, {}, argument, std::move(seen), std::move(wanted)));
}

const Json* Pt2Call::argument(const char* name) const {
  const Json* inputs = json_member(&node_, "inputs");
  for (size_t i = 0; inputs && inputs->is_array() && i < inputs->size(); ++i) {
    if (json_text(&(*inputs)[i], "name") != name) continue;
    const Json* said = json_member(&(*inputs)[i], "arg");
    return json_member(said, "as_none") ? nullptr : said;
  }
  return nullptr;
}

/// What a tensor is by now; one that was changed again and again is followed so far.
std::string Pt2Call::changed(std::string name) const {
  constexpr int most_changes = 1000;
  auto found = changes_.find(name);
  for (int i = 0; i < most_changes && found != changes_.end(); ++i) {
    name = found->second;
    found = changes_.find(name);
  }
  return name;
}

std::string Pt2Call::tensor(const char* name) {
  const Json* said = argument(name);
  if (!said) return "";
  if (std::string found = json_text(json_member(said, "as_tensor"), "name"); !found.empty())
    return changed(std::move(found));
  if (json_member(said, "as_float") || json_member(said, "as_int"))
    return constant(name, {}, {number(name, 0)}, false);
  refuse_value(name, shown(*said), "a tensor or a number");
  return "";
}

std::vector<std::string> Pt2Call::tensors(const char* name) {
  const Json* said = json_member(argument(name), "as_tensors");
  std::vector<std::string> found;
  for (size_t i = 0; said && said->is_array() && i < said->size(); ++i)
    found.push_back(json_text(&(*said)[i], "name"));
  for (std::string& one : found) one = changed(std::move(one));
  if (found.empty()) refuse_value(name, "missing", "a list of tensors");
  return found;
}

double Pt2Call::number(const char* name, double otherwise) {
  const Json* said = argument(name);
  if (!said) return otherwise;
  for (const char* kind : {"as_float", "as_int"}) {
    if (const Json* value = json_member(said, kind); value && value->is_number()) return value->get<double>();
  }
  refuse_value(name, shown(*said), "a number");
  return otherwise;
}

std::int64_t Pt2Call::integer(const char* name, std::int64_t otherwise) {
  const Json* said = argument(name);
  if (!said) return otherwise;
  for (const Json* from : {said, json_member(said, "as_sym_int")}) {
    if (const Json* value = json_member(from, "as_int"); value && value->is_number_integer())
      return value->get<std::int64_t>();
  }
  refuse_value(name, shown(*said), "a whole number");
  return otherwise;
}

bool Pt2Call::flag(const char* name, bool otherwise) {
  const Json* said = argument(name);
  const Json* value = json_member(said, "as_bool");
  if (!said || (value && value->is_boolean())) return said ? value->get<bool>() : otherwise;
  refuse_value(name, shown(*said), "true or false");
  return otherwise;
}

std::string Pt2Call::text(const char* name, const std::string& otherwise) {
  const Json* said = argument(name);
  const Json* value = json_member(said, "as_string");
  if (!said || (value && value->is_string())) return said ? value->get<std::string>() : otherwise;
  refuse_value(name, shown(*said), "a text");
  return otherwise;
}

std::vector<std::int64_t> Pt2Call::integers(const char* name, std::vector<std::int64_t> otherwise) {
  const Json* said = argument(name);
  if (!said) return otherwise;
  for (const char* kind : {"as_ints", "as_sym_ints", "as_int"}) {
    const Json* list = json_member(said, kind);
    if (!list) continue;
    std::vector<std::int64_t> found;
    const Json all = list->is_array() ? *list : Json::array({*list});
    for (const Json& one : all) {
      const Json* value = one.is_object() ? json_member(&one, "as_int") : &one;
      found.push_back(value && value->is_number_integer() ? value->get<std::int64_t>() : -1);
    }
    return found;
  }
  refuse_value(name, shown(*said), "whole numbers");
  return otherwise;
}

std::vector<std::int64_t> Pt2Call::per_axis(const char* name, size_t axes, std::int64_t otherwise) {
  auto found = integers(name, std::vector<std::int64_t>(axes, otherwise));
  if (found.size() == 1) found.resize(axes, found[0]);
  if (found.empty()) found.assign(axes, otherwise);
  return found;
}

std::vector<std::int64_t> Pt2Call::shape(const std::string& tensor) const {
  if (const auto found = file_.initializers.find(tensor); found != file_.initializers.end())
    return found->second.shape;
  return pt2_sizes(json_member(json_member(json_member(&graph_, "tensor_values"), tensor.c_str()), "sizes"));
}

size_t Pt2Call::rank(const char* name) { return shape(tensor(name)).size(); }

OnnxNode& Pt2Call::add(const std::string& op, std::vector<std::string> inputs, const std::string& gives) {
  OnnxNode& node = file_.nodes.emplace_back();
  node.op = op;
  // As PyTorch's own exporter names a node after the module that it is in.
  node.name = module_.empty() ? "/" + op : "/" + module_ + "/" + op;
  node.inputs = std::move(inputs);
  node.outputs = {gives};
  return node;
}

OnnxNode& Pt2Call::emit(const std::string& op, std::vector<std::string> inputs) {
  return add(op, std::move(inputs), output_);
}

OnnxNode& Pt2Call::emit_part(const std::string& op, std::vector<std::string> inputs,
                             const std::string& gives) {
  return add(op, std::move(inputs), gives);
}

std::string Pt2Call::constant(const std::string& suffix, OnnxShape shape, std::vector<double> values,
                              bool is_integer) {
  const std::string name = part(suffix);
  file_.initializers.insert_or_assign(name, OnnxArray{name, std::move(shape), is_integer, std::move(values)});
  return name;
}

OnnxArray* Pt2Call::parameter(const std::string& name) {
  const auto found = file_.initializers.find(name);
  return found == file_.initializers.end() ? nullptr : &found->second;
}

}  // namespace gw
