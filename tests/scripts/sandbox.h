#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace gw::scripts {

/// A folder with a copy of the scripts of the root and nothing of the machine's programs on PATH but a few
/// plain ones; tests put programs of their own there. Gone at the end.
class Sandbox {
 public:
  Sandbox();
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  /// Writes a file below the folder.
  void write(const std::string& path, const std::string& text) const;
  /// Puts a shell script on PATH; it starts in the caller's folder.
  void program(const std::string& name, const std::string& script) const;
  /// Reads a file below the folder; "" if there is none.
  std::string read(const std::string& path) const;

  struct Outcome {
    int code = 0;
    std::string output;  ///< both streams
  };
  /// Runs a program in the folder, or in one below it. A name with a slash is below the folder too, one
  /// without is a program on PATH.
  Outcome run(std::vector<std::string> command,
              const std::vector<std::pair<std::string, std::string>>& environment = {},
              const std::string& below = "") const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace gw::scripts
