/* optim.h - optimisers on a slice of the weight vector, elementwise, so that any slicing gives the same bits
 *
 *   SGD    w -= rate * g
 *   AdamW  Loshchilov & Hutter, ICLR 2019, arXiv:1711.05101, algorithm 2; decay 0 is Adam (Kingma & Ba,
 *          arXiv:1412.6980) with bias correction, beta 0.9 and 0.999, epsilon 1e-8
 *
 * All functions are local.
 */
#ifndef DN_OPTIM_OPTIM_H
#define DN_OPTIM_OPTIM_H

#include <stdint.h>
#include "solvers/base/error.h"

typedef enum dn_optim_kind { DN_SGD, DN_ADAMW } dn_optim_kind;

typedef struct dn_optim {
    dn_optim_kind kind;
    double decay;  /* decoupled weight decay, AdamW only */
    int64_t n;     /* elements of the slice */
    int64_t steps; /* updates done */
    float *m, *v;  /* [n]  first and second moments, AdamW only */
} dn_optim;

DN_MUST_CHECK dn_status dn_optim_create(dn_optim_kind kind, double decay, int64_t n, dn_optim *out,
                                        dn_error *err);
void dn_optim_destroy(dn_optim *o);

/* One update of w [n] with gradient g [n]. */
void dn_optim_step(dn_optim *o, double rate, const float *g, float *w);

/* The same in parts: elements at .. at + n - 1 of the slice, with their g [n] and w [n]. When each element
 * has had its turn, dn_optim_count() ends the update. */
void dn_optim_part(const dn_optim *o, double rate, int64_t at, int64_t n, const float *g, float *w);
void dn_optim_count(dn_optim *o);

/* The learning rate of update number step (from 0). */
typedef enum dn_schedule_kind {
    DN_CONSTANT,
    DN_STEPWISE, /* rate * factor^(step / every), real exponent (Keras ExponentialDecay, staircase off) */
    DN_COSINE    /* half a cosine from rate to 0 over `every` steps, after `warmup` linear steps */
} dn_schedule_kind;

typedef struct dn_schedule {
    dn_schedule_kind kind;
    double rate;
    double factor;
    int64_t every;
    int64_t warmup;
} dn_schedule;

double dn_schedule_rate(const dn_schedule *s, int64_t step);

#endif
