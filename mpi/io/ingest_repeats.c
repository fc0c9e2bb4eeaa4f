/* ingest_repeats.c - which id of a file is which gene, and one profile of several; see ingest_private.h */
#include "mpi/io/ingest_private.h"

#include <math.h>
#include "mpi/core/partition.h"
#include "solvers/base/alloc.h"

const char *dn_repeated_name(dn_repeated rule)
{
    static const char *const name[] = {"mean", "first", "max-variance", "refuse"};

    return name[rule];
}

/* ---- one of several ---- */

static void mean(const float *x, int64_t n, int64_t samples, float *out)
{
    for (int64_t s = 0; s < samples; s++) {
        double sum = 0;
        int64_t have = 0;

        for (int64_t i = 0; i < n; i++)
            if (!isnan(x[i * samples + s])) {
                sum += (double)x[i * samples + s];
                have++;
            }
        out[s] = have > 0 ? (float)(sum / (double)have) : NAN;
    }
}

/* Over the values that are there; -1: there is none. */
static double variance(const float *x, int64_t samples)
{
    double sum = 0, squares = 0, middle;
    int64_t have = 0;

    for (int64_t s = 0; s < samples; s++)
        if (!isnan(x[s])) {
            sum += (double)x[s];
            have++;
        }
    if (have == 0)
        return -1;
    middle = sum / (double)have;
    for (int64_t s = 0; s < samples; s++)
        if (!isnan(x[s]))
            squares += ((double)x[s] - middle) * ((double)x[s] - middle);
    return squares / (double)have;
}

void dn_repeated_settle(dn_repeated rule, const float *x, int64_t n, int64_t samples, float *out)
{
    int64_t best = 0;
    double most = -2;

    if (rule == DN_REPEATED_MEAN) {
        mean(x, n, samples, out);
        return;
    }
    for (int64_t i = 0; i < n && rule == DN_REPEATED_MAX_VARIANCE; i++) {
        double v = variance(x + i * samples, samples);
        if (v > most) {
            most = v;
            best = i;
        }
    }
    for (int64_t s = 0; s < samples; s++)
        out[s] = x[best * samples + s];
}

/* ---- which id is which gene ---- */

void dn_gene_ids_destroy(dn_gene_ids *m)
{
    dn_free(m->gene);
    dn_free(m->times);
    dn_free(m->slot);
    *m = (dn_gene_ids){0};
}

static dn_status too_few(const char *path, double min_match, const dn_gene_table *t,
                         const dn_expression_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    char here[160], there[160];
    dn_examples table = {0};

    dn_gene_table_examples(t, &table);
    DN_FAIL(
        DN_EDATA,
        "%s: only %lld of %lld gene ids are known, wanted at least %.4g %% (--min-match): the file has %s, "
        "the gene ids are such as %s",
        path, (long long)(r->ids - r->unknown), (long long)r->ids, 100 * min_match,
        dn_examples_text(&r->unknown_ids, here, sizeof here), dn_examples_text(&table, there, sizeof there));
out:
    return st;
}

/* The gene of every id, and what the report says of them. */
static void match(const dn_import_options *o, const dn_gene_table *t, const dn_strings *ids, dn_gene_ids *m,
                  dn_expression_report *r)
{
    r->ids = ids->n;
    for (int64_t i = 0; i < ids->n; i++) {
        size_t len;
        const char *id = dn_strings_at(ids, i, &len);
        int64_t row = dn_gene_table_find(t, id, len), g = row >= 0 ? t->gene_of_row[row] : -1;

        m->gene[i] = g;
        if (row < 0) {
            r->unknown++;
            dn_example_add(&r->unknown_ids, id, len);
        } else if (g < 0) {
            r->dropped++;
        } else if (m->times[g]++ == 0) {
            r->used++;
        } else {
            r->repeats++;
            r->repeated += m->times[g] == 2;
            dn_example_add(&r->repeated_ids, id, len);
            if (o->repeated == DN_REPEATED_FIRST)
                m->gene[i] = -1;
        }
    }
}

/* Slots for the repeated genes of this rank; base [genes] is scratch. */
static void assign_slots(dn_range mine, const dn_strings *ids, dn_gene_ids *m, int64_t *base)
{
    for (int64_t g = mine.begin; g < mine.end; g++) {
        base[g] = m->slots;
        m->slots += m->times[g] > 1 ? m->times[g] : 0;
    }
    for (int64_t i = 0; i < ids->n; i++) {
        int64_t g = m->gene[i];
        bool waits = g >= mine.begin && g < mine.end && m->times[g] > 1;

        m->slot[i] = waits ? base[g]++ : -1;
    }
}

dn_status dn_gene_ids_create(const dn_comm *comm, const char *path, const dn_import_options *o,
                             const dn_gene_table *t, const dn_strings *ids, dn_gene_ids *out,
                             dn_expression_report *report, dn_error *err)
{
    dn_status st = DN_OK;
    dn_gene_ids m = {0};
    int64_t *base = NULL; /* [genes] */
    char names[160];

    DN_NEW(m.gene, (size_t)ids->n);
    DN_NEW(m.slot, (size_t)ids->n);
    DN_NEW(m.times, (size_t)t->genes);
    DN_NEW(base, (size_t)t->genes);
    match(o, t, ids, &m, report);
    if (report->unknown == ids->n || (double)(ids->n - report->unknown) < o->min_match * (double)ids->n)
        DN_TRY(too_few(path, o->min_match, t, report, err));
    if (report->repeated > 0 && o->repeated == DN_REPEATED_REFUSE)
        DN_FAIL(DN_EDATA,
                "%s: %lld genes stand there several times, such as %s (--repeated-genes says what to do)",
                path, (long long)report->repeated,
                dn_examples_text(&report->repeated_ids, names, sizeof names));
    for (int64_t g = 0; g < t->genes && o->repeated == DN_REPEATED_FIRST; g++)
        m.times[g] = m.times[g] > 0; /* the others are of no use */
    assign_slots(dn_block(t->genes, comm->rank, comm->size), ids, &m, base);
    *out = m;
    m = (dn_gene_ids){0};
out:
    dn_free(base);
    dn_gene_ids_destroy(&m);
    return st;
}
