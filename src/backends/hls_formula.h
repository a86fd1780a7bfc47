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

/// A formula as a C++ function `NAME_formula` of arrays: window0, window1, ... as they are read, inside0, ...
/// where it asks what lies inside the input, and y.
struct FormulaFunction {
  std::string text;
  std::vector<ConstantArray> arrays;                       ///< weights, tables, places
  std::vector<std::pair<std::string, std::string>> types;  ///< names that it uses, and what they stand for
  std::vector<bool> asks_inside;                           ///< by stream
  int multipliers = 0;                                     ///< products that it has at once
};

/// Prints the formula of `stage`. Every intermediate value has a type that holds it exactly, casts are where
/// the formula has them, and what outputs or terms do alike is a loop. `elements` and `output` name the types
/// of what is read and written.
FormulaFunction formula_function(const Stage& stage, const std::string& name,
                                 std::span<const std::string> elements, const std::string& output);

}  // namespace gw::hls
