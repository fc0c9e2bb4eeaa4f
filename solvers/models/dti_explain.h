/* dti_explain.h - how much of a drug-target score each atom, residue and label feature brought
 *
 * Integrated gradients of the logit F (of an ensemble: of its mean), along the straight line from a baseline
 * b to the inputs x of a pair, all inputs moving together:
 *
 *     c_i = (x_i - b_i) * integral over a = 0 .. 1 of dF/dx_i (b + a (x - b)),   sum of c_i = F(x) - F(b)
 *
 * Source: Sundararajan, Taly & Yan, ICML 2017, arXiv:1703.01365, eq. 1 and proposition 1 (completeness). An
 * atom's contribution is the sum over its features, a position's over its channels. The bonds of the molecule
 * and the number of positions belong to both ends of the line. The network is as in predict(): running
 * statistics, no dropout.
 *
 * The integral is the mean of the gradient at the midpoints of m equal steps; m doubles until the sum of all
 * contributions misses F(x) - F(b) by at most `tolerance`. F is piecewise linear along the line, so the
 * remainder falls as 1 / m or faster. A remainder that stays too large is an answer, not an error.
 *
 * All functions are local. Sums over steps and inputs are in double in a fixed order; a pair's bits depend on
 * nothing but the pair, on the same CPU.
 */
#ifndef DN_MODELS_DTI_EXPLAIN_H
#define DN_MODELS_DTI_EXPLAIN_H

#include "solvers/models/dti.h"

/* One pair of a network's data, and where the line to it begins. */
typedef struct dn_dti_asked {
    int64_t drug, target;    /* of the data */
    const float *pair_extra; /* [pair_extra_width]  NULL when the width is 0 */
} dn_dti_asked;

typedef struct dn_dti_origin {
    const float *atom;         /* [atom_width]   the same for every atom */
    const float *state;        /* [state_width]  the same for every position */
    const float *drug_extra;   /* [drug_extra_width]; NULL when the width is 0, as the next two */
    const float *target_extra; /* [target_extra_width] */
    const float *pair_extra;   /* [pair_extra_width] */
} dn_dti_origin;

typedef struct dn_dti_explain_options {
    int64_t steps;    /* to begin with, 1 .. most */
    int64_t most;     /* of steps */
    double tolerance; /* of the remainder, in the logit's unit, >= 0 */
} dn_dti_explain_options;

#define DN_DTI_EXPLAIN_DEFAULTS                      \
    {                                                \
        .steps = 64, .most = 8192, .tolerance = 1e-3 \
    }

/* Contributions are in the unit of the logit; positive ones speak for activation. */
typedef struct dn_dti_explanation {
    int64_t atoms, positions;                        /* positions that the network reads (max_length) */
    double *atom;                                    /* [atoms] */
    double *position;                                /* [positions] */
    int64_t drug_extras, target_extras, pair_extras; /* the widths of the data */
    double *drug_extra;                              /* [drug_extras] */
    double *target_extra;                            /* [target_extras] */
    double *pair_extra;                              /* [pair_extras] */
    double score, baseline;                          /* F(x), F(b) */
    double probability;                              /* of class 1, that of F(x) */
    double remainder;                                /* F(x) - F(b) - the sum of all contributions */
    int64_t steps;                                   /* of the last pass */
    bool complete;                                   /* |remainder| <= tolerance */
} dn_dti_explanation;

/* *out is filled; on failure it is empty. Time: steps x about two passes of the pair. Memory: inputs of the
 * pair 16 bytes each. Fails: DN_EUSAGE an option out of range; DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_dti_explain(const dn_dti *dti, const float *w, const float *running,
                                       const dn_dti_asked *pair, const dn_dti_origin *baseline,
                                       const dn_dti_explain_options *options, dn_dti_explanation *out,
                                       dn_error *err);
void dn_dti_explanation_destroy(dn_dti_explanation *e);

/* dF/dx of the pair in row `row` of the data at its own inputs, one after the other as the data has them:
 *
 *   out  [atoms * atom_width + positions * state_width + drug_extra_width + target_extra_width +
 *         pair_extra_width]
 *
 * work was created with capacity 1. Where F has a kink it is the gradient that training would take.
 * Fails: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_dti_input_gradient(dn_work *work, const float *w, const float *running,
                                              int64_t row, double *out_logit, float *out, dn_error *err);

#endif
