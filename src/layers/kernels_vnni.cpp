// The loops of kernels_body.h for x86 processors with AVX-512 (F, VL, DQ, BW) and its VNNI instructions,
// which multiply pairs and add them to a sum at once; CMakeLists.txt sets the flags.

#include "layers/kernels.h"

#if defined(__x86_64__)
#define GW_LANES 16
#define GW_VNNI
#define GW_KERNELS_NAME "vnni"
#include "layers/kernels_body.h"

namespace gw {
extern const Kernels vnni_table;
const Kernels vnni_table = table;
}  // namespace gw
#endif
