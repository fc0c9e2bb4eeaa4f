/* ingest_pairs.c - a pair set without repeats and contradictions; see ingest_pairs.h
 *
 * A pair belongs to the rank that owns its lower gene. Every rank sends its pairs there, the owner sorts them
 * and sends a verdict back for each, and what is kept is written in the order of the file.
 */
#include "mpi/io/ingest_pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"

/* ---- to the owner ---- */

static int64_t owner(const dn_comm *comm, int64_t genes, const dn_pair *p)
{
    return dn_block_of(genes, p->a < p->b ? p->a : p->b, comm->size);
}

/* order [n]: pairs grouped by owner; sorted [n]: those pairs in that order. */
static dn_status group(const dn_comm *comm, int64_t genes, const dn_pair_part *p, int64_t *send_count,
                       int64_t **out_order, dn_pair **out_sorted, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *next = NULL, *order = NULL; /* [size]; [n] */
    dn_pair *sorted = NULL;

    DN_NEW(next, (size_t)comm->size);
    DN_NEW(order, (size_t)p->n);
    DN_NEW(sorted, (size_t)p->n);
    for (int64_t i = 0; i < p->n; i++)
        send_count[owner(comm, genes, &p->pair[i])]++;
    for (int r = 1; r < comm->size; r++)
        next[r] = next[r - 1] + send_count[r - 1];
    for (int64_t i = 0; i < p->n; i++) {
        int64_t at = next[owner(comm, genes, &p->pair[i])]++;
        order[at] = i;
        sorted[at] = p->pair[i];
    }
    *out_order = order;
    *out_sorted = sorted;
    order = NULL;
    sorted = NULL;
out:
    dn_free(next);
    dn_free(order);
    dn_free(sorted);
    return st;
}

