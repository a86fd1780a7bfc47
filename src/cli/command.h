#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.h"
#include "support/result.h"
#include "tools/vendor_tool.h"

namespace CLI {
class App;  // <CLI/CLI.hpp> is slow to compile; only the files that declare options include it
}

namespace gw::cli {

/// What the program ends with. A shell script can tell a wrong input from a wrong command line.
enum class ExitCode : int { Success = 0, UserError = 1, Usage = 2, Defect = 3, Interrupted = 130 };

/// The few variables that are read from the environment, as the user set them; empty: not set.
struct Environment {
  std::string xdg_cache_home = {};
  std::string home = {};
  Installations installations = {};  ///< of vendors' tools
};

/// What a command is given besides its own options. Commands talk to the user through it alone.
class Session {
 public:
  /// `words` is the command line without the program's name.
  Session(Terminal& terminal, Environment environment, std::vector<std::string> words = {})
      : terminal_(terminal), environment_(std::move(environment)), words_(std::move(words)) {}

  /// For the libraries: bars, and the question whether ^C was pressed. A command that returns early because
  /// of it returns Done{}; the program then ends with ExitCode::Interrupted.
  Progress& progress() { return terminal_; }
  /// The command's answer, to standard output; the text brings its own newlines.
  void print(std::string_view text) { terminal_.print(text); }
  /// Columns for a picture on the user's terminal, or 0; and a picture in the place of the one before.
  int picture_columns() const { return terminal_.picture_columns(); }
  void show(const std::vector<std::string>& lines) { terminal_.show(lines); }
  /// A warning or a note on standard error. Errors are returned by the command and shown by main.
  void report(const Diagnostic& diagnostic) { terminal_.report(diagnostic); }

  /// $XDG_CACHE_HOME/gatewright, or ~/.cache/gatewright; it may not exist yet. An error if neither variable
  /// names an absolute folder.
  Result<std::filesystem::path> cache_folder() const;
  /// The network files that come with Gatewright (networks/ of the source tree).
  std::filesystem::path networks_folder() const;
  /// Where vendors' tools are installed, by the variables that say so.
  const Installations& installations() const { return environment_.installations; }
  /// Of the program.
  std::string version() const;
  /// The command line as a shell takes it, for reports that tell how they were made.
  std::string command_line() const;

 private:
  Terminal& terminal_;
  Environment environment_;
  std::vector<std::string> words_;
};

/// The work of a command once its options are read. The errors it returns are printed by main, exit code 1.
using Run = std::function<Status(Session&)>;

/// One row of the table in commands.cpp.
struct Command {
  /// The words that call it, "data fetch"; a first word shared by several rows is a group.
  std::string_view name;
  /// One sentence for the lists of --help.
  std::string_view summary;
  /// Command lines to copy, one a line, each with what it does after '#'; at least one.
  std::string_view examples;
  /// Declares options and positionals on `app` and returns the work. The options live in an object that the
  /// returned function owns (std::make_shared), since they are filled in after this call:
  ///
  ///     Run declare_data_fetch(CLI::App& app) {
  ///       auto options = std::make_shared<FetchOptions>();
  ///       app.add_option("dataset", options->name, "Which data set")->required();
  ///       return [options](Session& session) { return fetch(*options, session); };
  ///     }
  Run (*declare)(CLI::App& app);
};

/// One sentence on each first word that is shared by several commands.
struct Group {
  std::string_view name;
  std::string_view summary;
};

/// What the program can do, in the order of --help. Every group that a command's name opens with is in
/// `groups`.
struct Table {
  std::vector<Command> commands;
  std::vector<Group> groups;
};

/// The table in commands.cpp.
const Table& all_commands();

/// The whole program but for its streams: parses `arguments` (without the program's name), runs the command
/// and shows what went wrong. Never throws.
ExitCode run(const Table& table, const std::vector<std::string>& arguments, Terminal& terminal,
             const Environment& environment);

}  // namespace gw::cli
