/* pair_convs_bf16.h - the passes of pair_convs.h for training with products of bf16
 *
 * With round() to the nearest bf16 (bf16.h) and the names of pair_convs.h, the definition is
 *
 *     c2'[g][s] = round(c2[g][s])                              c2 in f32; its moments are taken before
 *     z2[g][s]  = kept ? scale (slope c2' + shift) : 0
 *     y[o]      = sum over g, s of round(z2[g][s]) round(w3[g L + s][o])
 *     dw3       = sum over rows of z2[g][s] round(dy[o]) = scale slope P + scale shift Q, with
 *     P, Q      = sums over rows of (kept ? c2' : 0) round(dy[o]), (kept ? 1 : 0) round(dy[o])
 *     d2[g][s]  = kept ? scale (sum over o of round(dy[o]) round(w3[g L + s][o])) : 0
 *     dc2[g][s] = p d2 + q c2' + r
 *     t[f][g][j] = sum over rows and positions of (f kept) round(dc2[g]) round(x_j)
 *     dw2[g][f] = scale sum over j of u[f][j] t[f][g][j],  cross[f][j] = scale sum over g of w2[g][f]
 * t[f][g][j]
 *
 * Sums of products are f32. The sums of d2 and of d2 c2' over rows are those of P and Q times round(w3) over
 * units: neither d2 nor z2 is needed for them on tiles. Because a mask is 0 or 1, both gradients of mix
 * follow from t, which is one product of dc2 with the kept windows. Of one branch only c2' stands in memory,
 * 16 P bytes a pair; d2 is computed where it is needed.
 *
 * On CPUs with AMX products run on tiles of 16 x 32, with AVX-512 around them; elsewhere as loops of floats.
 * A row's y does not depend on the rows beside it. All functions are local.
 */
#ifndef DN_NN_PAIR_CONVS_BF16_H
#define DN_NN_PAIR_CONVS_BF16_H

#include "solvers/nn/bf16.h"
#include "solvers/nn/pair_convs.h"

/* What the passes over one shard leave for each other. */
typedef struct dn_pair_bf16 dn_pair_bf16;

/* For up to `capacity` pairs. tiles: use AMX, as dn_bf16_tiles() allows it. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_pair_bf16_create(int64_t capacity, int64_t length, bool tiles, dn_pair_bf16 **out,
                                            dn_error *err);
void dn_pair_bf16_destroy(dn_pair_bf16 **handle);

/* As dn_pair_mix(); c2' is kept. */
void dn_pair_bf16_mix(dn_pair_bf16 *p, const dn_pair_convs *c, const float *u, const float *w2,
                      const float *bias2, double *sum, double *square);

/* As dn_pair_narrow(), after mix; slope, shift and w3 are kept. version: a number that tells this w3 from
 * that of any other call with p, so that it is not rounded and laid out again; 0: nobody knows. */
void dn_pair_bf16_narrow(dn_pair_bf16 *p, const dn_pair_convs *c, const float *slope, const float *shift,
                         uint64_t version, const float *w3, float *y);

/* As dn_pair_narrow_back(), after narrow; dy is kept. */
void dn_pair_bf16_narrow_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *mean, const float *dy,
                              float *dw3, double *sum, double *sum_c);

/* As dn_pair_mix_back(); after narrow_back. */
void dn_pair_bf16_mix_back(dn_pair_bf16 *p, const dn_pair_convs *c, const float *u, const float *w2,
                           const float *slope_p, const float *slope_q, const float *slope_r, float *dw2,
                           float *dbias2, double cross[DN_PAIR_F][DN_PAIR_X]);

/* c2'[g][s] of row r, for tests. */
float dn_pair_bf16_c2(const dn_pair_bf16 *p, int64_t r, int g, int64_t s);

#endif