static int compare(const void *left, const void *right)
{
    const dn_pair_entry *a = left, *b = right;

    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

/* from [n] by the higher or the lower gene into to [n], equal ones as they stood; start [keys + 1] is room.
 */
static void deal(const dn_pair_entry *from, int64_t n, bool higher, int64_t keys, int64_t *start,
                 dn_pair_entry *to)
{
    memset(start, 0, (size_t)(keys + 1) * sizeof *start);
    for (int64_t i = 0; i < n; i++)
        start[1 + (higher ? from[i].high : from[i].low)]++;
    for (int64_t k = 0; k < keys; k++)
        start[k + 1] += start[k];
    for (int64_t i = 0; i < n; i++)
        to[start[higher ? from[i].high : from[i].low]++] = from[i];
}

/* Pairs whose rows ascend already are dealt to their genes, in two passes; others are compared. */
static dn_status order_entries(dn_pair_entry *e, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_entry *other = NULL; /* [n] */
    int64_t *start = NULL, keys = 0;
    bool ascend = true;

    for (int64_t i = 0; i < n; i++) {
        keys = e[i].high >= keys ? e[i].high + 1 : keys;
        ascend = ascend && (i == 0 || e[i - 1].row < e[i].row);
    }
    if (!ascend || keys / 4 > n) {
        qsort(e, (size_t)n, sizeof *e, compare);
        goto out;
    }
    DN_NEW(other, (size_t)n);
    DN_NEW(start, (size_t)keys + 1);
    deal(e, n, true, keys, start, other);
    deal(other, n, false, keys, start, e);
out:
    dn_free(other);
    dn_free(start);
    return st;
}

/* By their lower, then their higher gene, then their row. */
static dn_status sort_entries(const dn_pair *pair, int64_t n, dn_pair_entry **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_entry *e = NULL; /* [n] */

    DN_NEW(e, (size_t)n);
    for (int64_t i = 0; i < n; i++) {
        const dn_pair *p = &pair[i];
        bool flipped = p->a > p->b;
        e[i] = (dn_pair_entry){flipped ? p->b : p->a, flipped ? p->a : p->b, p->row, p->label, i, flipped};
    }
    DN_TRY(order_entries(e, n, err));
    *out = e;
    e = NULL;
out:
    dn_free(e);
    return st;
}

/* The first row of a pair stays, unless others say the contrary. */
static void one_label(const dn_pair_entry *e, int64_t n, uint8_t *verdict)
{
    int seen = 0;

    for (int64_t i = 0; i < n; i++) {
        int bit = 1 << e[i].label;
        verdict[e[i].at] = (seen & bit) ? DN_ROW_REPEAT : DN_ROW_OTHER_LABEL;
        seen |= bit;
    }
    verdict[e[0].at] = seen == 3 ? DN_ROW_TWO_LABELS : DN_ROW_KEEP;
}

/* verdict [n] for the pairs received, in their order. */
static dn_status decide(const dn_pair *pair, int64_t n, dn_pair_judge *judge, uint8_t **out_verdict,
                        dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_entry *e = NULL; /* [n] */
    uint8_t *verdict = NULL;
    int64_t end;

    DN_TRY(sort_entries(pair, n, &e, err));
    DN_NEW(verdict, (size_t)n);
    for (int64_t i = 0; i < n; i = end) {
        for (end = i + 1; end < n && e[end].low == e[i].low && e[end].high == e[i].high;)
            end++;
        judge(e + i, end - i, verdict);
    }
    *out_verdict = verdict;
    verdict = NULL;
out:
    dn_free(e);
    dn_free(verdict);
    return st;
}

dn_status dn_pairs_settle_by(const dn_comm *comm, int64_t genes, const dn_pair_part *p, dn_pair_judge *judge,
                             uint8_t *verdict, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *counts = NULL, *order = NULL; /* [3, size]; [n] */
    dn_pair *sorted = NULL;
    void *received = NULL, *answers = NULL;
    uint8_t *judged = NULL;
    int64_t n = 0;
    size_t ranks = (size_t)comm->size;

    counts = dn_calloc(3 * ranks, sizeof *counts);
    if (counts == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory for %d ranks", comm->size);
    DN_PASS(group(comm, genes, p, counts, &order, &sorted, err));
    DN_AGREE(comm);
    DN_TRY(dn_exchange(comm, sizeof *sorted, counts, sorted, &received, counts + ranks, err));
    for (size_t r = 0; r < ranks; r++)
        n += counts[ranks + r];
    DN_PASS(decide(received, n, judge, &judged, err));
    DN_AGREE(comm);
    DN_TRY(dn_exchange(comm, 1, counts + ranks, judged, &answers, counts + 2 * ranks, err));
    for (int64_t i = 0; i < p->n; i++)
        verdict[order[i]] = ((const uint8_t *)answers)[i];
out:
    dn_free(counts);
    dn_free(order);
    dn_free(sorted);
    dn_free(received);
    dn_free(answers);
    dn_free(judged);
    return st;
}

dn_status dn_pairs_settle(const dn_comm *comm, int64_t genes, const dn_pair_part *p, uint8_t *verdict,
                          dn_error *err)
{
    return dn_pairs_settle_by(comm, genes, p, one_label, verdict, err);
}

/* ---- counting ---- */

dn_status dn_examples_share(const dn_comm *comm, dn_examples *e, dn_error *err)
{
    dn_status st = DN_OK;
    dn_examples *all = dn_calloc((size_t)comm->size, sizeof *all);
    dn_examples first = {0};

    if (all == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory for %d ranks", comm->size);
    DN_AGREE(comm);
    MPI_Allgather(e, (int)sizeof *e, MPI_BYTE, all, (int)sizeof *e, MPI_BYTE, comm->mpi);
    for (int r = 0; r < comm->size; r++)
        for (int i = 0; i < all[r].n && first.n < DN_EXAMPLES; i++)
            dn_example_add(&first, all[r].text[i], strlen(all[r].text[i]));
    *e = first;
out:
    dn_free(all);
    return st;
}

/* ---- into the file ---- */

dn_status dn_pair_columns_create(int64_t n, dn_pair_columns *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_columns c = {0};

    DN_NEW(c.a, (size_t)n);
    DN_NEW(c.b, (size_t)n);
    DN_NEW(c.label, (size_t)n);
    *out = c;
    c = (dn_pair_columns){0};
out:
    dn_pair_columns_destroy(&c);
    return st;
}

void dn_pair_columns_destroy(dn_pair_columns *c)
{
    dn_free(c->a);
    dn_free(c->b);
    dn_free(c->label);
    *c = (dn_pair_columns){0};
}

/* What only some formats have; an attribute that is not there is 0. */
static dn_status write_counts(const char *group, const dn_pairs_report *r, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    const struct {
        const char *key;
        int64_t value;
    } counts[] = {{"other_organism", r->other_organism}, {"other_type", r->other_type},
                  {"other_system", r->other_system},     {"no_score", r->no_score},
                  {"low_score", r->low_score},           {"joined", r->joined},
                  {"regulated", r->regulated},           {"mutual", r->mutual}};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (counts[i].value > 0)
            DN_TRY(dn_h5_set_int(h, group, counts[i].key, counts[i].value, err));
    if (strcmp(r->format, "npy") != 0 && strcmp(r->format, "table") != 0)
        DN_TRY(dn_h5_set_text(h, group, "format", r->format, err));
    if (r->naming[0] != '\0')
        DN_TRY(dn_h5_set_text(h, group, "naming", r->naming, err));
    if (r->directed)
        DN_TRY(dn_h5_set_int(h, group, "classes", 4, err));
out:
    return st;
}

dn_status dn_pair_columns_write(const dn_comm *comm, const char *name, const dn_pair_columns *c,
                                const dn_pairs_report *r, dn_h5 *h, dn_error *err)
{
    dn_status st = DN_OK;
    char path[128];
    int64_t start = dn_before(comm, c->n);
    const struct {
        const char *key;
        int64_t value;
    } counts[] = {{"rows", r->rows},        {"unknown", r->unknown}, {"self_pairs", r->self_pairs},
                  {"dropped", r->dropped},  {"repeats", r->repeats}, {"two_labels", r->two_labels},
                  {"positive", r->positive}};

    snprintf(path, sizeof path, "/pairs/%s/gene_a", name);
    DN_TRY(dn_h5_write(h, path, 1, &r->kept, start, c->n, c->a, err));
    snprintf(path, sizeof path, "/pairs/%s/gene_b", name);
    DN_TRY(dn_h5_write(h, path, 1, &r->kept, start, c->n, c->b, err));
    snprintf(path, sizeof path, "/pairs/%s/label", name);
    DN_TRY(dn_h5_write(h, path, 1, &r->kept, start, c->n, c->label, err));
    snprintf(path, sizeof path, "/pairs/%s", name);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        DN_TRY(dn_h5_set_int(h, path, counts[i].key, counts[i].value, err));
    DN_TRY(write_counts(path, r, h, err));
out:
    return st;
}
