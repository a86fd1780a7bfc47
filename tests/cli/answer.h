#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "cli/command.h"
#include "graph/graph.h"

namespace gw::cli::testing {

/// What the program answers to a command line.
struct Answer {
  ExitCode code;
  std::string out, err;
};

inline Answer answer(const std::string& command, const std::vector<std::string>& arguments,
                     const Environment& environment = {}) {
  std::ostringstream out, err;
  ExitCode code;
  {
    Terminal terminal(out, err, 0);
    std::vector<std::string> words{command};
    words.insert(words.end(), arguments.begin(), arguments.end());
    code = run(all_commands(), words, terminal, environment);
  }
  return {code, out.str(), err.str()};
}

/// One dense layer of two weights.
inline Graph small_network() {
  GraphBuilder b;
  const NodeId x = b.input("x", {2});
  const NodeId w = b.constant("w", {{2, 1}, 1, {0.5f, 0.25f}});
  b.output(b.layer("dense1", Dense{}, {x, w}));
  return b.build().value();
}

}  // namespace gw::cli::testing
