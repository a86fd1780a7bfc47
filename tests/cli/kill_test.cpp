// Killed at any moment, a training goes on to the very bits that it would have had: what is on disk is always
// whole, and nothing else is needed. A process of its own is killed without warning at moments drawn at
// random, again and again, until one run comes through. GATEWRIGHT_KILLS says how often (3); with
// GATEWRIGHT_STUDY_KILLS a small study is killed likewise, which takes a minute.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/answer.h"
#include "data/npy.h"
#include "support/files.h"
#include "support/random.h"

namespace gw::cli {
namespace {

constexpr const char* network = R"(name: small
input: {shape: [1, 1, 8]}
layers:
  - {name: flatten, type: flatten}
  - {name: dense1, type: dense, units: 24, bias: false}
  - {name: bn1, type: batch_norm}
  - {name: relu1, type: relu}
  - {name: dense2, type: dense, units: 3}
  - {name: softmax, type: softmax}
training:
  epochs: 4
  batch: 16
  optimiser: {type: adam, learning_rate: 1.0e-2}
)";

int kills(const char* variable, int usual) {
  const char* const text = std::getenv(variable);
  return text ? std::atoi(text) : usual;
}

class Kill : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "gatewright-kill-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    ASSERT_TRUE(write_file(folder_ / "net.yml", network));
    NpyArray x{npy_f4, {1500, 8}, {}}, y{npy_i8, {1500}, {}};
    Random random(1);
    for (int n = 0; n < 1500; ++n) {
      const auto label = random.below(3);
      y.values.push_back(static_cast<double>(label));
      for (std::uint64_t i = 0; i < 8; ++i) x.values.push_back(random.unit() + (i == label ? 0.5 : 0));
    }
    ASSERT_TRUE(save_npy(folder_ / "x.npy", x));
    ASSERT_TRUE(save_npy(folder_ / "y.npy", y));
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string data() const { return path("x.npy") + "," + path("y.npy"); }

  // Runs the program in a process of its own; killed after that time, if it has not ended. Whether it ended
  // well.
  bool run(const std::string& command, const std::vector<std::string>& arguments,
           std::optional<std::chrono::microseconds> most) const {
    const pid_t child = fork();
    if (child == 0) {
      const testing::Answer told = testing::answer(command, arguments, {folder_.string(), folder_.string()});
      if (told.code != ExitCode::Success) fputs(told.err.c_str(), stderr);
      _exit(static_cast<int>(told.code));
    }
    if (most) {
      std::this_thread::sleep_for(*most);
      ::kill(child, SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  // Kills the command `times` times and then lets it through; `resumed` gives its arguments of the moment.
  template <class Arguments>
  void kill_often(const std::string& command, const Arguments& arguments, double seconds, int times) const {
    std::random_device source;
    const unsigned seed = source();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (int k = 0; k < times; ++k) {
      const auto most = std::chrono::microseconds(
          static_cast<std::int64_t>(std::uniform_real_distribution(0.0, 1e6 * seconds)(random)));
      run(command, arguments(), most);
    }
    ASSERT_TRUE(run(command, arguments(), std::nullopt));
  }

  template <class Work>
  static double seconds_of(const Work& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  fs::path folder_;
};

TEST_F(Kill, TrainingsGoOnToTheSameBits) {
  const auto train = [&](const std::string& name) {
    std::vector<std::string> arguments{path("net.yml"), "--data",          data(),      "-o", path(name),
                                       "--folder",      path(name + ".t"), "--threads", "1"};
    if (fs::exists(folder_ / (name + ".t") / "latest.safetensors")) arguments.emplace_back("--resume");
    return arguments;
  };
  const double seconds = seconds_of([&] { ASSERT_TRUE(run("train", train("whole.gw"), std::nullopt)); });
  kill_often(
      "train", [&] { return train("killed.gw"); }, seconds, kills("GATEWRIGHT_KILLS", 3));
  EXPECT_EQ(read_file(folder_ / "whole.gw").value(), read_file(folder_ / "killed.gw").value());
}

TEST_F(Kill, StudiesGoOnToTheSameReport) {
  const int times = kills("GATEWRIGHT_STUDY_KILLS", 0);
  if (times == 0) GTEST_SKIP() << "GATEWRIGHT_STUDY_KILLS=5 kills a study five times";
  const auto study = [&](const std::string& name) {
    return std::vector<std::string>{data(),    "--network",           path("net.yml"), "-o", path(name),
                                    "--cache", path(name + ".cache"), "--seeds",       "2"};
  };
  const double seconds = seconds_of([&] { ASSERT_TRUE(run("study", study("whole"), std::nullopt)); });
  kill_often(
      "study", [&] { return study("killed"); }, seconds, times);
  for (const char* file : {"small/epoch-004.gw", "small/seed-2/epoch-004.gw", "small/firmware/net_small.v"})
    EXPECT_EQ(read_file(folder_ / "whole" / file).value(), read_file(folder_ / "killed" / file).value())
        << file;
  const testing::Answer difference = testing::answer("diff", {path("whole"), path("killed")});
  EXPECT_EQ(difference.code, ExitCode::Success) << difference.err;
  EXPECT_NE(difference.out.find("0 entries differ"), std::string::npos) << difference.out;
}

}  // namespace
}  // namespace gw::cli
