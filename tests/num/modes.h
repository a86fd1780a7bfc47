#pragma once

#include <array>

#include "num/fixed.h"

namespace gw {

inline constexpr std::array all_roundings{Rounding::Trn,     Rounding::TrnZero, Rounding::Rnd,
                                          Rounding::RndZero, Rounding::RndInf,  Rounding::RndMinInf,
                                          Rounding::RndConv};
inline constexpr std::array all_overflows{Overflow::Wrap, Overflow::Sat, Overflow::SatZero, Overflow::SatSym};

}  // namespace gw
