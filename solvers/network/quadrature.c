/* quadrature.c - exp(s A)_vv of single nodes, enclosed from both sides; see quadrature.h */
#include "solvers/network/quadrature.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"
#include "solvers/network/components.h"

enum { POWER_STEPS = 60, FIRST_LOOK = 4, LOOK_EVERY = 3 };

/* ---- the bound ---- */

/* y = |A| x on the rows of this rank. */
static void power_rows(const dn_graph *g, const dn_team *t, const double *x, double *y)
{
    for (int64_t i = t->begin; i < t->end; i++) {
        y[i] = 0;
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            y[i] += (g->weight != NULL ? fabs((double)g->weight[k]) : 1.0) * x[g->col[k]];
    }
}

dn_status dn_bounds_create(const dn_graph *g, dn_bounds *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_bounds b = {0};

    DN_NEW(b.component, (size_t)g->n);
    DN_TRY(dn_components(g, b.component, &b.count, err));
    DN_NEW(b.value, (size_t)b.count);
    DN_NEW(b.top, (size_t)b.count);
    DN_NEW(b.x, (size_t)g->connected);
    *out = b;
    b = (dn_bounds){0};
out:
    dn_bounds_destroy(&b);
    return st;
}

void dn_bounds_destroy(dn_bounds *b)
{
    dn_free(b->component);
    dn_free(b->value);
    dn_free(b->top);
    dn_free(b->x);
    *b = (dn_bounds){0};
}

/* Lower the bounds by y = |A| x; returns whether one became lower by more than 1e-5 of it. */
static bool lower(const dn_graph *g, dn_bounds *b, const double *y)
{
    bool moved = false;

    memset(b->top, 0, (size_t)b->count * sizeof *b->top);
    for (int64_t i = 0; i < g->connected; i++)
        b->top[b->component[i]] = fmax(b->top[b->component[i]], y[i] / b->x[i]);
    for (int64_t i = 0; i < g->connected; i++) {
        int64_t c = b->component[i];

        if (b->top[c] < b->value[c] * (1 - 1e-5))
            moved = true;
        b->value[c] = fmin(b->value[c], b->top[c]);
    }
    return moved;
}

/* x = y + value / 2 x, so that a bipartite graph does not swing between its sides; the largest of each
 * component is 1, none vanishes: any x > 0 bounds. */
static void next_vector(const dn_graph *g, dn_bounds *b, const double *y)
{
    memset(b->top, 0, (size_t)b->count * sizeof *b->top);
    for (int64_t i = 0; i < g->connected; i++) {
        int64_t c = b->component[i];

        b->x[i] = y[i] + b->value[c] / 2 * b->x[i];
        b->top[c] = fmax(b->top[c], b->x[i]);
    }
    for (int64_t i = 0; i < g->connected; i++) {
        double top = b->top[b->component[i]];

        b->x[i] = top > 0 ? fmax(b->x[i] / top, 1e-100) : 1;
    }
}

void dn_bounds_find(const dn_graph *g, const dn_team *team, dn_bounds *b)
{
    for (int64_t i = 0; i < g->connected; i++) {
        b->x[i] = 1;
        b->value[b->component[i]] = INFINITY;
    }
    for (int step = 0; step < POWER_STEPS && g->connected > 0; step++) {
        double *mine = team->post(team->ctx);
        const double *y;

        power_rows(g, team, b->x, mine);
        y = team->collect(team->ctx);
        if (!lower(g, b, y) && step > 10)
            break;
        next_vector(g, b, y);
    }
    b->largest = 0;
    for (int64_t c = 0; c < b->count; c++) {
        if (b->value[c] > 0)
            b->value[c] *= 1 + 1e-9; /* rounding */
        b->largest = fmax(b->largest, b->value[c]);
    }
}

/* ---- a rule from the recurrence ---- */

/* Eigenvalues d [m] of the symmetric tridiagonal matrix (diagonal d, below it e [m]) and the first components
 * z [m] of their vectors: QL with implicit shifts, as EISPACK's imtql2 with one row of the vectors. */
