// The loops of kernels_body.h for every x86-64 processor, which has SSE2.

#include "layers/kernels.h"

#if defined(__x86_64__)
#define GW_LANES 4
#define GW_KERNELS_NAME "sse2"
#include "layers/kernels_body.h"

namespace gw {
extern const Kernels sse2_table;
const Kernels sse2_table = table;
}  // namespace gw
#endif
