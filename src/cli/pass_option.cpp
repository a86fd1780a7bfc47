// Options whose value is a pass.
#include "cli/pass_option.h"

#include <algorithm>

#include "passes/pass.h"
#include "support/messages.h"

namespace gw::cli {

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const Pass& pass : pipeline()) names.emplace_back(pass.name);
  return names;
}

Result<std::string> pass_of(const std::string& option, const std::string& text) {
  const std::vector<std::string> names = pass_names();
  if (text.empty() || std::find(names.begin(), names.end(), text) != names.end()) return text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (std::to_string(i + 1) == text) return names[i];
  }
  return diagnose(messages::unknown_value, {{}, 0, option}, text, nearest(text, names));
}

}  // namespace gw::cli
