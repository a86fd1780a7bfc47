#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/keras/hdf5.h"
#include "formats/keras/model.h"

namespace gw {

/// The variables of the layers of a model, by layer and name. Keras keeps them in one of two ways: by the
/// names of layers and variables ("fc1/fc1/kernel:0"), or numbered, variables as they were made and layers
/// per class
/// ("layers/dense_2/vars/0").
class KerasWeights {
 public:
  /// `model` must outlive this. A file of neither kind has no variable.
  KerasWeights(Hdf5File file, const KerasModel& model);

  /// One variable; without values if the layer does not have it.
  struct Variable {
    const Hdf5Dataset* values = nullptr;
    std::string path;  ///< where it is or should be in the file
  };
  /// The variables of a layer whose names, in the order in which Keras makes them, are these; a name may
  /// begin with that of a layer inside ("batchnorm/gamma").
  std::vector<Variable> variables(const KerasLayer& layer, const std::vector<std::string>& names) const;
  /// True if variables without names lie below this part of the layer.
  bool has_numbered(const KerasLayer& layer, const std::string& prefix) const;
  /// What else the layer has that changes answers, by name or number.
  std::vector<std::string> others(const KerasLayer& layer, const std::vector<std::string>& names) const;

 private:
  /// Where a layer's variables lie, and, where those of a whole model lie together, what tells its own.
  struct Store {
    std::string group;
    std::string owner;  ///< the layer's name among others, or ""
  };

  void find_numbered(const KerasModel& model, const std::string& container);
  void find_named(const KerasModel& model, const std::string& group);
  std::vector<std::string> listed(const std::string& group, const std::string& attribute) const;
  std::map<std::string, std::string> named_variables(const Store& store) const;

  Hdf5File file_;
  bool is_numbered_ = false;
  std::map<const KerasLayer*, Store> stores_;
};

/// True if a variable of this path only concerns training: "fc1/mask:0", "iteration".
bool is_idle_variable(const std::string& path);

}  // namespace gw
