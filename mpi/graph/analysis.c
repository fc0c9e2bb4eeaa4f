/* analysis.c - what was computed of a network; see analysis.h
 *
 * Names are compared eight bytes at a time: the first eight stand beside the value, so that sorting the ties
 * of a million nodes seldom looks at the table of names.
 */
#include "mpi/graph/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"

void dn_measure_destroy(dn_measure *m)
{
    for (int c = 0; c < m->n_columns; c++)
        dn_free(m->column[c].v);
    dn_free(m->own_text);
    dn_free(m->own_names);
    *m = (dn_measure){0};
}

void dn_spectrum_destroy(dn_spectrum *s)
{
    dn_free(s->value);
    dn_free(s->residual);
    dn_free(s->share);
    dn_free(s->vector);
    *s = (dn_spectrum){0};
}

void dn_analysis_destroy(dn_analysis *a)
{
    if (a == NULL)
        return;
    for (int i = 0; a->measure != NULL && i < a->n_measures; i++)
        dn_measure_destroy(&a->measure[i]);
    for (int i = 0; a->spectrum != NULL && i < a->n_spectra; i++)
        dn_spectrum_destroy(&a->spectrum[i]);
    dn_free(a->measure);
    dn_free(a->spectrum);
    *a = (dn_analysis){0};
}

/* ---- order ---- */

typedef struct entry {
    double value;
    uint64_t head;    /* first eight bytes of the id, or the number */
    const char *rest; /* what follows them, rest_len bytes */
    uint32_t rest_len, head_len;
    int32_t inside;
    bool name; /* no number */
} entry;

static int by_value(const void *x, const void *y)
{
    const entry *a = x, *b = y;

    if (isnan(a->value) || isnan(b->value))
        return (isnan(a->value) != 0) - (isnan(b->value) != 0);
    return (a->value < b->value) - (a->value > b->value);
}

static int by_id(const void *x, const void *y)
{
    const entry *a = x, *b = y;
    uint32_t least = a->rest_len < b->rest_len ? a->rest_len : b->rest_len;
    int c;

    if (a->name != b->name)
        return a->name ? 1 : -1;
    if (a->head != b->head)
        return a->head < b->head ? -1 : 1;
    if (a->head_len != b->head_len) /* one ends in zero bytes, the other before them */
        return a->head_len < b->head_len ? -1 : 1;
    c = least > 0 ? memcmp(a->rest, b->rest, least) : 0;
    if (c != 0)
        return c;
    if (a->rest_len != b->rest_len)
        return a->rest_len < b->rest_len ? -1 : 1;
    return (a->inside > b->inside) - (a->inside < b->inside);
}

/* Whether the text is a number as one writes it: no sign, no leading zero. */
static bool is_number(const char *text, size_t len, uint64_t *out)
{
    uint64_t v = 0;

    if (len == 0 || len > 18 || (len > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        v = 10 * v + (uint64_t)(text[i] - '0');
    }
    *out = v;
    return true;
}

static void name_entry(const dn_network *w, entry *e)
{
    int64_t outside = w->graph.outside[e->inside];
    const char *text;
    size_t len, head;

    if (w->id.n == 0) {
        e->head = (uint64_t)outside;
        return;
    }
    text = dn_strings_at(&w->id, outside, &len);
    if (is_number(text, len, &e->head))
        return;
    e->name = true;
    head = len < 8 ? len : 8;
    for (size_t i = 0; i < 8; i++)
        e->head = e->head << 8 | (i < head ? (unsigned char)text[i] : 0);
    e->head_len = (uint32_t)head;
    e->rest = text + head;
    e->rest_len = (uint32_t)(len - head);
}

/* Whether b, a smaller one, belongs to the ties that begin with a. */
static bool tied(const entry *a, const entry *b, double tie)
{
    if (isnan(a->value) || isnan(b->value))
        return isnan(a->value) && isnan(b->value);
    return a->value == b->value || a->value - b->value <= tie;
}

dn_status dn_analysis_order(const dn_network *w, const double *v, double tie, int32_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t n = w->graph.n;
    entry *list = NULL; /* [n] */
    bool sorted = true;

    DN_NEW(list, (size_t)n);
    for (int64_t i = 0; i < n; i++) {
        list[i] = (entry){.value = v[i], .inside = (int32_t)i};
        name_entry(w, &list[i]);
        sorted = sorted && (i == 0 || by_value(&list[i - 1], &list[i]) <= 0);
    }
    if (!sorted)
        qsort(list, (size_t)n, sizeof *list, by_value);
    for (int64_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && tied(&list[from], &list[to], tie); to++)
            ;
        if (to - from > 1)
            qsort(list + from, (size_t)(to - from), sizeof *list, by_id);
    }
    for (int64_t i = 0; i < n; i++)
        out[i] = list[i].inside;
out:
    dn_free(list);
    return st;
}
