/* synth_write.c - every rank writes its block of a synthetic data set; see synth.h */
#include "mpi/data/synth.h"

#include <stdio.h>
#include "mpi/core/agree.h"
#include "mpi/core/partition.h"
#include "mpi/data/threshold.h"
#include "mpi/io/dataset.h"
#include "solvers/base/alloc.h"

/* What this rank makes. */
typedef struct block {
    dn_range genes, pairs;
    float *x; /* [genes, samples] */
    int64_t *values, *table_row, *module;
    double *hub, *loading, *drive; /* drive: of four classes, otherwise NULL */
    uint8_t *decoy;
    int64_t *a, *b;  /* [pairs] */
    uint64_t *score; /* [pairs]  in the order of the scores */
    uint8_t *label;
    dn_strings gene_id, sample_id; /* of all, on every rank */
} block;

static void destroy(block *k)
{
    dn_free(k->x);
    dn_free(k->values);
    dn_free(k->table_row);
    dn_free(k->module);
    dn_free(k->hub);
    dn_free(k->loading);
    dn_free(k->drive);
    dn_free(k->decoy);
    dn_free(k->a);
    dn_free(k->b);
    dn_free(k->score);
    dn_free(k->label);
    dn_strings_destroy(&k->gene_id);
    dn_strings_destroy(&k->sample_id);
}

static dn_status number_names(dn_strings *s, char letter, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t i = 1; i <= n; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "%c%lld", letter, (long long)i);
        DN_TRY(dn_strings_add(s, name, (size_t)len, err));
    }
out:
    return st;
}

static dn_status make_genes(const dn_synth_options *o, block *k, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)(k->genes.end - k->genes.begin);

    DN_TRY(number_names(&k->gene_id, 'G', o->genes, err));
    DN_TRY(number_names(&k->sample_id, 'S', o->samples, err));
    DN_NEW(k->x, n * (size_t)o->samples);
    DN_NEW(k->values, n);
    DN_NEW(k->table_row, n);
    DN_NEW(k->module, n);
    DN_NEW(k->hub, n);
    DN_NEW(k->loading, n);
    DN_NEW(k->decoy, n);
    if (o->classes > 2)
        DN_NEW(k->drive, n);
    for (size_t i = 0; i < n; i++) {
        int64_t g = k->genes.begin + (int64_t)i;
        dn_synth_gene t = dn_synth_gene_of(o, g);

        k->values[i] = dn_synth_row(o, g, k->x + i * (size_t)o->samples);
        k->table_row[i] = g;
        k->module[i] = t.module;
        k->hub[i] = t.hub;
        k->loading[i] = t.loading;
        if (k->drive != NULL)
            k->drive[i] = dn_synth_drive(o, g);
    }
out:
    return st;
}

static dn_status make_pairs(const dn_synth_options *o, block *k, dn_error *err)
{
    dn_status st = DN_OK;
    size_t n = (size_t)(k->pairs.end - k->pairs.begin);

    DN_NEW(k->a, n);
    DN_NEW(k->b, n);
    DN_NEW(k->score, n);
    DN_NEW(k->label, n);
    for (size_t i = 0; i < n; i++)
        k->score[i] = dn_order_key(dn_synth_pair(o, k->pairs.begin + (int64_t)i, &k->a[i], &k->b[i]));
out:
    return st;
}

/* ---- writing ---- */

static dn_status write_genes(dn_h5 *h, const dn_synth_options *o, const block *k, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t first = k->genes.begin, n = k->genes.end - k->genes.begin, all = o->genes;

    DN_TRY(dn_h5_write_strings(h, "/genes/id", &k->gene_id, err));
    DN_TRY(dn_h5_write_strings(h, "/genes/naming/id", &k->gene_id, err));
    DN_TRY(dn_h5_write(h, "/genes/table_row", 1, &all, first, n, k->table_row, err));
    DN_TRY(dn_h5_write(h, "/genes/decoy", 1, &all, first, n, k->decoy, err));
    DN_TRY(dn_h5_write(h, "/genes/values", 1, &all, first, n, k->values, err));
    DN_TRY(dn_h5_set_int(h, "/genes", "table_rows", all, err)); /* import --add counts on it */
    DN_TRY(dn_h5_set_text(h, "/genes", "primary_naming", "id", err));
    DN_TRY(dn_h5_write_strings(h, "/expression/sample", &k->sample_id, err));
    DN_TRY(dn_h5_write(h, "/expression/values", 2, (int64_t[]){all, o->samples}, first, n, k->x, err));
    DN_TRY(dn_h5_write(h, "/truth/module", 1, &all, first, n, k->module, err));
    DN_TRY(dn_h5_write(h, "/truth/hub", 1, &all, first, n, k->hub, err));
    DN_TRY(dn_h5_write(h, "/truth/loading", 1, &all, first, n, k->loading, err));
    if (o->classes > 2)
        DN_TRY(dn_h5_write(h, "/truth/drive", 1, &all, first, n, k->drive, err));
out:
    return st;
}

