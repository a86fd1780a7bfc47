#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "formats/onnx/array.h"
#include "support/files.h"
#include "support/result.h"

namespace gw {

/// What an ONNX file says, in plain types: no other file sees protobuf.

/// An attribute's value; `Other` is one of a kind that no operator read here has (a graph, a sparse tensor).
struct OnnxOther {};
using OnnxAttribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>,
                                   std::vector<float>, std::vector<std::string>, OnnxArray, OnnxOther>;

struct OnnxNode {
  std::string op, domain;                    ///< the standard domain is ""
  std::string name;                          ///< may be empty
  std::vector<std::string> inputs, outputs;  ///< names of tensors; "" where an optional one is left out
  std::map<std::string, OnnxAttribute> attributes;
};

/// A tensor that goes into or comes out of the network; an extent of -1 is not fixed.
struct OnnxPort {
  std::string name;
  OnnxShape shape;
  std::optional<FixedType> whole = {};  ///< of whole numbers: their type
  std::int64_t element = 0;             ///< by its number in the file's enumeration; 0: not said
};

struct OnnxFile {
  std::string path;                            ///< for messages
  std::map<std::string, std::int64_t> opsets;  ///< version by domain
  std::vector<OnnxPort> inputs, outputs;       ///< without those that are initializers
  std::map<std::string, OnnxArray> initializers;
  std::vector<OnnxNode> nodes;
  std::uint64_t values = 0;  ///< numbers in all its tensors

  std::int64_t opset() const { return opsets.contains("") ? opsets.at("") : 0; }
};

/// The type of whole numbers by the number of their element type in the file's enumeration; those of 64 bits
/// have none.
std::optional<FixedType> onnx_whole_type(std::int64_t element);

/// True for the operators of QONNX, whichever of the projects that write them has named their domain.
bool is_onnx_quantizer(const OnnxNode& node);

/// Reads the bytes of a file (onnx.proto of ONNX 1.12, IR versions 3 to 9 and those that add nothing it
/// lacks). Errors: bytes that are no such message, no graph, values that do not fit their shapes, are stored
/// outside the file, are of an element type that is no number, or are infinite or no number.
Result<OnnxFile> parse_onnx(std::string_view bytes, const std::string& path);

}  // namespace gw
