#pragma once

#include <string_view>

namespace gw {

/// What hls4ml's high-level synthesis reported for a network of the study, every multiplier its own, on a
/// U250.
struct PublishedNetwork {
  std::string_view name;
  double lut, ff, dsp, bram;
};
inline constexpr PublishedNetwork published_networks[] = {
    {"16 bits", 141367, 31765, 2850, 64},
    {"6 bits, half pruned", 110807, 24617, 222, 64},
};

/// Accuracies that the study gives, of training or of validation.
struct PublishedAccuracy {
  std::string_view name;
  double accuracy;
};
inline constexpr PublishedAccuracy published_accuracies[] = {
    {"published, 16 bits", 0.9919},
    {"published, another of its figures", 0.9879},
    {"published, 6 bits, half pruned", 0.9603},
};

}  // namespace gw
