// Generated HLS C++, built by a plain compiler, against the emulator: every row of the layers' agreement
// test, windows of every geometry, networks that branch; streams and arrays. Many projects in one program,
// each in a namespace of its own, with its own test bench, exactly as it is written.

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "backends/candidates.h"
#include "backends/graph_candidates.h"
#include "backends/hls/hls.h"
#include "support/process.h"

namespace gw {
namespace {

using testing::Candidate;
using testing::Kind;
using testing::Row;

class Projects {
 public:
  Projects() : folder_(fs::temp_directory_path() / ("gatewright_hls_" + std::to_string(::getpid()))) {}
  ~Projects() { fs::remove_all(folder_); }
  const fs::path& folder() const { return folder_; }

  void add(const Candidate& candidate, HlsIo io, std::string_view dialect) {
    const std::string name = fmt::format("p{}", count_++);
    what_.push_back(fmt::format("{}, {}", candidate.what, io == HlsIo::Stream ? "streams" : "arrays"));
    Design design = candidate.design;
    design.name = name + "top";
    Files files = hls_project(design, candidate.pipeline, {.dialect = find_hls_dialect(dialect), .io = io});
    const Files data = hls_test_data(candidate.pipeline, candidate.inputs, candidate.wanted);
    files.insert(files.end(), data.begin(), data.end());
    ASSERT_TRUE(write_files(folder_ / name, files));
    parts_[count_ % 2] += fmt::format(
        "namespace {0} {{\n#include \"{0}/{0}top_test.cpp\"\n#include \"{0}/firmware/{0}top.cpp\"\n}}\n",
        name);
    mains_[count_ % 2] += fmt::format("  failed += run(\"{0}\", {0}::main);\n", name);
  }

  /// Builds and runs all of them.
  void expect_same_bits(const std::string& compiler) {
    for (const int part : {0, 1}) {
      const std::string text =
          "#define GW_TRACE\n#include <cstddef>\n#include <cstdint>\n#include <cstdio>\n#include <cstdlib>\n#include <cmath>\n#include <deque>\n"
          "#include <fstream>\n#include <sstream>\n#include <stdexcept>\n#include <string>\n#include <type_traits>\n#include <utility>\n#include <vector>\n"
          "#include \"p0/firmware/gw_utils.h\"\n" +
          parts_[part] +
          "static int run(const char* name, int (*bench)(int, char**)) {\n"
          "  std::string folder = std::string(name) + \"/tb_data\", program = name;\n"
          "  char* arguments[] = {&program[0], &folder[0]};\n"
          "  std::printf(\"%s: \", name);\n"
          "  const int code = bench(2, arguments);\n  if (code == 2) std::printf(\"failed\\n\");\n  return code != 0;\n}\n"
          "int main() {\n  int failed = 0;\n" +
          mains_[part] + "  return failed;\n}\n";
      ASSERT_TRUE(write_file(folder_ / fmt::format("part{}.cpp", part), text));
    }
    poison(folder_ / "p0/firmware/ap_types/ap_fixed.h");
    const auto built = run_process(
        {"sh", "-c",
         fmt::format(
             "for n in 0 1; do {} -std=c++11 -O0 -Wall -Wextra -Wno-unused-parameter -Wno-unknown-pragmas -Werror "
             "-Ip0/firmware/ap_types -o part$n part$n.cpp & eval pid$n=$!; done; wait $pid0 && wait $pid1",
             compiler)},
        {.folder = folder_});
    ASSERT_TRUE(built);
    ASSERT_EQ(built->exit_code, 0) << built->output.substr(0, 4000);
    for (const int part : {0, 1}) {
      const auto ran = run_process({(folder_ / fmt::format("part{}", part)).string()}, {.folder = folder_});
      ASSERT_TRUE(ran);
      EXPECT_EQ(ran->exit_code, 0) << ran->output;
      std::istringstream lines(ran->output);
      for (std::string line; std::getline(lines, line);) {
        const auto number = static_cast<size_t>(std::atoi(line.c_str() + 1));
        if (line[0] == 'p' && number < what_.size() && line.find(" 0 differing") == line.npos)
          ADD_FAILURE() << what_[number] << "\n" << line;
      }
    }
  }

 private:
  // A tool's own numbers are not zero before they are given a value: here they begin with all bits set.
  static void poison(const fs::path& header) {
    std::string text = read_file(header).value();
    const std::string zero = "ap_fixed_base() : raw_(0) {}";
    const size_t at = text.find(zero);
    ASSERT_NE(at, text.npos);
    text.replace(at, zero.size(),
                 "ap_fixed_base() : raw_(S ? -1 : (static_cast<raw_type>(1) << (W - 1)) * 2 - 1) {}");
    ASSERT_TRUE(write_file(header, text));
  }

  fs::path folder_;
  int count_ = 0;
  std::vector<std::string> what_;
  std::string parts_[2], mains_[2];
};

int asked(const char* variable, int usual) {
  const char* more = std::getenv(variable);
  return more ? std::atoi(more) : usual;
}

TEST(HlsAgreement, EveryLayerGivesTheBitsOfTheEmulator) {
  const int per_row = asked("GATEWRIGHT_SCHEDULE_CASES", 1), first = asked("GATEWRIGHT_SCHEDULE_FIRST", 0);
  Projects projects;
  int number = 0;
  const auto add = [&](const Row& row, Kind kind) {
    int made = 0;
    for (int n = first; n < first + row.cases && made < per_row; ++n) {
      const auto next = testing::layer_candidate(row, n, 0, kind);
      if (!next) continue;
      projects.add(*next, HlsIo::Stream, number % 2 == 0 ? "vivado" : "vitis");
      if (number++ % 3 == 0) projects.add(*next, HlsIo::Parallel, "vitis");
      ++made;
    }
  };
  for (const Row& row : testing::all_rows()) {
    add(row, Kind::Any);
    for (const char* name : {"Dense", "Conv2D"}) {
      if (row.name != std::string_view(name)) continue;
      add(row, Kind::Folded);
      add(row, Kind::LaidOut);
    }
    for (const char* name : {"Conv2D", "MaxPool2D", "Pad"}) {
      if (row.name == std::string_view(name)) add(row, Kind::SeveralPixels);
    }
  }
  projects.expect_same_bits("g++");
}

TEST(HlsAgreement, EveryWindowShowsThePixelsOfTheInterpreter) {
  const int windows = asked("GATEWRIGHT_SCHEDULE_WINDOWS", 24);
  Projects projects;
  for (int n = 0; n < windows; ++n) {
    const Candidate next = testing::window_candidate(static_cast<std::uint64_t>(n), 0);
    projects.add(next, HlsIo::Stream, "vitis");
    if (n % 3 == 0) projects.add(next, HlsIo::Parallel, "vivado");
  }
  projects.expect_same_bits(find_program("clang++").empty() ? "g++" : "clang++");
}

TEST(HlsAgreement, EveryNetworkGivesTheBitsOfTheEmulator) {
  const int graphs = asked("GATEWRIGHT_SCHEDULE_GRAPHS", 8);
  auto seed = static_cast<std::uint64_t>(asked("GATEWRIGHT_SCHEDULE_FIRST", 0));
  Projects projects;
  for (int done = 0; done < graphs; ++seed) {
    const auto next = testing::graph_candidate(seed, 0);
    if (!next) continue;
    projects.add(*next, HlsIo::Stream, "vivado");
    if (done % 3 == 0) projects.add(*next, HlsIo::Parallel, "vitis");
    ++done;
  }
  projects.expect_same_bits("g++");
}

}  // namespace
}  // namespace gw
