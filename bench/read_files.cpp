// How long a model file of about a megabyte takes to read, each kind: from its bytes to a checked graph.
//
//     bench_read_files [times] [kind]
//
// The network has five dense layers of 228 with rectifiers between them, 260,000 weights; TensorFlow Lite's,
// of one byte a weight, has four times as many. HDF5 is read in a process of its own, which is part of the
// time. The median of the times, wall clock.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>

#include <fmt/format.h>

#include "formats/keras/builder.h"
#include "formats/onnx/export.h"
#include "formats/onnx/onnx.h"
#include "formats/onnx/print.h"
#include "formats/tflite/builder.h"
#include "formats/tflite/tflite.h"
#include "graph/model_file.h"
#include "support/random.h"

using namespace gw;

namespace {

constexpr int layers = 5;

std::vector<float> weights(Random& random, int count) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(random.between(-127, 127)) / 128);
  return values;
}

Graph network(Random& random, bool is_quantised) {
  constexpr int width = 228;
  GraphBuilder b;
  const auto type = [&](int bits, int integer) {
    return is_quantised ? std::optional(Quantizer{{bits, integer, true}, Rounding::RndConv, Overflow::Sat})
                        : std::nullopt;
  };
  NodeId y = b.input("x", {width}, type(8, 4));
  for (int n = 1; n <= layers; ++n) {
    const std::string name = fmt::format("d{}", n);
    const NodeId w =
        b.constant(name + ".weight", {{width, width}, 1, weights(random, width * width)}, type(8, 1));
    Dense dense;
    dense.out = type(12, 8);
    y = b.layer(name, dense, {y, w});
    Relu relu;
    relu.out = type(8, 5);
    y = b.layer(fmt::format("r{}", n), relu, {y});
  }
  b.output(y);
  return b.build().value();
}

std::string keras(Random& random) {
  constexpr int width = 228;
  testing::KerasNet net;
  net.add(testing::keras_input("in", {width}));
  for (int n = 1; n <= layers; ++n) {
    net.add(testing::keras_layer("Dense", fmt::format("d{}", n),
                                 {{"units", width}, {"use_bias", false}, {"activation", "relu"}},
                                 {{"kernel", {width, width}, weights(random, width * width)}}));
  }
  return net.h5();
}

std::string tflite(Random& random) {
  constexpr int width = 456;
  testing::TfliteBuilder b;
  const auto stream = [&](int n) {
    return b.tensor(fmt::format("t{}", n), {1, width}, testing::TfliteBuilder::int8, {0.5F}, {-3});
  };
  const int x = stream(0);
  int last = x;
  for (int n = 1; n <= layers; ++n) {
    std::vector<double> values;
    for (int i = 0; i < width * width; ++i) values.push_back(static_cast<double>(random.between(-127, 127)));
    const int w =
        b.tensor(fmt::format("w{}", n), {width, width}, testing::TfliteBuilder::int8, {0.01F}, {0}, values);
    const int next = stream(n);
    b.op(9, {last, w}, next);
    last = next;
  }
  return b.bytes({x}, {last});
}

double median_ms(int times, const std::function<bool()>& read) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (!read()) return -1;
    all.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::nth_element(all.begin(), all.begin() + times / 2, all.end());
  return all[static_cast<size_t>(times / 2)];
}

}  // namespace

int main(int count, char** arguments) {
  const int times = count > 1 ? std::max(std::atoi(arguments[1]), 1) : 21;
  Random random(1);
  const Graph real = network(random, false), quantised = network(random, true);
  const std::string float_onnx = print_onnx(export_onnx(real, {.is_float = true}).value().file),
                    qonnx = print_onnx(export_onnx(quantised).value().file), h5 = keras(random),
                    lite = tflite(random), own = print_model(quantised);
  struct Row {
    const char* kind;
    const std::string& bytes;
    std::function<bool()> read;
  };
  const Row rows[] = {{"ONNX", float_onnx, [&] { return bool(read_onnx(float_onnx, "m.onnx")); }},
                      {"QONNX", qonnx, [&] { return bool(read_onnx(qonnx, "m.onnx")); }},
                      {"Keras, HDF5", h5, [&] { return bool(read_keras(h5, "m.h5")); }},
                      {"TensorFlow Lite", lite, [&] { return bool(read_tflite(lite, "m.tflite")); }},
                      {"own", own, [&] { return bool(read_model(own, "m.gw")); }}};
  fmt::print("| kind | kB | ms |\n|---|---|---|\n");
  for (const Row& row : rows) {
    if (count > 2 && std::string_view(arguments[2]) != row.kind) continue;
    const double ms = median_ms(times, row.read);
    if (ms < 0) return fmt::print("{} was not read\n", row.kind), 1;
    fmt::print("| {} | {:.0f} | {:.1f} |\n", row.kind, static_cast<double>(row.bytes.size()) / 1e3, ms);
  }
}
