// A small machine of our own to run the root's scripts on: what is installed, who the user is, and what apt,
// cmake and ctest answer is up to the test.
#include "scripts/sandbox.h"

#include <stdexcept>

#include <stdlib.h>

#include "support/files.h"
#include "support/process.h"

namespace gw::scripts {

namespace {

constexpr const char* plain_programs[] = {"awk",   "bash", "basename", "cat",   "dirname", "env", "find",
                                          "flock", "grep", "mkdir",    "mv",    "nproc",   "rm",  "readlink",
                                          "sed",   "sh",   "tail",     "touch", "tr",      "uniq"};

}  // namespace

Sandbox::Sandbox() {
  std::string name = (fs::temp_directory_path() / "gatewright-scripts-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
  fs::create_directories(folder_ / "bin");
  for (const auto* program : plain_programs) {
    const std::string where = find_program(program);
    if (where.empty()) throw std::runtime_error(std::string(program) + " is not on PATH");
    fs::create_symlink(where, folder_ / "bin" / program);
  }
  fs::create_directories(folder_ / "tree/scripts");
  for (const char* script : {"gatewright", "test", "scripts/setup"}) {
    fs::copy_file(fs::path(GATEWRIGHT_ROOT) / script, folder_ / "tree" / script);
  }
  fs::copy_file(fs::path(GATEWRIGHT_ROOT) / "scripts/packages.txt", folder_ / "tree/scripts/packages.txt");
}

Sandbox::~Sandbox() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Sandbox::write(const std::string& path, const std::string& text) const {
  if (!write_file(folder_ / path, text)) throw std::runtime_error("cannot write " + path);
}

void Sandbox::program(const std::string& name, const std::string& script) const {
  write("bin/" + name, "#!/usr/bin/env bash\n" + script);
  fs::permissions(folder_ / "bin" / name, fs::perms::owner_all);
}

std::string Sandbox::read(const std::string& path) const {
  auto text = read_file(folder_ / path);
  return text ? *std::move(text) : "";
}

Sandbox::Outcome Sandbox::run(std::vector<std::string> command,
                              const std::vector<std::pair<std::string, std::string>>& environment,
                              const std::string& below) const {
  const bool is_path = command[0].find('/') != std::string::npos;
  command[0] = (folder_ / (is_path ? "" : "bin") / command[0]).string();
  ProcessOptions options{.folder = folder_ / below, .environment = environment};
  options.environment.emplace_back("PATH", (folder_ / "bin").string());
  options.environment.emplace_back("HERE", folder_.string());
  auto result = run_process(command, options);
  if (!result) throw std::runtime_error(to_string(result.errors().front()));
  return {result->exit_code, result->output};
}

}  // namespace gw::scripts
