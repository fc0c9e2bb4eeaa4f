/* kron_rls.h - labels of drug-target pairs by kernel ridge regression over pairs
 *
 * Regularised least squares with a Kronecker kernel (van Laarhoven et al., Bioinformatics 27, 3036 (2011);
 * Pahikkala et al., Brief. Bioinform. 16, 325 (2015)), here of the pairs that have a label alone, with a
 * share of each side's own kernel:
 *
 *     k((d, t), (e, u)) = D(d, e) T(t, u) + s D(d, e) + s T(t, u)
 *     f(d, t) = m + sum over training rows i of a_i k((d, t), (d_i, t_i)),     (K + r I) a = y - m
 *
 * D and T are likenesses that are kernels (Tanimoto of bit vectors, cosine of counts), m the share of
 * positives, s = 0.1, r = 0.2. K is never formed: a product with it takes n (drugs + targets) steps, and the
 * system is solved by conjugate gradients to a residual of 1e-5, from zero and in a fixed order, so that the
 * same rows give the same bits on the same CPU. Likenesses and products are in single precision, which the
 * residual that is reached (within 1.5e-5) allows. The score is 4 (f - 1/2), the log-odds that belong to f to
 * first order about 1/2; larger means activation is more likely.
 *
 * At the edges: no rows, m = 1/2 and every score 0; rows of one label, no weights and every score 2 or -2; a
 * pair that stands there twice counts twice; a drug that is like no other (or nothing, itself included) is
 * scored by the likeness of its target.
 *
 * All functions are local, and may run on several threads at a time.
 */
#ifndef DN_STATS_KRON_RLS_H
#define DN_STATS_KRON_RLS_H

#include "solvers/stats/similar_history.h"
#include "solvers/base/error.h"

/* Likenesses of all drugs and of all targets, [drugs, drugs] and [targets, targets]; borrowed. */
typedef struct dn_kron_likes {
    int64_t drugs, targets;
    const float *drug, *target;
} dn_kron_likes;

typedef struct dn_kron_fit {
    double mean;      /* m */
    double *weight;   /* [past.n]  a, in the order of past.rows */
    int64_t products; /* with K */
    double residual;  /* |K a + r a - (y - m)| / |y - m|, as the recursion has it; 0 where y = m */
} dn_kron_fit;

/* Fit to the training rows of past, whose clusters are not looked at. With d drugs and t targets that have a
 * row: time O(products (n (d + t) + d t)), room for d (d + t) + t t floats. Others cost nothing and do not
 * change a bit. Fails: DN_ENOMEM */
DN_MUST_CHECK dn_status dn_kron_rls_fit(const dn_past *past, const dn_kron_likes *likes, dn_kron_fit *out,
                                        dn_error *err);
void dn_kron_fit_destroy(dn_kron_fit *fit);

/* What the fit says of one target, for all drugs: weights of the likeness of a drug to each drug, and behind
 * them what is added to their sum. Time O(n + drugs).
 *   like_target [targets]  likeness of the target to each target
 *   out [drugs + 1] */
void dn_kron_rls_target(const dn_past *past, const dn_kron_fit *fit, const float *like_target, int64_t drugs,
                        double *out);

/* Score of the pair of a drug and the target of `of_target` [drugs + 1].
 *   like_drug [drugs]  likeness of the drug to each drug */
double dn_kron_rls_score(const double *of_target, const float *like_drug, int64_t drugs);

#endif
