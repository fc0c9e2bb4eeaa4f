/* kmers.c - sequences as counts of their 3-mers; see kmers.h */
#include "solvers/stats/kmers.h"

#include <math.h>
#include <string.h>
#include "solvers/base/alloc.h"

enum { LETTERS = 20, LENGTH = 3 };

/* 1 + number of a residue, 0 for anything else. */
static void letters(uint8_t out[256])
{
    static const char standard[] = "ACDEFGHIKLMNPQRSTVWY";

    memset(out, 0, 256);
    for (int i = 0; i < LETTERS; i++)
        out[(unsigned char)standard[i]] = (uint8_t)(i + 1);
}

/* The 3-mers of a sequence into count [DN_KMERS]. */
static void count_kmers(const uint8_t number[256], const char *text, int64_t length, int32_t *count)
{
    int64_t run = 0; /* standard residues in a row */
    int32_t code = 0;

    memset(count, 0, DN_KMERS * sizeof *count);
    for (int64_t i = 0; i < length; i++) {
        int32_t residue = number[(unsigned char)text[i]];

        run = residue > 0 ? run + 1 : 0;
        code = residue > 0 ? code % (LETTERS * LETTERS) * LETTERS + residue - 1 : 0;
        if (run >= LENGTH)
            count[code]++;
    }
}

dn_status dn_kmers_create(const char *bytes, const int64_t *offset, int64_t n, dn_kmers *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_kmers k = {.n = n};
    int32_t *count = NULL; /* [DN_KMERS] */
    uint8_t number[256];
    int64_t room = 0;

    letters(number);
    for (int64_t i = 0; i < n; i++) {
        int64_t length = offset[i + 1] - offset[i];
        room += length < DN_KMERS ? length : DN_KMERS;
    }
    DN_NEW(count, DN_KMERS);
    DN_NEW(k.first, (size_t)n + 1);
    DN_NEW(k.square, (size_t)n);
    DN_NEW(k.code, (size_t)room);
    DN_NEW(k.count, (size_t)room);
    for (int64_t i = 0; i < n; i++) {
        int64_t at = k.first[i];

        count_kmers(number, bytes + offset[i], offset[i + 1] - offset[i], count);
        for (int32_t c = 0; c < DN_KMERS; c++)
            if (count[c] > 0) {
                k.code[at] = (uint16_t)c;
                k.count[at++] = count[c];
                k.square[i] += (int64_t)count[c] * count[c];
            }
        k.first[i + 1] = at;
    }
    *out = k;
    k = (dn_kmers){.n = 0};
out:
    dn_free(count);
    dn_kmers_destroy(&k);
    return st;
}

void dn_kmers_destroy(dn_kmers *k)
{
    dn_free(k->first);
    dn_free(k->code);
    dn_free(k->count);
    dn_free(k->square);
    *k = (dn_kmers){.n = 0};
}

void dn_kmers_like(const dn_kmers *k, int64_t i, int32_t *scratch, double *out)
{
    memset(scratch, 0, DN_KMERS * sizeof *scratch);
    for (int64_t e = k->first[i]; e < k->first[i + 1]; e++)
        scratch[k->code[e]] = k->count[e];
    for (int64_t j = 0; j < k->n; j++) {
        int64_t both = 0;

        for (int64_t e = k->first[j]; e < k->first[j + 1]; e++)
            both += (int64_t)scratch[k->code[e]] * k->count[e];
        out[j] =
            both > 0 ? fmin(1, (double)both / (sqrt((double)k->square[i]) * sqrt((double)k->square[j]))) : 0;
    }
    if (k->square[i] > 0)
        out[i] = 1;
}