static bool tridiagonal(int m, double *d, double *e, double *z)
{
    memset(z, 0, (size_t)m * sizeof *z);
    z[0] = 1;
    e[m - 1] = 0;
    for (int l = 0; l < m; l++)
        for (int round = 0;; round++) {
            double p, g, s = 1, c = 1;
            int k = l;

            while (k < m - 1 && fabs(e[k]) > DBL_EPSILON / 2 * (fabs(d[k]) + fabs(d[k + 1])))
                k++;
            if (k == l)
                break;
            if (round == 60)
                return false;
            g = (d[l + 1] - d[l]) / (2 * e[l]);
            g = d[k] - d[l] + e[l] / (g + copysign(sqrt(g * g + 1), g));
            p = 0;
            for (int i = k - 1; i >= l; i--) {
                double f = s * e[i], b = c * e[i], r = sqrt(f * f + g * g), t;

                e[i + 1] = r;
                if (r == 0) {
                    d[i + 1] -= p;
                    e[k] = 0;
                    break;
                }
                s = f / r;
                c = g / r;
                g = d[i + 1] - p;
                t = (d[i] - g) * s + 2 * c * b;
                p = s * t;
                d[i + 1] = g + p;
                g = c * t - b;
                f = z[i + 1];
                z[i + 1] = s * z[i] + c * f;
                z[i] = c * z[i] - s * f;
                if (i == l) {
                    d[l] -= p;
                    e[l] = g;
                    e[k] = 0;
                }
            }
        }
    return true;
}

/* Logarithm of the sum of z^2 exp(s d); d and e are overwritten. NaN: QL did not end. */
static double log_rule(int m, double *d, double *e, double s)
{
    double z[DN_LANCZOS_STEPS + 1], top = -INFINITY, sum = 0;

    if (!tridiagonal(m, d, e, z))
        return NAN;
    for (int i = 0; i < m; i++)
        top = fmax(top, s * d[i]);
    for (int i = 0; i < m; i++)
        sum += z[i] * z[i] * exp(s * d[i] - top);
    return top + log(sum);
}

/* What the first m steps say: alpha [m], beta [m], the last beta leads out of the space. */
static dn_enclosure enclose(int m, const double *alpha, const double *beta, double s, double bound)
{
    double d[DN_LANCZOS_STEPS + 1], e[DN_LANCZOS_STEPS + 1], below, above, pivot = alpha[0] - bound, gap;
    dn_enclosure out = {.steps = m};

    memcpy(d, alpha, (size_t)m * sizeof *d);
    memcpy(e, beta, (size_t)m * sizeof *e);
    below = above = log_rule(m, d, e, s);
    if (beta[m - 1] > 0) {
        memcpy(d, alpha, (size_t)m * sizeof *d);
        memcpy(e, beta, (size_t)m * sizeof *e);
        for (int i = 1; i < m; i++)
            pivot = alpha[i] - bound - beta[i - 1] * beta[i - 1] / pivot;
        d[m] = bound + beta[m - 1] * beta[m - 1] / pivot;
        above = log_rule(m + 1, d, e, s);
    }
    gap = fabs(expm1(above - below)) / 2;
    out.log_value = below + log1p(gap);
    out.half = gap;
    return out;
}

/* ---- the process ---- */

typedef double lanes __attribute__((vector_size(DN_LANES * sizeof(double))));

struct dn_lanczos {
    const dn_graph *g;
    lanes *q, *last;                          /* [connected]  this vector and the one before */
    double alpha[DN_LANES][DN_LANCZOS_STEPS]; /* the recurrence of every lane */
    double beta[DN_LANES][DN_LANCZOS_STEPS];
};

dn_status dn_lanczos_create(const dn_graph *g, dn_lanczos **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_lanczos *l = NULL;

    DN_NEW(l, 1);
    l->g = g;
    DN_NEW(l->q, (size_t)g->connected);
    DN_NEW(l->last, (size_t)g->connected);
    *out = l;
    l = NULL;
out:
    dn_lanczos_destroy(&l);
    return st;
}

