/* gener_screen.h - GENER for many pairs of few genes: what can be computed once a gene is
 *
 *     DN_TRY(dn_gener_fold_create(&gener, w, running, genes, &fold, err));      once, shared by threads
 *     dn_gener_fold_genes(fold, first, end);                                    narrow vectors of these genes
 *     DN_TRY(dn_gener_scorer_create(fold, false, &scorer, err));                one a thread
 *     DN_TRY(dn_gener_scorer_pairs(scorer, a, b, n, out, err));                 blocks of pairs
 *
 * At inference a norm is a scale and a shift of every channel, which join the dense layer behind it. Then
 * (gener.h has the layers; s_n, t_n are scale and shift of norm n)
 *
 *     h1 = max(0, (a * b) W1 + b1)
 *     h2 = max(0, h1 diag(s1) W2 + (t1 W2 + b2))
 *     h5 = max(0, u(a) + v(b) + c)
 *     logit k - logit 0 = h2 . p_k + h5 . q_k + r_k
 *
 * because all of branch 2 before its ReLU is linear in (a, b): u(a) [32] and v(b) [32] are computed once a
 * gene, in double, and rounded once. A pair costs 2 (256 S + 256^2) operations, two fifths of predict(). The
 * scores are those of predict() up to rounding: in single precision within 2e-6 for weights of a trained
 * network (tests/unit/gener_screen.c). With options.swap, branch 1 is the same in both orders and done once.
 *
 * A pair has the same bits in any block and place and beside any other pairs; with swap (a, b) and (b, a)
 * have the same bits, directions turned round.
 *
 * With `narrow` products take bfloat16 factors and sum in single precision: for finding candidates, which are
 * then scored again. All functions are local.
 */
#ifndef DN_MODELS_GENER_SCREEN_H
#define DN_MODELS_GENER_SCREEN_H

#include "solvers/models/gener.h"

/* Pairs of a block, part of no definition; u and v of a gene. */
enum { DN_GENER_BLOCK = 128, DN_GENER_VECTORS = 64 };

typedef struct dn_gener_fold dn_gener_fold;
typedef struct dn_gener_scorer dn_gener_scorer;

/* Of g->data only x and samples are used; x [genes, S] is borrowed. Memory: 256 S + 256^2 floats, 64 S
 * doubles, 64 floats a gene. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_gener_fold_create(const dn_gener *g, const float *w, const float *running,
                                             int64_t genes, dn_gener_fold **out, dn_error *err);
void dn_gener_fold_destroy(dn_gener_fold **f);

/* u and v of genes [first, end). Threads and ranks may do a part each; narrow vectors are computed in a fixed
 * order. */
void dn_gener_fold_genes(dn_gener_fold *f, int64_t first, int64_t end);

/* [genes, DN_GENER_VECTORS]: u and v of every gene, for putting parts together. */
float *dn_gener_fold_vectors(dn_gener_fold *f);

/* Buffers and packed weights of one thread, about 1.5 MB. Fails: DN_EUNAVAILABLE narrow on a CPU without
 * bfloat16 products; DN_ESOFTWARE, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_gener_scorer_create(const dn_gener_fold *f, bool narrow, dn_gener_scorer **out,
                                               dn_error *err);
void dn_gener_scorer_destroy(dn_gener_scorer **s);

/* Probabilities of pairs (a[i], b[i]), 0 <= i < n <= DN_GENER_BLOCK, into out [n, outputs] as predict() has
 * them: one with two classes, four with four. Fails: DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_gener_scorer_pairs(dn_gener_scorer *s, const int32_t *a, const int32_t *b,
                                              int64_t n, float *out, dn_error *err);

#endif
