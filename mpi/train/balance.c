/* balance.c - as many rows of every class; see balance.h */
#include "mpi/train/balance.h"

#include <stdlib.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

typedef struct drawn {
    uint64_t key;
    int64_t row;
} drawn;

static int by_key(const void *a, const void *b)
{
    const drawn *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* The last row that stays, in the order of by_key, of the rows of one class. */
static drawn last_kept(dn_rng stream, const uint8_t *label, uint8_t class, const int64_t *rows, int64_t n,
                       int64_t keep, drawn *list)
{
    int64_t count = 0;

    for (int64_t i = 0; i < n; i++)
        if (label[rows[i]] == class)
            list[count++] = (drawn){dn_rng_u64(stream, (uint64_t)rows[i]), rows[i]};
    qsort(list, (size_t)count, sizeof *list, by_key);
    return list[keep - 1];
}

dn_status dn_balance_rows(uint64_t seed, dn_balance_of of, const uint8_t *label, int64_t *rows, int64_t *n,
                          dn_error *err)
{
    dn_status st = DN_OK;
    dn_rng stream = dn_rng_stream(seed, DN_RNG_BALANCE, (uint64_t)of, 0);
    int64_t count[UINT8_MAX + 1] = {0}, least = *n, kept = 0;
    drawn last[UINT8_MAX + 1], *list = NULL; /* [*n] */

    for (int64_t i = 0; i < *n; i++)
        count[label[rows[i]]]++;
    for (int c = 0; c <= UINT8_MAX; c++)
        if (count[c] > 0 && count[c] < least)
            least = count[c];
    DN_NEW(list, (size_t)*n);
    for (int c = 0; c <= UINT8_MAX; c++)
        if (count[c] > least)
            last[c] = last_kept(stream, label, (uint8_t)c, rows, *n, least, list);
    for (int64_t i = 0; i < *n; i++) {
        uint8_t c = label[rows[i]];
        drawn one = {dn_rng_u64(stream, (uint64_t)rows[i]), rows[i]};

        if (count[c] == least || by_key(&one, &last[c]) <= 0)
            rows[kept++] = rows[i];
    }
    *n = kept;
out:
    dn_free(list);
    return st;
}