static dn_status write_rule(dn_h5 *h, const dn_synth_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    char text[DN_SYNTH_MODULES_MAX * (DN_SYNTH_MODULES_MAX + 1) + 1], *at = text;

    for (int64_t a = 0; a < o->modules; a++) {
        for (int64_t b = 0; b < o->modules; b++)
            *at++ = dn_synth_compatible(o, a, b) > 0 ? '+' : '-';
        *at++ = ' ';
    }
    at[-1] = '\0';
    DN_TRY(dn_h5_set_text(h, "/truth", "compatibility", text, err));
    DN_TRY(dn_h5_set_text(
        h, "/truth", "rule",
        "score = 3 C[module a, module b] sign(loading a * loading b) + log hub a + log hub b + "
        "standard logistic noise; the upper half of the scores is positive; C in compatibility",
        err));
    if (o->classes > 2)
        DN_TRY(dn_h5_set_text(
            h, "/truth", "class_rule",
            "class of a positive pair: the largest of 1, 2 (drive a - drive b), 2 (drive b - drive a), "
            "each plus standard Gumbel noise: connection, a regulates b, b regulates a",
            err));
out:
    return st;
}

static dn_status write_pairs(dn_h5 *h, const dn_synth_options *o, const block *k, int64_t positives,
                             dn_error *err)
{
    dn_status st = DN_OK;
    int64_t first = k->pairs.begin, n = k->pairs.end - k->pairs.begin, all = o->pairs;
    const struct {
        const char *key;
        int64_t value;
    } counts[] = {{"rows", all},  {"unknown", 0},    {"self_pairs", 0},      {"dropped", 0},
                  {"repeats", 0}, {"two_labels", 0}, {"positive", positives}};

    DN_TRY(dn_h5_write(h, "/pairs/known/gene_a", 1, &all, first, n, k->a, err));
    DN_TRY(dn_h5_write(h, "/pairs/known/gene_b", 1, &all, first, n, k->b, err));
    DN_TRY(dn_h5_write(h, "/pairs/known/label", 1, &all, first, n, k->label, err));
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        DN_TRY(dn_h5_set_int(h, "/pairs/known", counts[i].key, counts[i].value, err));
    if (o->classes > 2)
        DN_TRY(dn_h5_set_int(h, "/pairs/known", "classes", o->classes, err));
out:
    return st;
}

dn_status dn_synth_write(const dn_comm *comm, const char *path, const char *command, const char *config,
                         bool force, const dn_synth_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    block k = {.genes = dn_block(o->genes, comm->rank, comm->size),
               .pairs = dn_block(o->pairs, comm->rank, comm->size)};
    dn_h5 *h = NULL;
    int64_t positives = 0;
    uint64_t least;

    DN_PASS(dn_synth_check(o, err));
    DN_PASS(make_genes(o, &k, err));
    DN_PASS(make_pairs(o, &k, err));
    DN_AGREE(comm);
    least = dn_threshold(comm, k.score, k.pairs.end - k.pairs.begin, o->pairs / 2);
    for (int64_t i = 0; i < k.pairs.end - k.pairs.begin; i++)
        positives += k.label[i] = k.score[i] >= least;
    if (o->classes > 2)
        for (int64_t i = 0; i < k.pairs.end - k.pairs.begin; i++)
            k.label[i] = k.label[i] != 0 ? dn_synth_class(o, k.a[i], k.b[i]) : 0;
    MPI_Allreduce(MPI_IN_PLACE, &positives, 1, MPI_INT64_T, MPI_SUM, comm->mpi);
    DN_TRY(dn_h5_create(comm, path, DN_DATASET_SCHEMA, command, config, force, &h, err));
    DN_TRY(write_genes(h, o, &k, err));
    DN_TRY(write_rule(h, o, err));
    DN_TRY(write_pairs(h, o, &k, positives, err));
    DN_TRY(dn_h5_commit(&h, err));
out:
    dn_h5_close(&h);
    destroy(&k);
    return st;
}
