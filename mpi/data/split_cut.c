/* split_cut.c - selection in place of sorting; see split_cut.h */
#include "mpi/data/split_cut.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

int dn_ranked_order(const void *a, const void *b)
{
    const dn_ranked *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

void dn_split_cut_points(const double *fraction, int64_t n, int64_t cut[2])
{
    bool validation = fraction[1] > 0, test = fraction[2] > 0;

    cut[0] = validation || test ? llround(fraction[0] * (double)n) : n;
    cut[1] = !test ? n : !validation ? cut[0] : llround((fraction[0] + fraction[1]) * (double)n);
    if (cut[1] > n)
        cut[1] = n;
    if (cut[0] > cut[1])
        cut[0] = cut[1];
}

enum { TOP_BITS = 16 };

/* The items with chosen[i] == wanted, by the keys of a stream. */
typedef struct items {
    dn_rng stream;
    const uint8_t *chosen; /* [n] */
    uint8_t wanted;
    int64_t n;
    int64_t *count; /* [2^TOP_BITS]  items by the upper bits of their keys */
} items;

/* The item of rank `rank`: those with its upper bits are sorted, 1 in 2^TOP_BITS of all. */
static dn_status item_of_rank(const items *s, int64_t rank, dn_ranked *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_ranked *list = NULL; /* [count[bin]] */
    int64_t n = 0;
    uint64_t bin = 0;

    while (rank >= s->count[bin])
        rank -= s->count[bin++];
    DN_NEW(list, (size_t)s->count[bin]);
    for (int64_t i = 0; i < s->n; i++) {
        uint64_t key = s->chosen[i] == s->wanted ? dn_rng_u64(s->stream, (uint64_t)i) : 0;

        if (s->chosen[i] == s->wanted && key >> (64 - TOP_BITS) == bin)
            list[n++] = (dn_ranked){.key = key, .index = i};
    }
    qsort(list, (size_t)n, sizeof *list, dn_ranked_order);
    *out = list[rank];
out:
    dn_free(list);
    return st;
}

dn_status dn_split_cut(const double *fraction, uint64_t seed, uint64_t draw, const uint8_t *chosen,
                       uint8_t wanted, int64_t n, uint8_t *part, dn_error *err)
{
    dn_status st = DN_OK;
    items s = {
        .stream = dn_rng_stream(seed, DN_RNG_SPLIT, draw, 0), .chosen = chosen, .wanted = wanted, .n = n};
    dn_ranked first[2] = {{UINT64_MAX, n}, {UINT64_MAX, n}}; /* of validation and of test; behind all: none */
    int64_t all = 0, cut[2];

    DN_NEW(s.count, (size_t)1 << TOP_BITS);
    for (int64_t i = 0; i < n; i++)
        if (chosen[i] == wanted) {
            s.count[dn_rng_u64(s.stream, (uint64_t)i) >> (64 - TOP_BITS)]++;
            all++;
        }
    dn_split_cut_points(fraction, all, cut);
    for (int c = 0; c < 2; c++)
        if (cut[c] < all)
            DN_TRY(item_of_rank(&s, cut[c], &first[c], err));
    for (int64_t i = 0; i < n; i++)
        if (chosen[i] == wanted) {
            dn_ranked item = {dn_rng_u64(s.stream, (uint64_t)i), i};

            part[i] = dn_ranked_order(&item, &first[0]) < 0   ? DN_TRAIN
                      : dn_ranked_order(&item, &first[1]) < 0 ? DN_VALIDATION
                                                              : DN_TEST;
        }
out:
    dn_free(s.count);
    return st;
}
