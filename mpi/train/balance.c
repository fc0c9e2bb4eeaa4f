/* balance.c - as many rows of every class; see balance.h */
#include "mpi/train/balance.h"

#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

enum { DIGIT = 16, DIGITS = 64 / DIGIT };

/* The rows that are looked at: those of one class in the part. */
typedef struct chosen {
    dn_rng stream;
    const uint8_t *part, *label;
    uint8_t wanted, class;
    int64_t n;
} chosen;

static int is_chosen(const chosen *c, int64_t row)
{
    return c->part[row] == c->wanted && c->label[row] == c->class;
}

/* The key of rank `keep` (from 1) in rising order, digit by digit; *io_keep becomes how many rows with just
 * this key are among the first. count [2^DIGIT] is scratch. */
static uint64_t last_key(const chosen *c, int64_t *io_keep, int64_t *count)
{
    uint64_t known = 0;

    for (int digit = DIGITS - 1; digit >= 0; digit--) {
        int shift = digit * DIGIT;
        uint64_t value = 0;

        memset(count, 0, ((size_t)1 << DIGIT) * sizeof *count);
        for (int64_t row = 0; row < c->n; row++) {
            uint64_t key;

            if (!is_chosen(c, row))
                continue;
            key = dn_rng_u64(c->stream, (uint64_t)row);
            if (digit == DIGITS - 1 || key >> (shift + DIGIT) == known)
                count[key >> shift & 0xffffu]++;
        }
        while (*io_keep > count[value])
            *io_keep -= count[value++];
        known = known << DIGIT | value;
    }
    return known;
}

static void reduce(const chosen *c, int64_t keep, uint8_t dropped, uint8_t *part, int64_t *count)
{
    int64_t equal = keep;
    uint64_t last = last_key(c, &equal, count);

    for (int64_t row = 0; row < c->n; row++) {
        uint64_t key;

        if (!is_chosen(c, row))
            continue;
        key = dn_rng_u64(c->stream, (uint64_t)row);
        if (key > last || (key == last && equal-- <= 0))
            part[row] = dropped;
    }
}

dn_status dn_balance_part(uint64_t seed, const uint8_t *label, int64_t n, uint8_t wanted, uint8_t dropped,
                          uint8_t *part, int64_t *out_before, int64_t *out_after, dn_error *err)
{
    dn_status st = DN_OK;
    chosen c = {.stream = dn_rng_stream(seed, DN_RNG_BALANCE, wanted, 0),
                .part = part,
                .label = label,
                .wanted = wanted,
                .n = n};
    int64_t of[UINT8_MAX + 1] = {0}, least = n, *count = NULL;

    *out_before = *out_after = 0;
    DN_NEW(count, (size_t)1 << DIGIT);
    for (int64_t row = 0; row < n; row++)
        if (part[row] == wanted)
            of[label[row]]++;
    for (int k = 0; k <= UINT8_MAX; k++)
        if (of[k] > 0 && of[k] < least)
            least = of[k];
    for (int k = 0; k <= UINT8_MAX; k++) {
        c.class = (uint8_t)k;
        if (of[k] > least)
            reduce(&c, least, dropped, part, count);
        *out_before += of[k];
        *out_after += of[k] > 0 ? least : 0;
    }
out:
    dn_free(count);
    return st;
}
