/* pair_passes_avx512.c - pair_passes_body.h for AVX-512, compiled with -march=x86-64-v4; see pair_passes.h */
#include "solvers/nn/pair_passes.h"

#if defined(__AVX512F__) && defined(__AVX512BW__)
#include <immintrin.h>
enum { LANES = 16, TILE = 8, ABREAST = 2 };
#define KEEP(kept, v) ((vec)_mm512_maskz_mov_ps((__mmask16)(kept), (__m512)(v)))
#define ISA "AVX-512"
#include "solvers/nn/pair_passes_body.h"

const dn_pair_passes *dn_pair_passes_avx512(void)
{
    return &passes;
}
#else
const dn_pair_passes *dn_pair_passes_avx512(void)
{
    return NULL;
}
#endif
