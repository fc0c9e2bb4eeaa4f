/* attention.h - softmax(q k^T) v of one head without the matrix of scores
 *
 * Queries come in tiles of 64, side by side, so that a vector holds 16 of them and maxima, exponentials and
 * sums need no step across lanes. The keys of a tile come in blocks; the maximum of the scores so far is kept
 * with each query, and what was summed under an older one is scaled (online softmax, arXiv:1805.02867). The
 * scale of the scores must hold log2(e): weights are powers of two. All functions are local.
 */
#ifndef DN_ESM_ATTENTION_H
#define DN_ESM_ATTENTION_H

#include <stdint.h>

enum {
    DN_ESM_TILE = 64,    /* queries side by side */
    DN_ESM_PAD_ROWS = 32 /* rows of k and v behind the last, at least; finite numbers */
};

/* One head in f32. Its width may be padded with zeros: dim is a multiple of 4. */
typedef struct dn_esm_one_head {
    int64_t n;   /* queries and keys, n >= 1 */
    int64_t dim; /* padded width, <= DN_ESM_MAX_DIM */
    const float
        *q; /* [ceil(n / 64), dim, 64]  scaled by log2(e) / sqrt(width); queries beyond n: any numbers */
    const float *k; /* [n + DN_ESM_PAD_ROWS, dim] */
    const float *v; /* the same */
} dn_esm_one_head;

enum { DN_ESM_MAX_DIM = 256 };

/* Floats of scratch for one call. */
int64_t dn_esm_attention_scratch(int64_t dim);

/* out [n] rows of `width` <= dim numbers, `stride` apart. */
void dn_esm_attention(const dn_esm_one_head *h, int64_t width, float *scratch, float *out, int64_t stride);

/* x[i] = 2^x[i] as the softmax computes it, n numbers: relative error below 3e-7 in [-125, 126]; smaller x
 * give 2^-125. For tests. */
void dn_esm_exp2(int64_t n, float *x);

#endif
