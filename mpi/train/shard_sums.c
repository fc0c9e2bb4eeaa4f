/* shard_sums.c - the sum of the gradients of several shards; see shard_sums.h
 *
 * In the kernels a product has 0 added before anything else: that is the definition of model.h, and it keeps
 * the compiler from contracting a product with the sum over shards, which would round once where the
 * definition rounds twice.
 */
#include "mpi/train/shard_sums.h"

#include "solvers/base/alloc.h"
#include "solvers/base/clones.h"

struct dn_shard_sums {
    int shards;
    const float *const *vec; /* [shards] */
    int n_factors;
    dn_factors factors[DN_MAX_FACTORS]; /* of the first shard, for the shapes */
    const float **x[DN_MAX_FACTORS];    /* [n_factors][shards] */
    const float **d[DN_MAX_FACTORS];
};

/* ---- sums of products ---- */

/* Rows of a tensor, of which columns first .. first + columns - 1 are wanted. */
typedef struct block {
    int64_t row, rows, first, columns;
} block;

DN_CLONES
static void outer_1(const float *const *x, const float *const *d, const block *b, float *restrict out)
{
    const float *d0 = d[0] + b->first;

    for (int64_t i = 0; i < b->rows; i++)
        for (int64_t j = 0; j < b->columns; j++)
            out[i * b->columns + j] = x[0][b->row + i] * d0[j] + 0.0f;
}

DN_CLONES
static void outer_2(const float *const *x, const float *const *d, const block *b, float *restrict out)
{
    const float *d0 = d[0] + b->first, *d1 = d[1] + b->first;

    for (int64_t i = b->row; i < b->row + b->rows; i++, out += b->columns) {
        float x0 = x[0][i], x1 = x[1][i];
        for (int64_t j = 0; j < b->columns; j++)
            out[j] = (x0 * d0[j] + 0.0f) + (x1 * d1[j] + 0.0f);
    }
}

DN_CLONES
static void outer_4(const float *const *x, const float *const *d, const block *b, float *restrict out)
{
    const float *d0 = d[0] + b->first, *d1 = d[1] + b->first;
    const float *d2 = d[2] + b->first, *d3 = d[3] + b->first;

    for (int64_t i = b->row; i < b->row + b->rows; i++, out += b->columns) {
        float x0 = x[0][i], x1 = x[1][i], x2 = x[2][i], x3 = x[3][i];
        for (int64_t j = 0; j < b->columns; j++)
            out[j] =
                ((x0 * d0[j] + 0.0f) + (x1 * d1[j] + 0.0f)) + ((x2 * d2[j] + 0.0f) + (x3 * d3[j] + 0.0f));
    }
}

DN_CLONES
static void outer_8(const float *const *x, const float *const *d, const block *b, float *restrict out)
{
    const float *d0 = d[0] + b->first, *d1 = d[1] + b->first;
    const float *d2 = d[2] + b->first, *d3 = d[3] + b->first;
    const float *d4 = d[4] + b->first, *d5 = d[5] + b->first;
    const float *d6 = d[6] + b->first, *d7 = d[7] + b->first;

    for (int64_t i = b->row; i < b->row + b->rows; i++, out += b->columns) {
        float x0 = x[0][i], x1 = x[1][i], x2 = x[2][i], x3 = x[3][i];
        float x4 = x[4][i], x5 = x[5][i], x6 = x[6][i], x7 = x[7][i];
        for (int64_t j = 0; j < b->columns; j++)
            out[j] =
                (((x0 * d0[j] + 0.0f) + (x1 * d1[j] + 0.0f)) + ((x2 * d2[j] + 0.0f) + (x3 * d3[j] + 0.0f))) +
                (((x4 * d4[j] + 0.0f) + (x5 * d5[j] + 0.0f)) + ((x6 * d6[j] + 0.0f) + (x7 * d7[j] + 0.0f)));
    }
}

static void add_outer(const float *const *x, const float *const *d, int count, const block *b, float *out)
{
    float right[DN_TREE_PIECE];

    switch (count) {
    case 1:
        outer_1(x, d, b, out);
        break;
    case 2:
        outer_2(x, d, b, out);
        break;
    case 4:
        outer_4(x, d, b, out);
        break;
    case 8:
        outer_8(x, d, b, out);
        break;
    default:
        add_outer(x, d, count / 2, b, out);
        add_outer(x + count / 2, d + count / 2, count / 2, b, right);
        dn_tree_add(out, right, b->rows * b->columns);
    }
}

/* Numbers at .. at + n - 1 of a tensor: a part of a row up to its end, whole rows, a part of a row. */
static void add_tensor(const dn_shard_sums *s, int f, int first, int count, int64_t at, int64_t n, float *out)
{
    int64_t width = s->factors[f].out;

    while (n > 0) {
        block b = {.row = at / width, .rows = 1, .first = at % width, .columns = width - at % width};
        if (b.columns > n)
            b.columns = n;
        if (b.columns == width)
            b.rows = n / width;
        add_outer(s->x[f] + first, s->d[f] + first, count, &b, out);
        at += b.rows * b.columns;
        n -= b.rows * b.columns;
        out += b.rows * b.columns;
    }
}

/* ---- the vector ---- */

void dn_shard_sums_add(void *ctx, int first, int count, int64_t at, int64_t n, float *out)
{
    const dn_shard_sums *s = ctx;
    int f = 0;

    while (n > 0) {
        int64_t begin, end, part = n;
        while (f < s->n_factors && at >= s->factors[f].offset + s->factors[f].in * s->factors[f].out)
            f++;
        begin = f < s->n_factors ? s->factors[f].offset : INT64_MAX;
        if (at >= begin) {
            end = begin + s->factors[f].in * s->factors[f].out;
            part = end - at < n ? end - at : n;
            add_tensor(s, f, first, count, at - begin, part, out);
        } else {
            part = begin - at < n ? begin - at : n;
            dn_tree_sum(s->vec + first, count, at, part, out);
        }
        at += part;
        n -= part;
        out += part;
    }
}

/* ---- create and destroy ---- */

dn_status dn_shard_sums_create(const dn_model *m, dn_work *const *work, float *const *vec, int shards,
                               dn_shard_sums **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_shard_sums *s = NULL;

    *out = NULL;
    DN_NEW(s, 1);
    s->shards = shards;
    s->vec = (const float *const *)vec;
    for (int f = 0; m->ops->factors != NULL && f < DN_MAX_FACTORS; f++) {
        DN_NEW(s->x[f], (size_t)shards);
        DN_NEW(s->d[f], (size_t)shards);
    }
    for (int i = 0; m->ops->factors != NULL && i < shards; i++) {
        dn_factors of[DN_MAX_FACTORS];
        s->n_factors = m->ops->factors(work[i], of);
        for (int f = 0; f < s->n_factors; f++) {
            s->factors[f] = of[f];
            s->x[f][i] = of[f].x;
            s->d[f][i] = of[f].d;
        }
    }
    *out = s;
    s = NULL;
out:
    dn_shard_sums_destroy(&s);
    return st;
}

void dn_shard_sums_destroy(dn_shard_sums **handle)
{
    dn_shard_sums *s = *handle;

    if (s == NULL)
        return;
    for (int f = 0; f < DN_MAX_FACTORS; f++) {
        dn_free(s->x[f]);
        dn_free(s->d[f]);
    }
    dn_free(s);
    *handle = NULL;
}
