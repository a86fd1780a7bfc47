// What a command is given besides its options.
#include "cli/command.h"
#include "support/messages.h"

namespace gw::cli {

Result<std::filesystem::path> Session::cache_folder() const {
  // The XDG base directory specification asks that a relative path be ignored.
  for (const auto& [variable, below] :
       {std::pair{environment_.xdg_cache_home, ""}, std::pair{environment_.home, ".cache"}}) {
    const std::filesystem::path base = variable;
    if (base.is_absolute()) return base / below / "gatewright";
  }
  return diagnose(messages::no_cache_folder, {});
}

std::filesystem::path Session::networks_folder() const { return GATEWRIGHT_NETWORKS; }

std::string Session::version() const { return GATEWRIGHT_VERSION; }

std::string Session::command_line() const {
  std::string line = "gatewright";
  for (const std::string& word : words_) {
    const bool is_plain = !word.empty() && word.find_first_not_of(
                                               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                               "0123456789_-+=.,:/@%") == word.npos;
    line += ' ';
    if (is_plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace gw::cli
