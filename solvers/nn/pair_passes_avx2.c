/* pair_passes_avx2.c - pair_passes_body.h for AVX2, compiled with -march=x86-64-v3; see pair_passes.h */
#include "solvers/nn/pair_passes.h"

#if defined(__AVX2__) && defined(__FMA__)
enum { LANES = 8, TILE = 2, ABREAST = 1 };
#define ISA "AVX2"
#include "solvers/nn/pair_passes_body.h"

const dn_pair_passes *dn_pair_passes_avx2(void)
{
    return &passes;
}
#else
const dn_pair_passes *dn_pair_passes_avx2(void)
{
    return NULL;
}
#endif
