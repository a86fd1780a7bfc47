#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <hdf5.h>
#include <nlohmann/json.hpp>

#include "formats/keras/keras.h"
#include "support/zip.h"

namespace gw::testing {

using Json = nlohmann::json;

/// Makes an HDF5 file in memory, as h5py does.
class Hdf5Builder {
 public:
  Hdf5Builder() {
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 16, 0);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    static int number = 0;  // two files that are open have two names
    file_ = H5Fcreate(("made" + std::to_string(number++)).c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    links_ = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links_, 1);
  }
  Hdf5Builder(const Hdf5Builder&) = delete;
  Hdf5Builder& operator=(const Hdf5Builder&) = delete;
  ~Hdf5Builder() {
    H5Pclose(links_);
    H5Fclose(file_);
  }

  Hdf5Builder& group(const std::string& path) {
    const hid_t made = H5Gcreate2(file_, path.c_str(), links_, H5P_DEFAULT, H5P_DEFAULT);
    if (made >= 0) H5Gclose(made);  // else it is there already
    return *this;
  }
  Hdf5Builder& values(const std::string& path, const std::vector<hsize_t>& shape,
                      const std::vector<float>& values, hid_t stored_as = H5T_IEEE_F32LE,
                      hid_t creation = H5P_DEFAULT) {
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t set = H5Dcreate2(file_, path.c_str(), stored_as, space, links_, creation, H5P_DEFAULT);
    if (set < 0) throw std::logic_error("no dataset " + path);
    if (!values.empty()) H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(set);
    H5Sclose(space);
    return *this;
  }
  /// One text of any length.
  Hdf5Builder& text(const std::string& object, const std::string& name, const std::string& value) {
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, H5T_VARIABLE);
    const char* pointer = value.c_str();
    attribute(object, name, type, space, &pointer);
    return *this;
  }
  /// Texts of one length, as NumPy keeps them.
  Hdf5Builder& texts(const std::string& object, const std::string& name,
                     const std::vector<std::string>& values) {
    size_t length = 1;
    for (const std::string& value : values) length = std::max(length, value.size());
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, length);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    const hsize_t count = values.size();
    std::string raw;
    for (std::string value : values) {
      value.resize(length, '\0');
      raw += value;
    }
    attribute(object, name, type, H5Screate_simple(1, &count, nullptr), raw.data());
    return *this;
  }
  hid_t file() const { return file_; }

  std::string bytes() const {
    H5Fflush(file_, H5F_SCOPE_GLOBAL);
    std::string image(static_cast<size_t>(H5Fget_file_image(file_, nullptr, 0)), '\0');
    H5Fget_file_image(file_, image.data(), image.size());
    return image;
  }

 private:
  void attribute(const std::string& object, const std::string& name, hid_t type, hid_t space,
                 const void* value) {
    const hid_t owner = H5Oopen(file_, object.c_str(), H5P_DEFAULT);
    const hid_t made = H5Acreate2(owner, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (made < 0) throw std::logic_error("no attribute " + name);
    H5Awrite(made, type, value);
    H5Aclose(made);
    H5Oclose(owner);
    H5Tclose(type);
    H5Sclose(space);
  }

  hid_t file_ = -1, links_ = -1;
};

/// A layer and its variables, in Keras's order.
struct KerasMade {
  Json layer;
  struct Variable {
    std::string name;
    std::vector<hsize_t> shape;
    std::vector<float> values;
  };
  std::vector<Variable> variables;

  std::string name() const { return layer.at("config").at("name"); }
};

inline KerasMade keras_layer(const std::string& class_name, const std::string& name,
                             Json config = Json::object(), std::vector<KerasMade::Variable> variables = {}) {
  config["name"] = name;
  return {{{"class_name", class_name}, {"config", std::move(config)}}, std::move(variables)};
}

/// {1, 2, 3, ..} wrapped into a few small whole numbers.
inline std::vector<float> small_numbers(size_t count, int start = 1) {
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>((static_cast<int>(i) * 5 + start) % 7 - 3));
  return values;
}

/// A Sequential with an InputLayer, or a Functional whose layers say what they read.
struct KerasNet {
  std::vector<KerasMade> layers;
  std::vector<std::string> inputs, outputs;  ///< none: a Sequential
  std::string version = "2.12.0";

  KerasNet& add(KerasMade layer) {
    layers.push_back(std::move(layer));
    return *this;
  }
  /// Keras 2's way of saying what goes in.
  KerasNet& reads(const std::vector<std::string>& from) {
    Json node = Json::array();
    for (const std::string& name : from) node.push_back({name, 0, 0, Json::object()});
    layers.back().layer["inbound_nodes"].push_back(std::move(node));
    layers.back().layer["name"] = layers.back().name();
    return *this;
  }

