/* kron_rls.c - conjugate gradients with a product that walks the rows twice; see kron_rls.h
 *
 * (K a)_i = sum over drugs e of D(d_i, e) M(e, t_i) + s sum over targets u of T(t_i, u) c_u, where
 * M(e, u) is the sum over the rows j of drug e of a_j (T(u, t_j) + s), and c_u that of a_j over the rows of
 * u. Rows ordered by drug make M a row at a time, rows ordered by target read it a column at a time.
 */
#include "solvers/stats/kron_rls.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"

static const double side = 0.1, ridge = 0.2, tolerance = 1e-5;
enum { MOST_PRODUCTS = 2000 };

typedef struct solver {
    const dn_past *past;
    const dn_kron_likes *likes;
    int64_t n;
    int64_t *by_drug, *by_target; /* [n]  places in past->rows, those of one drug or target together */
    float *made, *turned;         /* [drugs, targets], [targets, drugs]  M */
    float *alone;                 /* [targets]  c, then T c */
    double *residual, *direction, *product;
} solver;

static void solver_destroy(solver *s)
{
    dn_free(s->by_drug);
    dn_free(s->by_target);
    dn_free(s->made);
    dn_free(s->turned);
    dn_free(s->alone);
    dn_free(s->residual);
    dn_free(s->direction);
    dn_free(s->product);
}

/* Places of the rows with those of equal key[row] together, in their order: a counting sort. */
static dn_status order_by(const dn_past *past, const int64_t *key, int64_t keys, int64_t **out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *at = NULL; /* [keys + 1] */

    DN_NEW(at, (size_t)keys + 1);
    DN_NEW(*out, (size_t)past->n + 1);
    for (int64_t i = 0; i < past->n; i++)
        at[key[past->rows[i]] + 1]++;
    for (int64_t k = 0; k < keys; k++)
        at[k + 1] += at[k];
    for (int64_t i = 0; i < past->n; i++)
        (*out)[at[key[past->rows[i]]]++] = i;
out:
    dn_free(at);
    return st;
}

static dn_status prepare(solver *s, dn_error *err)
{
    dn_status st = DN_OK;
    size_t cells = (size_t)(s->likes->drugs * s->likes->targets), n = (size_t)s->n + 1;

    DN_TRY(order_by(s->past, s->past->drug, s->likes->drugs, &s->by_drug, err));
    DN_TRY(order_by(s->past, s->past->target, s->likes->targets, &s->by_target, err));
    DN_NEW(s->made, cells);
    DN_NEW(s->turned, cells);
    DN_NEW(s->alone, (size_t)s->likes->targets);
    DN_NEW(s->residual, n);
    DN_NEW(s->direction, n);
    DN_NEW(s->product, n);
out:
    return st;
}

/* ---- the product ---- */

DN_CLONES static void add_scaled(float *y, float a, const float *x, float constant, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] += a * (x[i] + constant);
}

enum { LANES = 32 };

/* In LANES sums, then those in a fixed order. */
DN_CLONES static float dot(const float *x, const float *y, int64_t n)
{
    float lane[LANES] = {0};
    int64_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += x[i + k] * y[i + k];
    for (int k = 0; i < n; i++, k++)
        lane[k] += x[i] * y[i];
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            lane[k] += lane[k + half];
    return lane[0];
}

static void transpose(const float *x, int64_t rows, int64_t columns, float *out)
{
    enum { TILE = 32 };

    for (int64_t a = 0; a < rows; a += TILE)
        for (int64_t b = 0; b < columns; b += TILE)
            for (int64_t i = a; i < rows && i < a + TILE; i++)
                for (int64_t j = b; j < columns && j < b + TILE; j++)
                    out[j * rows + i] = x[i * columns + j];
}

/* s T c into s->product's rows later: here c, then s T c. */
static void targets_alone(solver *s, const double *x, float *sum)
{
    const dn_past *p = s->past;
    int64_t targets = s->likes->targets;

    memset(sum, 0, (size_t)targets * sizeof *sum);
    for (int64_t i = 0; i < s->n; i++)
        sum[p->target[p->rows[i]]] += (float)x[i];
    for (int64_t t = 0; t < targets; t++)
        s->alone[t] = (float)side * dot(s->likes->target + t * targets, sum, targets);
}

