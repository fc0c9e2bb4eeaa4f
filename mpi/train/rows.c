/* rows.c - the rows of a part found from counts; see rows.h */
#include "mpi/train/rows.h"

#include <string.h>
#include "solvers/base/alloc.h"

enum { SLICE = 512 };

dn_rows dn_rows_listed(const int64_t *list, int64_t n)
{
    return (dn_rows){.n = n, .list = list};
}

dn_status dn_rows_of_part(const uint8_t *part, int64_t all, uint8_t wanted, dn_rows *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_rows r = {.part = part, .wanted = wanted, .all = all};

    DN_NEW(r.before, (size_t)(all / DN_ROWS_STRIDE + 1));
    for (int64_t i = 0; i < all; i++) {
        if (i % DN_ROWS_STRIDE == 0)
            r.before[i / DN_ROWS_STRIDE] = r.n;
        r.n += part[i] == wanted;
    }
    if (all % DN_ROWS_STRIDE == 0)
        r.before[all / DN_ROWS_STRIDE] = r.n;
    *out = r;
    r.before = NULL;
out:
    dn_free(r.before);
    return st;
}

void dn_rows_destroy(dn_rows *r)
{
    dn_free(r->before);
    *r = (dn_rows){0};
}

/* The last k with before[k] <= i. */
static int64_t stretch_of(const dn_rows *r, int64_t i)
{
    int64_t low = 0, high = r->all / DN_ROWS_STRIDE + 1; /* before[low] <= i, before[high] > i or none */

    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;

        if (r->before[middle] <= i)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int64_t dn_rows_at(const dn_rows *r, int64_t i)
{
    int64_t k, row, at;

    if (r->list != NULL)
        return r->list[i];
    k = stretch_of(r, i);
    at = r->before[k]; /* the number of the next row found */
    for (row = k * DN_ROWS_STRIDE; r->part[row] != r->wanted || at < i; row++)
        at += r->part[row] == r->wanted;
    return row;
}

void dn_rows_read(const dn_rows *r, int64_t first, int64_t count, int64_t *out)
{
    if (count <= 0)
        return;
    if (r->list != NULL) {
        memcpy(out, r->list + first, (size_t)count * sizeof *out);
        return;
    }
    for (int64_t row = dn_rows_at(r, first), at = 0; at < count; row++)
        if (r->part[row] == r->wanted)
            out[at++] = row;
}

void dn_rows_count(const dn_rows *r, const uint8_t *label, int classes, int64_t *out)
{
    int64_t row[SLICE];

    memset(out, 0, (size_t)classes * sizeof *out);
    for (int64_t first = 0; first < r->n; first += SLICE) {
        int64_t n = r->n - first < SLICE ? r->n - first : SLICE;

        dn_rows_read(r, first, n, row);
        for (int64_t i = 0; i < n; i++)
            out[label[row[i]]]++;
    }
}
