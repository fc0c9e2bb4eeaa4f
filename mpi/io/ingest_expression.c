/* ingest_expression.c - expression to the owners of genes and into the file; see ingest_private.h */
#include "mpi/io/ingest_private.h"

#include <math.h>
#include <string.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/io/share.h"
#include "solvers/base/alloc.h"

void dn_expression_destroy(dn_expression *e)
{
    dn_free(e->x);
    dn_strings_destroy(&e->sample);
    *e = (dn_expression){0};
}

/* ---- which id of the file is which gene ---- */

/* id_of [genes]: the first id of the file that means the gene, or -1. The same on every rank. */
static dn_status match(const char *path, double min_match, const dn_gene_table *t, const dn_strings *ids,
                       int64_t *id_of, dn_expression_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t known;

    for (int64_t g = 0; g < t->genes; g++)
        id_of[g] = -1;
    for (int64_t i = 0; i < ids->n; i++) {
        size_t len;
        const char *id = dn_strings_at(ids, i, &len);
        int64_t row = dn_gene_table_find(t, id, len);
        int64_t g = row >= 0 ? t->gene_of_row[row] : -1;
        if (row < 0) {
            out->unknown++;
            dn_example_add(&out->unknown_ids, id, len);
        } else if (g < 0) {
            out->dropped++;
        } else if (id_of[g] >= 0) {
            out->repeats++;
        } else {
            id_of[g] = i;
            out->used++;
        }
    }
    out->ids = ids->n;
    known = ids->n - out->unknown;
    if (known == 0 || (double)known < min_match * (double)ids->n) {
        char here[160], there[160];
        dn_examples table = {0};
        dn_gene_table_examples(t, &table);
        DN_FAIL(DN_EDATA,
                "%s: only %lld of %lld gene ids are known, wanted at least %.4g %% (--min-match): the file "
                "has %s, the "
                "gene ids are such as %s",
                path, (long long)known, (long long)ids->n, 100 * min_match,
                dn_examples_text(&out->unknown_ids, here, sizeof here),
                dn_examples_text(&table, there, sizeof there));
    }
out:
    return st;
}

/* ---- strips: a gene and some of its samples, on the way to the owner of the gene ---- */

typedef struct strip {
    int64_t gene;
    int64_t first; /* sample in the file */
    int64_t n;     /* samples; as many floats follow */
} strip;

/* Strips of this rank, grouped by owner: genes are in ascending order and so are their owners. */
static dn_status pack(const dn_comm *comm, const dn_gene_table *t, const dn_table_part *p,
                      const int64_t *id_of, size_t item, int64_t *send_count, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    char *buf = NULL;
    int64_t n = 0;
#define HOLDS(id_) ((id_) >= 0 && (p->genes_in_columns || ((id_) >= p->first && (id_) < p->first + p->rows)))

    for (int64_t g = 0; p->rows > 0 && g < t->genes; g++)
        n += HOLDS(id_of[g]);
    buf = dn_calloc((size_t)n, item);
    if (buf == NULL)
        DN_FAIL(DN_ENOMEM, "out of memory: %lld profiles of %zu bytes", (long long)n, item);
    n = 0;
    for (int64_t g = 0; p->rows > 0 && g < t->genes; g++) {
        strip head = {g, 0, p->width};
        char *at = buf + (size_t)n * item;
        float *x = (float *)(void *)(at + sizeof head);
        if (!HOLDS(id_of[g]))
            continue;
        if (p->genes_in_columns) {
            head.first = p->first;
            head.n = p->rows;
            for (int64_t s = 0; s < p->rows; s++)
                x[s] = p->x[s * p->width + id_of[g]];
        } else {
            memcpy(x, p->x + (id_of[g] - p->first) * p->width, (size_t)p->width * sizeof *x);
        }
        memcpy(at, &head, sizeof head);
        send_count[dn_block_of(t->genes, g, comm->size)]++;
        n++;
    }
    *out = buf;
#undef HOLDS
out:
    return st;
}

/* Widen the block of this rank by the samples of the file, all missing. */
static dn_status widen(dn_expression *e, int64_t genes, int64_t more, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t wide = e->samples + more;
    float *x = NULL;

    DN_NEW(x, (size_t)(genes * wide));
    for (int64_t g = 0; g < genes; g++) {
        if (e->samples > 0)
            memcpy(x + g * wide, e->x + g * e->samples, (size_t)e->samples * sizeof *x);
        for (int64_t s = e->samples; s < wide; s++)
            x[g * wide + s] = NAN;
    }
    dn_free(e->x);
    e->x = x;
    e->samples = wide;
out:
    return st;
}

static dn_status add_names(const dn_strings *from, dn_strings *to, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 0; i < from->n; i++) {
        size_t len;
        const char *name = dn_strings_at(from, i, &len);
        DN_TRY(dn_strings_add(to, name, len, err));
    }
out:
    return st;
}

