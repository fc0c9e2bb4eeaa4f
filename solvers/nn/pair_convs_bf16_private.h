/* pair_convs_bf16_private.h - what pair_convs_bf16.c and pair_convs_amx*.c share
 *
 * Positions go in blocks of 32, rows in groups of 32. Of a position pair, word 2 i is position i and word
 * 2 i + 1 position 16 + i: so two vectors of floats are a shift and a mask away.
 */
#ifndef DN_NN_PAIR_CONVS_BF16_PRIVATE_H
#define DN_NN_PAIR_CONVS_BF16_PRIVATE_H

#include "solvers/nn/pair_convs_bf16.h"

enum { DN_PAIR_GROUP = 32, DN_PAIR_TILE = 16 * 32, DN_PAIR_BOTH = 2 * DN_PAIR_TILE, DN_PAIR_GAP = 64 };
enum { DN_PAIR_T = DN_PAIR_G * DN_PAIR_X }; /* g X + j */

struct dn_pair_bf16 {
    bool tiles;
    int64_t length, blocks, groups; /* of the capacity */
    dn_bf16 *c2;      /* [blocks][G][groups][32 rows][32 positions in pairs], a gap behind groups */
    uint64_t version; /* of the weights that stand in w3 and w3t, or w3f */
    float up[DN_PAIR_G], off[DN_PAIR_G]; /* slope and shift times the dropout's scale */
    /* with tiles */
    dn_bf16 *w3;     /* [blocks][G][2 halves of O][16 of 2 positions][16][2] */
    dn_bf16 *w3t;    /* [blocks][G][2 halves of the block][16 of 2 units][16 positions][2] */
    dn_bf16 *dy;     /* [groups][32 rows][O] */
    dn_bf16 *dyt;    /* [groups][2 halves of O][16][32 rows] */
    uint32_t *kept1; /* [blocks][groups][32 rows][F]  32 positions each: the masks as mix found them */
    uint32_t *kept2; /* [blocks][G][groups][32 rows]  as narrow did; 0 in rows not in use */
    /* without: rounded */
    float *w3f; /* [G L, O] */
    float *dyf; /* [rows, O] */
};

static inline int64_t dn_pair_bf16_at(const dn_pair_bf16 *p, int64_t block, int g, int64_t group)
{
    return (block * DN_PAIR_G + g) * (p->groups * DN_PAIR_BOTH + DN_PAIR_GAP) + group * DN_PAIR_BOTH;
}

static inline uint32_t *dn_pair_bf16_kept1(const dn_pair_bf16 *p, int64_t block, int64_t group)
{
    return p->kept1 + (block * p->groups + group) * DN_PAIR_GROUP * DN_PAIR_F;
}

static inline uint32_t *dn_pair_bf16_kept2(const dn_pair_bf16 *p, int64_t block, int g, int64_t group)
{
    return p->kept2 + ((block * DN_PAIR_G + g) * p->groups + group) * DN_PAIR_GROUP;
}

/* ---- pair_convs_amx_{mix,narrow}.c: the passes on tiles ---- */

void dn_pair_amx_mix(dn_pair_bf16 *p, const dn_pair_convs *c, const float *u, const float *w2t,
                     const float *bias2, double *sum, double *square);
void dn_pair_amx_weights(dn_pair_bf16 *p, const float *w3);
void dn_pair_amx_narrow(dn_pair_bf16 *p, const dn_pair_convs *c, float *y);
void dn_pair_amx_narrow_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *mean, const float *dy,
                             float *dw3, double *sum, double *sum_c);
void dn_pair_amx_mix_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *slope_p, const float *slope_q,
                          const float *slope_r, double *t, double *dbias2);

#endif
