/* kron_rls.c - conjugate gradients with a product that walks the rows twice; see kron_rls.h
 *
 * (K a)_i = sum over drugs e of D(d_i, e) M(e, t_i) + s sum over targets u of T(t_i, u) c_u, where
 * M(e, u) is the sum over the rows j of drug e of a_j (T(u, t_j) + s), and c_u that of a_j over the rows of
 * u. Rows ordered by drug make M, a few drugs at a time, and leave it turned, so that rows ordered by target
 * read it along a line.
 *
 * Only drugs and targets that have a row take part: their likenesses are copied together, in rows of whole
 * vectors with zeros at the end.
 */
#include "solvers/stats/kron_rls.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"

static const double side = 0.1, ridge = 0.2, tolerance = 1e-5;
enum { MOST_PRODUCTS = 2000, LANES = 32, BLOCK = 16 };

/* The drugs, or the targets, that have a row, in the order of their numbers. */
typedef struct members {
    int64_t n, wide; /* wide: n rounded up to LANES */
    int64_t *of;     /* [rows]  the member of a row */
    int64_t *row;    /* [rows]  rows, those of a member together */
    int64_t *first;  /* [wide + 1]  where those of a member begin */
    float *like;     /* [n, wide] */
} members;

typedef struct solver {
    const dn_past *past;
    int64_t n; /* rows */
    members drug, target;
    float *block;                           /* [BLOCK, target.wide]  M of some drugs */
    float *turned;                          /* [target.wide, drug.wide]  M of all, turned */
    float *sum;                             /* [target.wide]  c */
    double *residual, *direction, *product; /* [n] */
} solver;

static void members_destroy(members *m)
{
    dn_free(m->of);
    dn_free(m->row);
    dn_free(m->first);
    dn_free(m->like);
}

static void solver_destroy(solver *s)
{
    members_destroy(&s->drug);
    members_destroy(&s->target);
    dn_free(s->block);
    dn_free(s->turned);
    dn_free(s->sum);
    dn_free(s->residual);
    dn_free(s->direction);
    dn_free(s->product);
}

/* The numbers below `all` that occur as key[row]. */
static dn_status find_members(const dn_past *past, const int64_t *key, int64_t all, const float *like,
                              members *m, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *place = NULL, *number = NULL; /* [all]  1 + member of a number, number of a member */

    DN_NEW(place, (size_t)all);
    DN_NEW(number, (size_t)all);
    for (int64_t i = 0; i < past->n; i++)
        place[key[past->rows[i]]] = 1;
    for (int64_t k = 0; k < all; k++)
        if (place[k] > 0) {
            number[m->n] = k;
            place[k] = ++m->n;
        }
    m->wide = (m->n + LANES - 1) / LANES * LANES;
    DN_NEW(m->of, (size_t)past->n);
    DN_NEW(m->like, (size_t)(m->n * m->wide));
    for (int64_t i = 0; i < past->n; i++)
        m->of[i] = place[key[past->rows[i]]] - 1;
    for (int64_t a = 0; a < m->n; a++)
        for (int64_t b = 0; b < m->n; b++)
            m->like[a * m->wide + b] = like[number[a] * all + number[b]];
out:
    dn_free(place);
    dn_free(number);
    return st;
}

/* Rows of a member together, in their order: a counting sort. */
static dn_status order_rows(int64_t n, members *m, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(m->row, (size_t)n);
    DN_NEW(m->first, (size_t)m->wide + 2); /* counted one place further on, which filling makes good */
    for (int64_t i = 0; i < n; i++)
        m->first[m->of[i] + 2]++;
    for (int64_t a = 2; a < m->wide + 2; a++)
        m->first[a] += m->first[a - 1];
    for (int64_t i = 0; i < n; i++)
        m->row[m->first[m->of[i] + 1]++] = i;
out:
    return st;
}

static dn_status prepare(solver *s, const dn_kron_likes *likes, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)s->n;

    DN_TRY(find_members(s->past, s->past->drug, likes->drugs, likes->drug, &s->drug, err));
    DN_TRY(find_members(s->past, s->past->target, likes->targets, likes->target, &s->target, err));
    DN_TRY(order_rows(s->n, &s->drug, err));
    DN_TRY(order_rows(s->n, &s->target, err));
    DN_NEW(s->block, (size_t)(BLOCK * s->target.wide));
    DN_NEW(s->turned, (size_t)(s->target.wide * s->drug.wide));
    DN_NEW(s->sum, (size_t)s->target.wide);
    DN_NEW(s->residual, n);
    DN_NEW(s->direction, n);
    DN_NEW(s->product, n);
out:
    return st;
}

/* ---- the product ---- */

/* Widths are multiples of LANES. */
DN_CLONES static void add_scaled(float *y, float a, const float *x, int64_t wide)
{
    for (int64_t i = 0; i < wide; i++)
        y[i] += a * x[i];
}

/* In LANES sums, then those in a fixed order. */
DN_CLONES static float dot(const float *x, const float *y, int64_t wide)
{
    float lane[LANES] = {0};

    for (int64_t i = 0; i < wide; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += x[i + k] * y[i + k];
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            lane[k] += lane[k + half];
    return lane[0];
}

/* Rows [BLOCK, wide] into columns of out [wide, stride]. */
DN_CLONES static void turn(const float *block, int64_t wide, float *out, int64_t stride)
{
    for (int64_t u = 0; u < wide; u++)
        for (int k = 0; k < BLOCK; k++)
            out[u * stride + k] = block[k * wide + u];
}

/* M, turned. */
static void spread(solver *s, const double *x)
{
    const members *d = &s->drug, *t = &s->target;

    for (int64_t e = 0; e < d->wide; e += BLOCK) {
        for (int64_t k = 0; k < BLOCK; k++) {
            float *row = s->block + k * t->wide, sum = 0;

            for (int64_t j = d->first[e + k]; j < d->first[e + k + 1]; j++)
                sum += (float)x[d->row[j]];
            for (int64_t u = 0; u < t->wide; u++)
                row[u] = (float)side * sum;
            for (int64_t j = d->first[e + k]; j < d->first[e + k + 1]; j++)
                add_scaled(row, (float)x[d->row[j]], t->like + t->of[d->row[j]] * t->wide, t->wide);
        }
        turn(s->block, t->wide, s->turned + e, d->wide);
    }
}

/* s->product = (K + r I) x */
static void multiply(solver *s, const double *x)
{
    const members *d = &s->drug, *t = &s->target;

    spread(s, x);
    memset(s->sum, 0, (size_t)t->wide * sizeof *s->sum);
    for (int64_t i = 0; i < s->n; i++)
        s->sum[t->of[i]] += (float)x[i];
    for (int64_t u = 0; u < t->n; u++) {
        float alone = (float)side * dot(t->like + u * t->wide, s->sum, t->wide);

        for (int64_t j = t->first[u]; j < t->first[u + 1]; j++) {
            int64_t i = t->row[j];
            float pair = dot(d->like + d->of[i] * d->wide, s->turned + u * d->wide, d->wide);
            s->product[i] = (double)pair + (double)alone + ridge * x[i];
        }
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
    solver s = {.past = past, .n = past->n};
    int64_t positives = 0;

    *out = (dn_kron_fit){0};
    for (int64_t i = 0; i < past->n; i++)
        positives += past->label[past->rows[i]];
    out->mean = past->n > 0 ? (double)positives / (double)past->n : 0.5;
    DN_NEW(out->weight, (size_t)past->n);
    DN_TRY(prepare(&s, likes, err));
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
