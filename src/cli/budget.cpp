// --budget: what a design may take of the part.
#include "cli/budget.h"

#include <charconv>

#include <CLI/CLI.hpp>

namespace gw::cli {

namespace {

// What is wrong with a text; empty if nothing is.
std::string read_budget(const std::string& text, Cost& budget) {
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string entry = text.substr(at, end - at);
    at = end + 1;
    const size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    double* amount = name == "lut" ? &budget.lut : name == "ff" ? &budget.ff : name == "dsp" ? &budget.dsp : nullptr;
    if (name == "bram") amount = &budget.bram36;
    if (!amount) return "'" + name + "' is no resource: lut, ff, dsp, bram";
    const std::string number = equals == entry.npos ? "" : entry.substr(equals + 1);
    const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), *amount);
    if (error != std::errc() || rest != number.data() + number.size() || !(*amount >= 0))
      return "'" + entry + "' has no amount: write " + name + "=NUMBER";
  }
  return {};
}

}  // namespace

void declare_budget(CLI::App& app, ScheduleOptions& options) {
  app.add_option_function<std::string>(
         "--budget",
         [&options](const std::string& text) {
           if (const std::string wrong = read_budget(text, options.budget); !wrong.empty())
             throw CLI::ValidationError("--budget", wrong);
         },
         "What the design may take: lut=N,ff=N,dsp=N,bram=N, each one or not (blocks of 36 kilobits). Without "
         "--interval it is as fast as that allows, up to one pixel a clock")
      ->type_name("LIMITS");
}

}  // namespace gw::cli