/* s->product = (K + r I) x */
static void multiply(solver *s, const double *x)
{
    const dn_past *p = s->past;
    const dn_kron_likes *l = s->likes;

    targets_alone(s, x, s->made); /* a row of it, before it is needed */
    memset(s->made, 0, (size_t)(l->drugs * l->targets) * sizeof *s->made);
    for (int64_t k = 0; k < s->n; k++) {
        int64_t i = s->by_drug[k], row = p->rows[i];
        add_scaled(s->made + p->drug[row] * l->targets, (float)x[i], l->target + p->target[row] * l->targets,
                   (float)side, l->targets);
    }
    transpose(s->made, l->drugs, l->targets, s->turned);
    for (int64_t k = 0; k < s->n; k++) {
        int64_t i = s->by_target[k], row = p->rows[i];
        float pair = dot(l->drug + p->drug[row] * l->drugs, s->turned + p->target[row] * l->drugs, l->drugs);
        s->product[i] = (double)pair + (double)s->alone[p->target[row]] + ridge * x[i];
    }
}

/* ---- conjugate gradients ---- */

static double inner(const double *x, const double *y, int64_t n)
{
    double sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static void solve(solver *s, dn_kron_fit *fit)
{
    double *r = s->residual, *d = s->direction, *a = fit->weight, first, now;
    int64_t n = s->n;

    for (int64_t i = 0; i < n; i++)
        d[i] = r[i] = s->past->label[s->past->rows[i]] - fit->mean;
    first = now = inner(r, r, n);
    while (now > tolerance * tolerance * first && fit->products < MOST_PRODUCTS) {
        double step, before = now;
        multiply(s, d);
        fit->products++;
        step = now / inner(d, s->product, n);
        for (int64_t i = 0; i < n; i++) {
            a[i] += step * d[i];
            r[i] -= step * s->product[i];
        }
        now = inner(r, r, n);
        for (int64_t i = 0; i < n; i++)
            d[i] = r[i] + now / before * d[i];
    }
    fit->residual = first > 0 ? sqrt(now / first) : 0;
}

dn_status dn_kron_rls_fit(const dn_past *past, const dn_kron_likes *likes, dn_kron_fit *out, dn_error *err)
{
    dn_status st = DN_OK;
    solver s = {.past = past, .likes = likes, .n = past->n};
    int64_t positives = 0;

    *out = (dn_kron_fit){0};
    for (int64_t i = 0; i < past->n; i++)
        positives += past->label[past->rows[i]];
    out->mean = past->n > 0 ? (double)positives / (double)past->n : 0.5;
    DN_NEW(out->weight, (size_t)past->n + 1);
    DN_TRY(prepare(&s, err));
    solve(&s, out);
out:
    solver_destroy(&s);
    if (st != DN_OK)
        dn_kron_fit_destroy(out);
    return st;
}

void dn_kron_fit_destroy(dn_kron_fit *fit)
{
    dn_free(fit->weight);
    fit->weight = NULL;
}

/* ---- scores ---- */

void dn_kron_rls_target(const dn_past *past, const dn_kron_fit *fit, const float *like_target, int64_t drugs,
                        double *out)
{
    double alone = 0;

    memset(out, 0, ((size_t)drugs + 1) * sizeof *out);
    for (int64_t i = 0; i < past->n; i++) {
        int64_t row = past->rows[i];
        double like = (double)like_target[past->target[row]];

        out[past->drug[row]] += fit->weight[i] * (like + side);
        alone += fit->weight[i] * like;
    }
    out[drugs] = fit->mean + side * alone;
}

DN_CLONES double dn_kron_rls_score(const double *of_target, const float *like_drug, int64_t drugs)
{
    enum { WIDE = 8 };
    double lane[WIDE] = {0};
    int64_t i = 0;

    for (; i + WIDE <= drugs; i += WIDE)
        for (int k = 0; k < WIDE; k++)
            lane[k] += of_target[i + k] * (double)like_drug[i + k];
    for (int k = 0; i < drugs; i++, k++)
        lane[k] += of_target[i] * (double)like_drug[i];
    for (int half = WIDE / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            lane[k] += lane[k + half];
    return 4 * (of_target[drugs] + lane[0] - 0.5);
}
