#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

namespace gw {

enum class Severity { Error, Warning, Note };

/// Where in the user's world something is wrong: a file, a line of it (0: no line), and the thing at that
/// place ("node 'conv1', input 1", "LayerName.fc1.ReuseFactor"). Any part may be empty.
struct Place {
  std::string file = {};
  int line = 0;
  std::string item = {};
};

/// One row of the table in messages.h: an identifier, a severity and a text with one `{}` per typed argument.
template <class... Args>
struct Message {
  std::string_view id;
  Severity severity;
  std::string_view text;
};

/// One finding about the user's input, ready to be shown.
struct Diagnostic {
  std::string_view id;
  Severity severity = Severity::Error;
  Place place;
  std::string text;
};

using Diagnostics = std::vector<Diagnostic>;

/// Fills in a row of the table. The arguments' types are checked against the row at compile time.
template <class... Args>
Diagnostic diagnose(const Message<Args...>& message, Place place, std::type_identity_t<Args>... args) {
  return {message.id, message.severity, std::move(place),
          fmt::format(fmt::runtime(message.text), std::forward<Args>(args)...)};
}

/// "model.yml:14: layers.fc1: error: text [id]": one line, no newline at its end.
std::string to_string(const Diagnostic& diagnostic);

/// The candidate with the fewest single-letter edits to `word` (Levenshtein), or "" if there are none.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace gw
