// The loops of kernels_body.h for x86 processors with AVX2 and fused multiply-add; CMakeLists.txt sets the
// flags.

#include "train/kernels.h"

#if defined(__x86_64__)
#define GW_LANES 8
#define GW_KERNELS_NAME "avx2"
#include "train/kernels_body.h"

namespace gw::train {
extern const Kernels avx2_table;
const Kernels avx2_table = table;
}  // namespace gw::train
#endif
