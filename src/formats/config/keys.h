#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "graph/config.h"

namespace gw {

/// The maps of a configuration file in which keys stand; a key may stand in several.
enum ConfigMap : unsigned {
  TopMap = 1,      ///< the file itself
  HlsMap = 2,      ///< HLSConfig
  ModelMap = 4,    ///< Model
  LayerMap = 8,    ///< an entry of LayerType or LayerName
  WriterMap = 16,  ///< WriterConfig
};

/// What a key is to Gatewright.
enum class KeyEffect {
  Used,     ///< it has its effect
  Tells,    ///< it tells where something came from or goes to; nothing follows from it
  Unused,   ///< read, but without effect: another value than the usual one is noted
  Refused,  ///< another value than the usual one is an error
};

/// Where the value of a key goes, and thereby which values it may have; nothing: it is not kept.
using KeyTarget =
    std::variant<std::monostate, std::optional<bool> LayerSettings::*, std::optional<int> LayerSettings::*,
                 std::optional<std::string> LayerSettings::*, std::optional<Strategy> LayerSettings::*,
                 std::optional<ConvImplementation> LayerSettings::*, std::optional<bool> ModelSettings::*,
                 std::optional<int> ModelSettings::*, std::optional<double> ModelSettings::*,
                 std::optional<std::string> ModelSettings::*, std::optional<PipelineStyle> ModelSettings::*,
                 std::optional<std::string> ProjectSettings::*, std::optional<double> ProjectSettings::*,
                 std::optional<IoType> ProjectSettings::*>;

/// One key of hls4ml's configuration. Reading, printing and the documentation derive from these rows.
struct ConfigKey {
  std::string_view name;
  unsigned maps;  ///< ConfigMap values, joined
  KeyEffect effect;
  KeyTarget target;
  std::string_view
      usual;             ///< the value that hls4ml writes of its own accord, with which the key says nothing
  std::string_view doc;  ///< one sentence: what it says, or why it has no effect
  std::vector<std::string> choices = {};  ///< of a text; empty: any
};

/// All keys but Precision, Model, LayerType, LayerName and HLSConfig, which hold others.
const std::vector<ConfigKey>& config_keys();

/// The row of that key where it stands in such a map, or null.
const ConfigKey* find_key(std::string_view name, ConfigMap map);
/// The names of the keys that may stand in such a map.
std::vector<std::string> key_names(ConfigMap map);

/// True if a value, as it is written, is the usual one: equal as text in any case, as a number, or both
/// "false" in one of its spellings.
bool is_usual(const ConfigKey& key, std::string_view value);

}  // namespace gw
