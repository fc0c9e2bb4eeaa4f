/* ingest_pairs.c - a pair set without repeats and contradictions; see ingest_private.h
 *
 * A pair belongs to the rank that owns its lower gene. Every rank sends its pairs there, the owner sorts them
 * and sends a verdict back for each, and what is kept is written in the order of the file.
 */
#include "mpi/io/ingest_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"

/* ---- to the owner ---- */

/* A pair at its owner. */
typedef struct entry {
    int64_t low, high, row, label;
    int64_t at; /* place among the entries received */
} entry;

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
    const entry *a = left, *b = right;

    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

/* verdict [n] for the pairs received, in their order. */
static dn_status judge(const dn_pair *pair, int64_t n, uint8_t **out_verdict, dn_error *err)
{
    dn_status st = DN_OK;
    entry *e = NULL; /* [n] */
    uint8_t *verdict = NULL;
    int64_t end;

    DN_NEW(e, (size_t)n);
    DN_NEW(verdict, (size_t)n);
    for (int64_t i = 0; i < n; i++) {
        const dn_pair *p = &pair[i];
        e[i] = (entry){p->a < p->b ? p->a : p->b, p->a < p->b ? p->b : p->a, p->row, p->label, i};
    }
    qsort(e, (size_t)n, sizeof *e, compare);
    for (int64_t i = 0; i < n; i = end) {
        int seen = 0;
        for (end = i; end < n && e[end].low == e[i].low && e[end].high == e[i].high; end++) {
            int bit = 1 << e[end].label;
            verdict[e[end].at] = (seen & bit) ? DN_ROW_REPEAT : DN_ROW_OTHER_LABEL;
            seen |= bit;
        }
        verdict[e[i].at] = seen == 3 ? DN_ROW_TWO_LABELS : DN_ROW_KEEP;
    }
    *out_verdict = verdict;
    verdict = NULL;
out:
    dn_free(e);
    dn_free(verdict);
    return st;
}

dn_status dn_pairs_settle(const dn_comm *comm, int64_t genes, const dn_pair_part *p, uint8_t *verdict,
                          dn_error *err)
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
    DN_PASS(judge(received, n, &judged, err));
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

/* The same sums on every rank, so the same verdict. */
static dn_status check_rows(const char *path, const dn_gene_table *t, const dn_pairs_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    char here[160], there[160];
    dn_examples table = {0};

    if (r->rows == 0)
        DN_FAIL(DN_EDATA, "%s: holds no pairs", path);
    if (r->unknown == r->rows) {
        dn_gene_table_examples(t, &table);
        DN_FAIL(DN_EDATA,
                "%s: none of %lld pairs has two known genes: the file has %s, the gene ids are such as %s",
                path, (long long)r->rows, dn_examples_text(&r->unknown_ids, here, sizeof here),
                dn_examples_text(&table, there, sizeof there));
    }
out:
    return st;
}

static dn_status check_labels(const char *path, const dn_pairs_report *r, dn_error *err)
{
    dn_status st = DN_OK;

    if (r->kept == 0)
        DN_FAIL(DN_EDATA,
                "%s: no pair is left of %lld rows: %lld unknown, %lld self pairs, %lld of dropped genes, "
                "%lld repeats, "
                "%lld with two labels",
                path, (long long)r->rows, (long long)r->unknown, (long long)r->self_pairs,
                (long long)r->dropped, (long long)r->repeats, (long long)r->two_labels);
    if (r->positive == 0 || r->positive == r->kept)
        DN_FAIL(DN_EDATA, "%s: all %lld pairs have label %d; both classes are needed", path,
                (long long)r->kept, r->positive > 0);
out:
    return st;
}

/* ---- into the file ---- */

typedef struct columns {
    int64_t n;
    int64_t *a, *b; /* [n] */
    uint8_t *label; /* [n] */
} columns;

static dn_status keep(const dn_pair_part *p, const uint8_t *verdict, columns *out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(out->a, (size_t)p->n);
    DN_NEW(out->b, (size_t)p->n);
    DN_NEW(out->label, (size_t)p->n);
    for (int64_t i = 0; i < p->n; i++)
        if (verdict[i] == DN_ROW_KEEP) {
            out->a[out->n] = p->pair[i].a;
            out->b[out->n] = p->pair[i].b;
            out->label[out->n++] = (uint8_t)p->pair[i].label;
        }
out:
    return st;
}

static dn_status write_set(const dn_comm *comm, const char *name, const columns *c, const dn_pairs_report *r,
                           dn_h5 *h, dn_error *err)
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
out:
    return st;
}

static dn_status new_verdict(int64_t n, uint8_t **out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)n);
out:
    return st;
}

dn_status dn_ingest_pairs(const dn_comm *comm, const char *name, const char *path, const dn_gene_table *t,
                          dn_h5 *h, dn_pairs_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_pair_part p = {0};
    columns c = {0};
    dn_pairs_report r = {0};
    uint8_t *verdict = NULL; /* [p.n] */
    int64_t sums[8] = {0};

    if (t->genes > (int64_t)INT32_MAX + 1) /* the same on every rank */
        DN_FAIL(DN_EDATA, "%s: pairs of %lld genes: at most 2^31 can be loaded", path, (long long)t->genes);
    DN_TRY(dn_pair_part_read(comm, path, t, &p, err));
    DN_PASS(new_verdict(p.n, &verdict, err));
    DN_AGREE(comm);
    DN_TRY(dn_pairs_settle(comm, t->genes, &p, verdict, err));
    for (int64_t i = 0; i < p.n; i++) {
        sums[0] += verdict[i] == DN_ROW_REPEAT || verdict[i] == DN_ROW_OTHER_LABEL;
        sums[1] += verdict[i] == DN_ROW_TWO_LABELS;
        sums[2] += verdict[i] == DN_ROW_KEEP;
        sums[3] += verdict[i] == DN_ROW_KEEP && p.pair[i].label == 1;
    }
    sums[4] = p.rows;
    sums[5] = p.unknown;
    sums[6] = p.self_pairs;
    sums[7] = p.dropped;
    MPI_Allreduce(MPI_IN_PLACE, sums, 8, MPI_INT64_T, MPI_SUM, comm->mpi);
    r = (dn_pairs_report){.rows = sums[4],
                          .kept = sums[2],
                          .positive = sums[3],
                          .unknown = sums[5],
                          .self_pairs = sums[6],
                          .dropped = sums[7],
                          .repeats = sums[0],
                          .two_labels = sums[1],
                          .unknown_ids = p.unknown_ids};
    DN_TRY(dn_examples_share(comm, &r.unknown_ids, err));
    DN_PASS(check_rows(path, t, &r, err));
    DN_PASS(check_labels(path, &r, err));
    DN_PASS(keep(&p, verdict, &c, err));
    DN_AGREE(comm);
    DN_TRY(write_set(comm, name, &c, &r, h, err));
    *out = r;
out:
    dn_free(p.pair);
    dn_free(verdict);
    dn_free(c.a);
    dn_free(c.b);
    dn_free(c.label);
    return st;
}
