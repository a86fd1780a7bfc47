#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "formula/formula.h"

namespace gw::hls {

/// A constant array of a generated project; it stands in a header of its own.
struct ConstantArray {
  std::string name;
  std::string type;  ///< of an element, as declared
  std::string what;  ///< a sentence of its meaning
  std::vector<std::int64_t> extents;
  std::vector<std::string> values;  ///< row-major, as initialisers
};

/// How a matrix is spread over clocks: blocks of elements, and groups of outputs.
struct Turns {
  int steps = 1, groups = 1;
  std::string storage =
      "";  ///< the pragma, with {} for a variable, that keeps weights in block memory; or ""
  int count() const { return steps * groups; }
};

/// A formula as a C++ function `NAME_formula` of arrays: window0, window1, ... as they are read, inside0, ...
/// where it asks what lies inside the input, and y.
struct FormulaFunction {
  std::string text;
  std::vector<ConstantArray> arrays;                       ///< weights, tables, places
  std::vector<std::pair<std::string, std::string>> types;  ///< names that it uses, and what they stand for
  std::vector<bool> asks_inside;                           ///< by stream
  bool takes_turns = false;  ///< it is a pipelined loop of its own, around which no pipeline may stand
};

/// Prints the formula of `stage`. Every intermediate value has a type that holds it exactly, casts are where
/// the formula has them, and what outputs or terms do alike is a loop. `elements` and `output` name the types
/// of what is read and written. A matrix takes its `turns`, if there are several.
FormulaFunction formula_function(const Stage& stage, const std::string& name,
                                 std::span<const std::string> elements, const std::string& output,
                                 const Turns& turns);

/// Whether that function will be a pipelined loop.
bool takes_turns(const Stage& stage, const Turns& turns);

}  // namespace gw::hls
