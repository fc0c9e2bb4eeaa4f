/* deal.c - rows of a batch to shards of equal cost; see deal.h */
#include "mpi/train/deal.h"

#include <stdlib.h>
#include "solvers/base/alloc.h"

/* A row, or a shard. */
typedef struct load {
    double cost;
    int64_t which; /* position in the batch; number of the shard */
} load;

struct dn_deal {
    const dn_model *m;
    int64_t batch, shards;
    int64_t *dealt, *row; /* [batch]  as dealt; as the permutation has them */
    uint64_t *image;      /* [batch]  of the permutation */
    int64_t *place;       /* [shards, rows of a shard]  positions in the batch */
    load *item;           /* [batch] */
    load *shard, *half;   /* [shards]; scratch */
};

static int compare(double a, double b, int64_t i, int64_t j)
{
    return a != b ? (a < b ? -1 : 1) : (i > j) - (i < j);
}

static int dearest_first(const void *a, const void *b)
{
    const load *x = a, *y = b;

    return compare(y->cost, x->cost, x->which, y->which);
}

static int cheapest_first(const void *a, const void *b)
{
    const load *x = a, *y = b;

    return compare(x->cost, y->cost, x->which, y->which);
}

/* Steps 1 and 2: every shard one row of each stratum. */
static void deal_strata(dn_deal *d)
{
    int64_t strata = d->batch / d->shards;

    qsort(d->item, (size_t)d->batch, sizeof *d->item, dearest_first);
    for (int64_t s = 0; s < d->shards; s++)
        d->shard[s] = (load){0, s};
    for (int64_t k = 0; k < strata; k++) {
        qsort(d->shard, (size_t)d->shards, sizeof *d->shard, cheapest_first);
        for (int64_t s = 0; s < d->shards; s++) {
            const load *item = &d->item[k * d->shards + s];

            d->place[d->shard[s].which * strata + k] = item->which;
            d->shard[s].cost += item->cost;
        }
    }
}

/* Step 3: order shards [n] so that both halves cost about the same, and so on within each. */
static void halve(load *shard, int64_t n, load *scratch)
{
    int64_t left = 0, right = 0;
    double cost[2] = {0, 0};

    if (n == 1)
        return;
    qsort(shard, (size_t)n, sizeof *shard, dearest_first);
    for (int64_t i = 0; i < n; i++) {
        bool to_left = right == n / 2 || (left < n / 2 && cost[0] <= cost[1]);

        cost[to_left ? 0 : 1] += shard[i].cost;
        scratch[to_left ? left++ : n / 2 + right++] = shard[i];
    }
    for (int64_t i = 0; i < n; i++)
        shard[i] = scratch[i];
    halve(shard, n / 2, scratch);
    halve(shard + n / 2, n / 2, scratch);
}

const int64_t *dn_deal_shards(dn_deal *d, const dn_permutation *order, const dn_rows *rows, int64_t first,
                              int64_t shard, int64_t end)
{
    int64_t strata = d->batch / d->shards;
    bool costs = d->m != NULL && d->m->ops->cost != NULL;

    int64_t begin = costs ? 0 : shard * strata, stop = costs ? d->batch : end * strata;

    dn_permute_range(order, (uint64_t)(first + begin), stop - begin, d->image + begin);
    for (int64_t i = begin; i < stop; i++)
        d->row[i] = dn_rows_at(rows, (int64_t)d->image[i]);
    if (!costs)
        return d->row;
    for (int64_t i = 0; i < d->batch; i++)
        d->item[i] = (load){d->m->ops->cost(d->m, d->row[i]), i};
    deal_strata(d);
    halve(d->shard, d->shards, d->half);
    for (int64_t s = 0; s < d->shards; s++)
        for (int64_t k = 0; k < strata; k++)
            d->dealt[s * strata + k] = d->row[d->place[d->shard[s].which * strata + k]];
    return d->dealt;
}

const int64_t *dn_deal_rows(dn_deal *d, const dn_permutation *order, const dn_rows *rows, int64_t first)
{
    return dn_deal_shards(d, order, rows, first, 0, d->shards);
}

dn_status dn_deal_create(const dn_model *opt_m, int64_t batch, int shards, dn_deal **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_deal *d = NULL;

    DN_NEW(d, 1);
    *d = (dn_deal){.m = opt_m, .batch = batch, .shards = shards};
    DN_NEW(d->dealt, (size_t)batch);
    DN_NEW(d->row, (size_t)batch);
    DN_NEW(d->image, (size_t)batch);
    DN_NEW(d->place, (size_t)batch);
    DN_NEW(d->item, (size_t)batch);
    DN_NEW(d->shard, (size_t)shards);
    DN_NEW(d->half, (size_t)shards);
    *out = d;
    d = NULL;
out:
    dn_deal_destroy(&d);
    return st;
}

void dn_deal_destroy(dn_deal **handle)
{
    dn_deal *d = *handle;

    if (d == NULL)
        return;
    dn_free(d->dealt);
    dn_free(d->row);
    dn_free(d->image);
    dn_free(d->place);
    dn_free(d->item);
    dn_free(d->shard);
    dn_free(d->half);
    dn_free(d);
    *handle = NULL;
}
