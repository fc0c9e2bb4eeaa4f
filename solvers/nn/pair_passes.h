/* pair_passes.h - the passes of pair_convs.h for one instruction set each
 *
 * One source, pair_passes_body.h, is compiled for AVX-512, for AVX2 and for any CPU, each with vectors of its
 * own width; pair_convs.c takes the first that the CPU can run. Sums run in other orders, so results differ
 * between instruction sets in the last bits, as those of oneDNN do. Arguments are those of pair_convs.h.
 */
#ifndef DN_NN_PAIR_PASSES_H
#define DN_NN_PAIR_PASSES_H

#include <stddef.h>
#include "solvers/nn/pair_convs.h"

typedef struct dn_pair_passes {
    const char *isa; /* "AVX-512", "AVX2", "any" */
    void (*mix)(const dn_pair_convs *c, const float *u, const float *w2, const float *bias2, float *c2,
                double *sum, double *square);
    void (*narrow)(const dn_pair_convs *c, const float *c2, const float *slope, const float *shift,
                   const float *w3, float *y);
    void (*narrow_back)(const dn_pair_convs *c, const float *c2, const float *slope, const float *shift,
                        const float *mean, const float *w3, const float *dy, float *dw3, float *d2,
                        double *sum, double *sum_c);
    void (*mix_back)(const dn_pair_convs *c, const float *u, const float *w2, const float *c2,
                     const float *d2, const float *p, const float *q, const float *r, float *dw2,
                     float *dbias2, double cross[DN_PAIR_F][DN_PAIR_X]);
} dn_pair_passes;

/* Those that this build has and this CPU can run, the fastest first; NULL behind the last. Local. */
const dn_pair_passes *dn_pair_passes_at(int i);

/* One each, whether the CPU can run it or not; NULL where the compiler could not make it. */
const dn_pair_passes *dn_pair_passes_avx512(void);
const dn_pair_passes *dn_pair_passes_avx2(void);
const dn_pair_passes *dn_pair_passes_any(void);

#endif
