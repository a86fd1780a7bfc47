// The command line from the outside: words in, text and exit code out, on a small table of its own.
#include <memory>
#include <new>
#include <regex>
#include <sstream>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include "cli/command.h"
#include "support/check.h"
#include "support/messages.h"

namespace gw::cli {
namespace {

Run declare_greet(CLI::App& app) {
  struct Options {
    std::string name;
    int times = 1;
  };
  auto options = std::make_shared<Options>();
  app.add_option("name", options->name, "Whom to greet")->required();
  app.add_option("--times", options->times, "How often");
  return [options](Session& session) -> Status {
    if (options->name == "nobody")
      return diagnose(messages::file_unreadable, {"nobody.txt", 3, "name"}, "nobody is there");
    for (int i = 0; i < options->times; ++i) session.print("hello " + options->name + "\n");
    return Done{};
  };
}

Run declare_defect(CLI::App&) {
  return [](Session&) -> Status {
    GW_CHECK(1 + 1 == 3);
    return Done{};
  };
}

Run declare_greedy(CLI::App&) {
  return [](Session&) -> Status { throw std::bad_alloc(); };
}

Run declare_cache(CLI::App&) {
  return [](Session& session) -> Status {
    const auto folder = session.cache_folder();
    if (!folder) return folder.errors();
    session.print(folder->string() + "\n");
    return Done{};
  };
}

const Table table{
    .commands = {{"greet", "Says hello", "gatewright greet Ada  # once\ngatewright greet Ada --times 2",
                  declare_greet},
                 {"fail defect", "Breaks a promise", "gatewright fail defect", declare_defect},
                 {"fail memory", "Wants too much", "gatewright fail memory", declare_greedy},
                 {"cache", "Says where it keeps things", "gatewright cache", declare_cache}},
    .groups = {{"fail", "Ways to fail"}},
};

struct Outcome {
  int code;
  std::string out, err;
};

Outcome outcome(const std::vector<std::string>& words, const Environment& environment = {}) {
  std::ostringstream out, err;
  Terminal terminal(out, err, 0);
  const ExitCode code = run(table, words, terminal, environment);
  return {static_cast<int>(code), out.str(), err.str()};
}

TEST(Run, CommandReadsItsOptions) {
  const auto o = outcome({"greet", "Ada", "--times", "2"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.out, "hello Ada\nhello Ada\n");
  EXPECT_EQ(o.err, "");
}

TEST(Run, ErrorsAreDiagnosticsAndCodeOne) {
  const auto o = outcome({"greet", "nobody"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.out, "");
  EXPECT_EQ(o.err, "nobody.txt:3: name: error: cannot be read: nobody is there [file-unreadable]\n");
}

TEST(Run, UnknownCommandNamesTheNearest) {
  const auto o = outcome({"gret", "Ada"});
  EXPECT_EQ(o.code, 2);
  EXPECT_EQ(o.err, "gatewright: error: unknown command 'gret'; did you mean 'greet'? [unknown-command]\n");
  EXPECT_EQ(outcome({"fail", "memroy"}).err,
            "gatewright fail: error: unknown command 'memroy'; did you mean 'memory'? [unknown-command]\n");
}

TEST(Run, UnknownOptionNamesTheNearest) {
  for (const auto& words : {std::vector<std::string>{"greet", "Ada", "--tims", "2"}, {"greet", "--tims=2"}}) {
    const auto o = outcome(words);
    EXPECT_EQ(o.code, 2);
    EXPECT_EQ(o.err,
              "gatewright greet: error: unknown option '--tims'; did you mean '--times'? [unknown-option]\n");
  }
  EXPECT_EQ(outcome({"--verzion"}).err,
            "gatewright: error: unknown option '--verzion'; did you mean '--version'? [unknown-option]\n");
}

TEST(Run, OneArgumentTooMany) {
  const auto o = outcome({"greet", "Ada", "Grace"});
  EXPECT_EQ(o.code, 2);
  EXPECT_EQ(o.err,
            "gatewright greet: error: 'Grace' is one argument too many; see 'gatewright greet --help' "
            "[argument-too-many]\n");
}

TEST(Run, MissingCommandListsThem) {
  const auto o = outcome({});
  EXPECT_EQ(o.code, 2);
  EXPECT_EQ(o.err,
            "gatewright: error: a command is missing, one of greet, fail, cache; see 'gatewright --help' "
            "[command-missing]\n");
  EXPECT_EQ(
      outcome({"fail"}).err,
      "gatewright fail: error: a command is missing, one of defect, memory; see 'gatewright fail --help' "
      "[command-missing]\n");
}

TEST(Run, OtherMistakesAreToldInTheParsersWords) {
  EXPECT_EQ(outcome({"greet"}).code, 2);
  EXPECT_EQ(outcome({"greet"}).err,
            "gatewright greet: error: name is required; see 'gatewright greet --help' [bad-command-line]\n");
  EXPECT_EQ(outcome({"greet", "Ada", "--times", "often"}).err,
            "gatewright greet: error: Could not convert: --times = often; see 'gatewright greet --help' "
            "[bad-command-line]\n");
}

TEST(Run, DefectsOfOursAreToldAsSuch) {
  const auto o = outcome({"fail", "defect"});
  EXPECT_EQ(o.code, 3);
  EXPECT_TRUE(o.err.starts_with("gatewright: internal defect: ")) << o.err;
  EXPECT_NE(o.err.find("1 + 1 == 3"), std::string::npos) << o.err;
}

TEST(Run, MemoryRunsOut) {
  const auto o = outcome({"fail", "memory"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.err,
            "error: the memory of this machine did not suffice; close other programs or make the model or "
            "the batch "
            "smaller [out-of-memory]\n");
}

TEST(Run, AnswerThatCannotBeWrittenIsAnError) {
  std::ostringstream err;
  std::ostream nowhere(nullptr);  // every write fails
  Terminal terminal(nowhere, err, 0);
  EXPECT_EQ(run(table, {"greet", "Ada"}, terminal, {}), ExitCode::UserError);
  EXPECT_EQ(err.str(), "error: the answer could not be written to standard output [answer-unwritable]\n");
}

TEST(Run, CacheFolderComesFromTheEnvironment) {
  EXPECT_EQ(outcome({"cache"}, {"/var/cache/ada", "/home/ada"}).out, "/var/cache/ada/gatewright\n");
  EXPECT_EQ(outcome({"cache"}, {"", "/home/ada"}).out, "/home/ada/.cache/gatewright\n");
  EXPECT_EQ(outcome({"cache"}, {"relative", "/home/ada"}).out, "/home/ada/.cache/gatewright\n");
  const auto o = outcome({"cache"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(
      o.err,
      "error: there is no folder to keep fetched files in: neither XDG_CACHE_HOME nor HOME names an absolute "
      "path; set one [no-cache-folder]\n");
}

TEST(Run, VersionIsOneLine) {
  const auto o = outcome({"--version"});
  EXPECT_EQ(o.code, 0);
  EXPECT_TRUE(std::regex_match(o.out, std::regex(R"(gatewright \d+\.\d+\.\d+\n)"))) << o.out;
}

TEST(Run, HelpOfACommandShowsUsageDefaultsAndExamples) {
  const auto o = outcome({"greet", "--help"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.err, "");
  EXPECT_EQ(o.out,
            "Says hello\n"
            "Usage: gatewright greet [OPTIONS] name\n"
            "\n"
            "Positionals:\n"
            "  name TEXT REQUIRED          Whom to greet\n"
            "\n"
            "Options:\n"
            "  -h,--help                   Show this and end\n"
            "  --times INT=1               How often\n"
            "\n"
            "\n"
            "Telling:\n"
            "  --events FILE               Write each step there as it happens, a JSON object a line "
            "(docs/events.md)\n"
            "  --quiet Excludes: --verbose Tell no steps and no notes\n"
            "  --verbose Excludes: --quiet Tell each second what a step is at, in lines\n"
            "\n"
            "Examples:\n"
            "  gatewright greet Ada  # once\n"
            "  gatewright greet Ada --times 2\n"
            "\n");
}

TEST(Run, HelpOfAGroupListsItsCommandsAndTheirExamples) {
  const auto o = outcome({"fail", "--help"});
  EXPECT_EQ(o.code, 0);
  for (const auto* part :
       {"Ways to fail", "Usage: gatewright fail", "Breaks a promise", "gatewright fail memory"}) {
    EXPECT_NE(o.out.find(part), std::string::npos) << part << " is missing in\n" << o.out;
  }
}

// The rows that ship, whatever they are.
TEST(AllCommands, EveryRowHasHelpWithExamples) {
  ASSERT_FALSE(all_commands().commands.empty());
  for (const auto& command : all_commands().commands) {
    EXPECT_TRUE(command.examples.starts_with("gatewright ")) << command.name;
    std::vector<std::string> words{""};
    for (const char c : command.name) c == ' ' ? words.emplace_back() : words.back() += std::string(1, c);
    words.emplace_back("--help");
    std::ostringstream out, err;
    Terminal terminal(out, err, 0);
    EXPECT_EQ(run(all_commands(), words, terminal, {}), ExitCode::Success)
        << command.name << ": " << err.str();
    EXPECT_NE(out.str().find(std::string(command.summary)), std::string::npos) << command.name;
    EXPECT_NE(out.str().find("Examples:\n  gatewright "), std::string::npos) << command.name;
  }
}

TEST(AllCommands, EveryGroupHasACommand) {
  for (const auto& group : all_commands().groups) {
    bool used = false;
    for (const auto& command : all_commands().commands)
      used |= command.name.starts_with(std::string(group.name) + " ");
    EXPECT_TRUE(used) << group.name;
  }
}

}  // namespace
}  // namespace gw::cli
