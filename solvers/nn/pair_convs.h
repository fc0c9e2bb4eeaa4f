/* pair_convs.h - the convolutions of GENER over two profiles, in few passes over memory
 *
 * Of two profiles a, b [S] the windows are x_0 = a[s], x_1 = a[s + 1], x_2 = b[s], x_3 = b[s + 1] for s in
 * [0, L), L = S - 1, and x_4 = 1. Then
 *
 *     c1[f][s] = sum over j of w1[f][j] x_j             2 x 2 window, F = 16 filters; w1[f][4] is the bias
 *     z1[f][s] = kept ? scale n1(c1[f][s]) : 0          norm and dropout; n1(c1) is linear in x as well:
 * u[f][j] c2[g][s] = bias2[g] + sum over f of w2[g][f] z1[f][s]                              1 x 1, G = 8
 * filters z2[g][s] = kept ? scale n2(c2[g][s]) : 0          n2(c2) = slope c2 + shift y[o]     = sum over g,
 * s of w3[g L + s][o] z2[g][s]                                    dense, O = 32 units
 *
 * Only c2 and the gradient at n2's output stand in memory, 8 P floats a pair each, P = dn_pair_pitch(L), in
 * blocks of 32 positions of all rows: [G, P / 32][rows, 32] with a gap of 16 floats between blocks. All else
 * is computed where it is needed. Because c1 is linear in the windows, the moments of its norm follow from
 * sums of products of windows, and so does the gradient of w1 from sums of products of windows with the
 * gradient at n1's output: neither needs a pass of its own.
 *
 * A row's results do not depend on the rows beside it. Sums over rows run in lanes, in double over blocks,
 * in a fixed order (pair_passes.h: how many lanes depends on the CPU). All functions are local and have a
 * naive twin in the tests.
 */
#ifndef DN_NN_PAIR_CONVS_H
#define DN_NN_PAIR_CONVS_H

#include <stdint.h>

enum { DN_PAIR_X = 5, DN_PAIR_F = 16, DN_PAIR_G = 8, DN_PAIR_O = 32, DN_PAIR_BLOCK = 32, DN_PAIR_ROOM = 16 };

/* L rounded up to whole vectors. */
int64_t dn_pair_pitch(int64_t length);

/* Floats of c2, and of the gradient at n2's output. */
int64_t dn_pair_room(int64_t rows, int64_t length);

/* What all passes read; borrowed. */
typedef struct dn_pair_convs {
    int64_t rows, length; /* pairs; L >= 1 */
    const float *a, *b;   /* [rows, P + DN_PAIR_ROOM]  zero from S on */
    /* bit f L + s (g L + s) of a row: kept. A row has `words` 32-bit words, and two words may be read
     * behind the last one. NULL: everything is kept */
    const uint32_t *mask1, *mask2;
    int64_t words1, words2;
    float scale; /* 1 / (1 - rate of the dropout) */
} dn_pair_convs;

/* gram[i][j] = sum over rows and positions of x_i x_j. */
void dn_pair_windows(const dn_pair_convs *c, double gram[DN_PAIR_X][DN_PAIR_X]);

/* c2 in blocks, 0 behind L, from u [F, 5], w2 [G, F], bias2 [G]. Of n2's moments: sum [G] of c2 - bias2 and
 * square [G] of its squares. */
void dn_pair_mix(const dn_pair_convs *c, const float *u, const float *w2, const float *bias2, float *c2,
                 double *sum, double *square);

/* y [rows, O] without bias, from c2, slope and shift [G] of n2, w3 [G L, O]. */
void dn_pair_narrow(const dn_pair_convs *c, const float *c2, const float *slope, const float *shift,
                    const float *w3, float *y);

/* From dy [rows, O]: dw3 [G L, O] is overwritten; d2, in blocks as c2, is the gradient at n2's output, what
 * is behind L with the last position's block 0; sum [G] of it, and sum_c [G] of it times (c2 - mean). */
void dn_pair_narrow_back(const dn_pair_convs *c, const float *c2, const float *slope, const float *shift,
                         const float *mean, const float *w3, const float *dy, float *dw3, float *d2,
                         double *sum, double *sum_c);

/* The gradient at c2 is p d2 + q c2 + r (p, q, r [G], dn_norm_slopes()). From it dw2 [G, F], dbias2 [G], and
 * cross [F][5] = sum of the gradient at n1's output times x_j; all are overwritten. */
void dn_pair_mix_back(const dn_pair_convs *c, const float *u, const float *w2, const float *c2,
                      const float *d2, const float *p, const float *q, const float *r, float *dw2,
                      float *dbias2, double cross[DN_PAIR_F][DN_PAIR_X]);

#endif
