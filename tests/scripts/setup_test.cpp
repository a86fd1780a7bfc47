// scripts/setup: what it asks of the machine, what it says, and what it hands to apt.
#include <gtest/gtest.h>

#include "scripts/sandbox.h"

namespace gw::scripts {
namespace {

// Two stages, four packages: two that are there and two that are not, one of each kind found by its program.
class Setup : public testing::Test {
 protected:
  Setup() {
    box.write("tree/scripts/packages.txt",
              "# stage | package | found by | what it is for\n"
              "build | tool-here    | here    | is there\n"
              "build | libhere-dev  | -       | is there as well\n"
              "build | tool-missing | missing | hammers nails\n"
              "test  | libgone-dev  | -       | holds what tests hold\n");
    box.program("here", "");
    box.program("dpkg-query", "printf 'ii  libhere-dev\\nrc  libgone-dev\\n'");
    box.program("apt-get", "echo \"apt-get $* [$DEBIAN_FRONTEND]\" >>\"$HERE/calls\"");
    box.program("id", "echo 0");
  }
  Sandbox::Outcome setup(std::vector<std::string> stages) const {
    stages.insert(stages.begin(), "tree/scripts/setup");
    return box.run(stages);
  }
  Sandbox box;
};

TEST_F(Setup, SaysWhatIsMissingAndWhyAndInstallsIt) {
  const auto o = setup({"build", "test"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.output,
            "Missing:\n"
            "  tool-missing         hammers nails\n"
            "  libgone-dev          holds what tests hold\n"
            "Installing 2 packages by apt-get; its words go to build/setup.log\n");
  EXPECT_EQ(box.read("calls"),
            "apt-get -o DPkg::Lock::Timeout=600 update [noninteractive]\n"
            "apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends tool-missing libgone-dev "
            "[noninteractive]\n");
}

TEST_F(Setup, LooksOnlyAtTheStagesAskedFor) {
  setup({"test"});
  EXPECT_EQ(box.read("calls").find("tool-missing"), std::string::npos);
  EXPECT_NE(box.read("calls").find("libgone-dev"), std::string::npos);
}

TEST_F(Setup, DoesNothingIfAllIsThere) {
  box.program("missing", "");
  const auto o = setup({"build"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.output, "");
  EXPECT_EQ(box.read("calls"), "");
}

TEST_F(Setup, UsesSudoIfNotRoot) {
  box.program("id", "echo 1000");
  box.program("sudo", "echo \"sudo $*\" >>\"$HERE/calls\"");
  EXPECT_EQ(setup({"test"}).code, 0);
  EXPECT_EQ(box.read("calls"),
            "sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 update\n"
            "sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y "
            "--no-install-recommends libgone-dev\n");
}

TEST_F(Setup, NeitherRootNorSudoGetsTheCommand) {
  box.program("id", "echo 1000");
  const auto o = setup({"test"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.output,
            "Missing:\n"
            "  libgone-dev          holds what tests hold\n"
            "setup: you are not root and there is no sudo; as root, run\n"
            "\n"
            "    apt-get install -y --no-install-recommends libgone-dev\n"
            "\n");
}

TEST_F(Setup, FailureOfAptIsShown) {
  box.program("apt-get", "case $* in *install*) echo 'E: Unable to locate package'; exit 100 ;; esac");
  const auto o = setup({"test"});
  EXPECT_EQ(o.code, 1);
  EXPECT_NE(o.output.find("E: Unable to locate package\nsetup: apt-get failed"), std::string::npos)
      << o.output;
}

TEST_F(Setup, SourceThatCannotBeReachedDoesNotMatterAlone) {
  box.program("apt-get", "case $* in *update*) exit 100 ;; esac");
  EXPECT_EQ(setup({"test"}).code, 0);
}

TEST_F(Setup, OtherSystemsAreToldTheList) {
  box.run({"rm", "bin/apt-get"});
  const auto o = setup({"build", "test"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(
      o.output,
      "Missing:\n"
      "  tool-missing         hammers nails\n"
      "setup: this is no Debian system, so the above has to be installed by hand (the names are Debian's)\n");
}

TEST_F(Setup, UnknownStageIsAnError) {
  const auto o = setup({"biuld"});
  EXPECT_EQ(o.code, 2);
  EXPECT_EQ(o.output, "setup: there is no stage 'biuld'; stages are: build test \n");
}

TEST_F(Setup, ListThatShipsIsWellFormed) {
  Sandbox fresh;  // with the list of the root
  fresh.program("dpkg-query", "");
  fresh.program("apt-get", "echo \"$*\" >>\"$HERE/calls\"");
  fresh.program("id", "echo 0");
  const auto o = fresh.run({"tree/scripts/setup"});
  EXPECT_EQ(o.code, 0) << o.output;
  for (const auto* name : {" g++ ", " libdnnl-dev ", " verilator ", " yosys ", " libgtest-dev "}) {
    EXPECT_NE((fresh.read("calls") + " ").find(name), std::string::npos) << name;
  }
  EXPECT_EQ(fresh.read("calls").find("|"), std::string::npos);
}

}  // namespace
}  // namespace gw::scripts
