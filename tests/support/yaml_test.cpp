// Every complaint about a YAML file names file, line and key, and all of them come in one run.
#include "support/yaml.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace gw {
namespace {

YamlFile parsed(std::string_view text) {
  auto yaml = YamlFile::parse(text, "net.yml");
  if (!yaml) throw std::runtime_error(to_string(yaml.errors()[0]));
  return *std::move(yaml);
}

std::vector<std::string> told(const YamlFile& yaml) {
  std::vector<std::string> lines;
  for (const auto& error : yaml.errors()) lines.push_back(to_string(error));
  return lines;
}

using Lines = std::vector<std::string>;

TEST(Yaml, ReadsValuesAndFallbacks) {
  YamlFile yaml = parsed("epochs: 30\nrate: 1e-3\nshuffle: true\nname: lenet\nshape: [28, 28, 1]\n");
  EXPECT_EQ(yaml.integer(yaml.root(), "", "epochs", 1), 30);
  EXPECT_EQ(yaml.number(yaml.root(), "", "rate", 1), 1e-3);
  EXPECT_TRUE(yaml.boolean(yaml.root(), "", "shuffle", false));
  EXPECT_EQ(yaml.text(yaml.root(), "", "name", ""), "lenet");
  EXPECT_EQ(yaml.integers(yaml.root(), "", "shape", {}), (std::vector<int>{28, 28, 1}));
  EXPECT_EQ(yaml.integer(yaml.root(), "", "batch", 64), 64);
  EXPECT_TRUE(yaml.errors().empty());
}

TEST(Yaml, SyntaxErrorHasItsLine) {
  const auto yaml = YamlFile::parse("a: 1\nb: [1, 2\n", "net.yml");
  ASSERT_FALSE(yaml);
  EXPECT_EQ(to_string(yaml.errors()[0]),
            "net.yml:3: error: is not YAML: end of sequence flow not found [yaml-syntax]");
}

TEST(Yaml, UnknownKeysAreAllNamed) {
  YamlFile yaml = parsed("epochs: 1\nbach: 2\ntrain:\n  epoch: 3\n");
  yaml.check_keys(yaml.root(), "", {"epochs", "batch", "train"});
  yaml.check_keys(yaml.root()["train"], "train", {"epochs"});
  EXPECT_EQ(told(yaml),
            (Lines{"net.yml:2: error: unknown key 'bach'; did you mean 'batch'? [unknown-key]",
                   "net.yml:4: train: error: unknown key 'epoch'; did you mean 'epochs'? [unknown-key]"}));
}

TEST(Yaml, KeysThatAreNoNames) {
  YamlFile yaml = parsed("[a, b]: 1\n{c: 2}: 3\nepochs: 1\n");
  yaml.check_keys(yaml.root(), "train", {"epochs"});
  EXPECT_EQ(told(yaml), (Lines{"net.yml:1: train: error: wants names as keys, but is 'a list' [wrong-kind]",
                               "net.yml:2: train: error: wants names as keys, but is 'a map' [wrong-kind]"}));
}

// Of a node that is no map nothing is read: that it is none was told.
TEST(Yaml, ValuesOfWhatIsNoMap) {
  YamlFile yaml = parsed("input: 3\n");
  const YAML::Node input = yaml.root()["input"];
  yaml.check_keys(input, "input", {"shape"});
  EXPECT_EQ(yaml.integer(input, "input", "shape", 7), 7);
  EXPECT_EQ(told(yaml), Lines{"net.yml:1: input: error: wants a map, but is '3' [wrong-kind]"});
}

TEST(Yaml, UnknownValueNamesTheNearest) {
  YamlFile yaml = parsed("padding: vaild\n");
  EXPECT_EQ(yaml.choice(yaml.root(), "conv1", "padding", {"valid", "same"}, "valid"), "valid");
  EXPECT_EQ(told(yaml), Lines{"net.yml:1: conv1.padding: error: unknown value 'vaild'; did you mean 'valid'? "
                              "[unknown-value]"});
}

TEST(Yaml, WrongKindsGiveTheFallbackAndAMessage) {
  YamlFile yaml = parsed("epochs: many\nrate: [1]\nshuffle: 7\nshape: {a: 1}\ntrain: 3\n");
  EXPECT_EQ(yaml.integer(yaml.root(), "", "epochs", 1), 1);
  EXPECT_EQ(yaml.number(yaml.root(), "", "rate", 2), 2);
  EXPECT_FALSE(yaml.boolean(yaml.root(), "", "shuffle", false));
  EXPECT_EQ(yaml.integers(yaml.root(), "", "shape", {4}), std::vector<int>{4});
  yaml.check_keys(yaml.root()["train"], "train", {});
  EXPECT_EQ(told(yaml),
            (Lines{"net.yml:1: epochs: error: wants a whole number, but is 'many' [wrong-kind]",
                   "net.yml:2: rate: error: wants a number, but is 'a list' [wrong-kind]",
                   "net.yml:3: shuffle: error: wants true or false, but is '7' [wrong-kind]",
                   "net.yml:4: shape: error: wants a list of whole numbers, but is 'a map' [wrong-kind]",
                   "net.yml:5: train: error: wants a map, but is '3' [wrong-kind]"}));
}

}  // namespace
}  // namespace gw
