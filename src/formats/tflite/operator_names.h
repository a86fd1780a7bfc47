#pragma once

#include <string>

namespace gw {

/// "CONV_2D" of 3; "operator 999" of a number that no version of the schema up to TensorFlow 2.16 has.
std::string tflite_operator_name(int code);

}  // namespace gw
