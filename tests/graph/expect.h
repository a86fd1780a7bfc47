#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace gw::testing {

/// The whole texts of what went wrong, one per message; none if nothing did.
template <class T>
std::vector<std::string> errors_of(const Result<T>& result) {
  std::vector<std::string> texts;
  if (result) return texts;
  for (const Diagnostic& error : result.errors()) texts.push_back(to_string(error));
  return texts;
}

using Texts = std::vector<std::string>;

/// The same as one text, a line a message; "success" if nothing went wrong.
template <class T>
std::string refusal(const Result<T>& result) {
  if (result) return "success";
  std::string text;
  for (const std::string& error : errors_of(result)) text += error + "\n";
  return text;
}

}  // namespace gw::testing
