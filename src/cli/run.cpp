// From the words on the command line to a command that has run. The table in commands.cpp is turned into a
// tree of CLI11 parsers ("data fetch" becomes `fetch` below `data`), CLI11 reads the options, and what it
// complains of is told as a diagnostic like any other. Words that nobody takes are let through the parser
// (allow_extras) and judged here, since CLI11 would only say that they were not expected and we want to name
// what was meant.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command.h"
#include "support/messages.h"

namespace gw::cli {

namespace {

constexpr const char* program = "gatewright";
constexpr const char* about =
    "Gatewright turns a trained neural network into checked FPGA firmware: it trains or\n"
    "reads the network, gives every value an exact fixed-point type, predicts bit for bit\n"
    "what the hardware will answer, writes it, simulates it and synthesises it.\n";

std::string indented(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    out += fmt::format("  {}\n", lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out;
}

std::string_view first_line(std::string_view lines) { return lines.substr(0, lines.find('\n')); }

/// What every command can be told on how it is to tell what it does.
struct TellingOptions {
  std::string events;
  bool quiet = false, verbose = false;
};

void declare_telling(CLI::App& app, TellingOptions& options) {
  const char* group = "Telling";
  app.add_option("--events", options.events,
                 "Write each step there as it happens, a JSON object a line (docs/events.md)")
      ->type_name("FILE")
      ->group(group);
  auto* quiet = app.add_flag("--quiet", options.quiet, "Tell no steps and no notes")->group(group);
  app.add_flag("--verbose", options.verbose, "Tell each second what a step is at, in lines")
      ->group(group)
      ->excludes(quiet);
}

struct Parser {
  const Table& table;
  TellingOptions telling;
  CLI::App root{about, program};
  std::vector<std::pair<const CLI::App*, Run>> works;

  explicit Parser(const Table& rows) : table(rows) {
    root.set_help_flag("-h,--help", "Show this and end");
    root.set_version_flag("--version", fmt::format("{} {}", program, GATEWRIGHT_VERSION),
                          "Show the version and end");
    root.allow_extras();
    root.option_defaults()->always_capture_default();
    std::string examples = "Examples:\n";
    for (const auto& command : table.commands) {
      const size_t space = command.name.find(' ');
      CLI::App* parent = space == command.name.npos ? &root : group(command.name.substr(0, space));
      CLI::App* app =
          add(*parent, command.name.substr(space == command.name.npos ? 0 : space + 1), command.summary);
      app->footer("Examples:\n" + indented(command.examples));
      if (parent != &root) parent->footer(parent->get_footer() + indented(command.examples));
      examples += indented(first_line(command.examples));
      works.emplace_back(app, command.declare(*app));
      declare_telling(*app, telling);
    }
    root.footer(fmt::format("{}\n'{} COMMAND --help' explains a command.", examples, program));
  }

  CLI::App* add(CLI::App& parent, std::string_view name, std::string_view summary) {
    CLI::App* app = parent.add_subcommand(std::string(name), std::string(summary));
    app->set_help_flag("-h,--help", "Show this and end");
    return app;
  }

  CLI::App* group(std::string_view name) {
    for (CLI::App* app : root.get_subcommands([&](const CLI::App* a) { return a->get_name() == name; }))
      return app;
    const auto row = std::find_if(table.groups.begin(), table.groups.end(),
                                  [&](const Group& g) { return g.name == name; });
    GW_CHECK(row != table.groups.end());
    CLI::App* app = add(root, name, row->summary);
    app->footer("Examples:\n");
    return app;
  }

  // The command that the words have led to so far.
  const CLI::App& innermost() const {
    const CLI::App* app = &root;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    return *app;
  }
};

std::string full_name(const CLI::App& app) {
  return app.get_parent() ? full_name(*app.get_parent()) + " " + app.get_name() : app.get_name();
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    for (const auto& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

// What is wrong with the first word that no parser took, if there is one. A wrong option is the likelier
// reason for a word left over behind it, so options are looked at first.
Diagnostics left_over(const CLI::App& app) {
  const auto words = app.remaining();
  const auto option = std::find_if(words.begin(), words.end(),
                                   [](const auto& word) { return word.size() > 1 && word[0] == '-'; });
  const std::string name = full_name(app);
  if (option != words.end()) {
    const std::string flag = option->substr(0, option->find('='));
    return {diagnose(messages::unknown_option, {.item = name}, flag, nearest(flag, option_names(app)))};
  }
  if (words.empty()) return {};
  const auto names = subcommand_names(app);
  if (names.empty()) return {diagnose(messages::argument_too_many, {.item = name}, words[0], name)};
  return {diagnose(messages::unknown_command, {.item = name}, words[0], nearest(words[0], names))};
}

ExitCode show(const Diagnostics& diagnostics, Terminal& terminal, ExitCode code) {
  for (const auto& diagnostic : diagnostics) terminal.report(diagnostic);
  return code;
}

// CLI11 keeps its words in reverse when it is handed a vector.
void parse(Parser& parser, std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());
  parser.root.parse(std::move(arguments));
}

ExitCode run_work(const Run& work, Session& session, Terminal& terminal) {
  const Status status = work(session);
  const ExitCode ending = interrupted() ? ExitCode::Interrupted : ExitCode::UserError;
  if (!status) return show(status.errors(), terminal, ending);
  if (!terminal.flush())
    return show({diagnose(messages::answer_unwritable, {})}, terminal, ExitCode::UserError);
  return interrupted() ? ExitCode::Interrupted : ExitCode::Success;
}

ExitCode parse_and_run(const Table& table, const std::vector<std::string>& arguments, Terminal& terminal,
                       const Environment& environment) {
  Parser parser(table);
  std::string complaint;
  try {
    parse(parser, arguments);
  } catch (const CLI::CallForHelp&) {
    const auto& app = parser.innermost();
    terminal.print(app.help(app.get_parent() ? full_name(*app.get_parent()) : ""));
    return ExitCode::Success;
  } catch (const CLI::CallForVersion&) {
    terminal.print(parser.root.version() + "\n");
    return ExitCode::Success;
  } catch (const CLI::ParseError& error) {
    complaint = error.what();
  }

  const CLI::App& app = parser.innermost();
  const std::string name = full_name(app);
  if (const auto problem = left_over(app); !problem.empty()) return show(problem, terminal, ExitCode::Usage);
  if (!complaint.empty()) {
    return show({diagnose(messages::bad_command_line, {.item = name}, complaint, name)}, terminal,
                ExitCode::Usage);
  }
  const auto work =
      std::find_if(parser.works.begin(), parser.works.end(), [&](const auto& w) { return w.first == &app; });
  if (work == parser.works.end()) {
    const auto list = fmt::format("{}", fmt::join(subcommand_names(app), ", "));
    return show({diagnose(messages::command_missing, {.item = name}, list, name)}, terminal, ExitCode::Usage);
  }

  std::ofstream events;
  if (!parser.telling.events.empty()) {
    events.open(parser.telling.events);
    if (!events) {
      return show({diagnose(messages::file_unwritable, {parser.telling.events}, std::strerror(errno))},
                  terminal, ExitCode::UserError);
    }
    terminal.set_events(&events);
  }
  terminal.set_telling(parser.telling.quiet     ? Terminal::Telling::Quiet
                       : parser.telling.verbose ? Terminal::Telling::Verbose
                                                : Terminal::Telling::Usual);
  Session session(terminal, environment, arguments);
  const ExitCode code = run_work(work->second, session, terminal);
  terminal.tell_exit(static_cast<int>(code));
  terminal.set_events(nullptr);
  return code;
}

}  // namespace

ExitCode run(const Table& table, const std::vector<std::string>& arguments, Terminal& terminal,
             const Environment& environment) {
  try {
    return parse_and_run(table, arguments, terminal, environment);
  } catch (const std::bad_alloc&) {
    return show({diagnose(messages::out_of_memory, {})}, terminal, ExitCode::UserError);
  } catch (const std::exception& error) {
    // Nothing of ours throws but a failed GW_CHECK, which says itself whose fault it is.
    terminal.say(fmt::format("{}: internal defect: {}", program, error.what()));
    return ExitCode::Defect;
  }
}

}  // namespace gw::cli
