// The most multiply-adds of small integers that a core can do. Ten sums in registers hide the latency of the
// instruction; an empty assembler statement keeps the compiler from guessing their values.

#include "peak.h"

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace gw::bench {

namespace {

constexpr int sums = 10, rounds = 200000;

#if defined(__x86_64__)

#define GW_PEAK(NAME, TARGET, VECTOR, ZERO, STEP)       \
  __attribute__((target(TARGET))) void NAME() {         \
    VECTOR sum[sums], x = ZERO, w = ZERO;               \
    for (VECTOR & s : sum) s = ZERO;                    \
    for (int round = 0; round < rounds; ++round) {      \
      for (VECTOR & s : sum) {                          \
        asm volatile("" : "+x"(x), "+x"(w));            \
        s = STEP;                                       \
      }                                                 \
    }                                                   \
    for (VECTOR & s : sum) asm volatile("" : : "x"(s)); \
  }

GW_PEAK(madd_avx2, "avx2", __m256i, _mm256_setzero_si256(), _mm256_add_epi32(s, _mm256_madd_epi16(x, w)))
GW_PEAK(madd_avx512, "avx512bw", __m512i, _mm512_setzero_si512(),
        _mm512_add_epi32(s, _mm512_madd_epi16(x, w)))
GW_PEAK(pairs_vnni, "avx512vnni", __m512i, _mm512_setzero_si512(), _mm512_dpwssd_epi32(s, x, w))
GW_PEAK(bytes_vnni, "avx512vnni", __m512i, _mm512_setzero_si512(), _mm512_dpbusd_epi32(s, x, w))

#undef GW_PEAK

#else

void portable() {
  std::int32_t sum[sums] = {}, x = 0, w = 0;
  for (int round = 0; round < rounds; ++round) {
    for (std::int32_t& s : sum) {
      asm volatile("" : "+r"(x), "+r"(w));
      s += x * w;
    }
  }
  for (std::int32_t& s : sum) asm volatile("" : : "r"(s));
}

#endif

}  // namespace

std::vector<Peak> peak_loops() {
  std::vector<Peak> loops;
  const double calls = static_cast<double>(sums) * rounds;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) loops.push_back({"vpmaddwd, 256 bits", 16, 16 * calls, madd_avx2});
  if (__builtin_cpu_supports("avx512bw"))
    loops.push_back({"vpmaddwd, 512 bits", 16, 32 * calls, madd_avx512});
  if (__builtin_cpu_supports("avx512vnni")) {
    loops.push_back({"vpdpwssd, 512 bits", 16, 32 * calls, pairs_vnni});
    loops.push_back({"vpdpbusd, 512 bits", 8, 64 * calls, bytes_vnni});
  }
#else
  loops.push_back({"multiplication", 16, calls, portable});
#endif
  return loops;
}

}  // namespace gw::bench
