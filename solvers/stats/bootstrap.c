/* bootstrap.c - intervals that resample genes, because pairs share hubs; see bootstrap.h */
#include "solvers/stats/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

dn_status dn_resample_create(const int64_t *gene_a, const int64_t *gene_b, int64_t n, int64_t all_genes,
                             dn_resample *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_resample r = {.n = n};
    int64_t *slot = NULL; /* [all_genes]  1 + place among the genes that occur, 0: does not */

    DN_NEW(slot, (size_t)all_genes);
    DN_NEW(r.slot_a, (size_t)n);
    DN_NEW(r.slot_b, (size_t)n);
    for (int64_t i = 0; i < n; i++)
        slot[gene_a[i]] = slot[gene_b[i]] = 1;
    for (int64_t g = 0; g < all_genes; g++)
        if (slot[g] != 0)
            slot[g] = ++r.genes;
    DN_NEW(r.times, (size_t)r.genes);
    for (int64_t i = 0; i < n; i++) {
        r.slot_a[i] = slot[gene_a[i]] - 1;
        r.slot_b[i] = slot[gene_b[i]] - 1;
    }
    *out = r;
    r = (dn_resample){.n = 0};
out:
    dn_free(slot);
    dn_resample_destroy(&r);
    return st;
}

void dn_resample_destroy(dn_resample *r)
{
    if (r == NULL)
        return;
    dn_free(r->slot_a);
    dn_free(r->slot_b);
    dn_free(r->times);
    *r = (dn_resample){.n = 0};
}

void dn_resample_draw(dn_resample *r, uint64_t seed, uint64_t b, double *out_weight)
{
    dn_rng stream = dn_rng_stream(seed, DN_RNG_BOOTSTRAP, b, 0);

    memset(r->times, 0, (size_t)r->genes * sizeof *r->times);
    for (int64_t i = 0; i < r->genes; i++)
        r->times[dn_rng_below(stream, (uint64_t)i, (uint64_t)r->genes)] += 1;
    for (int64_t i = 0; i < r->n; i++)
        out_weight[i] = r->times[r->slot_a[i]] * r->times[r->slot_b[i]];
}

static int rising(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static double quantile(const double *sorted, int64_t n, double q)
{
    double at = q * (double)(n - 1);
    int64_t i = (int64_t)at;
    double part = at - (double)i;

    return i + 1 < n ? sorted[i] + part * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

dn_interval dn_percentile_interval(double *value, int64_t n)
{
    dn_interval out = {.lo = (double)NAN, .hi = (double)NAN};

    for (int64_t i = 0; i < n; i++)
        if (!isnan(value[i]))
            value[out.used++] = value[i];
    out.skipped = n - out.used;
    if (out.used > 0) {
        qsort(value, (size_t)out.used, sizeof *value, rising);
        out.lo = quantile(value, out.used, 0.025);
        out.hi = quantile(value, out.used, 0.975);
    }
    return out;
}
