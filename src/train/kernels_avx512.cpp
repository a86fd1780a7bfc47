// The loops of kernels_body.h for x86 processors with AVX-512 (F, VL, DQ, BW); CMakeLists.txt sets the flags.

#include "train/kernels.h"

#if defined(__x86_64__)
#define GW_LANES 16
#define GW_KERNELS_NAME "avx512"
#include "train/kernels_body.h"

namespace gw::train {
extern const Kernels avx512_table;
const Kernels avx512_table = table;
}  // namespace gw::train
#endif
