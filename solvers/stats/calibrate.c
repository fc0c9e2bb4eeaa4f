/* calibrate.c - from scores to probabilities: Platt scaling; see calibrate.h */
#include "solvers/stats/calibrate.h"

#include <math.h>

/* The problem in units where scores have mean 0 and deviation 1, which keeps Newton's matrix well scaled. */
typedef struct problem {
    const double *score;
    const uint8_t *label;
    int64_t n;
    double mean, deviation;
    double target[2];
} problem;

/* Loss and derivatives at (slope, offset). */
typedef struct point {
    double slope, offset;
    double loss;
    double g[2]; /* by slope, by offset */
    double h[3]; /* slope slope, slope offset, offset offset */
} point;

static double sigmoid(double z)
{
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

static point evaluate(const problem *p, double slope, double offset)
{
    point at = {.slope = slope, .offset = offset};

    for (int64_t i = 0; i < p->n; i++) {
        double x = (p->score[i] - p->mean) / p->deviation, t = p->target[p->label[i]];
        double z = slope * x + offset, q = sigmoid(z), r = q - t, v = q * (1 - q);

        at.loss += (z > 0 ? z : 0) + log1p(exp(-fabs(z))) - t * z;
        at.g[0] += r * x;
        at.g[1] += r;
        at.h[0] += v * x * x;
        at.h[1] += v * x;
        at.h[2] += v;
    }
    return at;
}

static bool flat(const point *at, int64_t n)
{
    return fabs(at->g[0]) < 1e-8 * (double)n && fabs(at->g[1]) < 1e-8 * (double)n;
}

/* One Newton step, halved until the loss falls by a fraction of what was promised. Returns false when it
 * cannot. */
static bool step(const problem *p, point *at)
{
    const double ridge = 1e-12;
    double a = at->h[0] + ridge, b = at->h[1], c = at->h[2] + ridge, det = a * c - b * b;
    double ds = -(c * at->g[0] - b * at->g[1]) / det, dofs = -(a * at->g[1] - b * at->g[0]) / det;
    double promise = at->g[0] * ds + at->g[1] * dofs;

    for (double t = 1; t > 1e-10; t *= 0.5) {
        point next = evaluate(p, at->slope + t * ds, at->offset + t * dofs);

        if (next.loss < at->loss + 1e-4 * t * promise) {
            *at = next;
            return true;
        }
    }
    return false;
}

static void measure(problem *p, int64_t count[2])
{
    double square = 0;

    for (int64_t i = 0; i < p->n; i++) {
        count[p->label[i]]++;
        p->mean += p->score[i] / (double)p->n;
    }
    for (int64_t i = 0; i < p->n; i++)
        square += (p->score[i] - p->mean) * (p->score[i] - p->mean) / (double)p->n;
    p->deviation = sqrt(square);
}

dn_status dn_platt_fit(const double *score, const uint8_t *label, int64_t n, dn_platt *out, dn_error *err)
{
    dn_status st = DN_OK;
    problem p = {.score = score, .label = label, .n = n};
    int64_t count[2] = {0, 0};
    bool constant;
    point at;

    if (n < 1)
        DN_FAIL(DN_EDATA, "no rows to calibrate on");
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(score[i]))
            DN_FAIL(DN_EDATA, "the score of row %lld is %g, not a finite number", (long long)i, score[i]);
    measure(&p, count);
    constant = !(p.deviation > 1e-12 * (1 + fabs(p.mean)));
    if (constant)
        p.deviation = 1;
    p.target[0] = 1 / ((double)count[0] + 2);
    p.target[1] = ((double)count[1] + 1) / ((double)count[1] + 2);
    at = evaluate(&p, 0, log(((double)count[1] + 1) / ((double)count[0] + 1)));
    *out = (dn_platt){.iterations = 0};
    while (!flat(&at, n) && out->iterations < 100 && step(&p, &at))
        out->iterations++;
    out->converged = flat(&at, n);
    out->slope = constant ? 0 : at.slope / p.deviation;
    out->offset = at.offset - out->slope * p.mean;
out:
    return st;
}

double dn_platt_apply(const dn_platt *platt, double score)
{
    return sigmoid(platt->slope * score + platt->offset);
}

double dn_logit(double p)
{
    double q = fmin(fmax(p, 1e-7), 1 - 1e-7);

    return log(q / (1 - q));
}

double dn_prior_shift(double p, double from, double to)
{
    double yes = p * to / from, no = (1 - p) * (1 - to) / (1 - from);

    return yes / (yes + no);
}
