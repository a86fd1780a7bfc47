#pragma once

#include <string_view>

namespace gw {

/// What a study published of one of its networks on a U250 (xcu250-figd2104-2L-e), every multiplier its own.
/// Resources are the estimates of Vivado HLS 2019.1 through hls4ml; the accuracy is one of training and
/// validation, after 30 epochs. Accuracies at other epochs, latency and interval are not published.
struct PublishedNetwork {
  std::string_view name;
  double lut, ff, dsp, bram;
  double accuracy;
};

/// E. Tselepi, G. Kapakos, University of Thessaly, 2024.
inline constexpr std::string_view published_source =
    "E. Tselepi, G. Kapakos, University of Thessaly: MNIST with hls4ml, github.com/gekapakos/CPU_Design";
inline constexpr PublishedNetwork published_plain{"16 bits", 141367, 31765, 2850, 64, 0.9919};
inline constexpr PublishedNetwork published_pruned{"16 bits, half pruned", 88507, 27260, 1840, 64, 0.9879};
inline constexpr PublishedNetwork published_6bit{"6 bits, half pruned", 110807, 24617, 222, 64, 0.9603};

}  // namespace gw
