#pragma once

#include <cstdint>
#include <span>

#include "num/tensor.h"
#include "train/recipe.h"

namespace gw::train {

/// A picture changed at random, as `spec` allows: channels last, bytes, 0 where nothing was. Each change is
/// drawn evenly between its bounds:
///   moved by up to `shift` pixels along each axis, turned by up to `rotation` degrees, stretched along each
///   axis by a factor of 1 - `scale` to 1 + `scale`, sheared by up to `shear` degrees: one affine map around
///   the middle; each point moved by up to `elastic` pixels, as the points of a grid `elastic_grid` pixels
///   apart are, and between them bilinearly (after Simard, Steinkraus, Platt 2003); both sampled bilinearly
///   in one go; with probability `erase` a rectangle of up to `erase_share` of the area made 0 (Zhong et al.
///   2020); noise added to each value, `noise` its standard deviation as a share of 255.
/// Equal keys give equal pictures.
void augment(const AugmentSpec& spec, const Shape& shape, std::uint64_t key,
             std::span<const std::uint8_t> picture, std::span<std::uint8_t> changed);

}  // namespace gw::train
