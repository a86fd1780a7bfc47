#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/result.h"

namespace gw {

/// The architecture of a Keras model as its JSON says it, with references followed and nothing yet understood
/// of what layers do.

/// One answer of a layer's: of the call-th time that it is called.
struct KerasTensor {
  size_t layer = 0;  ///< by the model's layers
  size_t call = 0;
};

struct KerasModel;

struct KerasLayer {
  std::string name;
  std::string class_name;  ///< without the package, except HGQ's, whose classes have the names of QKeras's
  nlohmann::json config;
  /// What goes in each time that the layer is called.
  std::vector<std::vector<KerasTensor>> calls;
  std::unique_ptr<KerasModel> model;  ///< of a layer that is a model itself
  std::string stored_as;              ///< its name in a file of weights, which may be that of a wrapper
  std::string wrapper_class;          ///< of a wrapper that is gone (PruneLowMagnitude), or ""
  bool is_operation = false;          ///< a function of keras.ops rather than a layer
};

struct KerasModel {
  std::string name;
  std::string class_name;
  std::vector<KerasLayer> layers;
  std::vector<size_t> inputs;        ///< layers that are fed, in order
  std::vector<KerasTensor> outputs;  ///< in order
  bool adds_input = false;  ///< a Sequential without an InputLayer; its first layer is made by the reader
};

/// Reads the JSON of a model ("model_config" of an .h5 file, config.json of a .keras archive,
/// model.to_json()). Python's NaN and Infinity, which no JSON has, are taken for texts. Errors: no JSON, no
/// model, models in models beyond a depth, layers of one name, references to layers or calls that are not
/// there, circles.
Result<KerasModel> parse_keras_model(std::string_view text, const std::string& file);

/// True if the text is JSON that describes a model.
bool is_keras_json(std::string_view text);

/// The class name as Keras turns it into the name of a group: "QConv2DBatchnorm" is "q_conv2d_batchnorm".
std::string keras_group_name(const std::string& class_name);

}  // namespace gw
