/* pair_set.c - a set of unordered pairs; see pair_set.h */
#include "mpi/data/pair_set.h"

#include "solvers/base/alloc.h"

/* Never 0. */
static uint64_t key_of(int64_t a, int64_t b)
{
    return ((uint64_t)(a < b ? a : b) << 32 | (uint64_t)(a < b ? b : a)) + 1;
}

/* The slot of the key, or the empty one where it would go. */
static int64_t slot(const dn_pair_set *s, uint64_t key)
{
    uint64_t h = key * 0x9E3779B97F4A7C15u; /* Fibonacci hashing: Knuth, volume 3, 6.4 */
    uint64_t mask = (uint64_t)s->cap - 1;
    uint64_t at = (h ^ h >> 32) & mask;

    while (s->key[at] != 0 && s->key[at] != key)
        at = (at + 1) & mask;
    return (int64_t)at;
}

dn_status dn_pair_set_create(int64_t n, dn_pair_set *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_set s = {.cap = 16};

    while (s.cap < 2 * n)
        s.cap *= 2;
    DN_NEW(s.key, (size_t)s.cap);
    DN_NEW(s.present, (size_t)s.cap);
    *out = s;
    s = (dn_pair_set){.cap = 0};
out:
    dn_pair_set_destroy(&s);
    return st;
}

void dn_pair_set_destroy(dn_pair_set *s)
{
    dn_free(s->key);
    dn_free(s->present);
    *s = (dn_pair_set){.cap = 0};
}

bool dn_pair_set_has(const dn_pair_set *s, int64_t a, int64_t b)
{
    int64_t at = slot(s, key_of(a, b));

    return s->key[at] != 0 && s->present[at] != 0;
}

static void put(dn_pair_set *s, uint64_t key)
{
    int64_t at = slot(s, key);

    s->used += s->key[at] == 0;
    s->key[at] = key;
    s->present[at] = 1;
}

/* Twice the room, without what was removed. */
static dn_status grow(dn_pair_set *s, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_set wider = {.cap = 0};

    DN_TRY(dn_pair_set_create(s->cap, &wider, err));
    for (int64_t i = 0; i < s->cap; i++)
        if (s->key[i] != 0 && s->present[i])
            put(&wider, s->key[i]);
    dn_pair_set_destroy(s);
    *s = wider;
out:
    return st;
}

dn_status dn_pair_set_add(dn_pair_set *s, int64_t a, int64_t b, dn_error *err)
{
    dn_status st = DN_OK;

    if (s->used >= s->cap - s->cap / 4)
        DN_TRY(grow(s, err));
    put(s, key_of(a, b));
out:
    return st;
}

void dn_pair_set_remove(dn_pair_set *s, int64_t a, int64_t b)
{
    int64_t at = slot(s, key_of(a, b));

    if (s->key[at] != 0)
        s->present[at] = 0;
}
