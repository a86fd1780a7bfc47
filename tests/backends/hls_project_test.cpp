// A small CNN as an HLS project on disk: built by its own script in another place than where it was written,
// run in both kinds of io; and that its test bench can fail.
#include <filesystem>
#include <regex>
#include <sstream>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "backends/hls/hls.h"
#include "graph/evaluate.h"
#include "graph/lower.h"
#include "num/real_cast.h"
#include "schedule/schedule.h"
#include "support/process.h"
#include "support/random.h"

namespace gw {
namespace {

// Digits of 8x8 pixels: convolution, ReLU, pool, dense, softmax, in the type that hls4ml gives everything, or
// in six bits.
Graph digits(bool is_quantised) {
  Random random(7);
  const Quantizer wide{{16, 6, true}, Rounding::Trn, Overflow::Wrap};
  const Quantizer activation =
      is_quantised ? Quantizer{{6, 2, false}, Rounding::RndConv, Overflow::Sat} : wide;
  const Quantizer weight = is_quantised ? Quantizer{{6, 1, true}, Rounding::RndConv, Overflow::Sat} : wide;
  GraphBuilder b;
  const auto values = [&](const char* name, Shape shape) {
    FloatTensor some{std::move(shape), 1, {}};
    for (std::int64_t i = 0; i < element_count(some.shape); ++i)
      some.values.push_back(random.below(3) == 0 ? 0.0f : static_cast<float>(random.unit() - 0.5));
    return b.constant(name, some, weight);
  };
  const std::optional<Quantizer> sums = is_quantised ? std::nullopt : std::optional(wide);
  NodeId x = b.input("image", {8, 8, 1}, Quantizer{{8, 0, false}, Rounding::Trn, Overflow::Wrap});
  Conv2D conv;
  conv.padding = Padding::Same;
  conv.accumulator = conv.out = sums;
  x = b.layer("conv1", conv, {x, values("w1", {3, 3, 1, 6}), values("b1", {6})});
  x = b.layer("relu1", Relu{activation}, {x});
  x = b.layer("pool1", MaxPool2D{}, {x});
  x = b.layer("flatten", Flatten{}, {x});
  Dense dense;
  dense.accumulator = sums;
  dense.out = wide;
  x = b.layer("dense", dense, {x, values("w2", {96, 5}), values("b2", {5})});
  Softmax softmax;
  softmax.out = wide;
  b.output(b.layer("softmax", softmax, {x}));
  return b.build().value();
}

class HlsProject : public ::testing::Test {
 protected:
  HlsProject()
      : folder_(fs::temp_directory_path() / ("gatewright_hls_project_" + std::to_string(::getpid()))) {}
  ~HlsProject() override { fs::remove_all(folder_); }

  void write(bool is_quantised, HlsIo io, std::string_view dialect, std::int64_t interval = 0) {
    const Graph graph = digits(is_quantised);
    const Pipeline pipeline = fuse_pointwise(lower(graph));
    auto design = schedule("digits", pipeline, *find_part("xcu250-figd2104-2L-e"),
                           {.clock_ns = 5, .interval = interval});
    ASSERT_TRUE(design) << to_string(design.errors().front());
    // Weights of what is folded wait in block memory.
    for (StageDesign& stage : design->stages) {
      if (has_counted_tables(stage.circuit)) stage.circuit = with_block_roms(stage.circuit);
    }
    Random random(3);
    Tensor frames({8, 8, 1}, {8, 0, false}, 12);
    for (std::int64_t i = 0; i < frames.batch() * frames.size(); ++i) {
      const std::int64_t frame = i / frames.size();
      frames.set(i, frame == 0 ? 0 : frame == 1 ? 255 : random.between(0, 255));
    }
    const std::vector<Tensor> inputs{frames};
    Files files = hls_project(*design, pipeline,
                              {.dialect = find_hls_dialect(dialect),
                               .io = io,
                               .part = "xcu250-figd2104-2L-e",
                               .inputs = {{{8, 0, false}, Rounding::RndConv, Overflow::Sat}}});
    for (auto& file : hls_test_data(pipeline, inputs, evaluate(graph, inputs)))
      files.push_back(std::move(file));
    ASSERT_TRUE(write_files(folder_ / "written", files));
    // It stands on its own, wherever it is.
    fs::remove_all(folder_ / "moved");
    fs::rename(folder_ / "written", folder_ / "moved");
  }

  ProcessResult run(const char* command) {
    const auto ran = run_process(
        {"sh", "-c", command},
        {.folder = folder_ / "moved", .environment = {{"CXXFLAGS", "-O0 -Wall -Wextra -Werror"}}});
    return ran ? *ran : ProcessResult{-1, "", 0};
  }

  // Replaces what matches in a file of the project.
  void edit(const char* file, const char* expression, const char* text) {
    const fs::path path = folder_ / "moved" / file;
    const std::string old = read_file(path).value();
    const std::string changed =
        std::regex_replace(old, std::regex(expression), text, std::regex_constants::format_first_only);
    ASSERT_NE(old, changed) << file;
    ASSERT_TRUE(write_file(path, changed));
  }

