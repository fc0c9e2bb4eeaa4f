/* power_law.c - fitting a discrete power law; see power_law.h
 *
 * The log-likelihood is concave in alpha, so a bracket is narrowed by Brent's method. Every k_min is tried,
 * but given up as soon as its distance passes the best so far. So that this happens early, some candidates
 * from everywhere come first, and a distance is first looked for where the last candidate had its own, then
 * in large steps: 10,000 different degrees take tenths of a second instead of five.
 */
#include "solvers/stats/power_law.h"

#include <gsl/gsl_sf_zeta.h>
#include <math.h>
#include "solvers/base/alloc.h"

enum { MIN_TAIL = 10, MIN_DIFFERENT = 3, STRIDE = 64, ROUNDS = 100 };

static const double ALPHA_LOW = 1 + 1e-6, ALPHA_HIGH = 64;

/* k^alpha zeta(alpha, k): unlike zeta itself it does not underflow for large k and alpha. */
static double scaled_zeta(double alpha, double k)
{
    double head = alpha * log(k) < 600 ? exp(alpha * log(k)) * gsl_sf_hzeta(alpha, k) : 0;

    /* far out only the first terms of Euler and Maclaurin's sum count */
    return head > 0 ? head : k / (alpha - 1) + 0.5 + alpha / (12 * k);
}

/* Minus the log-likelihood of one value of the tail: sum of ln k / tail = mean_log. */
static double cost(double alpha, double k_min, double mean_log)
{
    return alpha * (mean_log - log(k_min)) + log(scaled_zeta(alpha, k_min));
}

/* The step to the minimum of the parabola through three points, or 0 when they lie on a line. */
static double parabola(double x, double w, double v, double fx, double fw, double fv)
{
    double r = (x - w) * (fx - fv), q = (x - v) * (fx - fw);
    double p = (x - v) * q - (x - w) * r, d = 2 * (q - r);

    return d == 0 ? 0 : -p / d;
}

/* Brent's minimisation (Algorithms for Minimization without Derivatives, 1973, chapter 5). */
static double best_alpha(double k_min, double mean_log)
{
    const double golden = 0.3819660112501051;
    double a = ALPHA_LOW, b = ALPHA_HIGH;
    double x = 2.5, w = x, v = x, step = 0, before = 0;
    double fx = cost(x, k_min, mean_log), fw = fx, fv = fx;

    for (int i = 0; i < ROUNDS; i++) {
        double middle = 0.5 * (a + b), tol = 1e-9 * x, u, fu;
        double p = fabs(before) > tol ? parabola(x, w, v, fx, fw, fv) : 0;

        if (fabs(x - middle) <= 2 * tol - 0.5 * (b - a))
            break;
        if (p != 0 && fabs(p) < 0.5 * fabs(before) && x + p > a && x + p < b) {
            before = step;
            step = p;
        } else {
            before = x < middle ? b - x : a - x;
            step = golden * before;
        }
        u = fabs(step) >= tol ? x + step : x + copysign(tol, step);
        fu = cost(u, k_min, mean_log);
        if (fu <= fx) {
            *(u < x ? &b : &a) = x;
            v = w, fv = fw;
            w = x, fw = fx;
            x = u, fx = fu;
        } else {
            *(u < x ? &a : &b) = u;
            if (fu <= fw || w == x) {
                v = w, fv = fw;
                w = u, fw = fu;
            } else if (fu <= fv || v == x || v == w) {
                v = u, fv = fu;
            }
        }
    }
    return x;
}

/* One search. */
typedef struct search {
    int64_t n;
    const int64_t *value; /* [n] */
    int64_t *before;      /* [n + 1]  values smaller than value[i], with repeats */
    double *logs;         /* [n + 1]  sum of ln k over the values from value[i] on */
    int64_t worst_at;     /* where the distance of the last candidate was found */
} search;

/* The distance of the tail that begins at value[from]; some number >= limit as soon as it passes limit. */
static double distance(search *s, int64_t from, double alpha, double limit)
{
    double k_min = (double)s->value[from], tail = (double)(s->before[s->n] - s->before[from]), worst = 0;
    double bottom = log(scaled_zeta(alpha, k_min)) - alpha * log(k_min);
    int64_t first = s->worst_at > from ? s->worst_at : from;

    for (int pass = 0; pass < 3; pass++)
        for (int64_t i = pass == 0 ? first : from; i < s->n && worst < limit;
             i += pass == 0 ? s->n : (pass == 1 ? STRIDE : 1)) {
            double k = (double)s->value[i], seen = (double)(s->before[i] - s->before[from]) / tail;
            double above = exp(log(scaled_zeta(alpha, k)) - alpha * log(k) - bottom);
            double d = fabs(1 - above - seen);

            if (d > worst) {
                worst = d;
                s->worst_at = i;
            }
        }
    return worst;
}

/* Try the tail from value[from] on; keep it when it is better than *best. */
static void consider(search *s, int64_t from, dn_power_law *best)
{
    int64_t tail = s->before[s->n] - s->before[from], k_min = s->value[from];
    double mean_log, alpha, ks;

    if (tail < MIN_TAIL || s->n - from < MIN_DIFFERENT || k_min == best->k_min)
        return;
    mean_log = s->logs[from] / (double)tail;
    alpha = best_alpha((double)k_min, mean_log);
    ks = distance(s, from, alpha, nextafter(best->ks, INFINITY));
    if (ks > best->ks ||
        (ks == best->ks && k_min > best->k_min)) /* of equal ones the smaller k_min, as plfit */
        return;
    *best = (dn_power_law){k_min, alpha, ks, tail, -(double)tail * cost(alpha, (double)k_min, mean_log)};
}

dn_status dn_power_law_fit(int64_t n, const int64_t *value, const int64_t *count, dn_power_law *out,
                           dn_error *err)
{
    dn_status st = DN_OK;
    search s = {.n = n, .value = value};
    dn_power_law best = {.alpha = NAN, .ks = INFINITY, .log_likelihood = NAN};

    DN_NEW(s.before, (size_t)n + 1);
    DN_NEW(s.logs, (size_t)n + 1);
    for (int64_t i = 0; i < n; i++)
        s.before[i + 1] = s.before[i] + count[i];
    for (int64_t i = n - 1; i >= 0; i--)
        s.logs[i] = s.logs[i + 1] + (double)count[i] * log((double)value[i]);
    for (int64_t i = 0; i < n; i += STRIDE)
        consider(&s, i, &best);
    for (int64_t i = 0; i < n; i++)
        consider(&s, i, &best);
    if (best.k_min == 0)
        best.ks = NAN;
    *out = best;
out:
    dn_free(s.before);
    dn_free(s.logs);
    return st;
}
