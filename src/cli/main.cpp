// The program: hands its streams, its arguments and the few variables that it reads to cli::run.
#include <cstdlib>
#include <iostream>

#include "cli/command.h"

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  gw::cli::catch_interrupts();
  gw::cli::Terminal terminal(std::cout, std::cerr, gw::cli::terminal_columns());
  gw::cli::Environment environment{variable("XDG_CACHE_HOME"), variable("HOME"), {}};
  for (const std::string_view name : gw::installation_variables()) {
    if (std::string folder = variable(std::string(name).c_str()); !folder.empty())
      environment.installations.emplace(name, std::move(folder));
  }
  return static_cast<int>(
      gw::cli::run(gw::cli::all_commands(), {argv + 1, argv + argc}, terminal, environment));
}
