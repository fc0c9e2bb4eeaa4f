/* decimal.c - fuzzer: what the readers of numbers take is what strtod makes of the same bytes, bit for bit; a
 * line of cells is what its cells are one by one
 */
#include "solvers/base/cells.h"
#include "solvers/base/decimal.h"
#include "solvers/base/text.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void against_strtod(const char *text, size_t size)
{
    double x = 0, want;
    const char *got = dn_scan_decimal(text, text + size, &x);
    size_t len = got != NULL ? (size_t)(got - text) : 0;
    char *taken = malloc(len + 1), *stop;

    memcpy(taken, text, len);
    taken[len] = '\0';
    want = strtod(taken, &stop);
    if (got != NULL && (len == 0 || stop != taken + len || memcmp(&x, &want, sizeof x) != 0))
        abort();
    free(taken);
}

/* The whole of the text, however long. Blanks, hexadecimal numbers and nan(...) are for strtod alone. */
static void whole_against_strtod(const char *text, size_t size)
{
    char *copy = malloc(size + 1), *stop;
    double x = 0, want;
    bool mine = dn_parse_double(text, size, &x), is_number;

    memcpy(copy, text, size);
    copy[size] = '\0';
    want = strtod(copy, &stop);
    is_number = size > 0 && stop == copy + size;
    if (mine ? !is_number || memcmp(&x, &want, sizeof x) != 0
             : is_number && strpbrk(copy, " \t\r\n\v\fxX(") == NULL)
        abort();
    free(copy);
}

static void against_cells(int way, const char *line, size_t size, char separator)
{
    enum { MOST = 64 };
    float x[MOST];
    const char *at = line, *end = line + size, *from = line;
    int64_t n = dn_cells_read_by(way, &at, end, separator, MOST, x);

    for (int64_t i = 0; i < n; i++) {
        const char *stop = memchr(from, separator, (size_t)(end - from));
        double v;
        float f;

        stop = stop != NULL ? stop : end;
        if (dn_scan_decimal(from, stop, &v) != stop || fabs(v) > (double)FLT_MAX)
            abort();
        f = (float)v;
        if (memcmp(&f, &x[i], sizeof f) != 0)
            abort();
        from = stop + 1;
    }
    if (at != from)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + (size == 0));

    if (size > 0)
        memcpy(text, data, size);
    against_strtod(text, size);
    whole_against_strtod(text, size);
    for (int way = 0; way < dn_cells_ways(); way++) {
        against_cells(way, text, size, '\t');
        against_cells(way, text, size, ',');
    }
    free(text);
    return 0;
}
