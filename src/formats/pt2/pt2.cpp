// An archive of torch.export (docs.pytorch.org, "PT2 Archive Spec") holds the program as JSON, nodes of
// PyTorch's own operators on named tensors, and every weight as raw bytes beside a description of them all.
// Each node is written down as the operators of ONNX that PyTorch's exporter would write for it, and from
// there the road is that of an ONNX file.
//
// Archives before PyTorch 2.8 keep weights as pickles, which only Python reads; they are told how to be
// exported.

#include "formats/pt2/pt2.h"

#include <algorithm>
#include <limits>

#include "formats/onnx/decode.h"
#include "formats/onnx/onnx.h"
#include "formats/pt2/program.h"
#include "support/json_depth.h"
#include "support/messages.h"
#include "support/zip.h"

namespace gw {

namespace {

using Json = nlohmann::json;

/// The element types of PyTorch's schema by number, as those of ONNX; 0 where ONNX has none that are read.
int onnx_type(const Json* said) {
  static constexpr int types[] = {0, 2, 3, 5, 6, 7, 10, 1, 11, 0, 0, 0, 9, 16};
  const auto number = said && said->is_number_integer() ? said->get<std::int64_t>() : 0;
  return number >= 0 && number < static_cast<std::int64_t>(std::size(types)) ? types[number] : 0;
}

/// A zip archive's member by the end of its name, which begins with that of the archive.
const std::string* find_member(const std::vector<ZipMember>& members, const std::string& end) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const ZipMember& m) { return m.name.ends_with("/" + end); });
  return found == members.end() ? nullptr : &found->bytes;
}

class Archive {
 public:
  Archive(const std::vector<ZipMember>& members, const std::string& path) : members_(members) {
    file_.path = path;
  }

  Result<OnnxFile> read() {
    file_.opsets[""] = 13;
    const auto program = std::find_if(members_.begin(), members_.end(), [](const ZipMember& m) {
      return m.name.find("/models/") != m.name.npos && m.name.ends_with(".json");
    });
    if (program == members_.end()) return unreadable("it has no program");
    const std::string own = program->name.substr(program->name.rfind('/') + 1);
    name_ = own.substr(0, own.size() - 5);
    if (const auto* order = find_member(members_, "byteorder"); order && order->starts_with("big"))
      return unreadable("its weights are big-endian");
    const Json json = parse(program->bytes);
    const Json *module = json_member(&json, "graph_module"), *graph = json_member(module, "graph"),
               *signature = json_member(module, "signature");
    const Json *nodes = json_member(graph, "nodes"), *inputs = json_member(signature, "input_specs"),
               *outputs = json_member(signature, "output_specs");
    for (const Json* list : {nodes, inputs, outputs}) {
      if (!list || !list->is_array()) return unreadable("its program is damaged");
    }
    weights_ = parse(bytes_of("data/weights/" + name_ + "_weights_config.json"));
    constants_ = parse(bytes_of("data/constants/" + name_ + "_constants_config.json"));
    for (const Json& spec : *inputs) read_input(spec, *graph);
    for (const Json& node : *nodes) read_node(node, *graph);
    for (const Json& spec : *outputs) {
      const Json* said = json_member(json_member(&spec, "user_output"), "arg");
      const std::string name = json_text(json_member(said, "as_tensor"), "name");
      if (name.empty()) {
        errors_.push_back(diagnose(messages::onnx_tensor, {file_.path, 0, "outputs"},
                                   "the program answers or changes what is no tensor of the network"));
      } else {
        file_.outputs.push_back({name, {}});
      }
    }
    if (!errors_.empty()) return std::move(errors_);
    return std::move(file_);
  }

 private:
  Diagnostic unreadable(std::string why) const {
    return diagnose(messages::file_unreadable, {file_.path},
                    "as an archive of torch.export: " + std::move(why));
  }
  const std::string& bytes_of(const std::string& end) const {
    static const std::string none;
    const auto* found = find_member(members_, end);
    return found ? *found : none;
  }
  static Json parse(const std::string& text) {
    return is_json_too_deep(text) ? Json() : Json::parse(text, nullptr, false);
  }

  void read_input(const Json& spec, const Json& graph) {
    for (const auto& [kind, key, folder] : {std::tuple{"parameter", "parameter_name", "data/weights/"},
                                            {"buffer", "buffer_name", "data/weights/"},
                                            {"tensor_constant", "tensor_constant_name", "data/constants/"}}) {
      const Json* said = json_member(&spec, kind);
      if (!said) continue;
      const std::string name = json_text(json_member(said, "arg"), "name"), own = json_text(said, key);
      OnnxArray array;
      if (std::string why = read_weight(own, folder, array); !why.empty()) {
        // A counter of batches is there and read by nothing.
        if (!own.ends_with("num_batches_tracked"))
          errors_.push_back(diagnose(messages::onnx_tensor,
                                     {file_.path, 0, fmt::format("{} '{}'", kind, own)}, std::move(why)));
        return;
      }
      array.name = own;
      file_.values += array.values.size();
      file_.initializers.insert_or_assign(name, std::move(array));
      return;
    }
    const Json* arg = json_member(json_member(&spec, "user_input"), "arg");
    const std::string name = json_text(json_member(arg, "as_tensor"), "name");
    if (name.empty()) {
      errors_.push_back(diagnose(messages::onnx_tensor, {file_.path, 0, "inputs"}, "an input is no tensor"));
      return;
    }
    const Json* facts = json_member(json_member(&graph, "tensor_values"), name.c_str());
    OnnxPort port{name, pt2_sizes(json_member(facts, "sizes"))};
    switch (onnx_type(json_member(facts, "dtype"))) {
      case 2:
        port.whole = FixedType{8, 8, false};
        break;
      case 3:
        port.whole = FixedType{8, 8, true};
        break;
      case 5:
        port.whole = FixedType{16, 16, true};
        break;
      default:
        break;
    }
    file_.inputs.push_back(std::move(port));
  }