  fs::path folder_;
};

constexpr const char* all_same = "12 frames, 0 differing values\n";

TEST_F(HlsProject, ArraysGiveTheBitsOfTheEmulator) {
  for (const bool is_quantised : {false, true}) {
    write(is_quantised, HlsIo::Parallel, "vitis");
    const ProcessResult ran =
        run(find_program("clang++").empty() ? "make -s csim" : "make -s CXX=clang++ csim");
    EXPECT_EQ(ran.exit_code, 0);
    EXPECT_EQ(ran.output, all_same);
  }
}

// Folded: the dense layer is a loop of turns, with its weights as words of one memory.
TEST_F(HlsProject, QuantisedStreamsGiveTheBitsOfTheEmulator) {
  write(true, HlsIo::Stream, "vivado", 600);
  const std::string stage = read_file(folder_ / "moved/firmware/stages/dense.h").value();
  EXPECT_NE(stage.find("#pragma HLS ARRAY_RESHAPE variable=dense_weights complete dim=2\n"), stage.npos)
      << stage;
  EXPECT_NE(stage.find("#pragma HLS RESOURCE variable=dense_weights core=ROM_1P_BRAM\n"), stage.npos)
      << stage;
  EXPECT_NE(stage.find("    for (int turn = 0; turn < "), stage.npos) << stage;
  const ProcessResult ran = run("sh build_lib.sh && ./digits_test");
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.output, all_same);
}

// The library answers for real numbers what the emulation answers, in both kinds of io.
TEST_F(HlsProject, BridgeGivesTheBitsOfTheEmulator) {
  for (const HlsIo io : {HlsIo::Stream, HlsIo::Parallel}) {
    write(true, io, "vitis", 600);
    const ProcessResult built = run("make -s bridge");
    ASSERT_EQ(built.exit_code, 0) << built.output;
    void* const library = ::dlopen((folder_ / "moved/firmware/digits.so").c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << ::dlerror();
    const auto answer = reinterpret_cast<void (*)(const double*, double*)>(::dlsym(library, "digits_double"));
    const auto answer_float =
        reinterpret_cast<void (*)(const float*, float*)>(::dlsym(library, "digits_float"));
    ASSERT_TRUE(answer && answer_float);

    // Between two values of the input's type, beyond its ends, and on it.
    Random random(11);
    const Graph graph = digits(true);
    const Quantizer entry{{8, 0, false}, Rounding::RndConv, Overflow::Sat};
    constexpr int frames = 6;
    DoubleTensor real{{8, 8, 1}, frames, {}};
    for (int i = 0; i < frames * 64; ++i)
      real.values.push_back(i < 64 ? (i % 2 ? 1e6 : -1e6) : 1.5 * random.unit() - 0.25);
    for (int i = 64; i < 128; ++i) real.values[static_cast<size_t>(i)] = (i + 0.5) / 256;  // halves
    std::vector<Tensor> inputs{Tensor({8, 8, 1}, entry.to, frames)};
    quantize_run(entry, std::span<const double>(real.values), inputs[0], 0, false);
    const Tensor wanted = evaluate(graph, inputs).front();
    for (int frame = 0; frame < frames; ++frame) {
      double y[5];
      float y_float[5], x_float[64];
      answer(real.values.data() + 64 * frame, y);
      std::copy_n(real.values.data() + 64 * frame, 64, x_float);
      answer_float(x_float, y_float);
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(y[i], to_double(wanted.at(5 * frame + i), wanted.type().fraction())) << frame << ", " << i;
        if (frame < 2) {
          EXPECT_EQ(y_float[i], static_cast<float>(y[i])) << frame << ", " << i;
        }
      }
    }
    ::dlclose(library);
  }
}

TEST_F(HlsProject, StreamsGiveTheBitsOfTheEmulatorAndTellWhatIsWrong) {
  write(false, HlsIo::Stream, "vivado");
  const ProcessResult right = run("sh build_lib.sh && ./digits_test");
  EXPECT_EQ(right.exit_code, 0);
  EXPECT_EQ(right.output, all_same);

  // One bit of an answer.
  const std::string answers = read_file(folder_ / "moved/tb_data/tb_output_predictions.dat").value();
  const std::int64_t first = std::stoll(answers);
  edit("tb_data/tb_output_predictions.dat", "^-?[0-9]+", std::to_string(first ^ 1).c_str());
  const ProcessResult wrong = run("./digits_test");
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_EQ(wrong.output,
            fmt::format("first difference: frame 0, output, element 0: is {}, but must be {} (raw)\n"
                        "12 frames, 1 differing values\n",
                        first, first ^ 1));

  // One weight.
  edit("firmware/weights/dense_weights.h", R"(= \{\{[-0-9.]+)", "= {{7.75");
  const ProcessResult weight = run("sh build_lib.sh && ./digits_test");
  EXPECT_EQ(weight.exit_code, 1);
  const std::string start = "first difference: frame 0, stage 'dense', element 0: is ";
  EXPECT_EQ(weight.output.substr(0, start.size()), start) << weight.output;
  EXPECT_NE(weight.output.find("\n12 frames, "), std::string::npos) << weight.output;

  // A frame of another size.
  edit("tb_data/tb_input_features.dat", "^[0-9]+ ", "");
  const ProcessResult short_frame = run("./digits_test");
  EXPECT_EQ(short_frame.exit_code, 2);
  EXPECT_EQ(short_frame.output, "a frame has too few values\n");
}

}  // namespace
}  // namespace gw