static void unpack(const char *buf, int64_t n, size_t item, int64_t begin, int64_t old, dn_expression *e)
{
    for (int64_t i = 0; i < n; i++) {
        const char *at = buf + (size_t)i * item;
        strip head;
        memcpy(&head, at, sizeof head);
        memcpy(e->x + (head.gene - begin) * e->samples + old + head.first, at + sizeof head,
               (size_t)head.n * sizeof *e->x);
    }
}

dn_status dn_expression_append(const dn_comm *comm, const char *path, double min_match,
                               const dn_gene_table *t, const dn_table_part *part, dn_expression *e,
                               dn_expression_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = dn_block(t->genes, comm->rank, comm->size);
    int64_t *id_of = NULL, *counts = NULL; /* [genes]; [2, size] */
    int64_t longest = part->genes_in_columns ? part->rows : part->width, old = e->samples, got = 0;
    char *sent = NULL;
    void *received = NULL;
    size_t item;

    id_of = dn_calloc((size_t)t->genes, sizeof *id_of);
    counts = dn_calloc(2 * (size_t)comm->size, sizeof *counts);
    if (id_of == NULL || counts == NULL)
        st = dn_error_set(err, DN_ENOMEM, __FILE__, __LINE__, "out of memory for %lld genes",
                          (long long)t->genes);
    DN_PASS(match(path, min_match, t, &part->gene, id_of, out, err));
    DN_AGREE(comm);
    MPI_Allreduce(MPI_IN_PLACE, &longest, 1, MPI_INT64_T, MPI_MAX, comm->mpi);
    item = sizeof(strip) + ((size_t)longest * sizeof(float) + 7) / 8 * 8;
    DN_PASS(pack(comm, t, part, id_of, item, counts, &sent, err));
    DN_AGREE(comm);
    DN_TRY(dn_exchange(comm, item, counts, sent, &received, counts + comm->size, err));
    DN_PASS(widen(e, mine.end - mine.begin, part->sample.n, err));
    DN_PASS(add_names(&part->sample, &e->sample, err));
    DN_AGREE(comm);
    for (int r = 0; r < comm->size; r++)
        got += counts[comm->size + r];
    unpack(received, got, item, mine.begin, old, e);
    out->genes_in_columns = part->genes_in_columns;
    out->samples = part->sample.n;
out:
    dn_free(id_of);
    dn_free(counts);
    dn_free(sent);
    dn_free(received);
    return st;
}

/* ---- into the file ---- */

/* values [genes of this rank]; missing, genes without values and without variance are counted in r. */
static void summarise(const dn_gene_table *t, const dn_expression *e, dn_range mine, int64_t *values,
                      dn_import_report *r)
{
    for (int64_t g = mine.begin; g < mine.end; g++) {
        const float *x = e->x + (g - mine.begin) * e->samples;
        float least = INFINITY, most = -INFINITY;
        int64_t n = 0;
        size_t len;
        const char *id = dn_gene_table_id(t, t->row_of_gene[g], &len);

        for (int64_t s = 0; s < e->samples; s++)
            if (!isnan(x[s])) {
                n++;
                least = x[s] < least ? x[s] : least;
                most = x[s] > most ? x[s] : most;
            }
        values[g - mine.begin] = n;
        r->missing += e->samples - n;
        if (n == 0) {
            r->no_values++;
            dn_example_add(&r->no_value_genes, id, len);
        } else if (least == most) {
            r->no_variance++;
            dn_example_add(&r->no_variance_genes, id, len);
        }
    }
}

static dn_status new_values(int64_t n, int64_t **out, dn_error *err)
{
    dn_status st = DN_OK;

    DN_NEW(*out, (size_t)n);
out:
    return st;
}

dn_status dn_expression_write(const dn_comm *comm, const dn_gene_table *t, const dn_expression *e, dn_h5 *h,
                              dn_import_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_range mine = dn_block(t->genes, comm->rank, comm->size);
    int64_t dims[2] = {t->genes, e->samples}, count = mine.end - mine.begin;
    int64_t *values = NULL; /* [count] */

    DN_PASS(new_values(count, &values, err));
    DN_AGREE(comm);
    if (e->samples > 0) {
        summarise(t, e, mine, values, report);
        DN_TRY(dn_h5_write(h, "/expression/values", 2, dims, mine.begin, count, e->x, err));
        DN_TRY(dn_h5_write_strings(h, "/expression/sample", &e->sample, err));
    }
    DN_TRY(dn_h5_write(h, "/genes/values", 1, dims, mine.begin, count, values, err));
    report->samples = e->samples;
    report->missing = dn_sum(comm, report->missing);
    report->no_values = dn_sum(comm, report->no_values);
    report->no_variance = dn_sum(comm, report->no_variance);
    DN_TRY(dn_examples_share(comm, &report->no_value_genes, err));
    DN_TRY(dn_examples_share(comm, &report->no_variance_genes, err));
out:
    dn_free(values);
    return st;
}
