/* partition.c - who does what; see partition.h */
#include "mpi/core/partition.h"

#include <stdlib.h>
#include "solvers/base/alloc.h"

dn_range dn_block(int64_t n, int64_t part, int64_t parts)
{
    int64_t size = n / parts, longer = n % parts;
    int64_t begin = part * size + (part < longer ? part : longer);

    return (dn_range){begin, begin + size + (part < longer)};
}

int64_t dn_block_of(int64_t n, int64_t i, int64_t parts)
{
    int64_t size = n / parts, longer = n % parts;
    int64_t edge = longer * (size + 1); /* first item of the shorter blocks */

    return i < edge ? i / (size + 1) : longer + (i - edge) / size;
}

int64_t dn_turns(dn_range range, int64_t most)
{
    return (range.end - range.begin + most - 1) / most;
}

dn_range dn_turn(dn_range range, int64_t turn, int64_t most)
{
    int64_t begin = range.begin + turn * most;

    if (begin > range.end)
        begin = range.end;
    return (dn_range){begin, range.end - begin < most ? range.end : begin + most};
}

int64_t dn_balanced(const int64_t *first, int64_t n, int64_t row_cost, int part, int parts)
{
    int64_t low = 0, high = n, all = first[n] + row_cost * n;
    int64_t wanted = all / parts * part + all % parts * part / parts;

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (first[middle] + row_cost * middle < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static dn_status check_shards(int shards, int size, dn_error *err)
{
    dn_status st = DN_OK;

    if (shards < 1 || (shards & (shards - 1)) != 0)
        DN_FAIL(DN_ECONFIG, "%d shards: must be a power of two", shards);
    if (size > shards)
        DN_FAIL(DN_ECONFIG,
                "%d ranks, but a batch has only %d shards: start at most %d ranks, or raise --shards (it is "
                "part of "
                "the recipe: other shards, other weights)",
                size, shards, shards);
out:
    return st;
}

static dn_status new_plan(int shards, int size, dn_plan *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_TRY(check_shards(shards, size, err));
    out->shards = shards;
    out->size = size;
    DN_NEW(out->first, (size_t)size + 1);
out:
    return st;
}

dn_status dn_plan_even(int shards, int size, dn_plan *out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = (dn_plan){0};
    DN_TRY(new_plan(shards, size, out, err));
    for (int r = 0; r < size; r++)
        out->first[r + 1] = (int)dn_block(shards, r, size).end;
out:
    return st;
}

dn_status dn_plan_parse(const char *text, int shards, int size, dn_plan *out, dn_error *err)
{
    dn_status st = DN_OK;
    const char *at = text;

    *out = (dn_plan){0};
    DN_TRY(new_plan(shards, size, out, err));
    for (int r = 0; r < size; r++) {
        char *end;
        long n = strtol(at, &end, 10);
        if (end == at || n < 1 || n > shards || *end != (r + 1 < size ? ',' : '\0'))
            DN_FAIL(DN_EUSAGE, "plan '%s': wanted %d positive numbers divided by commas, one for each rank",
                    text, size);
        out->first[r + 1] = out->first[r] + (int)n;
        at = end + 1;
    }
    if (out->first[size] != shards)
        DN_FAIL(DN_EUSAGE, "plan '%s': adds up to %d shards, the batch has %d", text, out->first[size],
                shards);
out:
    if (st != DN_OK)
        dn_plan_destroy(out);
    return st;
}

void dn_plan_destroy(dn_plan *plan)
{
    dn_free(plan->first);
    *plan = (dn_plan){0};
}
