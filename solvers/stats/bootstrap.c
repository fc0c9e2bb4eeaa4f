/* bootstrap.c - intervals that resample entities, because pairs share hubs; see bootstrap.h */
#include "solvers/stats/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

/* The places of a [n] and b [n] among the entities that occur in them; b counts from shift on. */
static dn_status create(const int64_t *a, const int64_t *b, int64_t n, int64_t all, int64_t shift,
                        dn_resample *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_resample r = {.n = n, .sides = shift > 0 ? 2 : 1};
    int64_t *slot = NULL; /* [all]  1 + place among the entities that occur, 0: does not */
    int64_t places = 0;

    DN_NEW(slot, (size_t)all);
    DN_NEW(r.slot_a, (size_t)n);
    DN_NEW(r.slot_b, (size_t)n);
    for (int64_t i = 0; i < n; i++)
        slot[a[i]] = slot[b[i] + shift] = 1;
    for (int64_t e = 0; e < all; e++)
        if (slot[e] != 0) {
            slot[e] = ++places;
            r.drawn[shift > 0 && e >= shift]++;
        }
    DN_NEW(r.times, (size_t)places);
    for (int64_t i = 0; i < n; i++) {
        r.slot_a[i] = slot[a[i]] - 1;
        r.slot_b[i] = slot[b[i] + shift] - 1;
    }
    *out = r;
    r = (dn_resample){.n = 0};
out:
    dn_free(slot);
    dn_resample_destroy(&r);
    return st;
}

dn_status dn_resample_create(const int64_t *a, const int64_t *b, int64_t n, int64_t all, dn_resample *out,
                             dn_error *err)
{
    return create(a, b, n, all, 0, out, err);
}

dn_status dn_resample_create_sides(const int64_t *a, const int64_t *b, int64_t n, int64_t all_a,
                                   int64_t all_b, dn_resample *out, dn_error *err)
{
    return create(a, b, n, all_a + all_b, all_a, out, err);
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
    double *times = r->times;

    memset(times, 0, (size_t)(r->drawn[0] + r->drawn[1]) * sizeof *times);
    for (int side = 0; side < r->sides; side++) {
        dn_rng stream = dn_rng_stream(seed, DN_RNG_BOOTSTRAP, b, (uint32_t)side);
        for (int64_t i = 0; i < r->drawn[side]; i++)
            times[dn_rng_below(stream, (uint64_t)i, (uint64_t)r->drawn[side])] += 1;
        times += r->drawn[side];
    }
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
