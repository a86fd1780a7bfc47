// Which type a configuration gives to a tensor: a search through three maps, from what is said of one layer
// to what is said of all.

#include "graph/precision.h"

namespace gw {

namespace {

using Types = PrecisionConfig::Types;

const PrecisionChoice* find(const Types& types, const std::string& tensor) {
  const auto found = types.find(tensor);
  return found == types.end() ? nullptr : &found->second;
}

const PrecisionChoice* find_or_default(const Types& types, const std::string& tensor) {
  const PrecisionChoice* found = find(types, tensor);
  return found ? found : find(types, "default");
}

/// The types said of `key`; none are said of a key that is not there.
const Types& types_of(const std::map<std::string, Types>& map, std::string_view key) {
  static const Types none;
  const auto found = map.find(std::string(key));
  return found == map.end() ? none : found->second;
}

}  // namespace

const PrecisionChoice* PrecisionConfig::of_layer(std::string_view kind, std::string_view name,
                                                 const std::string& tensor) const {
  const PrecisionChoice* found = find_or_default(types_of(by_name, name), tensor);
  return found ? found : find_or_default(types_of(by_kind, kind), tensor);
}

const PrecisionChoice* PrecisionConfig::of_tensor(std::string_view kind, std::string_view name,
                                                  const std::string& tensor) const {
  for (const Types* types : {&types_of(by_name, name), &types_of(by_kind, kind), &model}) {
    if (const PrecisionChoice* found = find(*types, tensor)) return found;
  }
  return nullptr;
}

PrecisionChoice PrecisionConfig::lookup(std::string_view kind, std::string_view name,
                                        const std::string& tensor) const {
  const PrecisionChoice* found = of_layer(kind, name, tensor);
  if (!found) found = find_or_default(model, tensor);
  return found ? *found : std::nullopt;
}

}  // namespace gw
