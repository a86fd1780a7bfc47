#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/hls/dialect.h"
#include "formula/pipeline.h"
#include "num/tensor.h"
#include "schedule/design.h"
#include "support/files.h"

namespace gw {

/// How the top function takes a frame.
enum class HlsIo {
  Stream,    ///< beats of an hls::stream
  Parallel,  ///< an array of all elements
};

struct HlsOptions {
  const HlsDialect* dialect = nullptr;
  HlsIo io = HlsIo::Stream;
  std::string part = "";                         ///< as the tool knows it
  std::optional<double> clock_uncertainty = {};  ///< share of the period; none: what is usual with the tool
  std::vector<Quantizer> inputs =
      {};  ///< how real numbers enter each input; none: as ap_fixed does by itself
};

/// A project of high-level synthesis: its C++ (firmware/), the test bench, and the scripts that build it by a
/// plain compiler and by the tool of the dialect. `stages` is what `design` was scheduled from; loops are
/// pipelined and FIFOs as deep as the design says. The same bits in both kinds of io.
Files hls_project(const Design& design, const Pipeline& stages, const HlsOptions& options);

/// The name of the project's top function and the start of its files' names: the design's, if C++ takes it.
std::string hls_top(const Design& design);

/// Frames as the test bench reads them: a line a frame, every input's raw values one after the other.
std::string hls_frames(std::span<const Tensor> ports);
/// The frames in such a file, which must hold `count` of them.
std::vector<Tensor> hls_frames(std::string_view text, std::span<const TensorType> ports, int count);

/// tb_data/: the frames, the answers that are right, and what every stage gives for the first few of them.
Files hls_test_data(const Pipeline& stages, std::span<const Tensor> inputs, std::span<const Tensor> outputs);

}  // namespace gw
