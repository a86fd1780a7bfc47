// The table of messages, held against the tests and the sources: a message that no test produces is a promise
// that nobody keeps, one that no code gives is dead.
#include <algorithm>
#include <regex>

#include <gtest/gtest.h>

#include "house/tree.h"

namespace gw::house {
namespace {

struct MessageRow {
  std::string identifier;  // in C++
  std::string id;          // as the user sees it
};

constexpr const char* table_files[] = {"src/support/messages.h", "src/support/training_messages.h"};

std::string whole_table() {
  std::string table;
  for (const char* file : table_files) table += text(file);
  return table;
}

std::vector<MessageRow> rows() {
  std::vector<MessageRow> found;
  const std::string table = whole_table();
  const std::regex row(R"(constexpr\s+Message<[^>]*>\s+(\w+)\s*\{\s*"([^"]+)\")");
  for (auto i = std::sregex_iterator(table.begin(), table.end(), row); i != std::sregex_iterator(); ++i) {
    found.push_back({(*i)[1], (*i)[2]});
  }
  return found;
}

// Whether `word` stands in one of the files as a whole word.
bool named(const std::vector<File>& where, const std::string& word) {
  const auto in_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  };
  for (const auto& file : where) {
    for (const auto& line : file.lines) {
      for (size_t at = 0; (at = line.find(word, at)) != line.npos; ++at) {
        const size_t end = at + word.size();
        if ((at == 0 || !in_word(line[at - 1])) && (end == line.size() || !in_word(line[end]))) return true;
      }
    }
  }
  return false;
}

TEST(Messages, EveryRowIsRead) {
  const std::string table = whole_table();
  const std::regex start(R"(constexpr\s+Message<)");
  const auto count =
      std::distance(std::sregex_iterator(table.begin(), table.end(), start), std::sregex_iterator());
  EXPECT_EQ(static_cast<size_t>(count), rows().size());
  EXPECT_GE(rows().size(), 10u);
}

TEST(Messages, IdIsTheIdentifierWithHyphens) {
  std::set<std::string> seen;
  for (auto [identifier, id] : rows()) {
    EXPECT_TRUE(seen.insert(id).second) << id << " stands twice in the table of messages";
    std::replace(identifier.begin(), identifier.end(), '_', '-');
    EXPECT_EQ(identifier, id);
  }
}

TEST(Messages, EveryRowIsGivenBySomeCode) {
  auto sources = files("src", {".cpp", ".h"});
  std::erase_if(sources, [](const File& file) {
    return std::find(std::begin(table_files), std::end(table_files), file.path) != std::end(table_files);
  });
  for (const auto& row : rows())
    EXPECT_TRUE(named(sources, row.identifier)) << "nothing under src/ gives " << row.id;
}

TEST(Messages, EveryRowIsProducedByATest) {
  const auto tests = files("tests", {".cpp", ".h"});
  for (const auto& row : rows()) {
    EXPECT_TRUE(named(tests, row.identifier) || named(tests, row.id))
        << "no test under tests/ names " << row.id;
  }
}

}  // namespace
}  // namespace gw::house
