// The loops of kernels_body.h for x86 processors with AVX2; CMakeLists.txt sets the flags.

#include "layers/kernels.h"

#if defined(__x86_64__)
#define GW_LANES 8
#define GW_KERNELS_NAME "avx2"
#include "layers/kernels_body.h"

namespace gw {
extern const Kernels avx2_table;
const Kernels avx2_table = table;
}  // namespace gw
#endif