  Json architecture() const {
    Json all = Json::array();
    for (const KerasMade& made : layers) {
      all.push_back(made.layer);
      all.back()["name"] = made.name();
      if (!inputs.empty() && !all.back().contains("inbound_nodes"))
        all.back()["inbound_nodes"] = Json::array();
    }
    Json config{{"name", "net"}, {"layers", std::move(all)}};
    const auto ends = [](const std::vector<std::string>& names) {
      Json list = Json::array();
      for (const std::string& name : names) list.push_back({name, 0, 0});
      return list;
    };
    if (!inputs.empty()) {
      config["input_layers"] = ends(inputs);
      config["output_layers"] = ends(outputs);
    }
    return {{"class_name", inputs.empty() ? "Sequential" : "Functional"}, {"config", std::move(config)}};
  }

  /// Weights by name below this group.
  void write_weights(Hdf5Builder& file, const std::string& root) const {
    for (const KerasMade& made : layers) {
      const std::string group = root + "/" + made.name();
      file.group(group);
      std::vector<std::string> names;
      for (const auto& variable : made.variables) {
        names.push_back(made.name() + "/" + variable.name + ":0");
        file.values(group + "/" + names.back(), variable.shape, variable.values);
      }
      if (!names.empty()) file.texts(group, "weight_names", names);
    }
  }
  std::string h5() const {
    Hdf5Builder file;
    file.text("/", "model_config", architecture().dump()).text("/", "keras_version", version);
    file.group("/model_weights");
    write_weights(file, "/model_weights");
    return file.bytes();
  }
  std::string weights_h5() const {
    Hdf5Builder file;
    write_weights(file, "");
    return file.bytes();
  }
  /// Weights by number.
  std::string numbered_h5(const std::string& container = "layers") const {
    Hdf5Builder file;
    std::map<std::string, int> counts;
    for (const KerasMade& made : layers) {
      std::string class_name = made.layer.at("class_name");
      if (inputs.empty() && class_name == "InputLayer") continue;
      const std::string base = group_names().contains(class_name) ? group_names().at(class_name) : class_name;
      const int number = counts[base]++;
      const std::string group =
          "/" + container + "/" + base + (number > 0 ? "_" + std::to_string(number) : "");
      file.group(group + "/vars");
      std::map<std::string, int> inside;
      for (const auto& variable : made.variables) {
        const size_t end = variable.name.rfind('/');
        const std::string prefix = end == std::string::npos ? "" : "/" + variable.name.substr(0, end);
        file.values(group + prefix + "/vars/" + std::to_string(inside[prefix]++), variable.shape,
                    variable.values);
      }
    }
    return file.bytes();
  }
  std::string keras(ZipPacking packing = ZipPacking::Store) const {
    return write_zip({{"metadata.json", Json{{"keras_version", "3.9.0"}}.dump()},
                      {"config.json", architecture().dump()},
                      {"model.weights.h5", numbered_h5()}},
                     packing);
  }

  /// Written by hand, so that the reader's own rule is not what it is held to.
  static const std::map<std::string, std::string>& group_names() {
    static const std::map<std::string, std::string> names = {
        {"InputLayer", "input_layer"},
        {"Dense", "dense"},
        {"QDense", "q_dense"},
        {"Conv2D", "conv2d"},
        {"BatchNormalization", "batch_normalization"},
        {"ReLU", "re_lu"},
        {"PReLU", "p_re_lu"},
        {"QConv2DBatchnorm", "q_conv2d_batchnorm"},
        {"DepthwiseConv2D", "depthwise_conv2d"},
        {"SeparableConv1D", "separable_conv1d"},
        {"Flatten", "flatten"},
        {"Activation", "activation"},
        {"Conv1D", "conv1d"},
        {"Add", "add"},
        {"MaxPooling2D", "max_pooling2d"},
        {"Quantizer", "quantizer"},
        {"QAdd", "q_add"},
        {"QConv1D", "q_conv1d"},
        {"QBatchNormDense", "q_batch_norm_dense"},
        {"QEinsumDense", "q_einsum_dense"},
        {"QEinsumDenseBatchnorm", "q_einsum_dense_batchnorm"}};
    return names;
  }
};

inline KerasMade keras_input(const std::string& name, std::vector<int> shape) {
  Json extents = Json::array({nullptr});
  for (const int extent : shape) extents.push_back(extent);
  return keras_layer("InputLayer", name, {{"batch_input_shape", extents}, {"dtype", "float32"}});
}

inline KerasMade keras_dense(const std::string& name, size_t in, size_t units, Json config = Json::object(),
                             const std::string& class_name = "Dense") {
  config["units"] = units;
  return keras_layer(
      class_name, name, std::move(config),
      {{"kernel", {in, units}, small_numbers(in * units)}, {"bias", {units}, small_numbers(units, 4)}});
}

}  // namespace gw::testing
