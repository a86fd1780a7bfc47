#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gw {

/// What stands beside the samples.
enum class AnswerKind {
  Classes,  ///< a label each
  Numbers,  ///< real numbers that a network should answer
};

/// Labelled samples, all of one size: images of bytes, or real numbers.
struct Dataset {
  std::string name;                  ///< "mnist": what a user types
  int height = 0;                    ///< rows of an image
  int width = 0;                     ///< columns of an image
  int channels = 0;                  ///< bytes a pixel
  int classes = 0;                   ///< labels are 0 .. classes - 1
  std::vector<std::uint8_t> pixels;  ///< [image][row][column][channel], 0 .. 255 as in the source
  std::vector<std::uint8_t> labels;  ///< one an image
  std::vector<float> reals = {};     ///< instead of pixels, likewise: what the network is given as it is
  std::vector<float> targets = {};   ///< instead of labels: real numbers, `outputs` an image
  int outputs = 0;                   ///< 0: there are labels

  /// Whether the samples are real numbers.
  bool is_real() const { return !reals.empty(); }
  /// Images in the set.
  int count() const {
    return static_cast<int>(outputs > 0 ? targets.size() / static_cast<std::size_t>(outputs) : labels.size());
  }
  /// Numbers in one image: height * width * channels.
  std::size_t image_size() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
           static_cast<std::size_t>(channels);
  }
  /// The pixels of image `index`, 0 <= index < count(), of a set of bytes.
  std::span<const std::uint8_t> image(int index) const;
  /// The images [first, first + count) as a set of their own; the range must lie within this one.
  Dataset slice(int first, int count) const;
  /// The images of these positions, in that order.
  Dataset picked(std::span<const int> positions) const;
};

/// The three roles of data: `train` is learned from, `validation` chooses between trainings, `test` is only
/// ever measured.
struct Split {
  Dataset train;
  Dataset validation;
  Dataset test;
};

/// Takes the last tenth (rounded down) of `training`, in the order of the source and without shuffling, as
/// validation, and what is before it for training; `test` stays whole. For MNIST: the first 54,000 images
/// train, the last 6,000 of the 60,000 validate, 10,000 test. It is how the study this follows splits (what
/// Keras calls `validation_split=0.1`), and it depends on no seed.
Split split_dataset(Dataset training, Dataset test);

}  // namespace gw
