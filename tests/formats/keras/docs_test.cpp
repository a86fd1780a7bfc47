// Claim: docs/keras.md names every class that is read, and no other, every one that is known and absent, and
// every quantizer.

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "formats/keras/qkeras_quantizer.h"
#include "formats/keras/reader.h"

namespace gw {
namespace {

/// Words in backquotes, each once, of a text.
std::set<std::string> quoted(const std::string& text) {
  std::set<std::string> words;
  const std::regex word("`(\\w+)`");
  for (auto i = std::sregex_iterator(text.begin(), text.end(), word); i != std::sregex_iterator(); ++i)
    EXPECT_TRUE(words.insert((*i)[1]).second) << (*i)[1];
  return words;
}

std::string page() {
  std::ifstream in(GATEWRIGHT_DOCS "/keras.md");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The first cells of the table that begins with this one.
std::string first_cells(const std::string& head) {
  std::istringstream in(page());
  std::string cells;
  bool is_table = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| " + head + " |")) is_table = true;
    if (is_table && line.empty()) break;
    if (is_table) cells += line.substr(0, line.find('|', 1));
  }
  return cells;
}

TEST(KerasDocs, ItsTableIsTheReaders) {
  std::set<std::string> read;
  for (const auto family :
       {keras_matrix_classes(), keras_pool_classes(), keras_activation_classes(), keras_merge_classes(),
        keras_shape_classes(), qkeras_classes(), keras_hgq_classes()}) {
    for (const KerasClass& row : family) {
      const std::string name(row.name);
      if (name.starts_with("hgq>")) continue;  // the same under its package's name
      EXPECT_TRUE(read.insert(name).second) << name;
    }
  }
  EXPECT_EQ(quoted(first_cells("class")), read);
}

TEST(KerasDocs, TheTableOfHgq2IsTheReaders) {
  std::set<std::string> read;
  for (const KerasClass& row : keras_hgq2_classes()) read.emplace(row.name.substr(row.name.find('>') + 1));
  EXPECT_EQ(quoted(first_cells("class of HGQ 2")), read);
}

TEST(KerasDocs, WhatIsAbsentIsSaid) {
  const std::string text = page();
  const size_t start = text.find("Refused by name"), end = text.find("\n\n", start);
  ASSERT_NE(start, text.npos);
  const auto absent = keras_absent_classes();
  EXPECT_EQ(quoted(text.substr(start, end - start)), std::set<std::string>(absent.begin(), absent.end()));
}

TEST(KerasDocs, QuantizersAreAllNamed) {
  const auto known = qkeras_quantizer_kinds();
  EXPECT_EQ(quoted(first_cells("quantizer")), std::set<std::string>(known.begin(), known.end()));
}

}  // namespace
}  // namespace gw
