// The loops of kernels_body.h for any processor that the program is built for, and the choice between the
// sets.

#include "layers/kernels.h"

#define GW_LANES 1
#define GW_KERNELS_NAME "plain"
#include "layers/kernels_body.h"

namespace gw {

const Kernels* plain_kernels() { return &table; }

#if defined(__x86_64__)
extern const Kernels sse2_table;
extern const Kernels avx2_table;
extern const Kernels avx512_table;
extern const Kernels vnni_table;

const Kernels* sse2_kernels() { return &sse2_table; }  // every x86-64 has it

const Kernels* avx2_kernels() { return __builtin_cpu_supports("avx2") ? &avx2_table : nullptr; }

const Kernels* avx512_kernels() {
  const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  return has && avx2_kernels() != nullptr ? &avx512_table : nullptr;
}

const Kernels* vnni_kernels() {
  return avx512_kernels() != nullptr && __builtin_cpu_supports("avx512vnni") ? &vnni_table : nullptr;
}
#else
const Kernels* sse2_kernels() { return nullptr; }
const Kernels* avx2_kernels() { return nullptr; }
const Kernels* avx512_kernels() { return nullptr; }
const Kernels* vnni_kernels() { return nullptr; }
#endif

const Kernels& kernels() {
  static const Kernels& best = vnni_kernels() != nullptr     ? *vnni_kernels()
                               : avx512_kernels() != nullptr ? *avx512_kernels()
                               : avx2_kernels() != nullptr   ? *avx2_kernels()
                               : sse2_kernels() != nullptr   ? *sse2_kernels()
                                                             : *plain_kernels();
  return best;
}

}  // namespace gw
