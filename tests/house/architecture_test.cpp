// The plan of the house, held against the house: every #include and every link between our libraries must be
// an arrow that the table in docs/architecture.md has.
#include <algorithm>
#include <regex>

#include <gtest/gtest.h>

#include "house/tree.h"

namespace gw::house {
namespace {

// Headers of libraries from outside by how their names begin. What is not here is the language's or the
// system's.
const std::vector<std::pair<std::string, std::string>> outside_headers = {{"fmt/", "fmt"},
                                                                          {"nlohmann/", "nlohmann-json"},
                                                                          {"yaml-cpp/", "yaml-cpp"},
                                                                          {"openssl/", "OpenSSL"},
                                                                          {"png.h", "libpng"},
                                                                          {"zlib.h", "zlib"},
                                                                          {"zip.h", "libzip"},
                                                                          {"onnx/", "ONNX"},
                                                                          {"google/protobuf", "protobuf"},
                                                                          {"hdf5", "HDF5"},
                                                                          {"dnnl", "oneDNN"},
                                                                          {"oneapi/", "oneDNN"},
                                                                          {"omp.h", "OpenMP"},
                                                                          {"coin/", "CBC"},
                                                                          {"CLI/", "CLI11"},
                                                                          {"gtest/", "GoogleTest"},
                                                                          {"systemc", "SystemC"},
                                                                          {"benchmark/", "google-benchmark"}};

std::string outside_library(const std::string& header) {
  for (const auto& [start, library] : outside_headers) {
    if (header.starts_with(start)) return library;
  }
  return "";
}

TEST(Tree, CodeLeavesOutRawStrings) {
  const File file{"a.cpp", "num", {"a(R\"x(b", "c)\" d)x\", e);", "f(R\"(g)\", \"h\");", "i"}};
  EXPECT_EQ(file.code(), (std::vector<std::string>{"a(", ", e);", "f(, \"h\");", "i"}));
}

TEST(Architecture, TableIsReadWhole) {
  const auto table = architecture();
  ASSERT_EQ(table.size(), 17u);
  EXPECT_TRUE(table.at("support").may_include.empty());
  EXPECT_EQ(table.at("circuit").may_include, (std::set<std::string>{"formula", "target"}));
  EXPECT_EQ(table.at("train").outside, (std::set<std::string>{"OpenMP", "oneDNN"}));
  EXPECT_EQ(table.at("layers").reaches, (std::set<std::string>{"layers", "formula", "num", "support"}));
}

TEST(Architecture, EveryFolderHasItsRow) {
  const auto table = architecture();
  for (const auto& file : files("src", {".cpp", ".h", "CMakeLists.txt"})) {
    EXPECT_TRUE(table.contains(file.folder)) << file.path << " is in no folder of docs/architecture.md";
  }
}

TEST(Architecture, IncludesFollowTheTable) {
  const auto table = architecture();
  const std::regex include(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  for (const auto& file : files("src", {".cpp", ".h"})) {
    const auto row = table.find(file.folder);
    if (row == table.end()) continue;  // told by EveryFolderHasItsRow
    const auto lines = file.code();
    for (size_t i = 0; i < lines.size(); ++i) {
      std::smatch match;
      if (!std::regex_search(lines[i], match, include)) continue;
      const std::string place = file.path + ":" + std::to_string(i + 1), header = match[2];
      if (match[1] == "\"") {
        const std::string folder = header.substr(0, header.find('/'));
        EXPECT_TRUE(header.find('/') != header.npos && table.contains(folder))
            << place << ": includes of ours read \"folder/file.h\", not \"" << header << "\"";
        EXPECT_TRUE(row->second.reaches.contains(folder))
            << place << ": " << file.folder << " may not know of " << folder << " (docs/architecture.md)";
      } else if (const std::string library = outside_library(header); !library.empty()) {
        const auto& here = row->second.outside;
        const auto& everywhere = table.at("support").outside;
        EXPECT_TRUE(here.contains(library) || everywhere.contains(library))
            << place << ": " << file.folder << " may not include " << library << " (docs/architecture.md)";
      }
    }
  }
}

TEST(Architecture, LinksAreTheTable) {
  const auto table = architecture();
  const std::regex call(R"(gatewright_library\(\s*(\w+)([^)]*)\))"), word(R"(\S+)");
  for (const auto& file : files("src", {"CMakeLists.txt"})) {
    const std::string script = text(file.path);
    std::smatch match;
    if (!std::regex_search(script, match, call)) continue;  // cli, which is no library to others
    std::set<std::string> linked;
    const std::string arguments = match[2];
    for (auto i = std::sregex_iterator(arguments.begin(), arguments.end(), word); i != std::sregex_iterator();
         ++i) {
      if (table.contains(i->str())) linked.insert(i->str());
    }
    std::set<std::string> reached{file.folder}, allowed = table.at(file.folder).reaches;
    for (const auto& folder : linked) {
      reached.insert(table.at(folder).reaches.begin(), table.at(folder).reaches.end());
    }
    EXPECT_EQ(reached, allowed) << file.path << " links other folders than docs/architecture.md allows";
  }
}

}  // namespace
}  // namespace gw::house
