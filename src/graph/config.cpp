// Which settings a configuration gives to a layer.

#include "graph/config.h"

namespace gw {

const LayerSettings* Config::find(const std::map<std::string, LayerSettings>& map, std::string_view key) {
  const auto found = map.find(std::string(key));
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace gw
