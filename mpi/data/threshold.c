/* threshold.c - bit by bit from the top, or 18 bits at a time; see threshold.h */
#include "mpi/data/threshold.h"

#include <stdbool.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"

uint64_t dn_order_key(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

uint64_t dn_threshold(const dn_comm *comm, const uint64_t *key, int64_t n, int64_t wanted)
{
    uint64_t t = 0;

    for (int bit = 63; bit >= 0; bit--) {
        uint64_t higher = t | (uint64_t)1 << bit;
        int64_t reach = 0;

        for (int64_t i = 0; i < n; i++)
            reach += key[i] >= higher;
        MPI_Allreduce(MPI_IN_PLACE, &reach, 1, MPI_INT64_T, MPI_SUM, comm->mpi);
        if (reach >= wanted)
            t = higher;
    }
    return t;
}

/* ---- of keys that are made anew ---- */

enum { BITS = 18, FEW = 1 << 20 };

typedef struct search {
    const dn_comm *comm;
    dn_key_of *key;
    const void *ctx;
    dn_range mine;
    uint64_t found; /* upper bits of the threshold, the others 0 */
    int unknown;    /* lower bits that are not known yet */
    int64_t wanted; /* of the keys that have these upper bits */
    int64_t *count; /* [2^BITS] */
    uint64_t *few;  /* [FEW] */
} search;

static bool has_upper_bits(const search *s, uint64_t key)
{
    return s->unknown == 64 || (key ^ s->found) >> s->unknown == 0;
}

/* Learn the next bits from how many keys have which; returns how many keys have all that are known now, on
 * all ranks; -1: there are fewer keys than wanted. Collective. */
static int64_t learn(search *s)
{
    int bits = s->unknown < BITS ? s->unknown : BITS, rest = s->unknown - bits;
    int64_t bin = ((int64_t)1 << bits) - 1;

    memset(s->count, 0, ((size_t)1 << bits) * sizeof *s->count);
    for (int64_t i = s->mine.begin; i < s->mine.end; i++) {
        uint64_t key = s->key(s->ctx, i);

        if (has_upper_bits(s, key))
            s->count[key >> rest & (((uint64_t)1 << bits) - 1)]++;
    }
    MPI_Allreduce(MPI_IN_PLACE, s->count, 1 << bits, MPI_INT64_T, MPI_SUM, s->comm->mpi);
    while (bin >= 0 && s->count[bin] < s->wanted)
        s->wanted -= s->count[bin--];
    if (bin < 0)
        return -1;
    s->found |= (uint64_t)bin << rest;
    s->unknown = rest;
    return s->count[bin];
}

/* The keys that have the bits known: so few that they can be held. Collective. */
static uint64_t settle(search *s)
{
    int64_t n = 0;

    for (int64_t i = s->mine.begin; i < s->mine.end; i++) {
        uint64_t key = s->key(s->ctx, i);

        if (has_upper_bits(s, key))
            s->few[n++] = key;
    }
    return dn_threshold(s->comm, s->few, n, s->wanted);
}

static dn_status make_room(search *s, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(s->count, (size_t)1 << BITS);
    DN_NEW(s->few, FEW);
out:
    return st;
}

dn_status dn_threshold_of(const dn_comm *comm, dn_key_of *key, const void *ctx, dn_range mine, int64_t wanted,
                          uint64_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    search s = {.comm = comm, .key = key, .ctx = ctx, .mine = mine, .unknown = 64, .wanted = wanted};
    int64_t left = FEW + 1; /* keys that may be the one */

    DN_PASS(make_room(&s, err));
    DN_AGREE(comm);
    while (s.unknown > 0 && left > FEW)
        left = learn(&s);
    if (left < 0)
        *out = 0;
    else
        *out = s.unknown > 0 ? settle(&s) : s.found;
out:
    dn_free(s.count);
    dn_free(s.few);
    return st;
}