  /// The tensor of that name out of the bytes that hold it, perhaps among others; "" or why not.
  std::string read_weight(const std::string& name, const std::string& folder, OnnxArray& array) {
    const Json* entry = nullptr;
    for (const Json* config : {&weights_, &constants_}) {
      if (!entry) entry = json_member(json_member(config, "config"), name.c_str());
    }
    const Json* facts = json_member(entry, "tensor_meta");
    if (!facts) return "the archive does not say where its values are";
    if (const Json* pickled = json_member(entry, "use_pickle"); pickled && *pickled == true)
      return "its values are a pickle, which only Python reads";
    const std::string place = json_text(entry, "path_name");
    const std::string* bytes = find_member(members_, folder + place);
    if (!bytes) bytes = find_member(members_, "data/constants/" + place);
    if (!bytes) return fmt::format("its values '{}' are not in the archive", place);
    const int type = onnx_type(json_member(facts, "dtype"));
    static constexpr int sizes[] = {0, 4, 1, 1, 0, 2, 4, 8, 0, 1, 2, 8, 0, 0, 0, 0, 2};
    if (type == 0) return "its elements are no plain numbers";
    const auto size = static_cast<std::int64_t>(sizes[type]), stored = std::ssize(*bytes) / size;
    OnnxArray all;
    if (std::string why = decode_numbers(type, *bytes, {stored}, all); !why.empty()) return why;
    array = all;
    array.shape = pt2_sizes(json_member(facts, "sizes"));
    const auto strides = pt2_sizes(json_member(facts, "strides"));
    const Json* offset = json_member(facts, "storage_offset");
    if (!is_sane(array.shape) || strides.size() != array.shape.size()) return "its shape is damaged";
    const std::int64_t count = element_count(array.shape);
    if (count > stored) return "its values are not all in the archive";
    array.values.clear();
    std::vector<std::int64_t> index(array.shape.size(), 0);
    const Json* said = json_member(offset, "as_int");
    const std::int64_t first = said && said->is_number_integer() ? said->get<std::int64_t>() : 0;
    for (std::int64_t i = 0; i < count; ++i) {
      std::int64_t at = first, rest = i;
      for (size_t axis = index.size(); axis-- > 0; rest /= array.shape[axis]) {
        const std::int64_t place_on = rest % array.shape[axis];
        if (strides[axis] < 0 || strides[axis] > stored) return "its values lie outside of the archive";
        at += place_on * strides[axis];
      }
      if (at < 0 || at >= stored) return "its values lie outside of the archive";
      array.values.push_back(all.values[static_cast<size_t>(at)]);
    }
    return "";
  }

  void read_node(const Json& node, const Json& graph) {
    Pt2Call call(file_, graph, node, changes_, errors_);
    if (call.failed() || emit_pt2_operator(call)) return;
    call.refuse(
        diagnose(messages::onnx_operator, {}, call.target(), nearest(call.target(), pt2_operator_names())));
  }

  const std::vector<ZipMember>& members_;
  OnnxFile file_;
  std::string name_;  // of the program
  Json weights_, constants_;
  Pt2Changes changes_;
  Diagnostics errors_;
};

Result<OnnxFile> parse_pt2(std::string_view bytes, const std::string& path) {
  const auto unreadable = [&](std::string why) {
    return diagnose(messages::file_unreadable, {path}, "as an archive of torch.export: " + std::move(why));
  };
  // Nothing in it is packed.
  constexpr std::uint64_t some = std::uint64_t{1} << 20;
  ZipReading how;
  how.largest_member = bytes.size() + some;
  how.wanted = [](const std::string& name) {
    return name.ends_with("/byteorder") || (name.find("/models/") != name.npos && name.ends_with(".json")) ||
           name.find("/data/weights/") != name.npos || name.find("/data/constants/") != name.npos ||
           name.ends_with("serialized_exported_program.json");
  };
  how.fault = [&](const std::string& name, const std::string& why) {
    return unreadable((name.empty() ? "" : name + ": ") + why);
  };
  const auto members = read_zip(bytes, how);
  if (!members) return members.errors();
  for (const ZipMember& one : *members) {
    if (one.name.ends_with("serialized_exported_program.json"))
      return unreadable(
          "PyTorch before 2.8 has written it, with its weights as pickles; save it again with a newer one, or as ONNX: "
          "torch.onnx.export(model, example_input, \"model.onnx\")");
  }
  return Archive(*members, path).read();
}

}  // namespace

bool is_pt2(std::string_view bytes) {
  constexpr size_t directory = std::size_t{1} << 20;  // the list of members is at the end
  if (!bytes.starts_with("PK\3\4")) return false;
  const std::string_view end = bytes.substr(bytes.size() - std::min(bytes.size(), directory));
  return end.find("/archive_format") != end.npos || end.find("serialized_exported_program.json") != end.npos;
}

Result<FileModel> read_pt2(std::string_view bytes, const std::string& file) {
  const auto contents = parse_pt2(bytes, file);
  if (!contents) return contents.errors();
  return network_of(*contents);
}

Result<FileInspection> inspect_pt2(std::string_view bytes, const std::string& file) {
  const auto contents = parse_pt2(bytes, file);
  if (!contents) return contents.errors();
  FileInspection found = inspection_of(*contents, "PyTorch program of torch.export, as operators of ONNX");
  found.parameters = static_cast<std::int64_t>(contents->values);  // without the numbers among arguments
  return found;
}

}  // namespace gw