void dn_lanczos_destroy(dn_lanczos **l)
{
    if (*l == NULL)
        return;
    dn_free((*l)->q);
    dn_free((*l)->last);
    dn_free(*l);
    *l = NULL;
}

/* last = A q - beta last, and its product with q. */
DN_CLONES static void advance(const dn_graph *g, const lanes *q, lanes *last, const lanes *beta, lanes *alpha)
{
    lanes dot = {0}, b = *beta;

    for (int64_t i = 0; i < g->connected; i++) {
        lanes sum = -b * last[i];

        if (g->weight == NULL)
            for (int64_t e = g->row[i]; e < g->row[i + 1]; e++)
                sum += q[g->col[e]];
        else
            for (int64_t e = g->row[i]; e < g->row[i + 1]; e++)
                sum += (double)g->weight[e] * q[g->col[e]];
        last[i] = sum;
        dot += sum * q[i];
    }
    *alpha = dot;
}

/* last -= alpha q, and its squared length. */
DN_CLONES static void project(int64_t rows, const lanes *q, lanes *last, const lanes *alpha, lanes *length)
{
    lanes sum = {0}, a = *alpha;

    for (int64_t i = 0; i < rows; i++) {
        lanes w = last[i] - a * q[i];

        last[i] = w;
        sum += w * w;
    }
    *length = sum;
}

DN_CLONES static void rescale(int64_t rows, lanes *v, const lanes *by)
{
    lanes b = *by;

    for (int64_t i = 0; i < rows; i++)
        v[i] *= b;
}

/* Step m of all lanes; a lane whose space is whole goes on with zeros. */
static void step(dn_lanczos *l, int m, const double *bound)
{
    lanes alpha, beta = {0}, by, *next = l->last;
    int64_t rows = l->g->connected;

    for (int k = 0; k < DN_LANES && m > 0; k++)
        beta[k] = l->beta[k][m - 1];
    advance(l->g, l->q, l->last, &beta, &alpha);
    project(rows, l->q, l->last, &alpha, &beta);
    for (int k = 0; k < DN_LANES; k++) {
        double length = sqrt(beta[k]);

        if (!(length > 1e-13 * bound[k]))
            length = 0;
        l->alpha[k][m] = alpha[k];
        l->beta[k][m] = length;
        by[k] = length > 0 ? 1 / length : 0;
    }
    rescale(rows, l->last, &by);
    l->last = l->q;
    l->q = next;
}

/* Rounding adds about one unit in the last place of |A| to every vector, of which exp(s bound / 2) times the
 * root of the value can come back: exp(s A)_vv holds exp(s l) u_v^2, and u_v was disturbed. */
static double rounding(double s, double bound, double log_value)
{
    return DBL_EPSILON * (4 * s * bound + exp((s * bound - log_value) / 2));
}

void dn_lanczos_run(dn_lanczos *l, int count, const int32_t *node, double s, const dn_bounds *bounds,
                    double tolerance, dn_enclosure *out)
{
    double bound[DN_LANES] = {0};
    size_t bytes = (size_t)l->g->connected * sizeof *l->q;
    int open = count;

    memset(l->q, 0, bytes);
    memset(l->last, 0, bytes);
    for (int k = 0; k < count; k++) {
        l->q[node[k]][k] = 1;
        bound[k] = bounds->value[bounds->component[node[k]]];
        out[k].converged = false;
    }
    for (int m = 1; m <= DN_LANCZOS_STEPS && open > 0; m++) {
        step(l, m - 1, bound);
        for (int k = 0; k < count; k++) {
            bool whole = l->beta[k][m - 1] == 0,
                 look = m == DN_LANCZOS_STEPS || (m >= FIRST_LOOK && m % LOOK_EVERY == 0);

            if (out[k].converged || !(whole || look))
                continue;
            out[k] = enclose(m, l->alpha[k], l->beta[k], s, bound[k]);
            out[k].converged = whole || out[k].half <= fmax(tolerance, 4 * DBL_EPSILON * s * bound[k]);
            out[k].half += rounding(s, bound[k], out[k].log_value);
            open -= out[k].converged;
        }
    }
}
